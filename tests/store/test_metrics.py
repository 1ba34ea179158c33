"""What a manager and an operator read off the tables: how much is where, how late, and never who."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, text

from domain.events import AttemptMade, MessageSettled
from domain.vocabulary import AttemptOutcome, Channel, MessageState, Purpose
from store.message import MessageStore
from store.metrics import Counts
from store.purpose_switch import PurposeSwitchStore
from store.worker_pulse import SUM, Beat, Tally, WorkerPulseStore
from tests.builders import DAY, HOUR, MINUTE, NOW
from tests.store.lives import WRITTEN, Office, another_person

LONDON = ZoneInfo("Europe/London")


def counted(office: Office, now: datetime = NOW) -> Counts:
    return office.metrics.counts(now=now, zone=LONDON)


def some(counts: dict[str, int]) -> dict[str, int]:
    """Without the noughts."""
    return {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize(
    ("since_due", "bucket"),
    [
        (2 * DAY, "over_a_day_late"),
        (DAY, "over_a_day_late"),
        (DAY - MINUTE, "over_an_hour_late"),
        (HOUR, "over_an_hour_late"),
        (HOUR - MINUTE, "now"),
        (timedelta(), "now"),
        (-MINUTE, "within_an_hour"),
        (-HOUR, "within_an_hour"),
        (-HOUR - MINUTE, "today"),
        (-14 * HOUR, "today"),  # 23:00, and midnight in London is not over yet
        (-15 * HOUR, "later"),
        (-3 * DAY, "later"),
    ],
)
def test_calls_are_counted_by_when_they_are_due(office: Office, since_due: timedelta, bucket: str) -> None:
    # Without it nobody sees whether ten people wait for this afternoon or have waited since the day before.
    life = office.begins()
    due_at = life.view.next_action.due_at
    assert due_at == NOW
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE referral SET next_action_due_at = :due"), {"due": NOW - since_due})
    counts = counted(office)
    assert some(counts.calls_by_due) == {bucket: 1}
    assert counts.oldest_call_due_at == NOW - since_due


def test_a_day_ends_at_midnight_where_the_service_is(office: Office) -> None:
    # In July London's midnight is 23:00 UTC: a call at 23:30 UTC is tomorrow's.
    office.begins()
    july = datetime(2026, 7, 1, 12, tzinfo=LONDON)
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE referral SET next_action_due_at = '2026-07-01T23:30:00+00:00'"))
    assert some(counted(office, july).calls_by_due) == {"later": 1}
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE referral SET next_action_due_at = '2026-07-01T22:30:00+00:00'"))
    assert some(counted(office, july).calls_by_due) == {"today": 1}


def test_only_those_to_be_rung_wait_for_a_call(office: Office) -> None:
    office.begins(another_person(1)).rings("answered")
    office.begins(another_person(2)).is_silent()
    office.begins(another_person(3)).decides("hold")
    office.receives(another_person(4))
    counts = counted(office)
    assert some(counts.calls_by_due) == {}
    assert counts.oldest_call_due_at is None
    assert counts.to_decide == 1


def test_what_keeps_somebody_held_is_told_in_three_words_and_never_in_a_persons_own(office: Office) -> None:
    office.begins(another_person(1)).rings("immediate_danger")
    office.begins(another_person(2, incident__kind="assault", suspects=[]))
    office.begins(another_person(3)).decides("hold", hold_kind="Her brother Bartholomew rang")
    counts = counted(office)
    assert counts.held_by_group == {"immediate_danger": 1, "confirm_safety": 1, "other": 1}
    assert "Bartholomew" not in repr(counts)


def test_a_hold_whose_review_date_has_passed_is_overdue(office: Office) -> None:
    office.begins().decides("hold")
    assert counted(office, NOW + 2 * DAY - MINUTE).holds_to_review == 0
    assert counted(office, NOW + 2 * DAY).holds_to_review == 1


def test_today_is_counted_by_what_became_of_it(office: Office) -> None:
    office.begins(another_person(1), at=NOW - DAY).rings("answered").decides("single_call")
    late = office.begins(another_person(2), at=NOW - DAY)
    late.now = NOW
    late.rings("answered").decides("single_call")
    office.begins(another_person(3)).rings("answered").decides("declined")
    counts = counted(office, NOW + HOUR)
    assert counts.received_today == 1
    assert some(counts.closed_today_by_outcome) == {"single_call": 1, "declined": 1}
    assert counts.referrals_by_stage["closed"] == 3


def test_every_referral_is_in_exactly_one_stage(office: Office) -> None:
    # The closed ones are what is left over: a mistake there would hide behind the subtraction.
    office.receives(another_person(1))
    office.begins(another_person(2))
    office.begins(another_person(3)).rings("answered").decides("single_call")
    office.begins(another_person(4)).decides("hold")
    assert some(counted(office).referrals_by_stage) == {
        "received": 1, "contacting": 1, "held": 1, "closed": 1,
    }  # fmt: skip


def test_messages_are_counted_by_channel_and_state(office: Office) -> None:
    waiting = office.begins(another_person(1)).is_silent()
    sent = office.begins(another_person(2)).is_silent().reaches_cut_off()
    unknown = office.begins(another_person(3)).is_silent().reaches_cut_off()
    for life, state in ((sent, MessageState.SENT), (unknown, MessageState.UNKNOWN)):
        life.begins_to_leave()
        office.messages.settle(life.key, state, why="", provider_id="p", now=life.now)
    counts = counted(office, waiting.now)
    assert {place: n for place, n in counts.messages.items() if n} == {
        ("letter", "held"): 1, ("letter", "sent"): 1, ("letter", "unknown"): 1,
    }  # fmt: skip
    assert some(counts.awaiting_cut_off) == {"letter": 1}
    assert some(counts.messages_by_state) == {"held": 1, "sent": 1, "unknown": 1}


def test_what_waits_for_its_provider_is_told_apart_from_what_waits_for_its_cut_off(office: Office) -> None:
    # Otherwise an outage looks like a full postbag.
    life = office.begins(another_person(1)).is_silent().reaches_cut_off()
    office.begins(another_person(2)).is_silent()
    paced = MessageStore(office.engine, office.keyring, per_minute={Channel.LETTER: 60})
    paced.provider_answered(Channel.LETTER, taken=False, retry_after=HOUR, now=life.now)
    begun = paced.begin(life.key, WRITTEN, life.now)
    again = MessageSettled(key=life.key, state=MessageState.RESERVED, why=begun.why, retry_at=begun.retry_at)
    life.happens(again)
    counts = counted(office, life.now + MINUTE)
    assert some(counts.waiting_for_provider) == {"letter": 1}
    assert some(counts.awaiting_cut_off) == {"letter": 1}
    assert counts.away_since == {"letter": life.now}
    life.rings("answered")
    assert some(counted(office, life.now + MINUTE).waiting_for_provider) == {}
    paced.provider_answered(Channel.LETTER, taken=True, retry_after=None, now=life.now + HOUR)
    assert counted(office, life.now + HOUR).away_since == {}


def test_a_purpose_that_is_switched_off_is_told_with_since_when(office: Office) -> None:
    # A switch that everybody forgot is a letter that nobody gets.
    switches = PurposeSwitchStore(office.engine, office.keyring)
    assert counted(office).off_since == {}
    switches.turn(Purpose.INFORMATION, is_on=False, by_name="Kim", reason="", now=NOW - HOUR)
    assert counted(office).off_since == {"information": NOW - HOUR}
    switches.turn(Purpose.INFORMATION, is_on=True, by_name="Kim", reason="", now=NOW)
    assert counted(office).off_since == {}


def test_a_letter_that_a_hold_keeps_back_does_not_wait_for_its_cut_off(office: Office) -> None:
    life = office.begins().is_silent().decides("hold")
    counts = counted(office, life.now + 3 * DAY)
    assert counts.messages["letter", "held"] == 1
    assert some(counts.awaiting_cut_off) == {}
    assert "cut_off" not in counts.due_since


def test_a_service_that_does_everything_in_time_owes_nothing(office: Office) -> None:
    life = office.begins().is_silent()
    assert counted(office, life.now).due_since == {}


def _not_started(office: Office) -> datetime:
    office.receives(another_person(1), at=NOW - MINUTE)
    office.receives(another_person(2), at=NOW)
    return NOW - MINUTE


def _not_applied(office: Office) -> datetime:
    life = office.begins()
    life.is_told(AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=NOW))
    return NOW


def _past_its_cut_off(office: Office) -> datetime:
    life = office.begins(at=NOW - 3 * DAY).is_silent()
    assert life.state.writing.leaves_at is not None
    return life.state.writing.leaves_at


def _handed_over(office: Office) -> datetime:
    life = office.begins(at=NOW - 3 * DAY).is_silent().reaches_cut_off()
    life.begins_to_leave()
    return life.now


def _not_closed(office: Office) -> datetime:
    life = office.begins(at=NOW - 30 * DAY).is_silent().reaches_cut_off()
    draft = office.messages.draft(life.key)
    office.messages.begin(life.key, WRITTEN, life.now, turn=draft.turn)
    office.messages.settle(life.key, MessageState.SENT, why="", provider_id="p", now=life.now)
    life.happens(MessageSettled(key=life.key, state=MessageState.SENT, why=""))
    return life.now + 14 * DAY


@pytest.mark.parametrize(
    ("step", "owed"),
    [
        ("start", _not_started),
        ("command", _not_applied),
        ("cut_off", _past_its_cut_off),
        ("hand_over", _handed_over),
        ("close", _not_closed),
    ],
)
def test_what_the_service_owes_is_told_with_since_when(
    office: Office, step: str, owed: Callable[[Office], datetime]
) -> None:
    # Otherwise a workflow that stands still is noticed by the person who waits for its letter.
    since = owed(office)
    assert counted(office, NOW + HOUR).due_since == {step: since}


def test_a_review_of_ongoing_support_that_is_due_is_told(office: Office) -> None:
    from domain.events import SupportPlan
    from domain.vocabulary import SupportKind

    life = office.begins().rings("answered")
    life.decides("ongoing_support", support=SupportPlan(kind=SupportKind.PHONE))
    assert counted(office, NOW + MINUTE).reviews_due == 0
    counts = counted(office, NOW + 30 * DAY)
    assert (counts.reviews_due, counts.supports_escalated) == (1, 0)
    with office.engine.begin() as connection:
        connection.execute(text("UPDATE ongoing_support SET escalated_at = review_at"))
    assert counted(office, NOW + 30 * DAY).supports_escalated == 1


def a_beat(worker_id: str | None = None, **seen: int) -> Beat:
    slots = {"workflow_slots_free": 90, "activity_slots_free": 12, "workflows_cached": 5}
    return Beat(worker_id=worker_id or str(uuid.uuid4()), started_at=NOW, **{**slots, **seen})


@pytest.fixture
def pulses(office: Office) -> WorkerPulseStore:
    return WorkerPulseStore(office.engine)


def test_a_worker_is_alive_for_half_a_minute_after_its_last_beat(
    office: Office, pulses: WorkerPulseStore
) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    pulses.beat(a_beat(first), {}, now=NOW)
    pulses.beat(a_beat(second, activity_slots_free=3), {}, now=NOW)
    both = counted(office, NOW + timedelta(seconds=29)).workers
    assert (both.alive, both.activity_slots_free, both.workflows_cached) == (2, 15, 10)
    pulses.beat(a_beat(second, activity_slots_free=2), {}, now=NOW + timedelta(seconds=20))
    one = counted(office, NOW + timedelta(seconds=31)).workers
    assert (one.alive, one.activity_slots_free, one.workflow_slots_free) == (1, 2, 90)
    assert counted(office, NOW + HOUR).workers.alive == 0


def test_what_a_worker_has_counted_stays_counted_when_it_is_gone(
    office: Office, pulses: WorkerPulseStore
) -> None:
    # A counter that falls looks to Prometheus like one that began anew: failures would be counted twice.
    pulses.beat(
        a_beat(), {(Tally.ACTIVITY_FAILED, "send_message"): 2, (Tally.ACTIVITY_WAIT, SUM): 0.25}, now=NOW
    )
    pulses.beat(a_beat(), {(Tally.ACTIVITY_FAILED, "send_message"): 1}, now=NOW + 2 * HOUR)
    with office.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM worker_pulse")) == 1, "the first is forgotten"
    assert counted(office, NOW + 2 * HOUR).workers.counted == {
        (Tally.ACTIVITY_FAILED, "send_message"): 3,
        (Tally.ACTIVITY_WAIT, SUM): 0.25,
    }


def test_a_total_that_a_later_version_keeps_does_not_trouble_this_one(
    office: Office, pulses: WorkerPulseStore
) -> None:
    pulses.beat(a_beat(), {}, now=NOW)
    with office.engine.begin() as connection:
        connection.execute(text("INSERT INTO worker_tally VALUES ('of_a_later_version', '', 1)"))
    assert counted(office).workers.counted == {}


def test_counting_takes_one_statement(office: Office) -> None:
    # It is asked for every few seconds, for as long as the service runs.
    office.begins()
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(office.engine, "before_cursor_execute", note)
    counted(office)
    event.remove(office.engine, "before_cursor_execute", note)
    assert len(statements) == 1


def test_what_is_over_is_counted_without_being_read(office: Office) -> None:
    # There are more closed referrals and sent letters every year, and they hold everything personal: reading them
    # to count them takes seconds one day, and pushes what is worked with out of the cache.
    office.begins()
    seen: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(office.engine, "before_cursor_execute", note)
    counted(office)
    event.remove(office.engine, "before_cursor_execute", note)
    statement, parameters = seen[0]
    # Once Postgres plans for any parameter, it cannot use an index of the open or pending ones alone for one.
    for literally in ("stage != 'closed'", "stage = 'closed'", "state = 'pending'"):
        assert literally in statement
    with office.engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("SET enable_seqscan = off")  # so few rows would be read whole, whatever the indexes
        cursor.execute(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    reads = {
        line.split("->")[1].split(" (")[0].strip()
        for line in plan.splitlines()
        if " Scan " in line and "->" in line
    }
    of_wide_tables = {read for read in reads if " on referral" in read or " on message" in read}
    assert all("Index" in read or "Bitmap Heap Scan" in read for read in of_wide_tables), plan
    assert any("referral_closed" in read for read in of_wide_tables), plan
    assert any("message_state" in read for read in of_wide_tables), plan
    assert "referral_live" in plan or "referral_worklist" in plan, plan  # both hold only what is open
