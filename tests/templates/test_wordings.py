"""Every message exists in every language, and no translation says what English may not."""

import datetime as dt
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pypdfium2
import pytest

from domain.gate import Circumstances, Permit, Write, permit
from domain.opening_words import hours_in_words
from domain.policy import Period
from domain.telling_words import FORBIDDEN_IN_MAORI, FORBIDDEN_IN_WELSH, telling_words, tells_something
from domain.vocabulary import Channel, Purpose, Weekday
from templates.languages import LANGUAGES, language_of
from templates.letter import LetterContent, LetterPrinter, recipient_lines
from templates.letter_zones import zone_faults
from templates.wordings import OCCASIONS, ROOMS, Wanted, fingerprint, found
from templates.words import (
    LARGE_EMAIL_SIZE,
    EmailWords,
    LetterWords,
    NoSuchWords,
    TextWords,
    WordsContext,
    words_for,
)
from tests.builders import NOW, a_phone, a_policy, sensitive_facts, some_facts

WEEKDAYS = (
    Period(days=tuple(Weekday)[:5], opens=dt.time(8), closes=dt.time(20)),
    Period(days=(Weekday.SAT,), opens=dt.time(9), closes=dt.time(12)),
)
HOURS = {tag: hours_in_words(WEEKDAYS, language.opening) for tag, language in LANGUAGES.items()}
ADA = WordsContext(
    preferred_name="Ada",
    service_name="Example Support",
    neutral_name="The Hub",
    telephone="01223 000 000",
    hours=HOURS["en"],
    reference="K7PM-4T2Q",
    hours_in=HOURS,
    expected_at=dt.datetime(2026, 11, 24, 14, 10, tzinfo=dt.UTC),
    written_on=dt.date(2026, 11, 24),
)
EVERY = [
    (purpose, channel, neutral, language)
    for purpose, occasion in OCCASIONS.items()
    for channel, neutral, language in product(occasion.channels, (False, True), LANGUAGES)
]
TO_THE_PERSON = [each for each in EVERY if each[0] in {"contact_unanswered", "information", "visit_expected"}]
LETTERS = [
    (purpose, neutral, language) for purpose, channel, neutral, language in EVERY if channel == "letter"
]
ADDRESS = recipient_lines("Ada Example", ["1 Example Street", "Cambridge"], "CB1 2AB")


@pytest.fixture(scope="module")
def printer() -> LetterPrinter:
    return LetterPrinter()


def written(purpose, channel, *, neutral=True, language="en", **more):
    return words_for(purpose, channel, neutral=neutral, language=language, context=ADA, **more)


def said(words) -> str:
    match words:
        case LetterWords(title=title, body=body, sender=sender):
            return f"{title}\n{body}\n{sender.name}\n{sender.hours}".replace("\N{NO-BREAK SPACE}", " ")
        case EmailWords(subject=subject, text=text):
            return f"{subject}\n{text}"
        case TextWords(text=text):
            return text
    raise AssertionError


@pytest.mark.parametrize(("purpose", "channel", "neutral", "language"), EVERY)
def test_every_message_exists_in_every_language(purpose, channel, neutral, language):
    words = written(purpose, channel, neutral=neutral, language=language)
    assert words.language == language
    assert ("Ada" in said(words)) == (purpose not in {"safe_channel_asked", "who_we_are"})


@pytest.mark.parametrize(("purpose", "channel", "neutral", "language"), EVERY)
def test_no_message_in_any_language_speaks_of_an_offence(purpose, channel, neutral, language):
    assert telling_words(said(written(purpose, channel, neutral=neutral, language=language))) == ()


@pytest.mark.parametrize(("purpose", "channel", "neutral", "language"), TO_THE_PERSON)
def test_every_language_gives_the_number_the_hours_and_the_reference(purpose, channel, neutral, language):
    words = said(written(purpose, channel, neutral=neutral, language=language))
    for fact in (ADA.telephone, HOURS[language], ADA.reference):
        assert fact in words
    # Half a letter in another language helps nobody.
    assert HOURS["en"] not in words or language == "en"


@pytest.mark.parametrize(("purpose", "channel", "neutral", "language"), EVERY)
def test_a_neutral_message_never_names_the_service_in_any_language(purpose, channel, neutral, language):
    names_it = "Example Support" in said(written(purpose, channel, neutral=neutral, language=language))
    has_two = channel != "text" and not OCCASIONS[purpose].is_one_wording
    assert names_it == (has_two and not neutral)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_says_as_many_things_as_the_english(language):
    # A paragraph left out would be a right left out: that it is free, that it can be stopped.
    for purpose, channel, neutral, _ in TO_THE_PERSON:
        if channel != "text":
            theirs = written(purpose, channel, neutral=neutral, language=language)
            ours = written(purpose, channel, neutral=neutral)
            assert _paragraphs(theirs) == _paragraphs(ours)


def _paragraphs(words) -> int:
    return len((words.body if isinstance(words, LetterWords) else words.text).split("\n\n"))


@pytest.mark.parametrize(("purpose", "neutral", "language"), LETTERS)
@pytest.mark.parametrize("easy", [False, True])
def test_every_letter_fits_its_envelope_in_large_print_too(printer, purpose, neutral, language, easy):
    words = written(purpose, "letter", neutral=neutral, language=language, easy=easy)
    for large in (False, True):
        content = LetterContent.of(
            words, recipient_lines=ADDRESS, reference=ADA.reference, on=dt.date(2026, 11, 24), large=large
        )
        printed = printer.print(content)
        assert printed.pages <= (3 if large else 1)
        assert zone_faults(printed.pdf, recipient=ADDRESS) == []


def test_large_print_is_sixteen_points_and_more_everywhere_but_in_the_window(printer):
    words = written("contact_unanswered", "letter", neutral=False)
    content = LetterContent.of(
        words, recipient_lines=ADDRESS, reference=ADA.reference, on=dt.date(2026, 11, 24), large=True
    )
    document = pypdfium2.PdfDocument(printer.print(content).pdf)
    sizes = {}
    for page in document:
        text = page.get_textpage()
        for ink in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
            said = text.get_text_bounded(*ink.get_bounds())
            sizes[said] = _size_of(ink)
    document.close()
    small = {said.strip() for said, size in sizes.items() if size < 16 and said.strip()}
    assert small == set(ADDRESS)


def _size_of(ink) -> float:
    import ctypes

    size = ctypes.c_float()
    pypdfium2.raw.FPDFTextObj_GetFontSize(ink.raw, size)
    return size.value * ink.get_matrix().a


def test_an_email_in_large_print_is_larger():
    assert f"font-size:{LARGE_EMAIL_SIZE}px" in written("information", "email", large=True).html
    assert f"font-size:{LARGE_EMAIL_SIZE}px" not in written("information", "email").html


def test_a_letter_is_dated_in_its_own_language(printer):
    day = dt.date(2026, 11, 24)
    assert [language_of(tag).day(day) for tag in ("en", "cy", "mi", "pl")] == [
        "24 November 2026",
        "24 Tachwedd 2026",
        "24 Whiringa-ā-rangi 2026",
        "24 November 2026",
    ]
    words = written("information", "letter", language="cy")
    content = LetterContent.of(words, recipient_lines=ADDRESS, reference=ADA.reference, on=day)
    document = pypdfium2.PdfDocument(printer.print(content).pdf)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "24 Tachwedd 2026" in text
    assert "Eich cyfeirnod: K7PM-4T2Q" in text
    assert "November" not in text


def test_hours_are_said_in_every_language():
    assert HOURS == {
        "en": "Monday to Friday, 8am to 8pm, and Saturday, 9am to midday",
        "cy": "dydd Llun i ddydd Gwener, 8am tan 8pm, a dydd Sadwrn, 9am tan hanner dydd",
        "mi": "Rāhina ki te Rāmere, 8am ki te 8pm, me te Rāhoroi, 9am ki te 12pm",
    }


@pytest.mark.parametrize(("purpose", "channel"), [m[:2] for m in TO_THE_PERSON if m[2] and m[3] == "en"])
def test_plain_words_are_short_and_say_the_same(purpose, channel):
    plain = said(written(purpose, channel, easy=True, neutral=False))
    usual = said(written(purpose, channel, neutral=False))
    assert plain != usual
    sentences = [each for each in re.split(r"[.?!,:]\s|\n+", plain) if each]
    assert max(len(sentence.split()) for sentence in sentences) <= 13
    for fact in (ADA.telephone, HOURS["en"], ADA.reference):
        assert fact in plain


def test_the_language_of_the_reader_goes_before_plain_words():
    # Plain words in a language that somebody does not read are not plain.
    assert written("information", "letter", easy=True, language="cy").wording.words.endswith(
        "neutral.cy.txt.j2"
    )
    refused = written("information", "letter", easy=True, language="cy", may_use=lambda _: False)
    assert refused.wording.words.endswith("neutral.easy.txt.j2")
    assert refused.language == "en"


def test_an_email_is_in_one_language_subject_and_all(tmp_path: Path):
    folder = tmp_path / "emails/information"
    folder.mkdir(parents=True)
    (folder / "service_exists.pl.txt.j2").write_text("Dzień dobry")
    # Without a Polish subject the whole e-mail is English: half of it would only confuse.
    half = written("information", "email", neutral=False, language="pl", wording_folder=tmp_path)
    assert (half.language, half.subject) == ("en", "A message from The Hub")


def test_a_question_to_the_referrer_says_nothing_about_the_person():
    for language in LANGUAGES:
        words = written("safe_channel_asked", "email", language=language)
        assert "Ada" not in said(words) + words.html
        assert not tells_something(said(words))
        assert ADA.reference in words.subject
    english = said(written("safe_channel_asked", "email"))
    assert "safe way to reach the person of our reference K7PM-4T2Q" in english
    assert "do not answer this e-mail with a name" in english


def test_whoever_asks_who_we_are_learns_the_neutral_name_and_a_number():
    for language in LANGUAGES:
        text = written("who_we_are", "text", language=language).text
        assert "The Hub" in text
        assert "01223 000 000" in text
        assert "STOP" in text
        # Whoever holds the telephone may not be the person.
        for secret in ("Ada", ADA.reference, "Example Support"):
            assert secret not in text


def test_who_is_expecting_somebody_learns_when_they_come_and_nothing_else():
    for language in LANGUAGES:
        text = written("visit_expected", "text", language=language).text
        assert "14:10" in text
        assert "2026" not in text  # today needs no date
        assert "STOP" in text
        # Whoever else reads it learns neither who comes nor what for.
        for secret in (
            "Example Support",
            "lock",
            "glaz",
            "repair",
            "board",
            "clo",
            "raka",
            "door",
            "drws",
            "tatau",
        ):
            assert secret not in text.lower(), (language, secret)


@pytest.mark.parametrize(
    ("language", "day"), [("en", "24 November"), ("cy", "24 Tachwedd"), ("mi", "24 Whiringa-ā-rangi")]
)
def test_somebody_who_comes_on_another_day_is_announced_with_the_day(language, day):
    tomorrow = replace(ADA, written_on=dt.date(2026, 11, 23))
    words = words_for("visit_expected", "text", neutral=True, language=language, context=tomorrow)
    assert day in words.text


@pytest.mark.parametrize("words", [*FORBIDDEN_IN_WELSH, *FORBIDDEN_IN_MAORI])
def test_a_telling_word_is_found_in_welsh_and_te_reo_maori(words):
    assert tells_something(f"Neges: {words.upper()}.")


def test_a_telling_word_is_found_however_its_macrons_are_made():
    assert tells_something("pa\N{COMBINING MACRON}rurenga")
    assert tells_something("parurenga")
    assert not tells_something("Tūī Parore")


def test_a_text_without_macrons_or_circumflexes_is_cheap_in_welsh():
    # 160 characters in a part, or 70: the words keep to the letters that are cheap where the language lets them.
    assert written("contact_unanswered", "text", language="cy").parts <= 2


def test_a_fingerprint_changes_with_a_word_and_with_nothing_else(tmp_path: Path):
    path = "texts/information/service_exists.mi.txt.j2"
    ours = fingerprint(path, "mi")
    own = tmp_path / path
    own.parent.mkdir(parents=True)
    own.write_text("Kia ora {{ preferred_name }}")
    theirs = fingerprint(path, "mi", tmp_path)
    assert ours == fingerprint(path, "mi") != theirs
    own.write_text("Kia ora, {{ preferred_name }}")
    assert fingerprint(path, "mi", tmp_path) != theirs


def test_words_that_change_while_the_service_runs_are_the_words_that_are_written(tmp_path: Path):
    # Else a mark would be set on words nobody was shown.
    own = tmp_path / "texts/information/service_exists.txt.j2"
    own.parent.mkdir(parents=True)
    for number, text in enumerate(("First", "Second")):
        own.write_text(text)
        import os

        os.utime(own, (number, number))
        assert written("information", "text", wording_folder=tmp_path).text == text


ALL_OPEN = [
    some_facts(phones=(a_phone(takes_texts=True),), referrer_can_be_asked=True),
    sensitive_facts(phones=(a_phone(takes_texts=True),), referrer_can_be_asked=True),
]


CAN_HAPPEN = [
    (purpose, channel)
    for purpose, channel in product(Purpose, Channel)
    if purpose not in {Purpose.WHO_WE_ARE, Purpose.VISIT_EXPECTED}
    or channel is Channel.TEXT  # by a text alone
]


@pytest.mark.parametrize(("purpose", "channel"), CAN_HAPPEN)
def test_whatever_the_gate_allows_has_words_and_nothing_else_has(purpose, channel):
    # A message that nobody wrote would be held at the last moment, when a person waits for it.
    allowed = [_permit(purpose, channel, facts) for facts in ALL_OPEN]
    if any(isinstance(ruling, Permit) for ruling in allowed):
        for neutral, language in product((False, True), LANGUAGES):
            assert said(written(purpose, channel, neutral=neutral, language=language))
    else:
        with pytest.raises(NoSuchWords):
            written(purpose, channel)


def _permit(purpose: Purpose, channel: Channel, facts):
    circumstances = Circumstances(
        facts=facts,
        policy=a_policy(),
        now=NOW,
        sensitive=facts.is_sensitive,
        protected=facts.is_sensitive,
        in_touch=purpose is Purpose.VISIT_EXPECTED,
    )
    return permit("key", Write(channel=channel, purpose=purpose, approved=True), circumstances)


def test_no_file_of_words_lies_around_unused():
    used = {
        path
        for occasion in OCCASIONS.values()
        for channel, neutral, easy, language in product(
            occasion.channels, (False, True), (False, True), LANGUAGES
        )
        for wording in found(
            Wanted(occasion=occasion, channel=channel, neutral=neutral, language=language, easy=easy)
        )
        for path in wording.files
    }
    from templates.render import TEMPLATES

    there = {
        str(path.relative_to(TEMPLATES))
        for room in ROOMS.values()
        for path in (TEMPLATES / room).rglob("*.txt.j2")
    }
    assert there == used
