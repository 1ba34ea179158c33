"""Practical help over the JSON API: every step, who may take it, and what nobody may read."""

from datetime import timedelta
from typing import Any

import pytest

from api.services import Services
from domain.practical_help.steps import HelpStep
from store.practical_help.turn import HelpTurnStore
from tests.api.help_stand_in import HelpStandIn
from tests.api.people import Person
from tests.api.stand_in import StandIn

WANTED = {
    "items": [
        {"kind": "bed"},
        {"kind": "bedding", "quantity": 2},
        {"kind": "kettle", "description": "whistling"},
    ],
    "note": "The flat was stripped.",
}
VISITOR = {
    "name": "Sam Visitor",
    "phone": "07700 900111",
    "buddy_name": "Kim Buddy",
    "buddy_phone": "07700 900112",
    "plan": "Grey van, parks at the church.",
    "duress_word": "marmalade",
}


@pytest.fixture(autouse=True)
def _helps(services: Services, temporal: StandIn) -> None:
    turns = HelpTurnStore(services.engine, services.keyring)
    temporal.helps = HelpStandIn(turns, services.commands, services.profile.help)


class Asked:
    """One practical help, and a coordinator who takes its steps."""

    def __init__(self, person: Person, help_id: str) -> None:
        self.person, self.id = person, help_id

    async def step(self, event: str, *, by: Person | None = None, expect: int = 200, **said: Any) -> Any:
        answer = await (by or self.person).post(f"/practical-help/{self.id}/events", {"event": event, **said})
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def see(self, by: Person | None = None) -> Any:
        answer = await (by or self.person).get(f"/practical-help/{self.id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def plans(self, services: Services, **said: Any) -> None:
        at = (services.clock() + timedelta(hours=1)).isoformat()
        await self.step("visit_planned", purpose="quick", planned_at=at, visitor=VISITOR, **said)

    async def goes_in(self, services: Services) -> Any:
        await self.plans(services)
        await self.step("whereabouts_checked", visit=1, found="custody")
        return await self.step("visit_begun", visit=1)


async def asked_by(person: Person, **referral: Any) -> Asked:
    referred = await person.refer(**referral)
    answer = await person.post(f"/referrals/{referred['id']}/practical-help", WANTED)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/practical-help/{answer.json()['id']}"
    return Asked(person, answer.json()["id"])


@pytest.fixture
async def help_(coordinator: Person) -> Asked:
    return await asked_by(coordinator)


async def test_what_was_asked_for_is_shown_with_the_words(help_: Asked) -> None:
    shown = await help_.see()
    assert shown["stage"] == "live"
    assert shown["wanted"][2] == {"kind": "kettle", "quantity": 1, "description": "whistling"}
    assert shown["note"] == "The flat was stripped."
    listed = (await help_.person.get(f"/referrals/{shown['referral']}/practical-help")).json()
    assert [item["id"] for item in listed["items"]] == [help_.id]


async def test_the_timeline_of_the_referral_tells_of_every_step(help_: Asked, services: Services) -> None:
    shown = await help_.goes_in(services)
    lines = (await help_.person.get(f"/referrals/{shown['referral']}/timeline")).json()["items"]
    said = [line["what"] for line in lines]
    assert said[-3:] == [
        "Visit 1: a quick visit to see how urgent it is is planned, one visitor.",
        "Visit 1: the suspects' whereabouts were checked: in custody.",
        "Visit 1: it has begun; the visitor's clock runs.",
    ]


async def test_who_visits_is_shown_and_the_word_for_duress_never(help_: Asked, services: Services) -> None:
    shown = await help_.goes_in(services)
    visit = shown["visits"][0]
    assert visit["visitor"]["name"] == "Sam Visitor"
    assert visit["visitor"]["phone"] == "+447700900111"
    assert visit["check_in_by"] > visit["begun_at"]
    assert "marmalade" not in str(shown)


async def test_a_visit_that_may_not_begin_says_why(help_: Asked, services: Services) -> None:
    await help_.plans(services)
    shown = await help_.step("whereabouts_checked", visit=1, found="at_large")
    assert "two visitors" in shown["visits"][0]["why_not"]
    refused = await help_.step("visit_begun", visit=1, expect=409)
    assert "two visitors" in refused["detail"]


async def test_a_supervisor_lets_a_visit_go_ahead_with_a_reason(
    help_: Asked, services: Services, manager: Person
) -> None:
    await help_.plans(services)
    await help_.step("whereabouts_checked", visit=1, found="at_large")
    await help_.step("visit_allowed", visit=1, expect=422, by=manager)
    await help_.step("visit_allowed", visit=1, note="Police are there.", expect=403)
    shown = await help_.step("visit_allowed", visit=1, note="Police are there.", by=manager)
    assert shown["visits"][0]["why_not"] == ""


async def test_where_everything_is_stopped_nobody_goes(help_: Asked, services: Services) -> None:
    await help_.plans(services)
    await help_.step("whereabouts_checked", visit=1, found="custody")
    referral = (await help_.see())["referral"]
    await help_.person.post(f"/referrals/{referral}/stop", {"cause": "somebody_else_answered"})
    assert (await help_.see())["stopped"]
    refused = await help_.step("visit_begun", visit=1, expect=409)
    assert "stopped" in refused["detail"]


async def test_a_word_for_duress_is_answered_byte_by_byte_as_an_ordinary_check_in(
    help_: Asked, services: Services, manager: Person
) -> None:
    await help_.goes_in(services)
    at = services.clock().isoformat()
    ordinary = await help_.step("checked_in", visit=1, at=at, word="all fine here")
    forced = await help_.step("checked_in", visit=1, at=at, word="yes, the marmalade is lovely")
    assert forced == ordinary | {"revision": ordinary["revision"] + 1}
    assert (await help_.see(manager))["quiet_alert"]
    assert not (await help_.see())["quiet_alert"]
    view = services.helps.view(help_.id)
    assert view is not None
    assert "lovely" not in str([said.words for said in view.said]), "what was said is kept nowhere"


async def test_a_quiet_alert_is_settled_by_a_supervisor_alone(
    help_: Asked, services: Services, manager: Person
) -> None:
    await help_.goes_in(services)
    await help_.step("checked_in", visit=1, word="marmalade")
    await help_.step("alarm_settled", visit=1, quiet=True, note="Rang.", expect=403)
    await help_.step("alarm_settled", visit=1, quiet=True, note="Met them outside.", by=manager)
    assert not (await help_.see(manager))["quiet_alert"]


async def test_danger_is_an_alarm_at_once(help_: Asked, services: Services) -> None:
    await help_.goes_in(services)
    shown = await help_.step("alarm_raised", visit=1, cause="danger")
    assert shown["visits"][0]["alarm"]["step"] == "tell_police"
    assert shown["asked"][0]["kind"] == "ring_visitor"
    assert services.helps.alarms(services.clock()) == 1


async def test_goods_that_come_in_parts_are_counted(help_: Asked) -> None:
    order = {"items": WANTED["items"], "supplier": "Second Chance Furniture", "estimate_pence": 12_000}
    shown = await help_.step("goods_ordered", **order)
    assert shown["orders"][0]["supplier"] == "Second Chance Furniture"
    assert shown["orders"][0]["lines"][2]["description"] == "whistling"
    lines = [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 2}]
    shown = await help_.step("delivered", order=1, lines=lines, cost_pence=11_000)
    assert [line["outstanding"] for line in shown["orders"][0]["lines"]] == [0, 0, 1]
    assert shown["goods_cost_pence"] == 11_000
    assert shown["asked"][0]["kind"] == "partly_delivered"
    refused = await help_.step(
        "received", order=1, lines=[{"line": 3, "quantity": 1}], confirmed_by="victim", expect=422
    )
    assert "only 0 were delivered" in refused["detail"]
    await help_.step("completed", expect=409)


async def test_a_supplier_of_the_register_sells_goods(help_: Asked) -> None:
    nobody = "0a1d6f3e-0000-4000-8000-000000000001"
    problem = await help_.step("goods_ordered", items=[{"kind": "bed"}], trade_id=nobody, expect=422)
    assert problem["errors"][0]["path"] == "trade_id"


async def test_a_step_under_the_same_key_is_one_step(help_: Asked) -> None:
    body = {"event": "goods_ordered", "items": [{"kind": "bed"}]}
    path = f"/practical-help/{help_.id}/events"
    first = await help_.person.post(path, body, key="k1")
    second = await help_.person.post(path, body, key="k1")
    assert first.text == second.text
    assert len((await help_.see())["orders"]) == 1


async def test_a_step_waits_while_temporal_is_away(help_: Asked, temporal: StandIn) -> None:
    temporal.away = True
    pending = await help_.step("goods_ordered", items=[{"kind": "bed"}], expect=202)
    assert pending["state"] == "pending"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"event": "nonsense"}, "event"),
        ({"event": "checked_in"}, "visit"),
        ({"event": "visit_begun", "visit": 1, "order": 1}, "order"),
        ({"event": "goods_ordered", "items": []}, "items"),
        ({"event": "goods_ordered", "items": [{"kind": "bed", "quantity": 0}]}, "items[0].quantity"),
        ({"event": "goods_ordered", "items": [{"kind": "castle"}]}, "items[0].kind"),
        ({"event": "alarm_raised", "visit": 1, "cause": "overdue"}, "cause"),
        ({"event": "delivered", "order": 1, "lines": [{"line": "1", "quantity": 1}]}, "lines[0].line"),
        ({"event": "cost_noted", "order": 1, "cost_pence": -1}, "cost_pence"),
        ({"event": "checked_in", "visit": 1, "at": "2099-01-01T00:00:00Z"}, "at"),
        ({"event": "completed", "mood": "good"}, "mood"),
    ],
    ids=lambda case: case if isinstance(case, str) else case["event"],
)
async def test_a_step_that_is_none_is_refused_by_its_field(
    help_: Asked, body: dict[str, Any], path: str
) -> None:
    answer = await help_.person.post(f"/practical-help/{help_.id}/events", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("step", HelpStep)
async def test_every_step_is_answered_in_words(help_: Asked, step: HelpStep) -> None:
    answer = await help_.person.post(f"/practical-help/{help_.id}/events", {"event": step})
    assert answer.status_code in {200, 422}, answer.text


async def test_an_empty_request_is_none(coordinator: Person) -> None:
    referral = await coordinator.refer()
    answer = await coordinator.post(f"/referrals/{referral['id']}/practical-help", {})
    assert answer.json()["errors"][0]["path"] == "items"


async def test_referrers_see_nothing_of_it(help_: Asked, officer: Person) -> None:
    assert (await officer.get(f"/practical-help/{help_.id}")).status_code == 403
    answer = await officer.post(f"/practical-help/{help_.id}/events", {"event": "completed"})
    assert answer.status_code == 403


@pytest.mark.parametrize("help_id", ["nonsense", "0a1d6f3e-0000-4000-8000-000000000001"])
async def test_practical_help_that_is_not_there_is_not_found(coordinator: Person, help_id: str) -> None:
    assert (await coordinator.get(f"/practical-help/{help_id}")).status_code == 404
    answer = await coordinator.post(f"/practical-help/{help_id}/events", {"event": "completed"})
    assert answer.status_code == 404
