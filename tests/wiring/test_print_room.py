"""A service that prints its own letters: every letter once, in post order, and none that may not leave any more."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from sqlalchemy import Engine, text

from activities.correspondence import CorrespondenceActivities, Departure
from domain.errors import NotPossibleNow
from domain.events import MessageReported, MessageSettled
from domain.print_batch import is_posting_overdue, is_printing_overdue
from domain.vocabulary import Channel, DeliveryReport, MessageState
from providers.letter_print_room import PrintRoom as CollectedLetters
from store.keyring import Keyring
from store.print_batch import Confirmation, MustBePulledFirst, PrintBatchStore
from templates.letter_batch import pages_of
from tests.builders import ALWAYS_OPEN, DAY, HOUR, NOW
from tests.store.lives import JO, WRITTEN, KeptLife, Office, another_person
from wiring.database import make_engine
from wiring.print_room import BatchDamaged, PrintRoom
from wiring.profile import load_profile
from wiring.settings import ROOT
from wiring.writer import MessageWriter

TEATIME = datetime(2026, 11, 23, 17, 45, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def office(engine: Engine) -> Office:
    return Office(engine, Keyring((bytes(range(32)),)))


@pytest.fixture
def batches(office: Office) -> PrintBatchStore:
    return PrintBatchStore(office.engine, office.keyring)


@pytest.fixture(scope="module")
def writer() -> MessageWriter:
    return MessageWriter(load_profile(ROOT / "profiles/rehearsal.toml"))


@pytest.fixture
def room(office: Office, batches: PrintBatchStore, writer: MessageWriter) -> PrintRoom:
    return a_room(office, batches, writer)


def a_room(office: Office, batches: PrintBatchStore, writer: MessageWriter) -> PrintRoom:
    return PrintRoom(
        batches=batches,
        messages=office.messages,
        writer=writer,
        zone=ZoneInfo("Europe/London"),
    )


def queued(office: Office, number: int, *, postcode: str = "CB1 2AB", **changes) -> KeptLife:
    """Nobody answered, and the letter's cut-off has passed: it waits to be printed."""
    address = {"lines": [f"{number} Example Street", "Cambridge"], "postcode": postcode, "safe": "yes"}
    person = another_person(number, **{"victim__address": address, **changes})
    life = office.begins(person).is_silent().reaches_cut_off()
    office.messages.queue(life.key, life.now)
    return life.happens(MessageSettled(key=life.key, state=MessageState.RESERVED, queued=True))


def message_of(life: KeptLife):
    return next(m for m in life.office.messages.of_referral(life.id) if m.key == life.key)


def told(life: KeptLife) -> list[DeliveryReport]:
    """What its referral has been told since the printing and has not taken in yet."""
    return [report for report in reports(life) if report is not DeliveryReport.PRINTED]


def reports(life: KeptLife) -> list[DeliveryReport]:
    commands = life.office.commands.pending(f"referral-{life.id}")
    return [c.event.report for c in commands if isinstance(c.event, MessageReported)]


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    said = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return said


def test_every_letter_that_waits_is_printed_once_in_post_order(office, room, batches) -> None:
    places = {1: "CB10 1AA", 2: "CB2 1AA", 3: "CB2 1AA", 4: "CB1 1AA"}
    lives = {number: queued(office, number, postcode=where) for number, where in places.items()}
    making = room.make_batch(JO, TEATIME)
    assert making.batch is not None
    assert making.left_out == ()
    in_order = [lives[number] for number in (4, 2, 3, 1)]
    assert [item.message for item in making.batch.items] == [message_of(life).id for life in in_order]
    assert [item.number for item in making.batch.items] == [1, 2, 3, 4]
    printed = pages(room.pdf_of(making.batch, TEATIME).pdf)
    assert ["Given4" in printed[0], "Given2" in printed[1], "Given1" in printed[3]] == [True] * 3
    assert {message_of(life).state for life in in_order} == {MessageState.SENDING}
    assert batches.queued() == []
    assert room.make_batch(JO, TEATIME).batch is None


def test_numbers_of_houses_and_postcodes_are_in_the_order_of_their_size(office, room) -> None:
    lives = [queued(office, number) for number in (10, 9, 100)]
    batch = room.make_batch(JO, TEATIME).batch
    ids = {message_of(life).id: number for life, number in zip(lives, (10, 9, 100), strict=True)}
    assert [ids[item.message] for item in batch.items] == [9, 10, 100]


def test_the_manifest_counts_and_sums_up_and_names_nobody(office, room, batches) -> None:
    queued(office, 1)
    queued(office, 2, victim__access=["large_print"])
    batch = room.make_batch(JO, TEATIME).batch
    assert batches.get(batch.id) == batch
    whole = room.pdf_of(batch, TEATIME).pdf
    assert batch.sha256 == hashlib.sha256(whole).hexdigest()
    assert batch.pages == pages_of(whole) == 3
    assert [item.pages for item in batch.items] == [1, 2]
    with office.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM print_batch")).one())
    for secret in ("Given1", "Family1", "Example Street", "CB1"):
        assert secret not in kept


def test_the_same_batch_fetched_again_is_the_same_to_the_byte(office, room) -> None:
    queued(office, 1)
    queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    first = room.pdf_of(batch, TEATIME).pdf
    assert room.pdf_of(batch, TEATIME + 30 * DAY).pdf == first


def test_a_batch_whose_letter_was_changed_is_not_given_out(office, room) -> None:
    queued(office, 1)
    batch = room.make_batch(JO, TEATIME).batch
    item = replace(batch.items[0], sha256="0" * 64)
    with pytest.raises(BatchDamaged):
        room.pdf_of(replace(batch, items=(item,)), TEATIME)
    with pytest.raises(BatchDamaged):
        room.pdf_of(replace(batch, sha256="0" * 64), TEATIME)


def test_who_was_reached_since_the_cut_off_gets_no_letter(office, room) -> None:
    reached, silent = queued(office, 1), queued(office, 2)
    reached.rings("answered")
    batch = room.make_batch(JO, TEATIME).batch
    assert [item.message for item in batch.items] == [message_of(silent).id]
    assert message_of(reached).state is MessageState.RECALLED


def test_a_call_that_is_stored_and_not_taken_in_yet_keeps_a_letter_out_until_it_is(office, room) -> None:
    from domain.events import AttemptMade
    from domain.vocabulary import AttemptOutcome

    life = queued(office, 1)
    call = life.is_told(AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=life.now))
    making = room.make_batch(JO, TEATIME)
    assert making.batch is None
    assert [left.message for left in making.left_out] == [message_of(life).id]
    life.takes_in(call)
    assert len(room.make_batch(JO, TEATIME).batch.items) == 1


def test_a_stop_that_nobody_has_taken_in_yet_keeps_a_letter_out(office, room) -> None:
    # Temporal may be away: the stop holds from the moment it is stored.
    stopped, other = queued(office, 1, incident__kind="burglary"), queued(office, 2)
    stop(stopped)
    making = room.make_batch(JO, TEATIME)
    assert [item.message for item in making.batch.items] == [message_of(other).id]
    [left] = making.left_out
    assert (left.message, left.why) == (message_of(stopped).id, "Everything was stopped.")
    assert making.batch.left_out == making.left_out


def stop(life: KeptLife) -> None:
    from domain.events import AttemptMade
    from domain.vocabulary import AttemptOutcome

    life.is_told(AttemptMade(outcome=AttemptOutcome.IMMEDIATE_DANGER, made_at=life.now))


def test_a_letter_that_cannot_be_printed_is_reported_and_stops_no_other(office, room) -> None:
    bad = queued(office, 1, victim__family_name="\N{REPLACEMENT CHARACTER}")
    good = queued(office, 2)
    making = room.make_batch(JO, TEATIME)
    assert [item.message for item in making.batch.items] == [message_of(good).id]
    [left] = making.left_out
    assert left.message == message_of(bad).id
    assert "cannot be printed: the name has a character" in left.why
    # Its referral hears of it, so that a person is asked, and hears of it once.
    assert message_of(bad).state is MessageState.RECALLED
    assert room.make_batch(JO, TEATIME).left_out == ()
    assert told(bad) == [DeliveryReport.PULLED]
    [command] = office.commands.pending(f"referral-{bad.id}")
    bad.takes_in(command)
    assert bad.state.decide_reason == "The letter was taken out before posting."


def test_a_making_cut_off_half_way_is_finished_and_nothing_is_printed_twice(
    office, room, batches, writer, monkeypatch
) -> None:
    first, second = queued(office, 1), queued(office, 2)
    begun = []
    begin = office.messages.begin

    def dies_after_one(key, *args, **more):
        if begun:
            raise KeyboardInterrupt
        begun.append(key)
        return begin(key, *args, **more)

    monkeypatch.setattr(office.messages, "begin", dies_after_one)
    with pytest.raises(KeyboardInterrupt):
        room.make_batch(JO, TEATIME)
    monkeypatch.undo()
    [cut_off] = batches.unfinished()
    assert batches.recent() == []
    batch = room.make_batch(JO, TEATIME + HOUR).batch
    assert batch.id == cut_off
    assert sorted(item.message for item in batch.items) == sorted(
        message_of(life).id for life in (first, second)
    )
    assert batches.unfinished() == []


def test_a_crash_just_before_the_batch_is_written_down_loses_nothing(
    office, room, batches, monkeypatch
) -> None:
    life = queued(office, 1)
    monkeypatch.setattr(batches, "keep", lambda _, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        room.make_batch(JO, TEATIME)
    monkeypatch.undo()
    assert batches.queued() == []
    [item] = room.make_batch(JO, TEATIME).batch.items
    assert item.message == message_of(life).id
    assert reports(life) == [DeliveryReport.PRINTED], "its referral knows that it may be posted now"


def test_two_who_make_it_at_the_same_moment_make_one(office, batches, writer) -> None:
    for number in range(1, 7):
        queued(office, number)

    def makes(_: int):
        try:
            return a_room(office, PrintBatchStore(office.engine, office.keyring), writer).make_batch(
                JO, TEATIME
            )
        except NotPossibleNow:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [making.batch for making in pool.map(makes, range(4)) if making and making.batch]
    [batch] = made
    assert len(batch.items) == 6
    assert len(batches.recent()) == 1


def test_a_posted_batch_tells_every_referral_that_its_letter_left(office, room) -> None:
    sent, pulled = queued(office, 1), queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    said = Confirmation(pulled=(message_of(pulled).id,))
    posted = room.confirm_posted(batch.id, JO, said, TEATIME + HOUR)
    assert (posted.posted_at, posted.posted_by) == (TEATIME + HOUR, JO.name)
    assert message_of(sent).state is MessageState.SENT
    assert message_of(pulled).state is MessageState.RECALLED
    assert (told(sent), told(pulled)) == ([DeliveryReport.SENT], [DeliveryReport.PULLED])


def test_what_was_told_is_taken_in(office, room) -> None:
    sent, pulled = queued(office, 1), queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    room.confirm_posted(batch.id, JO, Confirmation(pulled=(message_of(pulled).id,)), TEATIME + HOUR)
    for life in (sent, pulled):
        life.now = TEATIME + HOUR
        for command in office.commands.pending(f"referral-{life.id}"):
            life.takes_in(command)
    assert sent.state.writing.state is MessageState.SENT
    assert sent.state.writing.closes_at is not None
    assert "The letter left." in office.words(sent.id)
    assert pulled.state.writing.state is MessageState.RECALLED
    assert "The letter was taken out, or left out, before posting." in office.words(pulled.id)


def test_saying_the_same_again_changes_nothing_and_something_else_is_refused(office, room) -> None:
    life = queued(office, 1)
    batch = room.make_batch(JO, TEATIME).batch
    once = room.confirm_posted(batch.id, JO, Confirmation(), TEATIME + HOUR)
    assert room.confirm_posted(batch.id, JO, Confirmation(), TEATIME + 2 * HOUR) == once
    assert told(life) == [DeliveryReport.SENT]
    with pytest.raises(NotPossibleNow):
        room.confirm_posted(batch.id, JO, Confirmation(pulled=(message_of(life).id,)), TEATIME + HOUR)
    assert message_of(life).state is MessageState.SENT


def test_a_letter_of_another_batch_cannot_be_pulled_out_of_this_one(office, room) -> None:
    queued(office, 1)
    batch = room.make_batch(JO, TEATIME).batch
    other = queued(office, 2)
    with pytest.raises(NotPossibleNow):
        room.confirm_posted(batch.id, JO, Confirmation(pulled=(message_of(other).id,)), TEATIME)
    assert room.confirm_posted("no-such-batch", JO, Confirmation(), TEATIME) is None


def test_a_letter_stopped_since_it_was_printed_has_to_be_pulled_out(office, room, batches) -> None:
    stopped, other = queued(office, 1), queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    stop(stopped)
    message = message_of(stopped).id
    assert batches.to_pull(batch.id, TEATIME) == {message: "Everything was stopped."}
    with pytest.raises(MustBePulledFirst) as refused:
        room.confirm_posted(batch.id, JO, Confirmation(), TEATIME + HOUR)
    assert refused.value.messages == (message,)
    # Nothing of it was done by halves.
    assert {message_of(life).state for life in (stopped, other)} == {MessageState.SENDING}
    room.confirm_posted(batch.id, JO, Confirmation(pulled=(message,)), TEATIME + HOUR)
    assert message_of(stopped).state is MessageState.RECALLED


def test_who_is_reached_after_the_printing_is_found_in_the_pile(office, room, batches) -> None:
    life = queued(office, 1)
    batch = room.make_batch(JO, TEATIME).batch
    life.rings("answered")
    assert list(batches.to_pull(batch.id, TEATIME)) == [message_of(life).id]


def test_a_letter_that_is_in_the_box_already_is_said_to_be(office, room) -> None:
    life = queued(office, 1)
    batch = room.make_batch(JO, TEATIME).batch
    stop(life)
    room.confirm_posted(batch.id, JO, Confirmation(in_the_box=(message_of(life).id,)), TEATIME)
    # The truth is told, though it should not have happened.
    assert message_of(life).state is MessageState.SENT
    assert told(life) == [DeliveryReport.SENT]


def test_a_stopped_letter_is_not_printed_from_a_batch_that_was_made_before(office, room) -> None:
    stopped, other = queued(office, 1), queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    stop(stopped)
    given = room.pdf_of(batch, TEATIME)
    assert list(given.left_out) == [message_of(stopped).id]
    said = " ".join(pages(given.pdf))
    assert "Given2" in said
    assert "Given1" not in said
    assert message_of(other).id in {item.message for item in batch.items}


def test_a_letter_is_overdue_an_hour_after_its_cut_off() -> None:
    assert not is_printing_overdue(NOW, NOW + timedelta(minutes=59))
    assert is_printing_overdue(NOW, NOW + HOUR)


FRIDAY = datetime(2026, 11, 27, 17, 45, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)


def test_a_batch_is_overdue_when_the_next_working_day_comes() -> None:
    assert not is_posting_overdue(FRIDAY, ALWAYS_OPEN, MONDAY - timedelta(minutes=1))
    assert is_posting_overdue(FRIDAY, ALWAYS_OPEN, MONDAY)
    closed = replace(ALWAYS_OPEN, closed_on=(MONDAY.date(),))
    assert not is_posting_overdue(FRIDAY, closed, MONDAY)
    assert is_posting_overdue(FRIDAY, closed, MONDAY + DAY)


class Words:
    """Stands in for the writer: a letter is only queued here."""

    def write(self, draft, on):
        return WRITTEN


def sends(life: KeptLife) -> CorrespondenceActivities:
    """The worker's step, with letters that the service prints itself."""
    ways = {Channel.LETTER: CollectedLetters()}
    return CorrespondenceActivities(life.office.messages, Words(), ways, clock=lambda: life.now)


def test_a_step_repeated_after_the_batch_took_the_letter_leaves_it_there(office, room, batches) -> None:
    # The worker died before it answered; else the row would be `unknown`, and the letter missed by everything below.
    life = office.begins(another_person(1)).is_silent().reaches_cut_off()
    step = Departure(key=life.key, at=life.now)
    first = sends(life).send_message(step)
    batch = room.make_batch(JO, TEATIME).batch
    assert sends(life).send_message(step) == first
    assert sends(life).reconcile_message(step) == replace(first, reconciled=True)
    assert message_of(life).state is MessageState.SENDING
    life.happens(first)
    stop(life)
    assert batches.to_pull(batch.id, TEATIME) == {message_of(life).id: "Everything was stopped."}
    with pytest.raises(MustBePulledFirst):
        room.confirm_posted(batch.id, JO, Confirmation(), TEATIME + HOUR)


def test_a_printed_letter_of_which_something_else_is_believed_is_watched_all_the_same(
    office, room, batches
) -> None:
    stopped, other = queued(office, 1), queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    for life in (stopped, other):
        office.messages.settle(life.key, MessageState.UNKNOWN, why="", provider_id="", now=life.now)
        life.happens(MessageSettled(key=life.key, state=MessageState.UNKNOWN))
    stop(stopped)
    message = message_of(stopped).id
    assert batches.to_pull(batch.id, TEATIME)[message] == "Everything was stopped."
    said = Confirmation(pulled=(message,), in_the_box=(message_of(other).id,))
    room.confirm_posted(batch.id, JO, said, TEATIME + HOUR)
    assert message_of(stopped).state is MessageState.RECALLED
    assert message_of(other).state is MessageState.SENT


def test_a_crash_between_the_gates_no_and_telling_the_referral_loses_no_letter(
    office, room, batches, monkeypatch
) -> None:
    life = queued(office, 1)
    stop(life)
    monkeypatch.setattr(batches, "give_back", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        room.make_batch(JO, TEATIME)
    monkeypatch.undo()
    assert [letter.key for letter in batches.queued()] == [life.key], (
        "it still waits, where everybody sees it"
    )
    [left] = room.make_batch(JO, TEATIME + DAY).left_out
    assert left.why == "Everything was stopped."
    assert told(life) == [DeliveryReport.PULLED]
    assert message_of(life).state is MessageState.RECALLED


def test_a_letter_that_was_taken_out_of_the_queue_meanwhile_is_not_given_back(office, batches) -> None:
    # Its referral was held and released: it has a new cut-off, and nobody took it out of a batch.
    life = queued(office, 1)
    [letter] = batches.queued()
    life.decides("hold").decides("release")
    batches.give_back(letter, "It may not leave.", by=JO, now=TEATIME)
    assert message_of(life).state is MessageState.HELD
    assert told(life) == []


def test_a_call_stored_after_the_printing_keeps_the_letter_back_until_it_is_taken_in(
    office, room, batches
) -> None:
    # Somebody was spoken to and Temporal is away: nobody has decided yet what becomes of the letter.
    from domain.events import AttemptMade
    from domain.vocabulary import AttemptOutcome

    life, other = queued(office, 1), queued(office, 2)
    batch = room.make_batch(JO, TEATIME).batch
    for command in office.commands.pending(f"referral-{life.id}"):
        life.takes_in(command)
    call = life.is_told(AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=life.now))
    message = message_of(life).id
    # The other's referral has not taken in that it was printed; that alone says nothing against it.
    why = "Something was recorded that has to be taken in first."
    assert batches.to_pull(batch.id, TEATIME) == {message: why}
    with pytest.raises(MustBePulledFirst) as refused:
        room.confirm_posted(batch.id, JO, Confirmation(), TEATIME + HOUR)
    assert refused.value.messages == (message,)
    given = room.pdf_of(batch, TEATIME)
    assert given.left_out == {}, "it may leave after all: then it must be in the pile"
    assert len(pages(given.pdf)) == 2
    life.takes_in(call)
    assert batches.to_pull(batch.id, TEATIME) == {}
    room.confirm_posted(batch.id, JO, Confirmation(), TEATIME + HOUR)
    assert {message_of(each).state for each in (life, other)} == {MessageState.SENT}


def damage(office: Office, table: str, column: str, where: str) -> None:
    """Change something sealed, so that nobody can open it any more."""
    key = "id" if table == "referral" else "key"
    statement = f"UPDATE {table} SET {column} = overlay({column} placing '\\x00' from 20) WHERE {key} = %s"
    with office.engine.begin() as connection:
        connection.exec_driver_sql(statement, (where,))


@pytest.mark.parametrize("column", ["wrapped_key", "document_enc", "state_enc"])
def test_a_letter_that_cannot_be_read_is_left_out_and_stops_no_other(office, room, batches, column) -> None:
    bad, good = queued(office, 1), queued(office, 2)
    bad_message, good_message = message_of(bad).id, message_of(good).id
    damage(office, "referral", column, bad.id)
    making = room.make_batch(JO, TEATIME)
    assert [item.message for item in making.batch.items] == [good_message]
    [left] = making.left_out
    assert (left.message, left.why[:17]) == (bad_message, "It cannot be read")
    assert [letter.key for letter in batches.queued()] == [bad.key], "it is named again next time"


@pytest.mark.parametrize("column", ["wrapped_key", "document_enc"])
def test_a_letter_that_cannot_be_read_after_the_printing_has_to_be_pulled_out(
    office, room, batches, column
) -> None:
    bad, good = queued(office, 1), queued(office, 2)
    bad_message, good_message = message_of(bad).id, message_of(good).id
    batch = room.make_batch(JO, TEATIME).batch
    damage(office, "referral", column, bad.id)
    assert list(batches.to_pull(batch.id, TEATIME)) == [bad_message]
    given = room.pdf_of(batch, TEATIME)
    assert list(given.left_out) == [bad_message]
    assert len(pages(given.pdf)) == 1
    posted = room.confirm_posted(batch.id, JO, Confirmation(pulled=(bad_message,)), TEATIME + HOUR)
    assert posted.posted_at is not None
    assert message_of(good).id == good_message
    assert message_of(good).state is MessageState.SENT
    with office.engine.connect() as connection:
        states = connection.execute(text("SELECT state FROM message WHERE key = :key"), {"key": bad.key})
        assert states.scalar_one() == MessageState.RECALLED


@pytest.mark.parametrize(
    "damaged", [("message", "pdf_enc"), ("referral", "document_enc"), ("referral", "wrapped_key")]
)
def test_a_damaged_letter_of_an_unfinished_batch_does_not_stand_in_the_way_of_later_ones(
    office, room, batches, monkeypatch, damaged
) -> None:
    bad, good = queued(office, 1), queued(office, 2)
    monkeypatch.setattr(batches, "keep", lambda _, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        room.make_batch(JO, TEATIME)
    monkeypatch.undo()
    table, column = damaged
    messages = {life.id: message_of(life).id for life in (bad, good)}
    damage(office, table, column, bad.key if table == "message" else bad.id)
    making = room.make_batch(JO, TEATIME + HOUR)
    printed = [item.message for item in making.batch.items]
    if table == "message":  # its words are gone, the person is not: it is written anew
        assert sorted(printed) == sorted(messages.values())
    else:
        assert printed == [messages[good.id]]
        assert [left.message for left in making.left_out] == [messages[bad.id]]
    assert batches.unfinished() == []
    assert len(pages(room.pdf_of(making.batch, TEATIME + HOUR).pdf)) == len(printed)
