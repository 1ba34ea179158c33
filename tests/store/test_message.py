import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from activities.correspondence import CorrespondenceActivities, Departure
from domain.errors import CannotBeOpened, ReferralNotFound
from domain.events import CorrectionSent, MessageSettled, OptedOut, Replied
from domain.message_ports import Beginning, Delivery, Outgoing, Verdict
from domain.referral_state import leaving_now
from domain.vocabulary import (
    AttemptOutcome,
    Channel,
    ContactChannel,
    DeliveryReport,
    MessageState,
    OptOutWay,
    ReplyChannel,
    Stage,
)
from store.message import MessageStore
from store.message_row import MESSAGE
from tests.builders import HOUR, NOW
from tests.store.lives import WRITTEN, KeptLife, Office, another_person

UNSAFE = {"victim": {"address": {"safe": "no"}}}


def writing(office: Office, number: int = 1, **changes) -> KeptLife:
    """Three calls in vain; a letter waits for its cut-off."""
    life = office.begins(another_person(number, **changes)).is_silent()
    assert life.state.stage is Stage.WRITING
    return life


def leaving(office: Office, number: int = 1, **changes) -> KeptLife:
    """The cut-off has passed; the letter is reserved."""
    return writing(office, number, **changes).reaches_cut_off()


def settle(office: Office, life: KeptLife, state: str) -> None:
    office.messages.settle(
        life.key, MessageState(state), why="The provider said so.", provider_id="p-1", now=life.now
    )


def test_a_letter_is_drafted_from_the_referral_as_it_is_now(office: Office) -> None:
    life = writing(office, victim__preferred_name="Adi", victim__language="cy")
    draft = office.messages.draft(life.key)
    assert (draft.name, draft.addressee, draft.language) == ("Adi", "Given1 Family1", "cy")
    assert draft.address_lines == ("1 Example Street", "Cambridge")
    assert (draft.postcode, draft.email) == ("CB1 2AB", "person1@example.org")
    assert (draft.phone, draft.channel, draft.neutral) == ("+447700900001", Channel.LETTER, False)
    assert draft.reference == life.view.reference
    life.is_corrected({"victim": {"address": {"lines": ["2 New Street"]}}})
    assert office.messages.draft(life.key).address_lines == ("2 New Street",)


@pytest.mark.parametrize(
    ("changes", "neutral"),
    [
        ({}, False),
        ({"flags": ["child"]}, True),
        ({"flags": ["bereaved"]}, True),
        ({"flags": ["stalking"]}, True),
    ],
    ids=["ordinary", "child", "bereaved", "sensitive"],
)
def test_anything_on_a_protected_referral_is_worded_neutrally(office: Office, changes, neutral) -> None:
    life = office.begins(
        another_person(
            1, consent={"status": "given"}, next_of_kin_informed_at="2026-11-20T10:00:00Z", **changes
        )
    )
    life.decides("write_now", reason="The family asked for it.")
    assert office.messages.draft(life.key).neutral is neutral


def test_a_child_is_written_to_through_a_guardian_who_is_no_suspect(office: Office) -> None:
    guardian = {
        "given_name": "Bo",
        "family_name": "Guard",
        "is_suspect": "no",
        "emails": [{"address": "bo@example.org", "safe": "yes"}],
        "address": {"lines": ["9 Other Road"], "postcode": "CB2 3CD", "safe": "yes"},
        "phones": [{"number": "+447700900999", "safe": "yes"}],
    }
    life = office.begins(another_person(1, flags=["child"], victim__guardian=guardian)).decides("write_now")
    draft = office.messages.draft(life.key)
    assert (draft.name, draft.addressee) == ("Bo", "Bo Guard")
    assert (draft.address_lines, draft.email) == (("9 Other Road",), "bo@example.org")
    assert draft.phone == "+447700900999"


def test_a_guardian_who_is_a_suspect_is_never_written_to(office: Office) -> None:
    guardian = {
        "given_name": "Bo",
        "is_suspect": "yes",
        "address": {"lines": ["9 Other Road"], "safe": "yes"},
    }
    life = office.begins(another_person(1, flags=["child"], victim__guardian=guardian))
    life.decides("release", hold_kind="guardian").decides("write_now")
    draft = office.messages.draft(life.key)
    assert (draft.name, draft.address_lines) == ("Given1", ("1 Example Street", "Cambridge"))


def test_a_guardians_unsafe_address_is_not_used(office: Office) -> None:
    guardian = {"given_name": "Bo", "address": {"lines": ["9 Other Road"], "safe": "no"}}
    life = office.begins(another_person(1, flags=["child"], victim__guardian=guardian)).decides("write_now")
    assert office.messages.draft(life.key).address_lines == ("1 Example Street", "Cambridge")


def test_the_safest_email_address_is_used(office: Office) -> None:
    emails = [{"address": f"{safe}@example.org", "safe": safe} for safe in ("no", "unknown", "yes")]
    life = writing(office, victim__emails=emails)
    assert office.messages.draft(life.key).email == "yes@example.org"


def test_a_message_that_may_leave_is_kept_as_it_leaves(office: Office) -> None:
    life = leaving(office)
    assert office.messages.get(_id(office, life)).sending_at is None
    assert life.begins_to_leave() == (Beginning.BEGUN, MessageState.SENDING)
    settle(office, life, "sent")
    view = office.messages.get(_id(office, life))
    assert (view.state, view.provider_id, view.simulated) == (MessageState.SENT, "p-1", False)
    assert view.sending_at == view.settled_at == life.now
    assert office.messages.content(view.id) == WRITTEN


def test_before_it_leaves_a_message_has_no_content(office: Office) -> None:
    assert office.messages.content(_id(office, writing(office))) is None


def test_what_a_provider_proved_not_to_have_taken_is_not_shown_as_handed_over(office: Office) -> None:
    life = leaving(office)
    life.begins_to_leave()
    settle(office, life, "reserved")
    view = office.messages.get(_id(office, life))
    assert (view.state, view.sending_at, view.settled_at) == (MessageState.RESERVED, None, None)
    assert office.messages.content(view.id) is None
    assert life.begins_to_leave() == (Beginning.BEGUN, MessageState.SENDING)
    assert office.messages.content(view.id) == WRITTEN


def test_a_simulated_way_out_is_said_to_be_one(office: Office) -> None:
    life = leaving(office)
    life.begins_to_leave()
    simulated = MessageStore(office.engine, office.keyring, simulated={Channel.LETTER})
    simulated.settle(life.key, MessageState.SENT, why="", provider_id="", now=NOW)
    assert office.messages.get(_id(office, life)).simulated


def test_a_message_before_its_cut_off_does_not_leave(office: Office) -> None:
    assert writing(office).begins_to_leave() == (Beginning.REFUSED, MessageState.HELD)


def test_a_stored_command_that_waits_keeps_a_message_back(office: Office) -> None:
    # Somebody may have recorded a second ago that the victim rang back.
    life = leaving(office)
    life.is_told(Replied(channel=ReplyChannel.WEB))
    assert life.begins_to_leave() == (Beginning.DEFERRED, MessageState.RESERVED)
    assert life.message_state is MessageState.RESERVED


def test_words_drawn_up_before_the_referral_moved_on_do_not_leave(office: Office) -> None:
    # A correction may have changed the address while the letter was being laid out.
    life = leaving(office)
    draft = office.messages.draft(life.key)
    life.is_corrected({"victim": {"address": {"lines": ["2 New Street"]}}})
    begun = office.messages.begin(life.key, WRITTEN, life.now, turn=draft.turn)
    assert (begun.beginning, begun.state) == (Beginning.DEFERRED, MessageState.RESERVED)
    assert life.begins_to_leave() == (Beginning.BEGUN, MessageState.SENDING)


def test_a_channel_that_is_no_longer_safe_is_refused_at_the_last_moment(office: Office) -> None:
    # The document is read again: what the workflow was told before does not decide.
    life = leaving(office)
    document = office.view(life.id).document
    document["victim"]["address"]["safe"] = "no"
    cipher = office.view(life.id)._cipher
    _set(office, life.id, document_enc=cipher.seal_json("referral.document_enc", life.id, document))
    assert life.begins_to_leave() == (Beginning.REFUSED, MessageState.HELD)
    assert life.message_state is MessageState.HELD


def test_a_referral_that_is_held_lets_nothing_leave(office: Office) -> None:
    life = leaving(office)
    _set(office, life.id, stage="held")
    assert life.begins_to_leave() == (Beginning.REFUSED, MessageState.HELD)


def test_a_recall_that_comes_first_wins(office: Office) -> None:
    life = leaving(office).rings("answered")
    assert life.begins_to_leave() == (Beginning.SETTLED, MessageState.RECALLED)


def test_a_recall_that_comes_too_late_changes_nothing_and_says_so(office: Office) -> None:
    life = leaving(office)
    life.begins_to_leave()
    life.rings("answered")
    assert life.message_state is MessageState.SENDING
    settle(office, life, "sent")
    assert life.message_state is MessageState.SENT


def test_a_recall_while_a_provider_proves_not_to_have_taken_it_holds(office: Office) -> None:
    # Otherwise the next try would send a letter to somebody who has just been spoken to.
    life = leaving(office)
    life.begins_to_leave()
    life.rings("answered")
    settle(office, life, "reserved")
    assert life.begins_to_leave() == (Beginning.SETTLED, MessageState.RECALLED)
    assert life.message_state is MessageState.RECALLED


def test_a_message_replaced_by_another_never_leaves_beside_it(office: Office) -> None:
    life = leaving(office)
    life.begins_to_leave()
    old = life.key
    settle(office, life, "reserved")
    life.decides("hold").is_corrected(UNSAFE).decides("release")
    assert (life.state.stage, life.key) == (Stage.WRITING, old)  # nobody knows yet whether it left
    life.happens(MessageSettled(key=old, state=MessageState.RESERVED))
    assert life.state.stage is Stage.WRITING
    assert life.key != old
    begun = office.messages.begin(old, WRITTEN, life.now)
    assert (begun.beginning, begun.state) == (Beginning.SETTLED, MessageState.RECALLED)


def test_an_interrupted_sending_is_said_to_be_one(office: Office) -> None:
    # A worker died between the commit and the provider's answer: nobody sends again blindly.
    life = leaving(office)
    life.begins_to_leave()
    assert life.begins_to_leave() == (Beginning.INTERRUPTED, MessageState.SENDING)


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    [
        ("sent", "rejected", "sent"),
        ("sent", "unknown", "sent"),
        ("rejected", "sent", "rejected"),
        ("unknown", "sent", "sent"),
        ("unknown", "rejected", "rejected"),
        ("unknown", "reserved", "reserved"),  # asked afterwards, it proved not to have been taken
        ("reserved", "sent", "reserved"),
        ("sent", "sending", "sent"),
    ],
)
def test_what_a_provider_said_is_final_except_that_it_is_unknown(
    office: Office, first: str, then: str, stays: str
) -> None:
    life = leaving(office)
    life.begins_to_leave()
    settle(office, life, first)
    settle(office, life, then)
    assert life.message_state == stays


def test_an_answer_about_a_message_that_never_left_is_not_believed(office: Office) -> None:
    life = writing(office)
    settle(office, life, "sent")
    assert life.message_state is MessageState.HELD


def test_an_unknown_message_is_not_found(office: Office) -> None:
    for key in ("nonsense", "5b1d6f3e-0000-4000-8000-00000000ffff:information:1:1"):
        with pytest.raises(ReferralNotFound):
            office.messages.draft(key)
        with pytest.raises(ReferralNotFound):
            office.messages.begin(key, WRITTEN, NOW)
        office.messages.settle(key, MessageState.SENT, why="", provider_id="", now=NOW)


def test_a_call_recorded_at_the_cut_off_either_stops_the_letter_or_finds_it_gone(office: Office) -> None:
    # The race of 17:30: whatever happens first, the two never both believe they won.
    for number in range(15):
        life = leaving(office, number + 100)
        draft = office.messages.draft(life.key)
        results: dict[str, object] = {}
        together = threading.Barrier(2)

        def leave(life=life, draft=draft, results=results, together=together) -> None:
            together.wait()
            results["begun"] = office.messages.begin(life.key, WRITTEN, life.now, turn=draft.turn)

        def ring(life=life, together=together) -> None:
            together.wait()
            life.rings(AttemptOutcome.ANSWERED)

        threads = [threading.Thread(target=leave), threading.Thread(target=ring)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        state = next(m.state for m in office.messages.of_referral(life.id))
        expected = {
            (Beginning.BEGUN, MessageState.SENDING): MessageState.SENDING,
            (Beginning.DEFERRED, MessageState.RESERVED): MessageState.RECALLED,
            (Beginning.SETTLED, MessageState.RECALLED): MessageState.RECALLED,
        }
        begun = results["begun"]
        assert expected[begun.beginning, begun.state] is state


def test_a_command_stored_while_a_message_waits_for_the_lock_is_seen(office: Office) -> None:
    # The check for pending commands has to look after the lock is ours, not before.
    life = leaving(office)
    draft = office.messages.draft(life.key)
    begun: list = []
    with office.engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM referral WHERE id = %s FOR UPDATE", (life.id,))
        thread = threading.Thread(
            target=lambda: begun.append(office.messages.begin(life.key, WRITTEN, life.now, turn=draft.turn))
        )
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        template = office.begins(another_person(900))
        other = template.is_told(CorrectionSent())
        connection.exec_driver_sql(
            "UPDATE command SET referral_id = %s, target_id = %s, ordinal = 99 WHERE id = %s",
            (life.id, f"referral-{life.id}", other.id),
        )
    thread.join()
    assert [(one.beginning, one.state) for one in begun] == [(Beginning.DEFERRED, MessageState.RESERVED)]


def test_the_post_room_lists_everything_newest_first(office: Office) -> None:
    first, second = writing(office, 1), writing(office, 2)
    listed = office.messages.recent()
    assert {view.referral_id for view in listed} == {first.id, second.id}
    assert [view.made_at for view in listed] == sorted((view.made_at for view in listed), reverse=True)
    assert [view.reference for view in listed] == [office.view(view.referral_id).reference for view in listed]


def test_the_post_room_goes_on_after_the_last_one_seen_also_among_those_of_one_moment(office: Office) -> None:
    # Several workflows write in the same millisecond; by time alone the rest of them would never be listed.
    for number in range(5):
        writing(office, number)
    everything = office.messages.recent()
    assert len({view.made_at for view in everything}) == 1
    seen, last = [], None
    while page := office.messages.recent(after=last and (last.made_at, last.id), limit=2):
        seen += page
        last = page[-1]
    assert seen == everything


def test_the_post_room_lists_and_counts_by_state(office: Office) -> None:
    waits, unknown, recalled = writing(office, 1), leaving(office, 2), writing(office, 3).rings("answered")
    unknown.begins_to_leave()
    settle(office, unknown, "unknown")
    listed = {
        state: {view.referral_id for view in office.messages.recent(state=state)} for state in MessageState
    }
    assert {state: ids for state, ids in listed.items() if ids} == {
        MessageState.HELD: {waits.id},
        MessageState.UNKNOWN: {unknown.id},
        MessageState.RECALLED: {recalled.id},
    }
    assert office.messages.counts() == {state: len(ids) for state, ids in listed.items()}


def test_the_post_room_reads_one_page_and_never_every_message_there_was(office: Office) -> None:
    # A year holds tens of thousands; each page would read them all.
    life = writing(office)
    with office.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO message (key, id, referral_id, channel, purpose, state, why_enc, made_at, provider_id, simulated, urgency)"
            " SELECT key || n, gen_random_uuid(), referral_id, channel, purpose,"
            " CASE WHEN n %% 1000 = 0 THEN 'unknown' ELSE 'sent' END, why_enc,"
            " made_at - n * interval '1 minute', '', true, 60 FROM message, generate_series(1, 20000) n"
            " WHERE referral_id = %s",
            (life.id,),
        )
    with office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE message")
    after = (life.now - timedelta(days=7), "ffffffff-ffff-ffff-ffff-ffffffffffff")
    for asked in (
        {},
        {"after": after},
        {"state": MessageState.SENT, "after": after},
        {"state": MessageState.UNKNOWN},
    ):
        read = _rows_read(office, lambda asked=asked: office.messages.recent(**asked))
        assert read < 500, (asked, read)
    assert _rows_read(office, office.messages.counts) == 0  # of the table: the index is enough


def test_an_email_goes_where_post_is_not_safe(office: Office) -> None:
    life = writing(office, victim__address={"lines": ["1"], "safe": "no"})
    (message,) = office.messages.of_referral(life.id)
    assert message.channel is Channel.EMAIL
    life.reaches_cut_off()
    assert life.begins_to_leave() == (Beginning.BEGUN, MessageState.SENDING)


def test_a_text_goes_to_a_number_that_is_not_closed(office: Office) -> None:
    life = writing(
        office,
        victim__address=None,
        victim__emails=[],
        victim__phones=[{"number": f"+44770090000{n}", "safe": "yes"} for n in (1, 2)],
    )
    assert office.messages.draft(life.key).phone == "+447700900001"
    life.rings("wrong_number")
    assert office.messages.draft(life.key).phone == "+447700900002"


def _rows_read(office: Office, read: Callable[[], object]) -> int:
    """How many rows of the table of messages a reading looks at."""
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, executemany) -> None:
        if not statement.startswith("EXPLAIN"):
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            plans.append(plan.scalar_one()[0]["Plan"])

    event.listen(office.engine, "before_cursor_execute", explain)
    with suppress(
        CannotBeOpened
    ):  # copies are sealed to their originals; here only how they are found matters
        read()
    event.remove(office.engine, "before_cursor_execute", explain)
    return sum(_looked_at(plan) for plan in plans)


def _looked_at(plan) -> int:
    own = 0
    if plan.get("Relation Name") == "message" and plan["Node Type"] != "Index Only Scan":
        own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return int(own) + sum(_looked_at(part) for part in plan.get("Plans", ()))


def _id(office: Office, life: KeptLife) -> str:
    return office.messages.of_referral(life.id)[0].id


def _set(office: Office, referral_id: str, **values) -> None:
    columns = ", ".join(f"{name} = %s" for name in values)
    with office.engine.begin() as connection:
        statement = f"UPDATE referral SET {columns} WHERE id = %s"
        connection.exec_driver_sql(statement, (*values.values(), referral_id))


def test_the_public_id_of_a_message_tells_nothing_of_its_key(office: Office) -> None:
    life = writing(office)
    view = office.messages.of_referral(life.id)[0]
    assert view.id not in view.key
    assert replace(view, id="") == replace(office.messages.get(view.id), id="")


class Words:
    """Stands in for the writer."""

    def write(self, draft, on):
        return WRITTEN


class Way:
    """A provider that says one thing, and remembers what it was asked to send."""

    simulated = False
    collects = False

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.sent: list[str] = []

    def send(self, outgoing: Outgoing) -> Delivery:
        self.sent.append(outgoing.to)
        return self.delivery

    def reconcile(self, key: str) -> Delivery:
        return self.delivery


def sends(office: Office, life: KeptLife, way: Way | None = None, *, key: str = "") -> MessageSettled:
    """The worker's step; done twice, its answer was lost the first time."""
    way = way or Way(Delivery(verdict=Verdict.ACCEPTED))
    ways = dict.fromkeys(Channel, way)
    activities = CorrespondenceActivities(office.messages, Words(), ways, clock=lambda: life.now)
    return activities.send_message(Departure(key=key or life.key, at=life.now))


BY_EMAIL = {"victim__address": None}


def test_a_refusal_asked_about_again_tells_all_that_it_told_first(office: Office) -> None:
    # A worker died after it had written the refusal down: the address is closed all the same.
    life = leaving(office, **BY_EMAIL)
    why = "There is no such mailbox."
    way = Way(Delivery(verdict=Verdict.REJECTED, why=why, report=DeliveryReport.BOUNCED))
    first = sends(office, life, way)
    assert (first.state, first.report) == (MessageState.REJECTED, DeliveryReport.BOUNCED)
    assert first.address_id == life.state.facts.emails[0].id
    assert sends(office, life, way) == first
    assert len(way.sent) == 1
    life.happens(first)
    assert life.state.closed_addresses == (first.address_id,)


def test_a_gates_no_asked_about_again_keeps_its_reason_and_whom_to_ask(office: Office) -> None:
    life = leaving(office)
    asked = another_person(2, victim__address=office.view(life.id).document["victim"]["address"])
    office.begins(asked).is_told(OptedOut(channel=ContactChannel.LETTER, way=OptOutWay.PHONE))
    first = sends(office, life)
    assert (first.state, first.asks_person) == (MessageState.HELD, True)
    assert first.why == "On an earlier occasion somebody at this address asked us to stop."
    assert sends(office, life) == first


def test_a_plan_that_runs_out_while_it_is_written_changes_no_address_in_between(office: Office) -> None:
    # Else it would go to one address, and what is reported of it would close another.
    emails = [{"address": f"{safe}@example.org", "safe": safe} for safe in ("unknown", "yes")]
    life = leaving(office, victim__address=None, victim__emails=emails)
    life.has_its_plan_changed({"contact_plan": {"until": (life.now + HOUR).isoformat()}})
    if life.state.writing.state is not MessageState.RESERVED:
        life.reaches_cut_off()
    before = office.messages.draft(life.key, now=life.now)
    assert before.email == "yes@example.org"
    life.now += 2 * HOUR
    draft = office.messages.draft(life.key, now=life.now)
    assert draft.address_id != before.address_id
    way = Way(Delivery(verdict=Verdict.ACCEPTED))
    sent = sends(office, life, way)
    assert (sent.state, way.sent, sent.address_id) == (MessageState.SENT, [draft.email], draft.address_id)
    with office.engine.connect() as connection:
        [address_id] = connection.execute(select(MESSAGE.c.address_id)).scalars()
    assert address_id == draft.address_id


def test_what_was_handed_over_keeps_the_address_it_was_handed_over_for(office: Office) -> None:
    life = leaving(office, **BY_EMAIL)
    first = office.messages.draft(life.key, now=life.now).address_id
    life.begins_to_leave()
    life.is_corrected({"victim": {"emails": [{"address": "new@example.org", "safe": "yes"}]}})
    assert office.messages.draft(life.key, now=life.now).address_id == first


def asked_the_referrer(office: Office) -> tuple[KeptLife, str]:
    """Somebody else answered on a sensitive referral: the referrer is asked for a safe channel."""
    life = office.begins(another_person(1, flags=["stalking"]))
    life.rings("third_party_answered")
    key = leaving_now(life.state, life.now)
    assert key is not None
    return life, key


def test_a_question_to_the_referrer_leaves_although_everything_is_stopped(office: Office) -> None:
    life, key = asked_the_referrer(office)
    draft = office.messages.draft(key, now=life.now)
    begun = office.messages.begin(key, WRITTEN, life.now, turn=draft.turn)
    assert begun.beginning is Beginning.BEGUN


def test_a_question_to_the_referrer_does_not_leave_past_what_is_stored(office: Office) -> None:
    # A supervisor's release or a correction may have answered it.
    life, key = asked_the_referrer(office)
    draft = office.messages.draft(key, now=life.now)
    correction = life.is_told(CorrectionSent(), patch={"victim": {"given_name": "Bo"}})
    begun = office.messages.begin(key, WRITTEN, life.now, turn=draft.turn)
    assert begun.beginning is Beginning.DEFERRED
    life.takes_in(correction)
    begun = office.messages.begin(key, WRITTEN, life.now, turn=draft.turn)
    assert begun.beginning is Beginning.DEFERRED, "its words were drawn up before the correction"


def test_a_text_of_a_referral_older_than_the_rules_for_messages_wakes_nobody(office: Office) -> None:
    life = leaving(office, victim__address=None, victim__emails=[])
    assert life.state.policy.messages is None
    life.now = (life.now + timedelta(days=1)).replace(hour=2, minute=0)
    begun = sends(office, life)
    assert (begun.state, begun.why) == (MessageState.RESERVED, "Not at this hour.")
    assert begun.retry_at == life.now.replace(hour=9)
    life.now = begun.retry_at
    assert sends(office, life).state is MessageState.SENT


def test_what_was_recalled_while_it_was_handed_over_and_not_taken_is_recalled(office: Office) -> None:
    life = leaving(office)
    life.begins_to_leave()
    life.rings("answered")
    settle(office, life, "reserved")
    view = office.messages.get(_id(office, life))
    assert (view.state, view.why, view.sending_at) == (
        MessageState.RECALLED,
        "It was recalled; it had not left.",
        None,
    )
    assert office.messages.content(view.id) is None


def test_a_recall_at_the_moment_the_provider_gives_it_back_is_never_lost(office: Office) -> None:
    for number in range(10):
        life = leaving(office, number + 200)
        life.begins_to_leave()
        together = threading.Barrier(2)

        def give_back(life=life, together=together) -> None:
            together.wait()
            settle(office, life, "reserved")

        def ring(life=life, together=together) -> None:
            together.wait()
            life.rings(AttemptOutcome.ANSWERED)

        threads = [threading.Thread(target=give_back), threading.Thread(target=ring)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert life.message_state is MessageState.RECALLED
