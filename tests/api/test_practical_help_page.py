"""The pages of practical help, in a browser without scripts."""

import re
from datetime import datetime, timedelta

import httpx2
import pytest

from api.practical_help import plain_words
from api.services import Services
from domain.practical_help.kinds import (
    AlarmCause,
    AlarmStep,
    Confirmed,
    GoodsKind,
    HelpStage,
    SuspectsFound,
    VisitOutcome,
    VisitPurpose,
    VisitStage,
)
from domain.practical_help.steps import HelpStep
from store.practical_help.turn import HelpTurnStore
from tests.api.browser import Browser
from tests.api.help_stand_in import HelpStandIn
from tests.api.people import Person
from tests.api.stand_in import StandIn


@pytest.fixture(autouse=True)
def _helps(services: Services, temporal: StandIn) -> None:
    turns = HelpTurnStore(services.engine, services.keyring)
    temporal.helps = HelpStandIn(turns, services.commands, services.profile.help)


class OnPage:
    """Somebody at the page of one practical help."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address

    async def open(self) -> httpx2.Response:
        page = await self.browser.open(self.address)
        assert page.status_code == 200, page.text
        return page

    async def step(self, name: str, *, expect: int = 303, **typed: str) -> httpx2.Response:
        """Send the form of that name as it is, with what is typed into it."""
        page = await self.open()
        answer = await self.browser.post(
            f"{self.address}/events",
            form_named(page.text, name) | {field: [said] for field, said in typed.items()},
        )
        assert answer.status_code == expect, answer.text
        return answer


def form_named(html: str, name: str) -> dict[str, list[str]]:
    """The fields of one form of a page with many that go to one address."""
    found = [part for part in re.findall(r"<form.*?</form>", html, re.DOTALL) if f'value="{name}"' in part]
    assert len(found) == 1, f"there is no form {name}"
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", found[0]):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if given.get("type") not in {"radio", "checkbox"} and "name" in given:
            fields[given["name"]] = [given.get("value", "")]
    return fields


def typed(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
async def at_page(coordinator: Person, desk: Browser) -> OnPage:
    referral = await coordinator.refer()
    page = await desk.open(f"/referrals/{referral['id']}")
    action = f"/referrals/{referral['id']}/practical-help"
    answer = await desk.send(page, action, **{"items[]": ["bed", "kettle"], "note": "Stripped."})
    assert answer.status_code == 303, answer.text
    page = await desk.open(f"/referrals/{referral['id']}")
    (address,) = set(re.findall(r'"(/practical-help/[0-9a-f-]{36})"', page.text))
    return OnPage(desk, address)


async def plans(at_page: OnPage, services: Services, **more: str) -> None:
    soon = typed(services.clock() + timedelta(hours=1))
    said = {"purpose": "quick", "planned_at": soon, "visitor.name": "Sam Visitor", **more}
    await at_page.step("visit_planned", **said)


async def test_a_request_without_anything_is_asked_again(coordinator: Person, desk: Browser) -> None:
    referral = await coordinator.refer()
    page = await desk.open(f"/referrals/{referral['id']}")
    answer = await desk.send(page, f"/referrals/{referral['id']}/practical-help")
    assert answer.status_code == 422
    assert "Choose what is needed" in answer.text


async def test_a_visit_is_planned_checked_begun_and_ended(at_page: OnPage, services: Services) -> None:
    await plans(at_page, services)
    page = await at_page.open()
    assert "Nobody goes in yet." in page.text
    assert "Nobody has checked where the suspects are." in page.text
    assert "Sam Visitor" in page.text
    await at_page.step("whereabouts_checked.1", found="custody")
    await at_page.step("visit_begun.1")
    assert "Checks in by" in (await at_page.open()).text
    await at_page.step("checked_in.1")
    await at_page.step("visit_ended.1", outcome="urgent")
    assert "it is urgent" in (await at_page.open()).text


async def test_a_form_that_lacks_something_is_shown_again_with_what_was_typed(
    at_page: OnPage, services: Services
) -> None:
    answer = await at_page.step("visit_planned", expect=422, **{"visitor.name": "Sam Visitor"})
    assert "Choose what the visit is for" in answer.text
    assert 'value="Sam Visitor"' in answer.text
    assert 'href="#visit-planned-purpose"' in answer.text
    assert 'id="visit-planned-purpose"' in answer.text


async def test_what_is_not_possible_is_said_at_the_form(at_page: OnPage) -> None:
    await at_page.step("goods_ordered", **{"items[0].kind": "bed"})
    answer = await at_page.step("completed", expect=409)
    assert "Goods are outstanding" in answer.text


async def test_an_order_comes_in_parts(at_page: OnPage) -> None:
    await at_page.step(
        "goods_ordered",
        **{
            "items[0].kind": "bed",
            "items[1].kind": "kettle",
            "supplier": "Second Chance",
            "estimate_pence": "£120.50",
        },
    )
    await at_page.step("delivered.order.1", **{"lines[1].quantity": "0"})
    page = await at_page.open()
    assert (
        "Something of the order is missing" in page.text or "something of the order is missing" in page.text
    )
    assert "120.50" in page.text
    assert "Second Chance" in page.text
    await at_page.step("received.order.1", confirmed_by="victim")
    await at_page.step("delivered.order.1", cost_pence="110")
    await at_page.step("received.order.1", confirmed_by="victim")
    await at_page.step("completed")
    assert "Complete" in (await at_page.open()).text


async def test_an_alarm_stands_above_everything_with_whom_to_ring(
    at_page: OnPage, services: Services, desk: Browser
) -> None:
    said = {"visitor.phone": "07700 900111", "visitor.buddy_name": "Kim Buddy", "visitor.plan": "Grey van"}
    await plans(at_page, services, **said)
    await at_page.step("alarm_raised.1", cause="danger")
    for page in (await at_page.open(), await desk.open("/practical-help")):
        main = page.text[page.text.index("<main") :]
        assert main.index("hf-danger") < main.index(
            "Practical help <span" if "Practical help <span" in main else "hf-entry"
        )
        assert "A supervisor rings the police with the plan of the visit" in main
        assert "Kim Buddy" in main
        assert "Grey van" in main
        assert "1 Example Street" in main
        assert 'href="tel:+447700900111"' in main
    await at_page.step("alarm_settled.1", expect=422)


async def test_the_worklist_says_that_a_visitor_is_to_be_looked_for(
    at_page: OnPage, services: Services, desk: Browser
) -> None:
    # Nobody looks at the board all day; everybody looks at the worklist.
    await plans(at_page, services)
    assert "looked for" not in (await desk.open("/worklist")).text
    await at_page.step("alarm_raised.1", cause="danger")
    page = (await desk.open("/worklist")).text
    assert page.count("A visitor is to be looked for now") == 1
    assert "has not checked in" not in page, "said twice it reads as two visitors"


async def test_a_quiet_alert_is_on_no_coordinators_page(
    at_page: OnPage, services: Services, app, issue
) -> None:
    await plans(at_page, services, **{"visitor.duress_word": "marmalade"})
    await at_page.step("whereabouts_checked.1", found="custody")
    await at_page.step("visit_begun.1")
    before = await at_page.open()
    await at_page.step("checked_in.1", word="marmalade")
    after = await at_page.open()
    assert "marmalade" not in after.text
    alike = re.compile(r'value="[\w-]{10,}"|<time.*?</time>|\d\d:\d\d')
    assert alike.sub("", after.text) == alike.sub("", before.text)
    supervisor = Browser(app)
    await supervisor.sign_in(issue("manager"))
    seen = OnPage(supervisor, at_page.address)
    assert "Ring the safe way; see the plan." in (await seen.open()).text
    assert "Ring the safe way; see the plan." in (await supervisor.open("/practical-help")).text
    await seen.step("quiet.1", note="Met them outside.")
    assert "Ring the safe way" not in (await seen.open()).text


async def test_a_suspect_at_large_keeps_the_begin_button_away(at_page: OnPage, services: Services) -> None:
    await plans(at_page, services)
    await at_page.step("whereabouts_checked.1", found="at_large")
    page = await at_page.open()
    assert "visit_begun.1" not in page.text
    assert "two visitors go" in page.text


async def test_the_board_is_empty_at_first(desk: Browser) -> None:
    assert "Nothing is under way." in (await desk.open("/practical-help")).text


async def test_practical_help_that_is_not_there_is_said_so(desk: Browser) -> None:
    assert (await desk.open("/practical-help/nonsense")).status_code == 404


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (plain_words.GOODS, GoodsKind),
        (plain_words.PURPOSES, VisitPurpose),
        (plain_words.VISIT_STAGES, VisitStage),
        (plain_words.OUTCOMES, VisitOutcome),
        (plain_words.SUSPECTS, SuspectsFound),
        (plain_words.CONFIRMED, Confirmed),
        (plain_words.ALARMS, AlarmCause),
        (plain_words.ALARM_STEPS, AlarmStep),
        (plain_words.HELP_STAGES, HelpStage),
        (plain_words.STEPS, HelpStep),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_every_value_has_words(words: dict[str, str], kinds: type) -> None:
    assert set(words) == set(kinds)
