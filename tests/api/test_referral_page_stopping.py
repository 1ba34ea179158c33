import re
from html import unescape

import pytest

from domain.events import OptedIn, OptedOut, Stopped
from domain.vocabulary import ContactChannel, OptOutWay, StopCause
from tests.api.browser import Browser, form_of
from tests.api.test_referral_page import at, banner, send

CAUSES = ("somebody_else_answered", "child_answered", "victim_is_suspect", "victim_has_died")


def said(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def last_event(services, page):
    command_id = str(page.url).rpartition("command=")[2]
    return services.commands.get(command_id).event


# Stop everything.


@pytest.mark.parametrize("cause", [*CAUSES, "other"])
async def test_one_press_stops_everything_and_says_so(desk, officer, services, cause) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "stop", cause=cause)
    assert page.status_code == 200, said(page)
    assert last_event(services, page) == Stopped(cause=StopCause(cause))
    assert "Everything is stopped" in said(page)
    assert "May I ring now? No" in page.text
    assert [stop.cause for stop in services.stops.standing(referral["id"])] == [cause]


async def test_the_button_to_stop_everything_is_beside_immediate_danger_on_every_referral(
    desk, officer, coordinator
) -> None:
    referral = await officer.refer()
    for _ in range(2):
        page = (await desk.open(at(referral))).text
        reach = page.partition('class="hf-reach"')[2].partition('id="ring-heading"')[0]
        assert "Immediate danger" in reach
        assert "Stop everything" in reach
        assert re.findall(r'name="cause" value="(\w+)"', reach) == ["other"], "one press, no question first"
        assert re.findall(r'name="cause" value="(\w+)"', page) == ["other", *CAUSES]
        await coordinator.decide(referral, "close", outcome="moved_away")


async def test_a_stop_stands_while_the_workflow_engine_is_away_and_the_page_says_so(
    desk, officer, temporal
) -> None:
    referral = await officer.refer()
    temporal.away = True
    page = await send(desk, referral, "stop", cause="child_answered")
    assert "Stored. Everything is stopped" in banner(page)
    assert "It holds from this moment: nothing that waits leaves." in said(page)
    assert "A child answered" in said(page)
    assert "May I ring now? No" in page.text


@pytest.mark.parametrize("cause", ["", "no_reason", "immediate_danger "])
async def test_a_stop_without_a_cause_of_the_list_is_shown_again(desk, officer, services, cause) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "stop", cause=cause)
    if cause.strip() == StopCause.IMMEDIATE_DANGER:
        assert page.status_code == 200  # typed by hand, and believed
        return
    assert page.status_code == 422
    assert "Choose why everything stops" in said(page)
    assert services.stops.standing(referral["id"]) == ()


async def test_a_stop_sent_twice_is_one_stop(desk, officer, services) -> None:
    referral = await officer.refer()
    page = await desk.open(at(referral))
    for _ in range(2):
        await desk.send(page, at(referral, "stop"), cause="child_answered")
    assert len(services.stops.standing(referral["id"])) == 1


async def test_only_staff_stop_anything_and_only_from_our_own_page(
    app, desk, officer, issue, services
) -> None:
    referral = await officer.refer()
    page = await desk.open(at(referral))
    fields = form_of(page, at(referral, "stop")).fields | {"cause": ["child_answered"]}
    constable = Browser(app)
    await constable.sign_in(issue("police"))
    assert (await constable.post(at(referral, "stop"), fields)).status_code == 403
    await desk.post(at(referral, "stop"), fields | {"form_token": ["0" * 64]})
    assert services.stops.standing(referral["id"]) == ()


# Asked to stop one way, and allowed again.


@pytest.mark.parametrize("channel", list(ContactChannel))
async def test_an_opt_out_on_the_telephone_is_recorded_shown_and_lifted_again(
    desk, officer, coordinator, services, channel
) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "opt-outs", channel=channel)
    assert last_event(services, page) == OptedOut(channel=channel, way=OptOutWay.PHONE)
    assert "we were asked to stop. That is no “no” to our help." in said(page)
    assert (await coordinator.see(referral))["outcome"] is None, "an opt-out is not a no"
    page = await send(desk, referral, "opt-ins", channel=channel)
    assert last_event(services, page) == OptedIn(channel=channel)
    assert "we were asked to stop. That is" not in said(page)


async def test_who_asked_us_not_to_ring_is_asked_about_before_a_call(desk, officer) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "opt-outs", channel="phone")
    assert "May I ring now? Ask first" in page.text
    assert "We were asked not to ring any more." in said(page)


async def test_an_opt_out_of_an_earlier_occasion_is_shown_and_not_obeyed_blindly(desk, officer) -> None:
    first = await officer.refer()
    await send(desk, first, "opt-outs", channel="text")
    second = await officer.refer()
    page = await desk.open(at(second))
    assert "asked us to stop on an earlier occasion" in said(page)
    assert "Whoever holds the phone is not always the person" in said(page)
    assert "May I ring now? Yes" in page.text


async def test_an_opt_out_without_a_channel_is_shown_again(desk, officer) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, "opt-outs")
    assert page.status_code == 422
    assert "Choose what they asked us to stop" in said(page)


async def test_where_nobody_asked_us_to_stop_there_is_nothing_to_allow_again(desk, officer) -> None:
    page = await desk.open(at(await officer.refer()))
    assert "They said we may use it again" not in page.text
    assert "earlier occasion" not in page.text


# The word of a call under duress.


async def test_a_word_typed_into_a_form_with_a_mistake_is_there_when_it_is_shown_again(desk, officer) -> None:
    """Sent again without it, the alert would be lost."""
    referral = await officer.refer()
    page = await send(desk, referral, "contact-attempts", outcome="", word="aunt may")
    assert page.status_code == 422
    assert 'value="aunt may"' in page.text
