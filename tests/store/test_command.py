import threading
import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.errors import IdempotencyConflict, ReferralNotFound
from domain.events import Answer, AttemptMade, CorrectionSent, Replied, SupportPlan, Withdrawn
from domain.identifiers import referral_workflow_id, support_workflow_id
from domain.ongoing_support import Engagement, Reviewed, SupportCommand
from domain.vocabulary import AttemptOutcome, CommandState, ReplyChannel, SupportKind
from store.command import NewCommand, StoredCommand
from tests.builders import NOW, a_decision
from tests.store.lives import JO, Office, another_person

EVENTS = (
    AttemptMade(outcome=AttemptOutcome.CALLBACK_REQUESTED, made_at=NOW, callback_at=NOW, phone_id="p"),
    a_decision(
        "ongoing_support",
        support=SupportPlan(kind=SupportKind.NURSE, owner="team-2", first_contact_on=date(2026, 12, 1)),
    ),
    CorrectionSent(),
    Withdrawn(),
    Replied(channel=ReplyChannel.WEB),
    Reviewed(engagement=Engagement.NOT_ENGAGED, next_review_on=date(2027, 1, 1)),
)
REPLY = Replied(channel=ReplyChannel.WEB)
RINGS = AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=NOW)


def a_command(referral_id: str, **changes) -> NewCommand:
    command = NewCommand(
        id=str(uuid.uuid4()), referral_id=referral_id, kind="reply", event=REPLY, by=JO, made_at=NOW
    )
    return replace(command, **changes)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_a_command_is_read_as_it_was_stored(office: Office, event) -> None:
    referral_id = office.receives().referral_id
    stored = office.commands.store(a_command(referral_id, event=event, words={"note": "Rang out."}))
    assert office.commands.get(stored.id) == stored
    assert stored.state is CommandState.PENDING
    assert (stored.by, stored.made_at, stored.target_id) == (JO, NOW, referral_workflow_id(referral_id))
    assert office.commands.words(stored.id) == {"note": "Rang out."}
    assert (stored.command.id, stored.command.ordinal, stored.command.event) == (stored.id, 1, event)


def test_a_review_travels_as_a_command_to_the_support(office: Office) -> None:
    referral_id = office.receives().referral_id
    target = support_workflow_id(f"{referral_id}-1")
    stored = office.commands.store(a_command(referral_id, event=EVENTS[-1], target_id=target))
    assert isinstance(stored.command, SupportCommand)
    assert stored.target_id == target


def test_commands_of_one_target_are_numbered_without_gaps_whoever_sends_them_at_once(office: Office) -> None:
    # A gap would keep the workflow waiting for a command that never comes.
    one, other = (office.receives(another_person(n)).referral_id for n in (1, 2))
    stored: list[StoredCommand] = []

    def send(referral_id: str) -> None:
        stored.extend(office.commands.store(a_command(referral_id)) for _ in range(10))

    threads = [threading.Thread(target=send, args=(target,)) for target in (one, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for referral_id in (one, other):
        ordinals = sorted(command.ordinal for command in stored if command.referral_id == referral_id)
        assert ordinals == list(range(1, 41))


def test_a_command_that_is_stored_for_an_unknown_referral_is_refused(office: Office) -> None:
    for unknown in (str(uuid.uuid4()), "nonsense"):
        with pytest.raises(ReferralNotFound):
            office.commands.store(a_command(unknown))


def test_a_failed_store_leaves_no_gap_and_no_claim(office: Office) -> None:
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/x", body=b"")
    with pytest.raises(ReferralNotFound):
        office.commands.store(a_command(str(uuid.uuid4()), claim=claim))
    assert office.idempotency.find(claim) is None


def test_the_same_id_again_is_the_same_command(office: Office) -> None:
    referral_id = office.receives().referral_id
    new = a_command(referral_id)
    first = office.commands.store(new)
    assert office.commands.store(new) == replace(first, replayed=True)
    assert office.commands.store(a_command(referral_id)).ordinal == 2


def test_the_same_idempotency_key_at_once_is_one_command(office: Office) -> None:
    referral_id = office.receives().referral_id
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/x", body=b"")
    stored: list[StoredCommand] = []
    threads = [
        threading.Thread(
            target=lambda: stored.append(office.commands.store(a_command(referral_id, claim=claim)))
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({command.id for command in stored}) == 1
    assert sorted(command.replayed for command in stored) == [False, *[True] * 5]


def test_the_same_key_with_another_body_stores_nothing(office: Office) -> None:
    referral_id = office.receives().referral_id
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/x", body=b"1")
    office.commands.store(a_command(referral_id, claim=claim))
    with pytest.raises(IdempotencyConflict):
        office.commands.store(a_command(referral_id, claim=replace(claim, fingerprint="2")))
    assert len(office.commands.pending(referral_workflow_id(referral_id))) == 1


def test_pending_commands_are_given_in_order_until_they_are_answered(office: Office) -> None:
    life = office.begins()
    first, second, third = (life.is_told(RINGS) for _ in range(3))
    life.takes_in(first)
    waiting = office.commands.pending(referral_workflow_id(life.id))
    assert [command.id for command in waiting] == [second.id, third.id]


def test_a_relay_takes_only_what_was_left_over_and_leaves_it_to_nobody_else(office: Office) -> None:
    referral_id = office.receives().referral_id
    stored = [office.commands.store(a_command(referral_id)) for _ in range(3)]
    lease = timedelta(seconds=5)
    soon, later = NOW + timedelta(seconds=1), NOW + timedelta(seconds=20)
    assert office.commands.left_over(now=soon, lease=lease, limit=10) == []
    taken = office.commands.left_over(now=later, lease=lease, limit=10)
    assert [command.ordinal for command in taken] == [1, 2, 3]
    assert [command.id for command in taken] == [command.id for command in stored]
    assert office.commands.left_over(now=later + lease / 2, lease=lease, limit=10) == []
    assert len(office.commands.left_over(now=later + lease, lease=lease, limit=2)) == 2


def test_two_relays_never_take_the_same_command(office: Office) -> None:
    referral_id = office.receives().referral_id
    for _ in range(30):
        office.commands.store(a_command(referral_id))
    taken: list[str] = []
    later, lease = NOW + timedelta(minutes=1), timedelta(seconds=30)

    def relay() -> None:
        taken.extend(c.id for c in office.commands.left_over(now=later, lease=lease, limit=10))

    threads = [threading.Thread(target=relay) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken))


def test_an_answer_once_given_stays(office: Office) -> None:
    command = office.commands.store(a_command(office.receives().referral_id))
    refused = Answer(applied=False, revision=3, code="not_possible_now", why="It has ended.")
    office.commands.settle(command.id, refused, now=NOW)
    office.commands.settle(command.id, Answer(applied=True, revision=4), now=NOW)
    settled = office.commands.get(command.id)
    assert settled is not None
    assert (settled.state, settled.answer, settled.settled_at) == (CommandState.REFUSED, refused, NOW)
