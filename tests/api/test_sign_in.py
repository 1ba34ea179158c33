from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from store.session import ENDS_AFTER, ENDS_AFTER_REST
from tests.api.browser import PAGE, Browser, form_of


@pytest.fixture
def token(services):
    def issue(role: str = "coordinator") -> str:
        return services.tokens.issue(role=role, name="Sam", organisation=None, now=services.clock())

    return issue


@pytest.fixture
def browser(app) -> Browser:
    return Browser(app)


async def test_somebody_who_has_not_signed_in_is_asked_and_then_goes_where_they_wanted(
    browser, token
) -> None:
    asked = await browser.open("/worklist")
    assert asked.status_code == 401
    went = await browser.send(asked, "/sign-in", token=token())
    assert (went.status_code, went.headers["location"]) == (303, "/worklist")


async def test_an_officer_goes_to_the_police_form(browser, token) -> None:
    went = await browser.sign_in(token("police"))
    assert went.headers["location"] == "/police"


@pytest.mark.parametrize("wrong", ["", "holdfast_nonsense", "<script>alert(1)</script>"])
async def test_a_wrong_token_is_said_and_never_shown_again(browser, wrong) -> None:
    page = await browser.sign_in(wrong)
    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert not wrong or wrong not in page.text
    assert "session" not in browser.client.cookies


async def test_a_system_does_not_sign_in_at_pages(browser, token) -> None:
    assert (await browser.sign_in(token("system"))).status_code == 422


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "worklist",
        "/a\r\nx: y",
    ],
)
async def test_nobody_is_sent_to_another_site_after_signing_in(browser, token, elsewhere) -> None:
    page = await browser.open("/sign-in")
    went = await browser.send(page, "/sign-in", token=token(), to=elsewhere)
    assert went.headers["location"] == "/worklist"


async def test_a_session_begun_by_somebody_else_is_not_taken_over(browser, services, token) -> None:
    browser.client.cookies.set("session", "chosen-by-an-attacker", domain="holdfast.test")
    went = await browser.sign_in(token())
    assert "chosen-by-an-attacker" not in went.headers["set-cookie"]
    assert services.sessions.find("chosen-by-an-attacker", now=services.clock()) is None


async def test_a_revoked_token_ends_its_sessions_at_once(browser, services, token) -> None:
    await browser.sign_in(token())
    assert (await browser.open("/post-room")).status_code == 200
    services.tokens.revoke(services.tokens.list()[0].id, now=services.clock())
    assert (await browser.open("/post-room")).status_code == 401


@pytest.mark.parametrize("pause", [ENDS_AFTER_REST, ENDS_AFTER])
async def test_a_session_ends_by_rest_and_by_age(browser, services, token, pause) -> None:
    await browser.sign_in(token())
    now = services.clock()
    step = timedelta(hours=1)
    if pause == ENDS_AFTER:  # somebody who works on all the time
        for hours in range(1, 12):
            object.__setattr__(services, "clock", lambda hours=hours: now + hours * step)
            assert (await browser.open("/post-room")).status_code == 200
    object.__setattr__(services, "clock", lambda: now + pause)
    assert (await browser.open("/post-room")).status_code == 401


async def test_signing_out_ends_the_session_and_clears_the_browser(browser, services, token) -> None:
    await browser.sign_in(token())
    secret = browser.client.cookies["session"]
    left = await browser.send(await browser.open("/post-room"), "/sign-out")
    assert (left.status_code, left.headers["clear-site-data"]) == (303, '"cache", "cookies", "storage"')
    assert services.sessions.find(secret, now=services.clock()) is None


async def test_leaving_quickly_ends_the_session_and_goes_to_the_neutral_site(
    browser, services, token
) -> None:
    await browser.sign_in(token())
    secret = browser.client.cookies["session"]
    left = await browser.open("/exit")
    assert (left.status_code, left.headers["location"]) == (303, services.profile.exit_to)
    assert left.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert left.headers["referrer-policy"] == "no-referrer"
    assert services.sessions.find(secret, now=services.clock()) is None


async def test_what_was_typed_when_a_session_ended_is_offered_again_after_signing_in(browser, token) -> None:
    typed = {"note": ["Rang & heard <b>nothing</b>"], "days[]": ["mon", "tue"], "form_token": ["old"]}
    asked = await browser.post("/referrals/1/contact-attempts", typed)
    assert asked.status_code == 401
    assert "not saved" in asked.text
    offered = await browser.send(asked, "/sign-in", token=token())
    assert offered.status_code == 200
    form = form_of(offered, "/referrals/1/contact-attempts")
    assert form.fields["note"] == typed["note"]
    assert form.fields["days[]"] == ["mon", "tue"]
    assert form.fields["form_token"] != ["old"]


async def test_a_form_that_was_open_too_long_is_offered_again(browser, token) -> None:
    await browser.sign_in(token())
    page = await browser.open("/post-room")
    offered = await browser.post("/sign-out", form_of(page, "/sign-out").fields | {"form_token": ["0" * 64]})
    assert offered.status_code == 403
    assert "not saved" in offered.text
    assert (await browser.send(offered, "/sign-out")).status_code == 303


REPORT = {"incident.kind": ["burglary"], "victim.given_name": ["<i>Ada</i>"], "lane": ["contact"]}


def away(*_, **__) -> None:
    raise OperationalError("SELECT", {}, Exception("away"))


async def test_what_was_typed_while_the_database_was_away_is_offered_again_and_is_one_deed(
    browser, services, token, monkeypatch
) -> None:
    await browser.sign_in(token("police"))
    typed = form_of(await browser.open("/police"), "/police").fields | REPORT
    with monkeypatch.context() as outage:
        outage.setattr(services.sessions, "find", away)
        offered = await browser.post("/police", typed)
    assert (offered.status_code, offered.headers["retry-after"]) == (503, "2")
    assert form_of(offered, "/police").fields["victim.given_name"] == ["<i>Ada</i>"]
    assert "<i>" not in offered.text
    # Nobody knew who it was: once more, still under the nonce it began with, and it is taken.
    again = await browser.send(offered, "/police")
    assert form_of(again, "/police").fields["form_once"] == typed["form_once"]
    assert (await browser.send(again, "/police")).status_code == 303
    assert len(services.referrals.list_views()) == 1


async def test_what_was_taken_in_before_the_session_ended_is_not_taken_in_twice(
    browser, services, token
) -> None:
    bearer = token("police")
    await browser.sign_in(bearer)
    typed = form_of(await browser.open("/police"), "/police").fields | REPORT
    assert (await browser.post("/police", typed)).status_code == 303  # and the answer is lost
    browser.client.cookies.clear()
    asked = await browser.post("/police", typed)
    offered = await browser.send(asked, "/sign-in", token=bearer)
    assert form_of(offered, "/police").fields["form_once"] == typed["form_once"]
    assert (await browser.send(offered, "/police")).status_code == 303
    assert len(services.referrals.list_views()) == 1


async def test_who_leaves_quickly_leaves_also_while_the_database_is_away(
    browser, services, token, monkeypatch
) -> None:
    await browser.sign_in(token())
    monkeypatch.setattr(services.sessions, "find", away)
    monkeypatch.setattr(services.sessions, "end", away)
    assert (await browser.open("/exit")).headers["location"] == services.profile.exit_to
    assert (await browser.open("/get-support")).status_code == 200
    assert (await browser.open("/")).status_code == 200
    assert (await browser.open("/nowhere")).status_code == 404


async def test_a_token_is_never_written_into_a_page(browser, services, token, monkeypatch) -> None:
    bearer = token()
    monkeypatch.setattr(services.tokens, "find", away)
    page = await browser.sign_in(bearer)
    assert page.status_code == 503
    assert bearer not in page.text


async def test_signing_in_again_ends_the_session_before(browser, services, token) -> None:
    bearer = token()
    await browser.sign_in(bearer)
    first = browser.client.cookies["session"]
    await browser.sign_in(bearer)
    assert services.sessions.find(first, now=services.clock()) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
)
async def test_a_form_sent_from_another_site_is_refused_whatever_it_holds(browser, token, headers) -> None:
    await browser.sign_in(token())
    fields = form_of(await browser.open("/post-room"), "/sign-out").fields
    refused = await browser.post("/sign-out", fields, **headers)
    assert refused.status_code == 403
    assert "another site" in refused.text
    assert (await browser.open("/post-room")).status_code == 200


async def test_a_browser_that_sends_no_referrer_and_so_no_origin_is_no_other_site(browser, token) -> None:
    await browser.sign_in(token())
    fields = form_of(await browser.open("/sign-in"), "/sign-out").fields
    ours = {"origin": "null", "sec-fetch-site": "same-origin"}
    assert (await browser.post("/sign-out", fields, **ours)).status_code == 303


async def test_under_tls_no_other_site_can_set_our_cookies(app, services, token) -> None:
    object.__setattr__(services, "public_url", "https://holdfast.test")
    browser = Browser(app, base_url="https://holdfast.test")
    went = await browser.sign_in(token())
    cookies = went.headers.get_list("set-cookie")
    assert len(cookies) == 1
    assert cookies[0].startswith("__Host-session=")
    assert went.headers["strict-transport-security"] == "max-age=31536000"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookies[0].split("; "))


async def test_every_page_says_that_nothing_is_kept_and_nothing_comes_from_elsewhere(browser) -> None:
    headers = (await browser.open("/sign-in")).headers
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers  # there is no TLS here
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {said for name, said in policy.items() if name.endswith("-src")} == {"'none'", "'self'"}
    assert policy["frame-ancestors"] == "'none'"


async def test_machines_are_answered_as_machines_and_people_as_people(browser) -> None:
    assert (await browser.open("/nowhere")).headers["content-type"].startswith("text/html")
    machine = await browser.client.get("/nowhere", headers={"accept": "*/*"})
    assert machine.headers["content-type"] == "application/problem+json"
    api = await browser.client.get("/api/v1/worklist", headers=PAGE)
    assert api.headers["content-type"] == "application/problem+json"


async def test_too_many_wrong_tokens_are_slowed_down_and_what_was_typed_is_kept(browser, token) -> None:
    page = await browser.open("/sign-in")
    answers = [(await browser.send(page, "/sign-in", token="wrong")).status_code for _ in range(25)]
    assert set(answers[:20]) == {422}
    assert answers[-1] == 429
    slowed = await browser.send(
        page, "/sign-in", token=token(), kept_action="/worklist/rebook", **{"kept.reason": "Two were ill"}
    )
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "300")
    assert form_of(slowed, "/sign-in").fields["kept.reason"] == ["Two were ill"]


async def test_an_office_that_signs_in_at_the_start_of_a_shift_is_not_slowed_down(app, token) -> None:
    bearer = token()
    answers = [(await Browser(app).sign_in(bearer)).status_code for _ in range(30)]
    assert set(answers) == {303}
