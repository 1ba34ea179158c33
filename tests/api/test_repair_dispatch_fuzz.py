"""Whatever is sent about a repair is taken in or refused by name; never a 500, never an echo, nothing half done."""

import asyncio
import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from api.problems import Problem
from api.repair_dispatch.answer import TradeAnswerIn, read_trade_answer
from api.repair_dispatch.decision import RepairDecisionIn, decided, read_repair_decision
from api.repair_dispatch.request import RepairIn, read_request
from domain.repair_dispatch.kinds import RepairDecisionKind, TradeAnswer
from domain.vocabulary import Role
from tests.api.test_intake_fuzz import SECRET, VALUES, echoes

GOOD = {"kinds": ["board_up", "locks"], "urgency": "open_property", "pets": "A dog"}
NOBODY = "5b1d6f3e-0000-4000-8000-000000000001"


@st.composite
def bent(draw, good, model):
    """A good body with a few parts replaced by something odd."""
    body = dict(good)
    for _ in range(draw(st.integers(0, 4))):
        body[draw(st.sampled_from([*model.model_fields, SECRET, "x"]))] = draw(VALUES)
    return body


REQUESTS = bent(GOOD, RepairIn)
DECISIONS = st.sampled_from(RepairDecisionKind).flatmap(
    lambda kind: bent({"decision": str(kind), "reason": "It is right."}, RepairDecisionIn)
)
ANSWERS = st.sampled_from(TradeAnswer).flatmap(
    lambda answer: bent({"offer": NOBODY, "answer": str(answer)}, TradeAnswerIn)
)


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_a_bent_request_is_read_or_refused_without_an_echo(body):
    assert_read_or_refused(lambda: read_request(body))


@settings(max_examples=300, deadline=None)
@given(DECISIONS)
def test_a_bent_decision_is_read_or_refused_without_an_echo(body):
    assert_read_or_refused(lambda: decided(read_repair_decision(body), Role.MANAGER))


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
def test_a_bent_answer_is_read_or_refused_without_an_echo(body):
    assert_read_or_refused(lambda: read_trade_answer(body, frozenset({NOBODY}), now=datetime.now(UTC)))


def assert_read_or_refused(read) -> None:
    refused = None
    try:
        read()
    except Problem as problem:
        refused = problem
    assert refused is None or refused.errors
    assert refused is None or not echoes(refused.response().body.decode())


async def test_nothing_bent_is_ever_a_500_or_half_a_repair(officer, coordinator, repairs):
    bodies = gathered(REQUESTS)
    referral = await officer.refer()
    path = f"/referrals/{referral['id']}/repairs"
    answers = await asyncio.gather(*(send(coordinator, path, body) for body in bodies))
    assert {answer.status_code for answer in answers} <= {201, 422}
    taken = [answer for answer in answers if answer.status_code == 201]
    items = (await coordinator.get(path)).json()["items"]
    assert {item["id"] for item in items} == {answer.json()["id"] for answer in taken}


async def test_nothing_bent_told_to_a_repair_is_ever_a_500(officer, coordinator, repairs):
    repairs.register("Kay Hill")
    referral = await officer.refer()
    repair = (await coordinator.post(f"/referrals/{referral['id']}/repairs", GOOD)).json()
    sent = [("decisions", body) for body in gathered(DECISIONS)] + [
        ("answers", body | {"offer": repair["offers"][0]["id"]}) for body in gathered(ANSWERS)
    ]
    for route, body in sent:
        answer = await send(coordinator, f"/repairs/{repair['id']}/{route}", body)
        assert answer.status_code in {200, 403, 409, 422}, body
    assert (await coordinator.get(f"/repairs/{repair['id']}")).status_code == 200


async def send(person, path, body):
    answer = await person.client.post(
        f"/api/v1{path}",
        headers=person.headers | {"Content-Type": "application/json"},
        content=json.dumps(body).encode(),
    )
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert not echoes(answer.text)
    return answer


def gathered(strategy, most: int = 40) -> list[dict]:
    bodies: list[dict] = []

    @settings(max_examples=most, database=None)
    @given(strategy)
    def gather(body) -> None:
        bodies.append(body)

    gather()
    return bodies
