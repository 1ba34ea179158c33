import pytest

from tests.api.people import STRANGER, Person


async def listed(person: Person, **query) -> list[dict]:
    answer = await person.get("/inbound-texts", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_text_from_a_stranger_is_listed_with_everything_a_person_needs(
    coordinator: Person, comes
) -> None:
    text_id = comes("who is this?")
    [text] = await listed(coordinator)
    assert text["id"] == text_id
    assert (text["sender"], text["words"], text["meaning"]) == (STRANGER, "who is this?", "who_are_you")
    assert (text["needs_person"], text["referral"], text["candidates"]) == (True, None, [])


async def test_a_text_given_to_a_referral_is_a_reply_there(
    officer: Person, coordinator: Person, comes
) -> None:
    referral = await officer.refer()
    text_id = comes()
    path = f"/inbound-texts/{text_id}/assignment"
    answer = await coordinator.post(path, {"reference": referral["reference"]})
    assert answer.status_code == 200, answer.text
    text = answer.json()
    assert (text["referral"], text["needs_person"], text["handled_by"]) == (
        referral["id"],
        False,
        "a coordinator",
    )
    shown = await coordinator.see(referral)
    assert shown["next_action"]["kind"] == "call"
    again = await coordinator.post(path, {"reference": referral["reference"]})
    assert (again.status_code, again.json()) == (200, text)


async def test_a_text_is_given_to_one_referral_only(officer: Person, coordinator: Person, comes) -> None:
    text_id, first, other = comes(), await officer.refer(), await officer.refer()
    path = f"/inbound-texts/{text_id}/assignment"
    await coordinator.post(path, {"reference": first["reference"]})
    assert (await coordinator.post(path, {"reference": other["reference"]})).status_code == 409


async def test_a_text_is_kept_and_applied_later_while_temporal_is_away(
    officer: Person, coordinator: Person, comes, temporal, services
) -> None:
    referral, text_id = await officer.refer(), comes()
    temporal.away = True
    answer = await coordinator.post(
        f"/inbound-texts/{text_id}/assignment", {"reference": referral["reference"]}
    )
    assert answer.status_code == 200
    assert len(services.commands.pending(f"referral-{referral['id']}")) == 1


async def test_who_dealt_with_a_text_is_named(coordinator: Person, comes) -> None:
    text_id = comes()
    for key in (None, "k", "k"):
        answer = await coordinator.post(f"/inbound-texts/{text_id}/dealt-with", key=key)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["needs_person"], answer.json()["handled_by"]) == (False, "a coordinator")
    assert await listed(coordinator, needs_person=True) == []
    assert len(await listed(coordinator, needs_person=False)) == 1


async def test_the_list_goes_on_where_it_stopped(coordinator: Person, comes) -> None:
    for _ in range(3):
        comes()
    every = await listed(coordinator)
    answer = await coordinator.get("/inbound-texts?limit=2")
    assert answer.json()["items"] == every[:2]
    address = answer.headers["link"].split(">")[0].removeprefix("<")
    assert (await coordinator.get(address)).json()["items"] == every[2:]


@pytest.mark.parametrize("body", [{}, {"reference": ""}, {"reference": "XXXX-XXXX"}, {"reference": 1}])
async def test_a_reference_nobody_has_is_refused_by_its_name(coordinator: Person, comes, body) -> None:
    answer = await coordinator.post(f"/inbound-texts/{comes()}/assignment", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "reference"


@pytest.mark.parametrize("step", ["assignment", "dealt-with"])
async def test_a_text_that_is_not_there_is_not_found(coordinator: Person, officer: Person, step: str) -> None:
    referral = await officer.refer()
    body = {"reference": referral["reference"]} if step == "assignment" else {}
    for text_id in ("none", "5b1d6f3e-0000-4000-8000-000000000001"):
        assert (await coordinator.post(f"/inbound-texts/{text_id}/{step}", body)).status_code == 404


async def test_only_staff_read_texts(officer: Person, comes) -> None:
    text_id = comes()
    assert (await officer.get("/inbound-texts")).status_code == 403
    for step in ("assignment", "dealt-with"):
        assert (await officer.post(f"/inbound-texts/{text_id}/{step}", {})).status_code == 403
