"""The worklist reads only a page; it has to be the page that reading everything would give."""

import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ARRAY, Text, case, cast, exists, func, insert, or_, select

from domain.vocabulary import NextActionKind, Stage
from store.ongoing_support import SUPPORT
from store.practical_help.row import PRACTICAL_HELP
from store.referral_row import REFERRAL
from store.referral_view import DUE_AT
from store.repair_dispatch.row import REPAIR
from tests.builders import DAY, HOUR, NOW
from tests.store.lives import Office

OF_STAGE = {
    Stage.RECEIVED: (NextActionKind.WAIT,),
    Stage.HELD: (NextActionKind.CHECK_HOLD, NextActionKind.CONFIRM_SAFETY),
    Stage.CONTACTING: (NextActionKind.CALL, NextActionKind.DECIDE),
    Stage.WRITING: (NextActionKind.SEND, NextActionKind.WAIT),
    Stage.SUPPORTING: (NextActionKind.REVIEW,),
    Stage.CLOSED: (None,),
}
MANY = 60


def whoever_is_wanted(office: Office, *, due_within: timedelta) -> list[str]:
    """Read every open referral, and sort them all: what is wanted, said once, without regard to how long it takes."""
    due = NOW + due_within >= DUE_AT
    wanted = or_(
        REFERRAL.c.stage == Stage.HELD,
        (REFERRAL.c.stage == Stage.CONTACTING)
        & (due | REFERRAL.c.next_action_kind.is_distinct_from(NextActionKind.CALL)),
        (REFERRAL.c.stage == Stage.SUPPORTING) & (due | SUPPORT.c.escalated_at.is_not(None)),
        (REFERRAL.c.stage != Stage.CLOSED) & REFERRAL.c.escalated_at.is_not(None),
        exists().where(REPAIR.c.referral_id == REFERRAL.c.id, REPAIR.c.asks_since.is_not(None)),
    )
    cries = exists().where(
        REPAIR.c.referral_id == REFERRAL.c.id,
        REPAIR.c.asks_since.is_not(None),
        REPAIR.c.asks != cast(["follow_up"], ARRAY(Text)),
    )
    asked_since = (
        select(func.min(REPAIR.c.asks_since)).where(REPAIR.c.referral_id == REFERRAL.c.id).scalar_subquery()
    )
    statement = (
        select(REFERRAL.c.id)
        .join_from(REFERRAL, SUPPORT, SUPPORT.c.support_id == REFERRAL.c.support_id, isouter=True)
        .where(wanted)
        .order_by(
            REFERRAL.c.in_danger.desc(),
            (func.coalesce(REFERRAL.c.escalated_at, SUPPORT.c.escalated_at).is_not(None) | cries).desc(),
            REFERRAL.c.promised.desc(),
            REFERRAL.c.high_risk.desc(),
            REFERRAL.c.lapses.desc(),
            case((REFERRAL.c.stage == Stage.HELD, 1), else_=0),
            func.least(DUE_AT, asked_since).asc().nulls_last(),
            REFERRAL.c.id,
        )
    )
    with office.engine.connect() as connection:
        return list(connection.scalars(statement))


def a_row(dice: random.Random) -> dict[str, Any]:
    """A referral as its turns may leave it; nobody is supported while it is before a supervisor itself."""
    stage = dice.choice(list(Stage))
    escalated = stage not in {Stage.SUPPORTING, Stage.CLOSED} and dice.random() < 0.2
    due = None if stage in {Stage.SUPPORTING, Stage.CLOSED} else NOW + dice.randrange(-5, 6) * HOUR
    referral_id = str(uuid.UUID(int=dice.getrandbits(128)))
    return {
        "id": referral_id,
        "reference": referral_id,
        "received_at": NOW - DAY,
        "owner": "organisation:x",
        "content_hash": "",
        "wrapped_key": b"",
        "document_enc": b"",
        "turn": 1,
        "revision": 1,
        "stage": stage,
        "lane": "contact",
        "opening": 1,
        "sensitive": False,
        "high_risk": dice.random() < 0.3,
        "in_danger": stage is Stage.HELD and dice.random() < 0.2,
        "attempts_counted": 0,
        "reached": False,
        "reached_since_opening": False,
        "next_action_kind": dice.choice(OF_STAGE[stage]),
        "next_action_due_at": due,
        "promised": stage in {Stage.CONTACTING, Stage.HELD} and dice.random() < 0.3,
        "lapses": dice.randrange(3) if stage is Stage.CONTACTING else 0,
        "escalated_at": NOW if escalated else None,
        "question_open": False,
        "support_id": str(uuid.UUID(int=dice.getrandbits(128))) if _is_supported(stage, dice) else None,
    }


def _is_supported(stage: Stage, dice: random.Random) -> bool:
    return stage is Stage.SUPPORTING or (
        stage in {Stage.HELD, Stage.CONTACTING, Stage.CLOSED} and dice.random() < 0.5
    )


def a_support(of: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    return {
        "support_id": of["support_id"],
        "referral_id": of["id"],
        "kind": "telephone",
        "first_contact_on": NOW.date(),
        "begun_at": NOW,
        "turn": 1,
        "review_at": NOW + dice.randrange(-5, 6) * HOUR,
        "escalated_at": NOW if dice.random() < 0.4 else None,
    }


def a_repair(of: dict[str, Any], dice: random.Random, *asks: str) -> dict[str, Any]:
    """A repair that asks something, or nothing."""
    repair_id = str(uuid.UUID(int=dice.getrandbits(128)))
    asked = list(asks) or dice.choice([[], ["follow_up"], ["nobody_left"], ["follow_up", "done_late"]])
    times = ("asked_at", "clock_from", "on_site_by", "done_by")
    measured = ("measured_from", "measured_on_site_by", "measured_done_by")
    return {
        "id": repair_id,
        "referral_id": of["id"],
        "command_id": repair_id,
        "reference": repair_id[:8],
        "kinds": ["locks"],
        "urgency": "today",
        "area": "CB1",
        "address_hash": "",
        "job_enc": b"",
        "request_enc": b"",
        "turn": 1,
        "revision": 1,
        "stage": "looking",
        "holds": [],
        "asks": asked,
        "asks_since": NOW - dice.randrange(1, 5) * HOUR if asked else None,
        "wants": 0,
        "told": False,
        "committed_pence": 0,
        "reopened": 0,
        **dict.fromkeys((*times, *measured), NOW),
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_page_is_the_beginning_of_everything_however_long_it_is(seed: int, office: Office) -> None:
    dice = random.Random(seed)
    referrals = [a_row(dice) for _ in range(MANY)]
    with office.engine.begin() as connection:
        connection.execute(insert(REFERRAL), referrals)
        connection.execute(insert(SUPPORT), [a_support(one, dice) for one in referrals if one["support_id"]])
        connection.execute(insert(REPAIR), [a_repair(dice.choice(referrals), dice) for _ in range(MANY // 3)])
    for due_within in (timedelta(), 3 * HOUR):
        everybody = whoever_is_wanted(office, due_within=due_within)
        assert len(everybody) > MANY / 4
        for limit in range(1, len(everybody) + 2):
            page = office.referrals.worklist(NOW, limit=limit, due_within=due_within)
            assert [view.id for view in page] == everybody[:limit], f"with {limit} on a page"


def test_whoever_is_held_while_their_support_is_escalated_stays_on_the_first_page(office: Office) -> None:
    dice = random.Random(0)
    made = {
        "stage": Stage.HELD,
        "in_danger": False,
        "promised": False,
        "high_risk": False,
        "escalated_at": None,
    }
    urgent = {**a_row(dice), **made, "next_action_due_at": NOW + DAY, "support_id": str(uuid.uuid4())}
    others = [{**a_row(dice), **made, "next_action_due_at": NOW, "support_id": None} for _ in range(5)]
    for one in (urgent, *others):
        one |= {"next_action_kind": NextActionKind.CHECK_HOLD, "lapses": 0}
    with office.engine.begin() as connection:
        connection.execute(insert(REFERRAL), [urgent, *others])
        connection.execute(insert(SUPPORT), [{**a_support(urgent, dice), "escalated_at": NOW}])
    assert [view.id for view in office.referrals.worklist(NOW, limit=1)] == [urgent["id"]]


def test_a_repair_of_a_closed_referral_still_asks_somebody(office: Office) -> None:
    # The person was helped in one call; the locksmith has not come.
    dice = random.Random(1)
    closed = {**a_row(dice), "stage": Stage.CLOSED, "next_action_kind": None, "next_action_due_at": None}
    closed |= {"escalated_at": None, "in_danger": False, "promised": False, "lapses": 0, "support_id": None}
    quiet = {**closed, "id": str(uuid.uuid4()), "reference": "quiet"}
    with office.engine.begin() as connection:
        connection.execute(insert(REFERRAL), [closed, quiet])
        connection.execute(
            insert(REPAIR), [a_repair(closed, dice, "arrival_late"), a_repair(closed, dice, "follow_up")]
        )
    [view] = office.referrals.worklist(NOW, limit=5)
    assert view.id == closed["id"]
    assert [(one.kind, one.asks, one.is_urgent) for one in view.asking] == [
        ("repair", ("arrival_late",), True),
        ("repair", ("follow_up",), False),
    ]
    assert view.asking[0].since < NOW


def test_practical_help_asks_when_its_time_has_come_and_a_silent_visitor_cries(office: Office) -> None:
    dice = random.Random(2)
    rows = [
        {**a_row(dice), "stage": Stage.CLOSED, "in_danger": False, "escalated_at": None} for _ in range(3)
    ]
    asks, later, silent = (
        {
            "id": str(uuid.uuid4()),
            "referral_id": row["id"],
            "command_id": str(uuid.uuid4()),
            "asked_at": NOW,
            "turn": 1,
            "revision": 1,
            "stage": "ordered",
            "asks_from": asks_from,
            "alarm_from": alarm_from,
            "alerted": False,
        }
        for row, asks_from, alarm_from in zip(
            rows, (NOW, NOW + HOUR, None), (None, None, NOW - HOUR), strict=True
        )
    )
    with office.engine.begin() as connection:
        connection.execute(insert(REFERRAL), rows)
        connection.execute(insert(PRACTICAL_HELP), [asks, later, silent])
    found = office.referrals.worklist(NOW, limit=5)
    assert [view.id for view in found] == [silent["referral_id"], asks["referral_id"]]
    assert [view.asks_urgently for view in found] == [True, False]


def test_an_alarm_that_stands_in_a_box_of_its_own_is_not_on_the_list_as_well(office: Office) -> None:
    # Twice on one page it reads as two visitors; what else the help asks stays where it is.
    dice = random.Random(3)
    rows = [
        {**a_row(dice), "stage": Stage.CLOSED, "in_danger": False, "escalated_at": None} for _ in range(3)
    ]
    silent, asks_too, asks_only = (
        {
            "id": str(uuid.uuid4()),
            "referral_id": row["id"],
            "command_id": str(uuid.uuid4()),
            "asked_at": NOW,
            "turn": 1,
            "revision": 1,
            "stage": "ordered",
            "asks_from": asks_from,
            "alarm_from": alarm_from,
            "alerted": False,
        }
        for row, asks_from, alarm_from in zip(
            rows, (NOW - HOUR, NOW - 2 * HOUR, NOW), (NOW - HOUR, NOW - HOUR, NOW + HOUR), strict=True
        )
    )
    with office.engine.begin() as connection:
        connection.execute(insert(REFERRAL), rows)
        connection.execute(insert(PRACTICAL_HELP), [silent, asks_too, asks_only])
    found = office.referrals.worklist(NOW, limit=5, alarms=False)
    assert [view.id for view in found] == [asks_too["referral_id"], asks_only["referral_id"]]
    assert not any(one.is_urgent for view in found for one in view.asking)
    assert len(office.referrals.worklist(NOW, limit=5)) == 3, "a machine that reads the list sees no box"
