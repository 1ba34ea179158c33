"""Writing one turn of a referral: everything in one transaction, once.

The workflow is the one writer of where a referral stands.  A turn that the tables have already, or a later
one, is left alone, so that a step repeated after a crash changes nothing.
"""

from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update

from domain.dispatch_events import HelpAsked, RepairAsked
from domain.errors import ReferralNotFound
from domain.events import PlanSent
from domain.ports import Projection
from domain.referral_state import ReferralState, next_action
from domain.vocabulary import Lane
from store import command_row, message_row, ongoing_support, person_mark, stop
from store.command_row import COMMAND
from store.contact_plan_change import changed_by_staff
from store.contact_plan_correction import corrected_by_referrer
from store.encryption import PersonCipher, cipher_of
from store.json_form import event_from_json, state_to_json
from store.keyring import Keyring
from store.outbox import OUTBOX
from store.practical_help import begin as practical_help
from store.referral_document import Document
from store.referral_row import REFERRAL, document_of
from store.repair_dispatch.begin import begin_row
from store.timeline import TIMELINE, lines

_GRAVEST = "immediate_danger"

# Statements are made once: making one anew costs more than Postgres needs to carry it out.
_THIS: BindParameter[str] = bindparam("this")
_LOCKED = (
    select(REFERRAL.c.turn, REFERRAL.c.wrapped_key)
    .where(REFERRAL.c.id == _THIS)
    .with_for_update(key_share=True)
)
_WRITTEN = update(REFERRAL).where(REFERRAL.c.id == _THIS)
_TAKEN_OUT = delete(OUTBOX).where(OUTBOX.c.referral_id == _THIS)
_CORRECTION = (
    select(REFERRAL.c.document_enc, COMMAND.c.words_enc, COMMAND.c.event_enc)
    .join_from(REFERRAL, COMMAND, COMMAND.c.referral_id == REFERRAL.c.id)
    .where(REFERRAL.c.id == _THIS, COMMAND.c.id == bindparam("correction"))
)


def project(connection: Connection, keyring: Keyring, projection: Projection) -> None:
    """Write a turn, inside the caller's transaction.  Raises `ReferralNotFound`."""
    state, effects = projection.state, projection.effects
    referral_id = state.referral_id
    row = connection.execute(_LOCKED, {"this": referral_id}).first()
    if row is None:
        raise ReferralNotFound(f"no referral {referral_id}")
    if row.turn >= state.turn:
        return
    cipher = cipher_of(keyring, referral_id, row.wrapped_key)
    values = _values(cipher, state)
    if projection.corrects and projection.command_id is not None:
        document = corrected(connection, cipher, referral_id, projection.command_id)
        values["document_enc"] = cipher.seal_json("referral.document_enc", referral_id, document)
        person_mark.refresh(connection, keyring, referral_id, document)
    connection.execute(_WRITTEN, {"this": referral_id, **values})
    _write_timeline(connection, cipher, projection)
    message_row.apply_changes(
        connection,
        cipher,
        referral_id=referral_id,
        changes=effects.messages,
        at=projection.at,
        urgency=_urgency(state),
    )
    if effects.starts_support and state.support is not None:
        ongoing_support.begin_row(
            connection,
            cipher,
            referral_id=referral_id,
            support=state.support,
            policy=state.policy,
            at=projection.at,
        )
    _begin(connection, keyring, cipher, projection)
    if projection.command_id is not None and projection.answer is not None:
        command_row.settle(connection, cipher, projection.command_id, projection.answer, now=projection.at)
    stop.follow(
        connection,
        referral_id,
        applied_through=state.applied_through,
        stopped=bool(state.stopped_for),
        at=projection.at,
    )
    if row.turn == 0:
        connection.execute(_TAKEN_OUT, {"this": referral_id})


def corrected(connection: Connection, cipher: PersonCipher, referral_id: str, command_id: str) -> Document:
    """The referral's document as a stored correction or change of the contact plan makes it.

    A change of the plan says what holds, put together with what was said since it was made; a correction is a
    referrer's, and is taken in with care.
    Raises `ReferralNotFound`.
    """
    row = connection.execute(_CORRECTION, {"this": referral_id, "correction": command_id}).first()
    if row is None:
        raise ReferralNotFound(f"no correction {command_id} of referral {referral_id}")
    document = document_of(cipher, referral_id, row.document_enc)
    words = command_row.words_of(cipher, command_id, row.words_enc)
    patch = words.get("patch", {})
    event = event_from_json(cipher.open("command.event_enc", command_id, row.event_enc))
    if isinstance(event, PlanSent):
        return changed_by_staff(document, patch, words.get("base"))
    return corrected_by_referrer(document, patch)


def _begin(connection: Connection, keyring: Keyring, cipher: PersonCipher, projection: Projection) -> None:
    """Make the row of what begins with this turn and lives on by itself."""
    match projection.effects.begins, projection.command_id:
        case RepairAsked() as asked, str(command_id):
            begin_row(
                connection,
                keyring,
                cipher,
                referral_id=projection.state.referral_id,
                event=asked,
                command_id=command_id,
            )
        case HelpAsked(help_id=help_id), str(command_id):
            practical_help.begin_row(
                connection,
                help_id=help_id,
                referral_id=projection.state.referral_id,
                command_id=command_id,
                at=projection.at,
            )
        case _:
            pass


def _write_timeline(connection: Connection, cipher: PersonCipher, projection: Projection) -> None:
    rows = lines(
        cipher,
        referral_id=projection.state.referral_id,
        stream="referral",
        turn=projection.state.turn,
        entries=projection.effects.entries,
        at=projection.at,
        command_id=projection.command_id,
    )
    if rows:
        connection.execute(insert(TIMELINE), rows)


def _values(cipher: PersonCipher, state: ReferralState) -> dict[str, Any]:
    """The row's columns for a state: what lists and counts ask for in clear, the rest sealed."""
    action = next_action(state)
    call = state.call
    return {
        "state_enc": cipher.seal_packed("referral.state_enc", state.referral_id, state_to_json(state)),
        "turn": state.turn,
        "revision": state.revision,
        "stage": state.stage,
        "outcome": state.outcome,
        "lane": state.lane,
        "opening": state.opening,
        "sensitive": state.sensitive,
        "high_risk": state.facts.is_high_risk,
        "in_danger": any(hold.kind == _GRAVEST for hold in state.holds),
        "attempts_counted": state.attempts_counted,
        "reached": state.reached,
        "reached_since_opening": state.reached_since_opening,
        "decision": state.decision,
        "next_action_kind": action.kind if action else None,
        "next_action_due_at": action.due_at if action else None,
        "next_phone_id": action.phone_id if action else None,
        "promised": call is not None and call.promised,
        "lapses": call.lapses if call is not None else 0,
        "escalated_at": state.escalated_at,
        "alerted_at": state.alerted_at,
        "question_open": state.question_open,
        "support_id": state.support.support_id if state.support else None,
        "closed_at": state.closed_at,
    }


def _urgency(state: ReferralState) -> int:
    """Who is written to first after an outage: the higher the risk, the smaller the number."""
    if state.facts.is_high_risk:
        return 10
    if state.sensitive:
        return 20
    return 40 if state.lane is Lane.CONTACT else 60
