import re
from datetime import UTC, datetime
from html import unescape

import pytest

from tests.api.browser import Browser, form_of
from tests.api.test_contact_plan import FROM_REFERRER, PLAN, change, plan_of

NUMBER = "+447700900123"
XSS = "<script>alert('x')</script>"


def at(referral) -> str:
    return f"/referrals/{referral['id']}/contact-plan"


async def send(browser: Browser, referral, **typed):
    """Fill in the form as it stands, and follow to what became of it."""
    page = await browser.open(at(referral))
    return await sent(browser, page, referral, **typed)


async def sent(browser: Browser, page, referral, **typed):
    answer = await browser.send(page, at(referral), **typed)
    return await browser.open(answer.headers["location"]) if answer.status_code == 303 else answer


def said(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def test_the_page_says_what_may_be_used_who_said_so_and_until_when(desk, officer, coordinator) -> None:
    referral = await officer.refer(victim__phones=[{"number": NUMBER, "safe": "yes", "texts": "no"}])
    await change(coordinator, referral, contact_plan=PLAN)
    page = said(await desk.open(at(referral)))
    for words in (
        "Calls to the first number",
        "Texts to the first number",
        "Letters to the first postal address",
        "Set by: a coordinator (coordinator)",
        "It holds to the end of 31 March 2027",
        "A number that says nothing of what we do",
    ):
        assert words in page


async def test_what_is_typed_becomes_the_plan_and_the_rest_stays(
    desk, officer, coordinator, services
) -> None:
    referral = await officer.refer()
    before = await plan_of(coordinator, referral)
    page = await send(
        desk,
        referral,
        **{
            "preferred_name": "Addie",
            "phones[0].texts": "no",
            "phones[1].number": "07700 900124",
            "phones[1].safe": "yes",
            "access[]": ["large_print", "relay"],
            "call_windows[0].days[]": ["mon", "tue"],
            "call_windows[0].from": "18:00",
            "call_windows[0].to": "24:00",
            "contact_plan.text_windows[0].from": "10:00",
            "contact_plan.text_windows[0].to": "12:00",
            "contact_plan.safe_word": "bluebell",
            "contact_plan.duress_word": "Aunt May",
            "contact_plan.interpreter_needed.language": "Polish",
            "contact_plan.interpreter_needed.gender": "woman",
            "contact_plan.interpreter_needed.not_a_relative": "false",
            "contact_plan.until": "2027-03-31",
        },
    )
    assert page.status_code == 200
    assert "Done. Change of the contact plan." in said(page)
    plan = await plan_of(coordinator, referral)
    victim = services.referrals.view(referral["id"]).document["victim"]
    assert [phone.get("texts") for phone in victim["phones"]] == ["no", None]
    assert victim["access"] == ["large_print", "relay"]
    assert victim["call_windows"] == [{"days": ["mon", "tue"], "from": "18:00", "to": "00:00"}]
    assert victim["contact_plan"]["text_windows"] == [{"days": [], "from": "10:00", "to": "12:00"}]
    assert plan["interpreter_needed"] == {"language": "Polish", "gender": "woman", "not_a_relative": False}
    assert (plan["until"], plan["safe_word"]) == ("2027-03-31T23:00:00Z", "bluebell")
    assert plan["set_by"] == "Sam (coordinator)"
    unchanged = [line for line in plan["channels"] if line["channel"] in {"email", "letter"}]
    assert unchanged == [line for line in before["channels"] if line["channel"] in {"email", "letter"}]


async def test_sent_as_it_stands_it_records_that_somebody_asked_again(desk, officer, coordinator) -> None:
    referral = await officer.refer(
        victim__contact_plan=FROM_REFERRER,
        victim__call_windows=[{"days": ["mon"], "from": "18:00", "to": "24:00"}],
    )
    before = await plan_of(coordinator, referral)
    await send(desk, referral)
    after = await plan_of(coordinator, referral)
    assert after["set_by"] == "Sam (coordinator)"
    changed = {"set_by", "set_at"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert [line["words"] for line in lines if line["what"] == "The contact plan was changed."] == [
        "Asked again: everything holds as it was."
    ]


async def test_what_is_emptied_is_taken_away(desk, officer, coordinator) -> None:
    referral = await officer.refer(victim__preferred_name="Addie")
    await change(coordinator, referral, contact_plan=PLAN)
    emptied = {
        "preferred_name": "",
        "phones[0].number": "",
        "contact_plan.safe_word": "",
        "contact_plan.until": "",
        "contact_plan.interpreter_needed.language": "",
        "contact_plan.text_windows[0].from": "",
        "contact_plan.text_windows[0].to": "",
        "contact_plan.text_windows[0].days[]": [],
        "address.postcode": "",
    }
    page = await send(desk, referral, **emptied)
    assert page.status_code == 200, said(page)
    plan = await plan_of(coordinator, referral)
    assert [line["channel"] for line in plan["channels"]] == ["email", "letter"]
    assert [plan[name] for name in ("preferred_name", "safe_word", "until", "interpreter_needed")] == [
        None
    ] * 4
    assert plan["if_someone_else_answers"] == PLAN["if_someone_else_answers"]
    victim = (await coordinator.see(referral))["victim"]
    assert "text_windows" not in victim["contact_plan"]
    assert "postcode" not in victim["address"]


async def test_nobody_overwrites_a_plan_they_have_not_seen(desk, officer, coordinator) -> None:
    """Two coordinators at once: without this the second would open a number the first had just closed."""
    referral = await officer.refer()
    page = await desk.open(at(referral))
    await change(coordinator, referral, phones=[{"number": NUMBER, "safe": "no"}])
    again = await sent(desk, page, referral, preferred_name="Addie")
    assert again.status_code == 409
    assert "was changed while you had it open" in said(again)
    assert 'value="Addie"' in again.text
    assert line_safe(await plan_of(coordinator, referral)) == "no"


def line_safe(plan) -> str:
    return plan["channels"][0]["safe"]


@pytest.mark.parametrize(
    ("typed", "words", "field"),
    [
        ({"phones[1].number": "12"}, "Telephone 2, number is not a telephone number", "phones-1-number"),
        ({"phones[4].number": "12"}, "Telephone 2, number is not a telephone number", "phones-1-number"),
        (
            {"contact_plan.until": "2020-01-01"},
            "Until when it holds has to lie in the future",
            "contact-plan-until",
        ),
        (
            {"contact_plan.safe_word": "a b", "contact_plan.duress_word": "ab"},
            "the two have to differ",
            "contact-plan-duress-word",
        ),
        ({"call_windows[0].from": "18:00"}, "Enter when it ends", "call-windows-0-to"),
        ({"emails[1].address": "nobody"}, "e-mail address", "emails-1-address"),
    ],
)
async def test_a_mistake_is_said_at_its_field_and_nothing_typed_is_lost(
    desk, officer, coordinator, typed, words, field
) -> None:
    referral = await officer.refer()
    page = await send(desk, referral, **typed, **{"contact_plan.relay": "18001 first"})
    assert page.status_code == 422
    assert words in said(page)
    assert f'href="#{field}"' in page.text
    assert f'id="{field}"' in page.text
    assert 'value="18001 first"' in page.text
    assert (await plan_of(coordinator, referral))["set_by"] == "The referrer"


async def test_the_same_form_sent_twice_is_one_change(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    page = await desk.open(at(referral))
    first = await desk.send(page, at(referral), preferred_name="Addie")
    second = await desk.send(page, at(referral), preferred_name="Addie")
    assert first.headers["location"] == second.headers["location"]
    lines = (await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"]
    assert [line["what"] for line in lines].count("The contact plan was changed.") == 1


async def test_only_staff_come_to_the_page(app, officer, issue) -> None:
    referral = await officer.refer()
    constable = Browser(app)
    await constable.sign_in(issue("police"))
    assert (await constable.open(at(referral))).status_code == 403
    assert "Sign in" in (await Browser(app).open(at(referral))).text


async def test_a_form_of_another_browser_changes_nothing(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    page = await desk.open(at(referral))
    fields = form_of(page, at(referral)).fields | {"form_token": ["0" * 64], "preferred_name": ["Eve"]}
    answer = await desk.post(at(referral), fields)
    assert answer.status_code != 303
    assert (await plan_of(coordinator, referral))["preferred_name"] is None


async def test_nothing_typed_into_a_plan_is_run_by_a_browser(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    hostile = dict.fromkeys(("if_someone_else_answers", "on_ring_back", "safe_word", "relay"), XSS)
    await change(
        coordinator,
        referral,
        preferred_name=XSS,
        phones=[{"number": NUMBER, "safe": "yes", "who_may_answer": XSS}],
        contact_plan=hostile | {"duress_word": "other", "interpreter_needed": {"language": XSS}},
    )
    for address in (at(referral), f"/referrals/{referral['id']}"):
        page = await desk.open(address)
        assert XSS not in page.text
        assert "&lt;script&gt;" in page.text


async def test_a_guardian_has_fields_of_their_own(desk, officer, coordinator) -> None:
    guardian = {"given_name": "Bo", "phones": [{"number": "+447700900124", "safe": "yes"}]}
    referral = await officer.refer(victim__guardian=guardian, flags=["child"])
    await send(desk, referral, **{"guardian.phones[0].safe": "no"})
    plan = await plan_of(coordinator, referral)
    assert [line["safe"] for line in plan["channels"] if line["of_guardian"]] == ["no", "no"]


async def test_the_duress_word_stands_on_this_page_and_on_no_other(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    await coordinator.ring(referral, "answered", word="aunt may")
    assert "Aunt May" in (await desk.open(at(referral))).text
    for address in (f"/referrals/{referral['id']}", "/worklist", "/post-room"):
        assert "aunt may" not in (await desk.open(address)).text.casefold()


# Beside the call.


async def test_what_was_agreed_is_read_before_the_number(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, preferred_name="Addie", contact_plan=PLAN)
    page = (await desk.open(f"/referrals/{referral['id']}")).text
    number = page.index("tel:+447700900123")
    for words in (
        "Say that it is the library.",
        "A library that is closed.",
        "Bluebell wood",
        "Polish, a woman, never a relative",
        "Text relay, 18001 first",
        "It runs out on 31 March 2027.",
        "Show: a number that says nothing of what we do.",
        "Addie",
        at(referral),
    ):
        assert page.index(words) < number, f"{words} is read too late"


# A plan that has run out.


async def test_a_plan_that_has_run_out_is_renewed_only_by_saying_until_when(
    desk, officer, coordinator, services
) -> None:
    """Sent unchanged it was answered with "everything holds as it was", and nothing did."""
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan={"until": "2027-03-31"})
    object.__setattr__(services, "clock", lambda: datetime(2027, 6, 1, 12, tzinfo=UTC))
    before = len((await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"])
    browser = await signed_in_anew(desk, services)
    page = await send(browser, referral)
    assert page.status_code == 422
    assert 'href="#contact-plan-until"' in page.text
    assert "is over: say until when" in said(page)
    after = len((await coordinator.get(f"/referrals/{referral['id']}/timeline")).json()["items"])
    assert (before, (await plan_of(coordinator, referral))["has_run_out"]) == (after, True)
    assert (await send(browser, referral, **{"contact_plan.until": ""})).status_code == 200
    assert not (await plan_of(coordinator, referral))["has_run_out"]


async def signed_in_anew(desk: Browser, services) -> Browser:
    """The session of the desk ended long ago."""
    token = services.tokens.issue(role="coordinator", name="Sam", organisation=None, now=services.clock())
    await desk.sign_in(token)
    return desk


async def test_a_number_is_closed_on_a_plan_that_has_run_out_without_renewing_it(
    officer, coordinator, services
) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan={"until": "2027-03-31"})
    object.__setattr__(services, "clock", lambda: datetime(2027, 6, 1, 12, tzinfo=UTC))
    answer = await change(coordinator, referral, phones=[{"number": NUMBER, "safe": "no"}])
    assert answer.status_code == 200
    plan = await plan_of(coordinator, referral)
    assert (line_safe(plan), plan["has_run_out"]) == ("no", True)


# What is folded, and what does not fit.


@pytest.mark.parametrize("name", ["call_windows", "contact_plan.text_windows", "contact_plan.email_windows"])
async def test_a_mistake_is_never_behind_a_closed_fold(desk, officer, name) -> None:
    """A link of the error summary led into a part that was closed when nothing but a day was ticked."""
    referral = await officer.refer()
    page = await send(desk, referral, **{f"{name}[0].days[]": ["mon"]})
    assert page.status_code == 422
    field = f"{name}[0].from".replace("[", "-").replace("].", "-").replace(".", "-").replace("_", "-")
    assert f'href="#{field}"' in page.text
    before = page.text[: page.text.index(f'id="{field}"')]
    assert before.rindex("<details") == before.rindex('<details class="govuk-details hf-part" open>')


async def test_the_table_of_ways_can_be_scrolled_with_the_keyboard(desk, officer) -> None:
    page = await desk.open(at(await officer.refer()))
    region = '<div class="hf-scroll" tabindex="0" role="region" aria-label="What may be used">'
    assert page.text.index(region) < page.text.index('<table class="govuk-table">')


# While nobody is signed in.


async def test_the_duress_word_is_not_kept_on_the_page_that_asks_who_it_is(
    app, desk, issue, officer, coordinator, services
) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    page = await desk.open(at(referral))
    typed = {"contact_plan.duress_word": "Marigold", "preferred_name": "Addie"}
    desk.client.cookies.clear()
    asked = await desk.send(page, at(referral), **typed)
    assert asked.status_code == 401
    wrong = await desk.send(asked, "/sign-in", token="nobody")
    kept = await desk.send(wrong, "/sign-in", token=issue())
    for shown in (asked, wrong, kept):
        assert "marigold" not in shown.text.casefold()
        assert "aunt may" not in shown.text.casefold()
        assert "type it again" in said(shown)
    assert 'value="Addie"' in kept.text
    assert (await desk.send(kept, at(referral))).status_code == 303
    assert (await plan_of(coordinator, referral))["preferred_name"] == "Addie"
    view = services.referrals.view(referral["id"])
    assert view.document["victim"]["contact_plan"]["duress_word"] == "Aunt May", (
        "what was kept takes back none"
    )


async def test_the_duress_word_is_taken_away_by_emptying_its_field(desk, officer, coordinator) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    await send(desk, referral, **{"contact_plan.duress_word": ""})
    assert not (await plan_of(coordinator, referral))["has_duress_word"]


async def test_the_duress_word_of_a_reply_is_typed_on_the_page_of_the_referral(
    desk, officer, coordinator, services
) -> None:
    referral = await officer.refer()
    await change(coordinator, referral, contact_plan=PLAN)
    page = await desk.open(f"/referrals/{referral['id']}")
    typed = {"channel": "letter_code", "word": "Aunt May"}
    answer = await desk.send(page, f"/referrals/{referral['id']}/replies", **typed)
    assert services.commands.get(answer.headers["location"].rpartition("=")[2]).event.duress
