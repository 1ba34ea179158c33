"""A letter comes back, weeks later: recorded by its id or by what is printed on it."""

import pytest

from domain.events import MessageReported
from domain.vocabulary import DeliveryReport, MessageState
from tests.api.browser import Browser
from tests.store.lives import KeptLife, Office, another_person

ATTACK = "<script>alert(1)</script>"
PAGE = "/post-room/returned-mail"


@pytest.fixture
def office(services) -> Office:
    return Office(services.engine, services.keyring)


def posted(office: Office, number: int = 1, **changes) -> KeptLife:
    """A letter left."""
    life = office.begins(another_person(number, **changes)).is_silent().reaches_cut_off()
    life.begins_to_leave()
    office.messages.settle(life.key, MessageState.SENT, why="Posted.", provider_id="p", now=life.now)
    from domain.events import MessageSettled

    return life.happens(MessageSettled(key=life.key, state=MessageState.SENT))


def message_id(life: KeptLife) -> str:
    return next(m.id for m in life.office.messages.of_referral(life.id) if m.key == life.key)


def stored(life: KeptLife, temporal) -> MessageReported:
    [command] = life.office.commands.pending(f"referral-{life.id}")
    return command.event


async def test_a_returned_letter_wakes_its_referral(coordinator, office, temporal) -> None:
    life = posted(office)
    answer = await coordinator.post(f"/referrals/{life.id}/returned-mail", {"note": "Gone away."})
    assert answer.status_code == 200, answer.text
    assert "The letter came back." in office.words(life.id)


@pytest.mark.parametrize("named", [True, False])
async def test_which_letter_and_which_address_is_told_in_opaque_ids(
    coordinator, office, temporal, named
) -> None:
    life = posted(office)
    temporal.away = True
    body = {"message": message_id(life) if named else None}
    answer = await coordinator.post(f"/referrals/{life.id}/returned-mail", body)
    assert answer.status_code == 202
    event = stored(life, temporal)
    assert (event.report, event.key) == (DeliveryReport.RETURNED, life.key)
    [post] = life.state.facts.posts
    assert event.address_id == post.id


async def test_where_no_letter_left_none_came_back(coordinator, desk: Browser, office, temporal) -> None:
    # A mistyped reference would close the address of somebody who was never written to.
    temporal.away = True
    for life in (office.begins(another_person(1)), office.begins(another_person(2)).is_silent()):
        answer = await coordinator.post(f"/referrals/{life.id}/returned-mail")
        assert answer.status_code == 409
        assert "No letter left for this reference" in answer.json()["detail"]
        reference = life.view.reference
        page = await desk.send(await desk.open(PAGE), PAGE, reference=reference, note="Gone away")
        assert page.status_code == 409
        assert "There is a problem" in page.text
        assert '<a href="#reference">No letter left for this reference</a>' in page.text
        assert f'value="{reference}"' in page.text
        assert office.commands.pending(f"referral-{life.id}") == []


async def test_a_letter_of_somebody_else_or_one_that_never_left_is_refused(coordinator, office) -> None:
    life, other = posted(office, 1), posted(office, 2)
    waiting = office.begins(another_person(3)).is_silent()
    for referral, message in ((life, message_id(other)), (waiting, message_id(waiting)), (life, "x")):
        answer = await coordinator.post(f"/referrals/{referral.id}/returned-mail", {"message": message})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "message"


async def test_nobody_else_records_returned_mail(somebody, office) -> None:
    life = posted(office)
    for role in ("police", "system"):
        outsider = somebody(role, "Example Constabulary")
        assert (await outsider.post(f"/referrals/{life.id}/returned-mail")).status_code == 403


async def test_a_referral_nobody_knows_is_not_found(coordinator) -> None:
    for unknown in ("x", "5b1d6f3e-0000-4000-8000-000000000001"):
        assert (await coordinator.post(f"/referrals/{unknown}/returned-mail")).status_code == 404


async def test_whoever_opens_the_post_types_the_reference(desk: Browser, office) -> None:
    life = posted(office)
    page = await desk.open(PAGE)
    done = await desk.send(page, PAGE, reference=f" {life.view.reference.lower()} ", note="Refused")
    assert done.status_code == 303
    told = await desk.open(done.headers["location"])
    assert "Done. " in told.text
    assert f'href="/referrals/{life.id}"' in told.text
    assert "The letter came back." in office.words(life.id)


async def test_a_form_sent_twice_is_one_letter(desk: Browser, office) -> None:
    life = posted(office)
    page = await desk.open(PAGE)
    first = await desk.send(page, PAGE, reference=life.view.reference)
    again = await desk.send(page, PAGE, reference=life.view.reference)
    assert first.headers["location"] == again.headers["location"]
    assert office.words(life.id).count("The letter came back.") == 1
    other = posted(office, 2)
    changed = await desk.send(page, PAGE, reference=other.view.reference)
    assert changed.status_code == 409


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Enter the reference at the top"), ("ZZZZ-ZZZZ", "there is no referral with this one")],
)
async def test_a_reference_that_leads_nowhere_is_asked_for_again(desk: Browser, typed, said) -> None:
    page = await desk.send(await desk.open(PAGE), PAGE, reference=typed, note="Gone away")
    assert page.status_code == 422
    assert said in page.text
    assert "There is a problem" in page.text
    assert "Gone away" in page.text


async def test_what_was_typed_cannot_become_a_script(desk: Browser) -> None:
    page = await desk.send(await desk.open(PAGE), PAGE, reference=ATTACK, note=ATTACK)
    assert ATTACK not in page.text


async def test_with_temporal_away_it_is_stored_and_says_so(desk: Browser, office, temporal) -> None:
    life = posted(office)
    temporal.away = True
    done = await desk.send(await desk.open(PAGE), PAGE, reference=life.view.reference)
    assert "Stored. " in (await desk.open(done.headers["location"])).text


async def test_the_page_is_for_staff(app, issue) -> None:
    nobody, officer = Browser(app), Browser(app)
    await officer.sign_in(issue("police"))
    assert (await nobody.open(PAGE)).status_code == 401
    assert (await officer.open(PAGE)).status_code == 403


async def test_a_form_of_another_page_is_not_taken(desk: Browser, office) -> None:
    life = posted(office)
    page = await desk.send(await desk.open(PAGE), PAGE, reference=life.view.reference, form_token="x")
    assert page.status_code == 403
    assert "The letter came back." not in office.words(life.id)
