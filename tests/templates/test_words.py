# ruff: noqa: RUF001 - typographic marks are what we write with
"""What letters, e-mails and texts say, and what they must never say."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.telling_words import FORBIDDEN_WORDS, tells_something
from templates.neutrality import UnsafeWords, greetable
from templates.render import TEMPLATES
from templates.words import (
    EmailWords,
    LetterWords,
    NoSuchWords,
    TextWords,
    WordsContext,
    words_for,
)

ADA = WordsContext(
    preferred_name="Ada",
    service_name="Cambridgeshire Victims’ Hub",
    neutral_name="The Hub",
    telephone="01223 000 000",
    hours="Monday to Friday, 9am to 5pm",
    reference="K7M2QX4P",
)

PLAIN_SERVICE = replace(ADA, service_name="Example Support")
"""The name of a service may say "victims"; our own words may not, so this one leaves them alone."""

NEVER = re.compile(
    r"\b(court|witness|injur\w+|death|died|dead|bereave\w*|loss|trauma\w*|refuge|attempts?|calls?|called|rang|"
    r"missed|report(ed)?|officer|case|client|counsell\w+|upsetting|danger|safer?)\b",
    re.IGNORECASE,
)
"""Beyond the forbidden words: what would make somebody at home ask questions."""

COUNTS = re.compile(
    r"\b(once|twice|thrice|\w+ times|times|(two|three|four|five|several|many|few) (calls|attempts|tries))\b",
    re.IGNORECASE,
)


def said(words) -> str:
    match words:
        case LetterWords(title=title, body=body, sender=sender):
            return f"{title}\n{body}\n{sender.name}\n{sender.masthead}"
        case EmailWords(subject=subject, text=text, html=html):
            return f"{subject}\n{text}\n" + re.sub(r"<style.*?</style>|<[^>]+>", " ", html)
        case TextWords(text=text):
            return text
    raise AssertionError


def written(purpose, channel, context=ADA, *, neutral=False, language="en"):
    return words_for(purpose, channel, neutral=neutral, language=language, context=context)


TO_THE_PERSON = ("contact_unanswered", "information")
"""What is written of our own accord; the rest is in test_wordings.py."""

EVERY_MESSAGE = list(product(TO_THE_PERSON, ("letter", "email", "text"), (False, True)))
NEUTRAL_MESSAGES = [(p, c, n) for p, c, n in EVERY_MESSAGE if n or c == "text"]


@pytest.mark.parametrize(("purpose", "channel", "neutral"), NEUTRAL_MESSAGES)
def test_whoever_reads_a_neutral_message_learns_nothing(purpose, channel, neutral):
    words = said(written(purpose, channel, neutral=neutral))
    assert not tells_something(words)
    assert NEVER.findall(words) == []
    assert "Cambridgeshire" not in words


@pytest.mark.parametrize(("purpose", "neutral"), list(product(TO_THE_PERSON, (False, True))))
def test_a_subject_is_neutral_on_every_referral(purpose, neutral):
    subject = written(purpose, "email", neutral=neutral).subject
    assert subject == "A message from The Hub"
    assert "\n" not in subject


@pytest.mark.parametrize(("purpose", "channel", "neutral"), EVERY_MESSAGE)
def test_no_message_of_ours_speaks_of_an_offence_or_calls_anybody_a_victim(purpose, channel, neutral):
    assert not tells_something(said(written(purpose, channel, PLAIN_SERVICE, neutral=neutral)))


@pytest.mark.parametrize(("purpose", "channel", "neutral"), EVERY_MESSAGE)
def test_no_message_says_how_often_we_rang(purpose, channel, neutral):
    assert COUNTS.findall(said(written(purpose, channel, neutral=neutral))) == []


def test_no_template_in_the_room_has_a_forbidden_word():
    templates = [each for room in ("letters", "emails", "texts") for each in (TEMPLATES / room).rglob("*.j2")]
    assert len(templates) >= 13
    for template in templates:
        source = template.read_text(encoding="utf-8").replace("service_name", "")
        assert not tells_something(source), template.name
        assert COUNTS.findall(source) == [], template.name


@pytest.mark.parametrize(("purpose", "channel", "neutral"), EVERY_MESSAGE)
def test_every_message_gives_the_number_the_hours_and_the_reference(purpose, channel, neutral):
    words = said(written(purpose, channel, neutral=neutral)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Ada" in words
    for fact in (ADA.telephone, ADA.hours, ADA.reference):
        assert fact in words


@pytest.mark.parametrize(("purpose", "channel", "neutral"), [m for m in EVERY_MESSAGE if m[1] != "text"])
def test_every_letter_and_email_says_how_to_make_us_stop(purpose, channel, neutral):
    words = said(written(purpose, channel, neutral=neutral))
    assert "If you would rather we did not write to you again" in words
    assert "quote your reference" in words
    assert "You decide" in words
    assert ("nothing to pay" if neutral else "free and confidential") in words


@pytest.mark.parametrize("purpose", TO_THE_PERSON)
def test_an_ordinary_letter_names_the_service_and_what_it_offers(purpose):
    letter = written(purpose, "letter")
    assert "Cambridgeshire Victims’ Hub" in letter.body
    assert letter.sender.masthead == letter.sender.name == "Cambridgeshire Victims’ Hub"
    assert "- listen to you" in letter.body


@pytest.mark.parametrize("purpose", TO_THE_PERSON)
def test_a_neutral_letter_has_nothing_where_a_logo_would_be(purpose):
    sender = written(purpose, "letter", neutral=True).sender
    assert (sender.masthead, sender.name) == ("", "The Hub")


@pytest.mark.parametrize("purpose", TO_THE_PERSON)
def test_what_an_inbox_previews_of_an_ordinary_email_is_neutral(purpose):
    preview = written(purpose, "email").text[:160]
    assert not tells_something(preview)
    assert "Cambridgeshire" not in preview
    assert NEVER.findall(preview) == []


@pytest.mark.parametrize(("purpose", "neutral"), list(product(TO_THE_PERSON, (False, True))))
def test_an_email_fetches_nothing_and_so_tells_nobody_that_it_was_read(purpose, neutral):
    html = written(purpose, "email", neutral=neutral).html
    assert re.findall(r"https?:|src=|<img|<link|<script|@import|url\(", html) == []
    assert '<html lang="en">' in html


@pytest.mark.parametrize(("purpose", "neutral"), list(product(TO_THE_PERSON, (False, True))))
def test_plain_text_and_html_say_the_same(purpose, neutral):
    email = written(purpose, "email", neutral=neutral)
    body = email.html.split("<body", 1)[1].split(">", 1)[1]
    plain = re.sub(r"(?m)^- ", "", email.text).split()
    assert re.sub(r"<[^>]+>", " ", body).split() == plain


@pytest.mark.parametrize("purpose", TO_THE_PERSON)
def test_a_text_to_a_plain_name_is_one_part(purpose):
    assert written(purpose, "text").parts == 1


def test_a_curly_apostrophe_does_not_double_the_price_of_a_text():
    text = written("information", "text", replace(ADA, preferred_name="Shay O’Neill"))
    assert "Shay O'Neill" in text.text
    assert text.parts == 1


def test_the_macron_of_a_name_is_kept_whatever_the_text_costs():
    text = written("information", "text", replace(ADA, preferred_name="Mārama"))
    assert "Mārama" in text.text
    assert text.parts > 1


def test_a_person_without_a_name_is_greeted_all_the_same():
    assert written("information", "letter", replace(ADA, preferred_name=" ")).body.startswith("Hello,\n")


REMARKS = {
    "a link": "you won visit evil.example/x",
    "a bare address": "prize.example",
    "a number": "Ada ring 07700 900123",
    "a very long remark": "please do not ring before she has moved out of the house",
    "an e-mail address": "ada@example.org",
}


@pytest.mark.parametrize("remark", REMARKS.values(), ids=REMARKS)
def test_a_remark_in_the_name_field_is_not_sent_as_our_words(remark):
    assert greetable(remark) == ""
    assert remark not in written("information", "text", replace(ADA, preferred_name=remark)).text


@pytest.mark.parametrize(
    "name",
    ["Ada", "Siân Ŵyn-Jones", "Aroha Te Ā", "J. R. Smith", "O’Neill & family", "Nguyễn", "प्रिया", "D'Arcy"],
)
def test_a_real_name_is_greeted(name):
    assert greetable(name) == name


@pytest.mark.parametrize("name", ["Victim of a burglary", "Ada (police aware)", "VICTIM"])
@pytest.mark.parametrize("channel", ["letter", "email", "text"])
@pytest.mark.parametrize("neutral", [False, True])
def test_a_name_that_tells_something_asks_a_person(name, channel, neutral):
    with pytest.raises(UnsafeWords) as refused:
        written("information", channel, replace(ADA, preferred_name=name), neutral=neutral)
    assert name not in str(refused.value)


def test_a_neutral_name_that_is_not_neutral_reaches_nobody():
    with pytest.raises(UnsafeWords):
        written("information", "email", replace(ADA, neutral_name="Victim Care"))


@pytest.mark.parametrize(
    "name", ["Jane Constable", "Margaret Court", "Robb Stark", "Rapeti", "Dr Death", "Crimea"]
)
def test_a_name_that_only_resembles_a_forbidden_word_passes(name):
    assert name in written("contact_unanswered", "text", replace(ADA, preferred_name=name)).text


def test_forbidden_words_are_found_in_any_case_and_beside_any_mark():
    assert all(tells_something(f"the {word.upper()}’s!") for word in FORBIDDEN_WORDS)


def test_a_name_cannot_become_html():
    name = "<b>Ada</b>"
    html = written("information", "email", replace(ADA, service_name=name)).html
    assert name not in html
    assert "&lt;b&gt;Ada" in html


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_a_name_stays_on_the_line_of_its_greeting(name):
    try:
        letter = written("contact_unanswered", "letter", replace(ADA, preferred_name=name), neutral=True)
    except UnsafeWords:
        return
    paragraphs = letter.body.split("\n\n")
    assert len(paragraphs) == 6
    assert "\n" not in paragraphs[0]
    assert letter.title == "Please ring us when it suits you"


def test_a_language_nobody_wrote_is_answered_in_english_and_says_so():
    assert written("information", "letter", language="fr").language == "en"
    assert written("information", "email", language="../../etc").language == "en"


def test_a_profile_may_bring_its_own_words(tmp_path: Path):
    own = tmp_path / "texts" / "information"
    own.mkdir(parents=True)
    (own / "service_exists.txt.j2").write_text(
        "Kia ora {{ preferred_name }}, {{ neutral_name }} {{ telephone }}"
    )
    (own / "service_exists.mi.txt.j2").write_text("Tēnā koe {{ preferred_name }}")

    def text(language):
        return words_for(
            "information", "text", neutral=True, language=language, context=ADA, wording_folder=tmp_path
        )

    assert text("en").text == "Kia ora Ada, The Hub 01223 000 000"
    assert (text("mi-NZ").text, text("mi-NZ").language) == ("Tēnā koe Ada", "mi")


@pytest.mark.parametrize(("purpose", "channel"), [("gossip", "letter"), ("information", "pigeon")])
def test_words_nobody_wrote_are_refused(purpose, channel):
    with pytest.raises(NoSuchWords):
        written(purpose, channel)


@pytest.mark.parametrize(("purpose", "channel", "neutral"), EVERY_MESSAGE)
def test_sentences_are_short_enough_to_read_in_distress(purpose, channel, neutral):
    words = written(purpose, channel, neutral=neutral)
    plain = words.body if isinstance(words, LetterWords) else words.text
    sentences = [part for part in re.split(r"[.?!]\s|\n\n|\n- ", plain) if part]
    assert max(len(sentence.split()) for sentence in sentences) <= 22


def test_nothing_personal_is_in_the_repr_of_any_words():
    for channel in ("letter", "email", "text"):
        assert "Ada" not in repr(written("information", channel))
    assert "Ada" not in repr(ADA)
