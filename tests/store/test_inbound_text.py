import itertools
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from domain.callback_ports import InboundText
from domain.errors import ReferralNotFound
from domain.events import OptedIn, OptedOut, Replied, TextCame
from domain.vocabulary import ContactChannel, MessageState, OptOutWay, ReplyChannel, TextMeaning
from store.inbound_text import InboundTextStore, TextNotFound
from store.inbound_text_row import INBOUND_TEXT
from store.opt_out import OptOutStore
from store.referral_document import number_id
from store.referral_row import REFERRAL
from tests.builders import NOW
from tests.store.lives import JO, KeptLife, Office, a_document, another_person

HER_NUMBER = "+447700900001"
NO_POST = {"victim__address": None, "victim__emails": []}
STOP_BY_TEXT = OptedOut(channel=ContactChannel.TEXT, way=OptOutWay.TEXT)
REPLY = Replied(channel=ReplyChannel.TEXT)
_events = itertools.count(1)


def a_text(words: str, sender: str = HER_NUMBER, **more) -> InboundText:
    return InboundText(
        **{"event_id": f"SM{next(_events)}", "sender": sender, "words": words, "received_at": NOW, **more}
    )


def texts(office: Office) -> InboundTextStore:
    return InboundTextStore(office.engine, office.keyring)


def take_in(office: Office, words: str, sender: str = HER_NUMBER):
    """Take one text in and show what became of it."""
    texts(office).take_in(a_text(words, sender), now=NOW)
    return texts(office).list()[0]


def told(office: Office, life: KeptLife) -> list[object]:
    return [command.event for command in office.commands.pending(f"referral-{life.id}")]


def sharing(office: Office, number: int = 2, **changes) -> KeptLife:
    """Somebody else with the same number: a household, or the same person once more."""
    return office.begins(
        another_person(number, victim__phones=[{"number": HER_NUMBER, "safe": "yes"}], **changes)
    )


def texted(office: Office, life: KeptLife) -> KeptLife:
    """A text left to her number."""
    life.is_silent().reaches_cut_off()
    life.begins_to_leave()
    office.messages.settle(life.key, MessageState.SENT, why="", provider_id="SM0", now=life.now)
    return life


def in_the_table(office: Office) -> list:
    with office.engine.connect() as connection:
        return connection.execute(select(INBOUND_TEXT)).all()


@pytest.mark.parametrize(
    ("words", "event"),
    [
        ("Yes please, after six", REPLY),
        ("call me", REPLY),
        ("STOP", STOP_BY_TEXT),
        ("START", OptedIn(channel=ContactChannel.TEXT)),
        ("who is this?", TextCame(meaning=TextMeaning.WHO_ARE_YOU, phone_id="p")),
        ("fuck off", TextCame(meaning=TextMeaning.ABUSE, phone_id="p")),
    ],
)
def test_a_text_wakes_the_one_referral_that_knows_its_number(office: Office, words: str, event) -> None:
    life = office.begins(another_person(1))
    office.begins(another_person(2))
    text = take_in(office, words)
    [happened] = told(office, life)
    if isinstance(event, TextCame):
        assert happened.phone_id == number_id(office.keyring)(HER_NUMBER)
        assert happened.meaning is event.meaning
    else:
        assert happened == event
    assert (text.referral_id, text.reference, text.needs_person) == (life.id, life.view.reference, False)


def test_what_was_written_is_a_note_on_the_timeline_and_the_relay_brings_it_at_once(office: Office) -> None:
    life = office.begins(another_person(1))
    take_in(office, "Please ring after six")
    [command] = office.commands.left_over(now=NOW, lease=timedelta(seconds=5), limit=10)
    assert office.commands.words(command.id) == {"note": "Please ring after six"}
    life.takes_in(command)
    [line] = [line for line in office.timeline.of(life.id) if line.words]
    assert (line.words, line.by_name) == ("Please ring after six", "A text that came in")


def test_a_text_told_twice_is_one(office: Office) -> None:
    # Twilio tells again when our answer was lost.
    life = office.begins(another_person(1))
    text = a_text("call me")
    assert texts(office).take_in(text, now=NOW)
    assert not texts(office).take_in(text, now=NOW)
    threads = [
        threading.Thread(target=texts(office).take_in, args=(text,), kwargs={"now": NOW}) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told(office, life)) == len(in_the_table(office)) == 1


def test_nothing_of_a_text_lies_in_clear(office: Office) -> None:
    take_in(office, "He is at 77 Hidden Lane")
    [row] = in_the_table(office)
    kept = str(tuple(row)) + repr(bytes(row.words_enc)) + repr(bytes(row.sender_enc))
    assert "Hidden" not in kept
    assert "7700900001" not in kept


def test_a_text_from_nobody_we_know_waits_for_a_person(office: Office) -> None:
    office.begins(another_person(1))
    text = take_in(office, "Hello?", "+447700900555")
    assert (text.needs_person, text.referral_id, text.candidates) == (True, None, ())
    assert texts(office).waiting() == 1


def test_several_referrals_with_one_number_are_told_apart_by_a_person(office: Office) -> None:
    # The wrong one would be told that its victim had replied.
    lives = [office.begins(another_person(1)), sharing(office)]
    text = take_in(office, "call me")
    assert text.needs_person
    assert {one.referral_id for one in text.candidates} == {life.id for life in lives}
    assert [told(office, life) for life in lives] == [[], []]


def test_a_text_answers_the_referral_that_was_texted(office: Office) -> None:
    life = texted(office, office.begins(another_person(1, **NO_POST)))
    other = sharing(office)
    text = take_in(office, "yes please")
    assert (told(office, life), told(office, other)) == ([REPLY], [])
    assert text.referral_id == life.id


def test_of_two_that_were_texted_the_live_one_is_meant(office: Office) -> None:
    closed = texted(office, office.begins(another_person(1, **NO_POST)))
    closed.decides("close", outcome="moved_away")
    live = texted(office, sharing(office, **NO_POST))
    take_in(office, "yes please")
    assert (told(office, live), told(office, closed)) == ([REPLY], [])


def test_of_two_live_ones_that_were_texted_a_person_chooses(office: Office) -> None:
    texted(office, office.begins(another_person(1, **NO_POST)))
    texted(office, sharing(office, **NO_POST))
    text = take_in(office, "yes please")
    assert text.needs_person
    assert [one.was_texted for one in text.candidates] == [True, True]


def test_a_text_to_another_number_of_hers_does_not_make_this_one_texted(office: Office) -> None:
    phones = [{"number": "+447700900009", "safe": "yes"}, {"number": HER_NUMBER, "safe": "yes"}]
    life = texted(office, office.begins(another_person(1, victim__phones=phones, **NO_POST)))
    sharing(office)
    assert take_in(office, "yes please").needs_person
    assert told(office, life) == []


def test_a_closed_referral_listens_for_a_year(office: Office) -> None:
    life = office.begins(another_person(1)).decides("close", outcome="moved_away")
    texts(office).take_in(a_text("I need help after all"), now=NOW + timedelta(days=300))
    assert told(office, life) == [REPLY]
    texts(office).take_in(a_text("I need help after all"), now=NOW + timedelta(days=400))
    assert texts(office).waiting() == 1


def known(office: Office, number: str) -> tuple[ContactChannel, ...]:
    document = a_document(victim__phones=[{"number": number}], victim__emails=[], victim__address=None)
    return OptOutStore(office.engine, office.keyring).known(document)


def test_a_stop_is_heard_by_every_live_referral_with_this_number(office: Office) -> None:
    lives = [office.begins(another_person(1)), sharing(office, 2), sharing(office, 3)]
    lives[2].decides("close", outcome="moved_away")
    text = take_in(office, "Stop.")
    assert [told(office, life) for life in lives] == [[STOP_BY_TEXT], [STOP_BY_TEXT], []]
    assert (text.needs_person, text.referral_id) == (False, None)
    assert known(office, HER_NUMBER) == (ContactChannel.TEXT,)


def test_a_stop_of_a_number_nobody_knows_is_kept_too(office: Office) -> None:
    # She may be referred tomorrow.
    assert take_in(office, "STOP", "+447700900555").needs_person
    assert known(office, "+447700900555") == (ContactChannel.TEXT,)


def test_a_start_lifts_the_stop_of_its_number(office: Office) -> None:
    life = office.begins(another_person(1))
    take_in(office, "STOP")
    take_in(office, "START")
    assert known(office, HER_NUMBER) == ()
    assert told(office, life) == [STOP_BY_TEXT, OptedIn(channel=ContactChannel.TEXT)]


def test_a_start_on_a_sensitive_referral_is_judged_by_a_person(office: Office) -> None:
    # Whoever holds the phone may not be the person who asked us to stop.
    life = office.begins(another_person(1, flags=["domestic_abuse"]))
    take_in(office, "STOP")
    take_in(office, "START")
    assert known(office, HER_NUMBER) == (ContactChannel.TEXT,)
    assert told(office, life) == [STOP_BY_TEXT]
    assert texts(office).waiting() == 1


def test_a_start_of_which_we_hear_late_lifts_no_stop_that_came_after_it(office: Office) -> None:
    # Looked for after an outage of ours: START, STOP was the order, and only the STOP reached us.
    life = office.begins(another_person(1))
    take_in(office, "STOP")
    late = a_text("START", received_at=NOW - timedelta(minutes=10))
    texts(office).take_in(late, now=NOW)
    assert known(office, HER_NUMBER) == (ContactChannel.TEXT,)
    assert told(office, life) == [STOP_BY_TEXT]
    assert texts(office).waiting() == 1


def test_a_stop_of_which_we_hear_late_is_a_stop(office: Office) -> None:
    life = office.begins(another_person(1))
    texts(office).take_in(a_text("STOP", received_at=NOW - timedelta(days=2)), now=NOW)
    assert told(office, life) == [STOP_BY_TEXT]


def test_a_threat_beside_a_stop_is_told_as_well(office: Office) -> None:
    life = office.begins(another_person(1))
    take_in(office, "Stop texting my wife or I'll kill you")
    assert [event.type for event in told(office, life)] == ["opt_out", "text"]


@pytest.mark.parametrize(
    ("words", "duress"), [("I bought a Kettle!", True), ("STOP, kettle", True), ("All is fine", False)]
)
def test_a_duress_word_alerts_and_nothing_shows_it(office: Office, words: str, duress: bool) -> None:
    life = office.begins(another_person(1, victim__contact_plan={"duress_word": "kettle"}))
    text = take_in(office, words)
    [event] = told(office, life)
    assert event.duress is duress
    assert "duress" not in repr(text)


def test_a_duress_word_tells_whose_text_it_is(office: Office) -> None:
    # Two people share a number: the one in danger must not wait for somebody to read a list.
    life = office.begins(another_person(1, victim__contact_plan={"duress_word": "kettle"}))
    sharing(office)
    take_in(office, "the kettle is broken")
    assert [event.duress for event in told(office, life)] == [True]


def test_a_person_says_whose_a_text_is(office: Office) -> None:
    life = office.begins(another_person(1))
    text = take_in(office, "This is my sister's phone. Call me", "+447700900555")
    stored = texts(office).assign(text.id, life.view.reference, by=JO, now=NOW)
    assert stored is not None
    assert (stored.event, stored.by) == (REPLY, JO)
    assert office.commands.words(stored.id) == {"note": "This is my sister's phone. Call me"}
    text = texts(office).get(text.id)
    assert (text.needs_person, text.referral_id, text.handled_by) == (False, life.id, JO.name)
    assert texts(office).assign(text.id, life.view.reference, by=JO, now=NOW) is None


@pytest.mark.parametrize(("words", "event"), [("STOP", STOP_BY_TEXT), ("who is this", REPLY)])
def test_a_text_given_to_a_referral_asks_there_what_it_asked(office: Office, words: str, event) -> None:
    # "Who is this?" is not answered by machine to a number the referral does not know.
    life = office.begins(another_person(1))
    text = take_in(office, words, "+447700900555")
    texts(office).assign(text.id, life.view.reference, by=JO, now=NOW)
    assert told(office, life) == [event]


def test_a_text_cannot_be_given_to_nobody(office: Office) -> None:
    text = take_in(office, "Hello", "+447700900555")
    with pytest.raises(ReferralNotFound):
        texts(office).assign(text.id, "XXXX-XXXX", by=JO, now=NOW)
    for no_text in ("5b1d6f3e-0000-4000-8000-000000000001", "no id"):
        with pytest.raises(TextNotFound):
            texts(office).assign(no_text, "XXXX-XXXX", by=JO, now=NOW)
    assert texts(office).get(text.id).needs_person


def test_who_dealt_with_a_text_first_stays_named(office: Office) -> None:
    from dataclasses import replace

    text = take_in(office, "Hello", "+447700900555")
    assert texts(office).deal_with(text.id, by=JO, now=NOW)
    assert not texts(office).deal_with(text.id, by=replace(JO, name="Somebody else"), now=NOW)
    assert texts(office).get(text.id).handled_by == JO.name


def test_texts_are_listed_newest_first_page_by_page(office: Office) -> None:
    office.begins(another_person(1))
    for minutes, sender in enumerate((HER_NUMBER, "+447700900555", "+447700900556")):
        texts(office).take_in(a_text("Hi", sender, received_at=NOW + timedelta(minutes=minutes)), now=NOW)
    every = texts(office).list()
    assert [text.sender for text in every] == ["+447700900556", "+447700900555", HER_NUMBER]
    after = (every[0].received_at, every[0].id)
    assert texts(office).list(after=after, limit=1) == every[1:2]
    assert texts(office).list(needs_person=True) == every[:2]
    assert texts(office).list(needs_person=False) == every[2:]


def test_a_text_outlives_its_referral_without_naming_it(office: Office) -> None:
    life = office.begins(another_person(1))
    text = take_in(office, "Hello")
    with office.engine.begin() as connection:
        connection.execute(delete(REFERRAL).where(REFERRAL.c.id == life.id))
    assert texts(office).get(text.id).referral_id is None


@pytest.mark.parametrize(
    ("words", "asks"), [("who is this?", True), ("fuck off", True), ("Please ring", False)]
)
@pytest.mark.parametrize("flags", [[], ["stalking"]])
def test_a_text_to_a_closed_referral_that_is_no_reply_waits_for_a_person(
    office: Office, words: str, asks: bool, flags: list[str]
) -> None:
    # Nobody works on a closed referral: a line of its timeline alone would be read by nobody.
    life = office.begins(another_person(1, flags=flags))
    life.decides("close", outcome="moved_away", reason="x")
    text = take_in(office, words)
    assert (text.referral_id, text.needs_person) == (life.id, asks)


def test_a_duress_word_in_a_stop_to_a_closed_referral_is_heard(office: Office) -> None:
    life = office.begins(another_person(1, victim__contact_plan={"duress_word": "kettle"}))
    life.decides("close", outcome="moved_away", reason="x")
    take_in(office, "STOP")
    assert told(office, life) == []
    take_in(office, "STOP, kettle")
    [event] = told(office, life)
    assert event.duress
