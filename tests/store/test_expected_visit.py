"""The text about somebody who is on the way, against the tables of repairs."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from domain.dispatch_events import VisitExpected
from domain.message_ports import Beginning, Begun
from domain.repair_dispatch.kinds import RepairStage
from domain.vocabulary import MessageState, Purpose
from store.repair_dispatch.row import REPAIR
from tests.builders import MINUTE, NOW
from tests.store.lives import WRITTEN, KeptLife, Office, another_person

SOON = NOW + 15 * MINUTE


def a_repair(office: Office, life: KeptLife, **changes: Any) -> str:
    """Somebody has it and is on the way."""
    repair_id = str(uuid.uuid4())
    row = {
        "id": repair_id,
        "referral_id": life.id,
        "command_id": str(uuid.uuid4()),
        "reference": repair_id[:8],
        "kinds": ["locks"],
        "urgency": "open_property",
        "area": "CB1",
        "address_hash": "",
        "job_enc": b"",
        "request_enc": b"",
        "turn": 1,
        "revision": 1,
        "stage": RepairStage.ON_THE_WAY,
        "holds": [],
        "asks": [],
        "wants": 0,
        "asked_at": NOW,
        "clock_from": NOW,
        "on_site_by": SOON,
        "done_by": NOW + timedelta(hours=2),
        "measured_from": NOW,
        "measured_on_site_by": SOON,
        "measured_done_by": NOW + timedelta(hours=2),
        "eta_at": SOON,
        "confirmed_offer": str(uuid.uuid4()),
        "told": True,
        "committed_pence": 0,
        "reopened": 0,
        **changes,
    }
    with office.engine.begin() as connection:
        connection.execute(insert(REPAIR).values(row))
    return repair_id


def announced(office: Office, **repair: Any) -> tuple[KeptLife, str, str]:
    """Somebody spoken to, a repair, and a text about it that is about to leave."""
    life = office.begins(another_person(1)).rings("answered")
    repair_id = a_repair(office, life, **repair)
    life.happens(VisitExpected(repair_id=repair_id, expected_at=SOON))
    (errand,) = life.state.errands
    assert errand.purpose is Purpose.VISIT_EXPECTED
    return life, repair_id, errand.key


def changes(office: Office, repair_id: str, **columns: Any) -> None:
    with office.engine.begin() as connection:
        connection.execute(update(REPAIR).where(REPAIR.c.id == repair_id).values(columns))


def leaves(office: Office, key: str, now: datetime = NOW) -> Begun:
    return office.messages.begin(key, WRITTEN, now, turn=office.messages.draft(key).turn)


def test_the_time_is_read_from_the_repair_as_the_text_is_written(office: Office) -> None:
    _, repair_id, key = announced(office)
    draft = office.messages.draft(key)
    assert (draft.expected_at, draft.phone) == (SOON, "+447700900001")
    changes(office, repair_id, eta_at=SOON + MINUTE)
    assert office.messages.draft(key).expected_at == SOON + MINUTE
    assert leaves(office, key).state is MessageState.SENDING


@pytest.mark.parametrize(
    "columns",
    [
        {"stage": RepairStage.LOOKING, "confirmed_offer": None},
        {"stage": RepairStage.CANCELLED},
        {"stage": RepairStage.ARRIVED},
        {"eta_at": None},
    ],
)
def test_a_text_about_somebody_who_does_not_come_any_more_does_not_leave(office: Office, columns) -> None:
    _, repair_id, key = announced(office)
    changes(office, repair_id, **columns)
    assert office.messages.draft(key).expected_at is None
    begun = leaves(office, key)
    assert (begun.beginning, begun.permit, begun.state) == (Beginning.REFUSED, None, MessageState.HELD)


def test_a_time_that_has_come_does_not_leave(office: Office) -> None:
    # It may have waited for its provider since it was made.
    _, _, key = announced(office)
    assert leaves(office, key, SOON).beginning is Beginning.REFUSED


def test_another_time_that_is_stored_already_is_taken_in_first(office: Office) -> None:
    life, repair_id, key = announced(office)
    life.is_told(VisitExpected(repair_id=repair_id, expected_at=SOON + MINUTE))
    assert leaves(office, key).beginning is Beginning.DEFERRED


def test_no_other_message_asks_for_a_repair(office: Office) -> None:
    life = office.begins(another_person(2)).is_silent().reaches_cut_off()
    assert office.messages.draft(life.key).expected_at is None
    assert life.begins_to_leave()[0] is Beginning.BEGUN
