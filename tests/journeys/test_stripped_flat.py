"""A flat was stripped to the walls: a visit confirms the urgency, goods come in two parts, a second visit sees them.

Over HTTP, on the running service.  Source: docs/practical-help.md#the-stripped-flat.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.people import Coordinator, Force, Json, Manager, People
from tests.servers import Tree

SUPPLIER: Json = {
    "name": "Robin Recycler",
    "firm": "Second Chance Furniture",
    "most_km": 25,
    "skills": ["goods"],
    "base": "CB1",
    "areas": ["CB1", "CB2"],
    "channel": "text",
    "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}],
}
VISITOR: Json = {
    "name": "Sam Volunteer",
    "phone": "+447700900141",
    "buddy_name": "Kim Buddy",
    "buddy_phone": "+447700900142",
    "plan": "By bicycle; parks at the church.",
    "duress_word": "marmalade",
}
BED, BEDDING, TABLE, KETTLE = 1, 2, 3, 4
_numbers = itertools.count(10)


class Flat:
    """The practical help of one stripped flat."""

    def __init__(self, coordinator: Coordinator, referral: str) -> None:
        self.coordinator, self.referral = coordinator, referral
        answer = coordinator.post(
            f"/referrals/{referral}/practical-help",
            {
                "items": [
                    {"kind": "bed"},
                    {"kind": "bedding", "quantity": 2},
                    {"kind": "table"},
                    {"kind": "kettle"},
                ],
                "note": "They took everything; she sleeps on the floor.",
            },
        )
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    def step(self, event: str, *, by: Coordinator | None = None, **said: Any) -> Json:
        answer = self.try_to(event, by=by, **said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_to(self, event: str, *, by: Coordinator | None = None, **said: Any) -> Any:
        return (by or self.coordinator).post(f"/practical-help/{self.id}/events", {"event": event, **said})

    def outstanding(self, shown: Json) -> list[int]:
        return [line["outstanding"] for line in shown["orders"][0]["lines"]]


def in_time(**ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


@pytest.fixture
def supplier(manager: Manager) -> str:
    number = f"+4477009006{next(_numbers)}"
    answer = manager.post("/tradespeople", {**SUPPLIER, "phone": number})
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()["id"]


@pytest.fixture
def flat(force: Force, coordinator: Coordinator) -> Flat:
    referral = force.refer(requests=["goods", "visit"])
    coordinator.wait_for(referral, stage="contacting")
    coordinator.ring(referral, "answered")
    return Flat(coordinator, referral)


def test_a_stripped_flat_is_furnished_and_somebody_has_seen_it(flat: Flat, supplier: str) -> None:
    # A volunteer's quick visit confirms the urgency, and not before it is known to be safe.
    flat.step("visit_planned", purpose="quick", planned_at=in_time(hours=1), visitor=VISITOR)
    assert flat.try_to("visit_begun", visit=1).status_code == 409
    flat.step("whereabouts_checked", visit=1, found="custody", note="The custody sergeant, by telephone.")
    inside = flat.step("visit_begun", visit=1)["visits"][0]
    assert inside["stage"] == "under_way"
    assert inside["check_in_by"] > in_time(minutes=30)
    flat.step("checked_in", visit=1)
    flat.step("visit_ended", visit=1, outcome="urgent", note="Nothing but the walls.")

    # The goods are ordered; the delivery lacks the kettle.
    items = [{"kind": "bed"}, {"kind": "bedding", "quantity": 2}, {"kind": "table"}, {"kind": "kettle"}]
    flat.step("goods_ordered", items=items, trade_id=supplier, estimate_pence=14_000)
    flat.step("window_agreed", order=1, window_from=in_time(hours=2), window_until=in_time(hours=4))
    came = [{"line": BED, "quantity": 1}, {"line": BEDDING, "quantity": 2}, {"line": TABLE, "quantity": 1}]
    shown = flat.step("delivered", order=1, lines=came)
    assert flat.outstanding(shown) == [0, 0, 0, 1]
    assert [asked["kind"] for asked in shown["asked"]] == ["partly_delivered"]
    assert flat.try_to("completed").status_code == 409

    # The kettle comes later, and a second visit sees everything there.
    flat.step("window_agreed", order=1, window_from=in_time(hours=5), window_until=in_time(hours=6))
    shown = flat.step("delivered", order=1, lines=[{"line": KETTLE, "quantity": 1}], cost_pence=13_500)
    assert flat.outstanding(shown) == [0, 0, 0, 0]
    flat.step("visit_planned", purpose="follow_up", planned_at=in_time(days=1), visitor=VISITOR)
    assert "Nobody has checked" in flat.try_to("visit_begun", visit=2).json()["detail"]
    flat.step("whereabouts_checked", visit=2, found="elsewhere")
    flat.step("visit_begun", visit=2)
    shown = flat.step("visit_ended", visit=2, outcome="all_there")
    assert all(line["received"] == line["ordered"] for line in shown["orders"][0]["lines"])
    done = flat.step("completed")
    assert (done["stage"], done["goods_cost_pence"]) == ("completed", 13_500)

    story = flat.coordinator.story(flat.referral)
    for words in (
        "Practical help was asked for.",
        "Visit 1: it has ended: it is urgent.",
        "1 still to come.",
        "Nothing is outstanding.",
        "Visit 2: it has ended: everything that was delivered is there.",
        "Practical help is complete. The goods cost 135.00.",
    ):
        assert words in story, story
    for secret in ("Sam Volunteer", "900141", "marmalade", "bicycle"):
        assert secret not in story


def test_where_a_suspect_may_come_nobody_goes_alone(flat: Flat, manager: Manager) -> None:
    flat.step("visit_planned", purpose="quick", planned_at=in_time(hours=1), visitor=VISITOR)
    flat.step("whereabouts_checked", visit=1, found="at_large")
    assert "two visitors" in flat.try_to("visit_begun", visit=1).json()["detail"]
    assert flat.try_to("visit_allowed", visit=1, note="Police go along.").status_code == 403
    flat.step("visit_allowed", by=manager, visit=1, note="Police go along.")
    assert flat.step("visit_begun", visit=1)["visits"][0]["stage"] == "under_way"
    forced = flat.step("checked_in", visit=1, word="marmalade")
    assert not forced["quiet_alert"]
    assert manager.get(f"/practical-help/{flat.id}").json()["quiet_alert"]
    flat.step("alarm_settled", by=manager, visit=1, quiet=True, note="Met them outside.")
    flat.step("visit_ended", visit=1, outcome="done")
    flat.step("cancelled")


def test_a_visitors_clock_runs_on_through_a_crash(tree: Tree, people_at: Any) -> None:
    people: People = people_at(tree)
    referral = people.force.refer()
    people.coordinator.wait_for(referral, stage="contacting")
    flat = Flat(people.coordinator, referral)
    flat.step("visit_planned", purpose="quick", planned_at=in_time(hours=1), visitor=VISITOR)
    flat.step("whereabouts_checked", visit=1, found="custody")
    begun = flat.step("visit_begun", visit=1)["visits"][0]
    tree.kill_everything()
    tree.start()
    again = people_at(tree)
    seen = again.coordinator.get(f"/practical-help/{flat.id}").json()["visits"][0]
    assert seen["check_in_by"] == begun["check_in_by"]
    flat.coordinator = again.coordinator
    heard = flat.step("checked_in", visit=1)["visits"][0]
    assert heard["check_in_by"] > begun["check_in_by"]
    flat.step("visit_ended", visit=1, outcome="urgent")
