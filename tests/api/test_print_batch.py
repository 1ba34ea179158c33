"""Making, printing and posting the day's letters over the JSON API, by a service that prints itself."""

import hashlib
from dataclasses import replace

import pytest

from domain.events import AttemptMade, MessageSettled
from domain.vocabulary import AttemptOutcome, MessageState, PrintedBy
from tests.store.lives import KeptLife, Office, another_person


@pytest.fixture
def office(services) -> Office:
    return Office(services.engine, services.keyring)


@pytest.fixture
def profile(profile):
    return replace(profile, printed_by=PrintedBy.SERVICE)


def queued(office: Office, number: int, **changes) -> KeptLife:
    """A letter whose cut-off has passed waits to be printed."""
    life = office.begins(another_person(number, **changes)).is_silent().reaches_cut_off()
    office.messages.queue(life.key, life.now)
    return life.happens(MessageSettled(key=life.key, state=MessageState.RESERVED, queued=True))


def stop(life: KeptLife) -> None:
    life.is_told(AttemptMade(outcome=AttemptOutcome.IMMEDIATE_DANGER, made_at=life.now))


async def made(person) -> dict:
    answer = await person.post("/print-batches")
    assert answer.status_code == 201, answer.text
    return answer.json()["batch"]


async def test_a_batch_is_made_fetched_and_posted(coordinator, office) -> None:
    sent, pulled = queued(office, 1), queued(office, 2)
    batch = await made(coordinator)
    assert batch["pages"] == 2
    assert [letter["number"] for letter in batch["letters"]] == [1, 2]
    pdf = await coordinator.get(f"/print-batches/{batch['id']}/letters.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(pdf.content).hexdigest() == batch["sha256"]
    out = next(m.id for m in office.messages.of_referral(pulled.id))
    answer = await coordinator.post(f"/print-batches/{batch['id']}/posted", {"pulled": [out]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["posted_by"] == "a coordinator"
    assert answer.json()["pulled"] == [out]
    assert sent.message_state is MessageState.SENT
    assert pulled.message_state is MessageState.RECALLED


async def test_with_nothing_to_print_no_batch_is_made(coordinator) -> None:
    answer = await coordinator.post("/print-batches")
    assert (answer.status_code, answer.json()) == (200, {"batch": None, "left_out": []})


async def test_a_letter_left_out_is_named_with_the_reason(coordinator, office) -> None:
    stop(queued(office, 1))
    answer = await coordinator.post("/print-batches")
    [left] = answer.json()["left_out"]
    assert left["why"] == "Everything was stopped."


async def test_the_same_key_makes_one_batch(coordinator, office) -> None:
    queued(office, 1)
    first = await coordinator.post("/print-batches", key="today")
    queued(office, 2)
    assert (await coordinator.post("/print-batches", key="today")).json() == first.json()
    assert len((await coordinator.get("/print-batches")).json()["items"]) == 1


async def test_a_stopped_letter_has_to_be_accounted_for(coordinator, office) -> None:
    life = queued(office, 1)
    batch = await made(coordinator)
    stop(life)
    seen = (await coordinator.get(f"/print-batches/{batch['id']}")).json()
    assert [letter["pull"] for letter in seen["letters"]] == ["Everything was stopped."]
    refused = await coordinator.post(f"/print-batches/{batch['id']}/posted", {"pulled": []})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:holdfast:problem:not-possible-now"
    told = {"in_the_box": [batch["letters"][0]["message"]]}
    assert (await coordinator.post(f"/print-batches/{batch['id']}/posted", told)).status_code == 200


async def test_a_letter_about_which_a_call_is_stored_and_not_taken_in_has_to_be_accounted_for(
    coordinator, office
) -> None:
    # With Temporal away somebody may have been reached, and the letter would be posted all the same.
    life = queued(office, 1)
    batch = await made(coordinator)
    life.is_told(AttemptMade(outcome=AttemptOutcome.ANSWERED, made_at=life.now))
    seen = (await coordinator.get(f"/print-batches/{batch['id']}")).json()
    [letter] = seen["letters"]
    assert letter["pull"] == "Something was recorded that has to be taken in first."
    address = f"/print-batches/{batch['id']}/posted"
    assert (await coordinator.post(address, {})).status_code == 409
    assert (await coordinator.post(address, {"pulled": [letter["message"]]})).status_code == 200
    assert life.message_state is MessageState.RECALLED


async def test_the_same_may_be_said_again_and_nothing_else(coordinator, office) -> None:
    queued(office, 1)
    batch = await made(coordinator)
    address = f"/print-batches/{batch['id']}/posted"
    first = await coordinator.post(address, {})
    assert (await coordinator.post(address, {"pulled": []})).json() == first.json()
    other = await coordinator.post(address, {"pulled": [batch["letters"][0]["message"]]})
    assert other.status_code == 409


async def test_batches_are_listed_page_by_page_newest_first(coordinator, office) -> None:
    made_in_order = []
    for number in range(1, 4):
        queued(office, number)
        made_in_order.append((await made(coordinator))["id"])
    first = await coordinator.get("/print-batches?limit=2")
    assert [each["id"] for each in first.json()["items"]] == made_in_order[:0:-1]
    address = first.headers["link"].partition(">")[0].removeprefix("<")
    assert [each["id"] for each in (await coordinator.get(address)).json()["items"]] == made_in_order[:1]
    assert (await coordinator.get("/print-batches?cursor=nonsense")).status_code == 422


@pytest.mark.parametrize("role", ["police", "system"])
async def test_no_referrer_comes_near_the_post(somebody, role) -> None:
    outsider = somebody(role, "Example Constabulary")
    for answer in (
        await outsider.get("/print-batches"),
        await outsider.get("/print-batches/5b1d6f3e-0000-4000-8000-000000000001/letters.pdf"),
        await outsider.post("/print-batches"),
        await outsider.post("/print-batches/x/posted", {}),
    ):
        assert answer.status_code == 403


@pytest.mark.parametrize("batch_id", ["no-such-batch", "5b1d6f3e-0000-4000-8000-000000000001"])
async def test_a_batch_nobody_made_is_not_found(coordinator, batch_id) -> None:
    assert (await coordinator.get(f"/print-batches/{batch_id}")).status_code == 404
    assert (await coordinator.get(f"/print-batches/{batch_id}/letters.pdf")).status_code == 404
    assert (await coordinator.post(f"/print-batches/{batch_id}/posted", {})).status_code == 404


@pytest.mark.parametrize("body", [{"pulled": "x"}, {"pulled": [1]}, {"more": []}])
async def test_a_body_of_another_shape_is_refused(coordinator, office, body) -> None:
    queued(office, 1)
    batch = await made(coordinator)
    assert (await coordinator.post(f"/print-batches/{batch['id']}/posted", body)).status_code == 422


async def test_where_a_provider_prints_there_is_no_batch_to_make(services, coordinator, profile) -> None:
    object.__setattr__(services, "profile", replace(profile, printed_by=PrintedBy.PROVIDER))
    assert (await coordinator.post("/print-batches")).status_code == 409
