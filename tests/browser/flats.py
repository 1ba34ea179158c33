"""Stripped flats for the pages: goods that came in part, a visitor inside, a visitor who is to be looked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.people import People

_VISITOR = {
    "name": "Sam Volunteer",
    "phone": "+447700900151",
    "buddy_name": "Kim Buddy",
    "buddy_phone": "+447700900152",
    "plan": "By bicycle; parks at the church.",
}
_GOODS = [
    {"kind": "bed"},
    {"kind": "bedding", "quantity": 2},
    {"kind": "kettle", "description": "any colour"},
]


def stripped(people: People) -> str:
    """Ask for what a stripped flat lacks: the address of its page."""
    referral = people.force.refer()
    people.coordinator.wait_for(referral, stage="contacting")
    body = {"items": _GOODS, "note": "Nothing but the walls."}
    answer = people.coordinator.post(f"/referrals/{referral}/practical-help", body)
    assert answer.status_code == 201, answer.text
    return f"/practical-help/{answer.json()['id']}"


def under_way(people: People) -> str:
    """A visitor is inside, and the kettle is still to come."""
    address = stripped(people)
    take(
        people,
        address,
        "goods_ordered",
        items=_GOODS,
        supplier="Second Chance Furniture",
        estimate_pence=12_000,
    )
    take(
        people, address, "delivered", order=1, lines=[{"line": 1, "quantity": 1}, {"line": 2, "quantity": 2}]
    )
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    take(people, address, "visit_planned", purpose="quick", planned_at=at, visitor=_VISITOR)
    take(people, address, "whereabouts_checked", visit=1, found="custody")
    take(people, address, "visit_begun", visit=1)
    take(people, address, "visit_planned", purpose="follow_up", planned_at=at, visitor=_VISITOR)
    return address


def alarmed(people: People) -> str:
    """Somebody fears for the visitor."""
    address = under_way(people)
    take(people, address, "alarm_raised", visit=1, cause="danger")
    return address


def settled(people: People, address: str) -> None:
    """End what was feared, so that no other page has to tell of it."""
    take(people, address, "alarm_settled", by_manager=True, visit=1, note="Met outside.")


def take(people: People, address: str, event: str, *, by_manager: bool = False, **said: Any) -> None:
    person = people.manager if by_manager else people.coordinator
    answer = person.post(f"{address}/events", {"event": event, **said})
    assert answer.status_code == 200, answer.text
