"""The word for duress: byte by byte nothing differs for a coordinator, and a manager sees the alert."""

import re

import pytest_asyncio

from tests.api.browser import Browser
from tests.api.test_contact_plan import PLAN, change
from tests.api.test_referral_page import at, send

ALERT = "Ring the safe way; see the plan."
DIFFERS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"[0-9A-Z]{4}[-\N{NON-BREAKING HYPHEN}][0-9A-Z]{4}", "REFERENCE"),
    (r"35/\d+/26", "SOURCE"),
    (r'<time datetime="[^"]*">[^<]*</time>', "TIME"),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+(?:\+00:00|Z)", "TIME"),
    (r'(name="form_(?:token|once)" value=")[^"]*', r"\1"),
    (r'(name="code_word"[^>]* value=")[^"]*', r"\1"),
)
"""Ids, times and references; all else has to be the same."""


def told(text: str) -> str:
    for pattern, instead in DIFFERS:
        text = re.sub(pattern, instead, text)
    return " ".join(text.split())


def without_duplicates(page: str) -> str:
    return re.sub(r"<h2[^>]*>Perhaps the same person.*?</ul>", "", page, flags=re.DOTALL)


@pytest_asyncio.fixture
async def office(app, issue) -> Browser:
    """A manager's browser, signed in."""
    browser = Browser(app)
    await browser.sign_in(issue("manager"))
    return browser


async def agreed(officer, coordinator):
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    return referral


async def test_no_answer_of_the_api_tells_a_coordinator_of_it(officer, coordinator) -> None:
    read = []
    for word in ("bluebell wood", "aunt may"):
        referral = await agreed(officer, coordinator)
        answers = [await coordinator.ring(referral, "answered", word=word, note="All is well.")]
        place = f"/referrals/{referral['id']}"
        answers.append(await coordinator.get(f"{place}/timeline"))
        seen = (await coordinator.get(place)).json()
        work = (await coordinator.get("/worklist")).json()["items"]
        mine = next(item for item in work if item["referral"] == referral["id"])
        read.append(
            [
                *(told(answer.text) for answer in answers),
                told(repr({**seen, "links": []})),
                told(repr(mine)),
                [list(mine), list(seen)],
            ]
        )
    ordinary, under_duress = read
    assert ordinary == under_duress
    assert "alert" not in str(under_duress)


async def test_a_manager_is_told_by_every_answer_and_by_the_timeline(officer, coordinator, manager) -> None:
    ordinary, alerted = [await agreed(officer, coordinator) for _ in range(2)]
    await coordinator.ring(ordinary, "answered", word="bluebell wood")
    await coordinator.ring(alerted, "answered", word="aunt may")
    assert (await manager.see(ordinary))["alert"] is False
    assert (await manager.see(alerted))["alert"] is True
    first, *others = (await manager.get("/worklist")).json()["items"]
    assert (first["referral"], first["alert"]) == (alerted["id"], True)
    assert not any(item["alert"] for item in others)
    lines = (await manager.get(f"/referrals/{alerted['id']}/timeline")).json()["items"]
    assert [line["what"] for line in lines if line["alert"]] == ["Call: the person answered."]
    listed = (await manager.get("/referrals")).json()["items"]
    assert [item["id"] for item in listed if item["alert"]] == [alerted["id"]]


async def test_a_managers_decision_answers_it_and_a_coordinators_does_not(
    officer, coordinator, manager
) -> None:
    referral = await agreed(officer, coordinator)
    await coordinator.ring(referral, "answered", word="aunt may")
    await coordinator.decide(referral, "attempt_again")
    assert (await manager.see(referral))["alert"] is True
    await manager.decide(referral, "attempt_again")
    assert (await manager.see(referral))["alert"] is False


async def test_no_page_tells_a_coordinator_of_it(desk, officer, coordinator) -> None:
    """Whoever looks over a shoulder learns nothing."""
    read = []
    for word in ("bluebell wood", "AUNT may"):
        referral = await agreed(officer, coordinator)
        page = await send(
            desk, referral, "contact-attempts", outcome="answered", word=word, note="All is well."
        )
        worklist = (await desk.open("/worklist")).text
        [mine] = [entry for entry in worklist.split('<li class="hf-waiting') if referral["id"] in entry]
        decide = worklist.split('<section id="decide"')[1]
        assert referral["id"] in decide
        read.append((told(without_duplicates(page.text)), told(mine.split("</li>\n")[0])))
    ordinary, under_duress = read
    assert ordinary[0].split("<") == under_duress[0].split("<")
    assert ordinary == under_duress
    for text in under_duress:
        for word in ("duress", "aunt", ALERT, "Escalated"):
            assert word.casefold() not in text.casefold()


async def test_a_managers_pages_tell_of_it(desk, office, officer, coordinator) -> None:
    referral = await agreed(officer, coordinator)
    await coordinator.ring(referral, "answered", word="aunt may")
    page = await office.open(at(referral))
    assert ALERT in page.text
    assert "The word for duress was used." in page.text
    worklist = await office.open("/worklist?section=danger")
    assert referral["id"] in worklist.text
    assert ALERT in worklist.text
    assert "duress" not in worklist.text, "whoever walks past learns nothing"
    hers = await desk.open("/worklist?section=danger")
    assert referral["id"] not in hers.text


async def test_a_closed_referral_that_alerts_reaches_a_manager(office, officer, coordinator, manager) -> None:
    referral = await agreed(officer, coordinator)
    await coordinator.ring(referral, "answered", word="aunt may")
    await coordinator.decide(referral, "single_call")
    assert [item["referral"] for item in (await manager.get("/worklist")).json()["items"]] == [referral["id"]]
    assert (await coordinator.get("/worklist")).json()["items"] == []
    assert ALERT in (await office.open("/worklist")).text
    assert ALERT in (await office.open(at(referral))).text
