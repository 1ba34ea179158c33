import pytest
from sqlalchemy.exc import OperationalError

from tests.api.browser import Browser, form_of
from tests.api.people import FORCE

PAGE = "/police"
BURGLARY = {"incident.kind": "burglary", "victim.given_name": "Ada", "source.reference": "35/48213/26"}
FULL = BURGLARY | {
    "source.person_reference": "2",
    "source.officer": "PC 1234",
    "source.reply_to": "victim.referrals@force.example",
    "incident.occurred_at.day": "1",
    "incident.occurred_at.month": "7",
    "incident.occurred_at.year": "2026",
    "incident.occurred_at.time": "22:10",
    "incident.postcode": "CB1 2AB",
    "victim.role": "witness",
    "victim.family_name": "Example",
    "victim.preferred_name": "Addie",
    "victim.date_of_birth.day": "29",
    "victim.date_of_birth.month": "2",
    "victim.date_of_birth.year": "1980",
    "victim.phones[0].number": "07700 900123",
    "victim.phones[0].safe": "yes",
    "victim.phones[0].voicemail": "none",
    "victim.phones[1].number": "07700 900124",
    "victim.phones[1].safe": "no",
    "victim.phones[1].who_may_answer": "her brother",
    "victim.emails[0].address": "ada@example.org",
    "victim.emails[0].safe": "yes",
    "victim.address.lines[0]": "1 Example Street",
    "victim.address.lines[2]": "Cambridge",
    "victim.address.postcode": "CB1 2AB",
    "victim.address.safe": "no",
    "victim.address.who_lives_there": "her brother",
    "victim.language": "Polish",
    "victim.interpreter": "needed",
    "victim.access[]": ["large_print", "relay"],
    "suspects[0].relationship": "family",
    "suspects[0].shares_address": "yes",
    "suspects[0].whereabouts": "bail",
    "suspects[0].name": "Bob Example",
    "risk.level": "medium",
    "risk.tool": "DARA",
    "risk.score": "14",
    "risk.marac": "yes",
    "lane": "contact",
    "consent.status": "given",
    "consent.asked_by": "PC 1234",
    "flags[]": ["repeat"],
    "requests[]": ["locks", "alarm"],
    "children_present": "yes",
    "next_of_kin_informed_at.day": "2",
    "next_of_kin_informed_at.month": "7",
    "next_of_kin_informed_at.year": "2026",
    "notes": "Works nights.",
}
NAMES = ("victim.given_name", "victim.family_name", "victim.preferred_name")
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture
def sign_in(app, services):
    async def made(role: str = "police", organisation: str | None = FORCE) -> Browser:
        browser = Browser(app)
        token = services.tokens.issue(
            role=role, name="PC 1234", organisation=organisation, now=services.clock()
        )
        await browser.sign_in(token)
        return browser

    return made


@pytest.fixture
def refer(sign_in):
    async def send(typed, browser: Browser | None = None):
        used = browser or await sign_in()
        return await used.send(await used.open(PAGE), PAGE, **typed)

    return send


@pytest.fixture
def documents(services):
    return lambda: [view.document for view in services.referrals.list_views()]


def errors_of(page) -> str:
    return page.text.partition("There is a problem")[2].partition("</div></div>")[0]


async def test_what_happened_and_a_name_are_enough(refer, documents) -> None:
    went = await refer({"incident.kind": "burglary", "victim.family_name": "Example"})
    assert went.status_code == 303
    (document,) = documents()
    assert document["source"] == {"kind": "police", "organisation": FORCE}
    assert document["victim"] == {
        "role": "victim",
        "family_name": "Example",
        "access": [],
        "phones": [],
        "emails": [],
        "call_windows": [],
    }
    assert document["suspects"] == []
    assert (document["lane"], document["consent"]["status"]) == ("contact", "not_asked")


async def test_everything_an_officer_knows_is_kept_where_the_json_api_keeps_it(refer, documents) -> None:
    went = await refer(FULL)
    assert went.status_code == 303
    (document,) = documents()
    assert document == {
        "source": {
            "kind": "police",
            "organisation": FORCE,
            "reference": "35/48213/26",
            "person_reference": "2",
            "officer": "PC 1234",
            "reply_to": "victim.referrals@force.example",
        },
        # 22:10 in July on the clocks of Cambridge.
        "incident": {"kind": "burglary", "occurred_at": "2026-07-01T21:10:00Z", "postcode": "CB1 2AB"},
        "victim": {
            "role": "witness",
            "given_name": "Ada",
            "family_name": "Example",
            "preferred_name": "Addie",
            "date_of_birth": "1980-02-29",
            "language": "Polish",
            "interpreter": "needed",
            "access": ["large_print", "relay"],
            "phones": [
                {"number": "+447700900123", "safe": "yes", "voicemail": "none"},
                {
                    "number": "+447700900124",
                    "safe": "no",
                    "voicemail": "neutral",
                    "who_may_answer": "her brother",
                },
            ],
            "emails": [{"address": "ada@example.org", "safe": "yes"}],
            "address": {
                "lines": ["1 Example Street", "Cambridge"],
                "postcode": "CB1 2AB",
                "safe": "no",
                "who_lives_there": "her brother",
            },
            "call_windows": [],
        },
        "suspects": [
            {"relationship": "family", "shares_address": "yes", "whereabouts": "bail", "name": "Bob Example"}
        ],
        "risk": {"level": "medium", "tool": "DARA", "score": 14, "marac": True},
        "lane": "contact",
        "consent": {"status": "given", "asked_by": "PC 1234"},
        "flags": ["repeat"],
        "requests": ["locks", "alarm"],
        "children_present": "yes",
        "next_of_kin_informed_at": "2026-07-01T23:00:00Z",
        "notes": "Works nights.",
    }


async def test_after_sending_the_officer_sees_our_reference_and_the_status_and_nothing_of_the_person(
    refer, sign_in, services
) -> None:
    browser = await sign_in()
    went = await refer(FULL, browser)
    (view,) = services.referrals.list_views()
    assert went.headers["location"] == f"/police?referred={view.id}"
    page = await browser.open(went.headers["location"])
    assert page.text.count(view.reference.replace(" ", "\N{NO-BREAK SPACE}")) == 2
    assert page.text.count("35/48213/26 / 2") == 2
    assert "Waiting for a person to check it" in page.text or "We are trying to reach" in page.text
    for personal in ("Ada", "Example Street", "7700", "Bob", "Works nights", "ada@example"):
        assert personal not in page.text


async def test_a_force_sees_its_own_referrals_and_no_others(refer, sign_in, services) -> None:
    await refer(BURGLARY)
    (view,) = services.referrals.list_views()
    colleague, stranger = await sign_in(), await sign_in(organisation="Another Force")
    assert view.reference in (await colleague.open(PAGE)).text
    assert view.reference not in (await stranger.open(PAGE)).text
    assert (await stranger.open(f"{PAGE}?referred={view.id}")).status_code == 404
    assert (await colleague.open(f"{PAGE}?referred={HOSTILE}")).status_code == 404


async def test_an_officer_without_an_organisation_names_it_and_nobody_else_can(
    refer, sign_in, documents
) -> None:
    alone = await sign_in(organisation=None)
    assert (await refer(BURGLARY | {"source.organisation": "Port Police"}, alone)).status_code == 303
    assert documents()[0]["source"]["organisation"] == "Port Police"
    again = BURGLARY | {"source.organisation": "Port Police"}
    assert (await refer(again)).status_code == 303
    assert documents()[0]["source"]["organisation"] == FORCE


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"victim.address.safe": "no"}, {"lines": [], "safe": "no"}),
        (
            {"victim.address.safe": "unknown", "victim.address.who_lives_there": "her brother"},
            {"lines": [], "safe": "unknown", "who_lives_there": "her brother"},
        ),
        ({"victim.address.safe": "unknown"}, None),
    ],
)
async def test_what_an_officer_says_of_an_address_counts_before_it_is_known(
    refer, documents, typed, kept
) -> None:
    assert (await refer(BURGLARY | typed)).status_code == 303
    assert documents()[0]["victim"].get("address") == kept


@pytest.mark.parametrize(
    ("typed", "said", "field"),
    [
        ({"incident.kind": ""}, "Choose what happened", "incident-kind"),
        (
            {
                "incident.occurred_at.day": "29",
                "incident.occurred_at.month": "3",
                "incident.occurred_at.year": "2026",
                "incident.occurred_at.time": "01:30",
            },
            "This time is on no clock",
            "incident-occurred-at-time",
        ),
        (dict.fromkeys(NAMES, ""), "Enter a name of the person", "victim-given-name"),
        (
            {"victim.phones[1].number": "none"},
            "Enter a telephone number that could be",
            "victim-phones-1-number",
        ),
        ({"victim.phones[0].who_may_answer": "x"}, "Enter a telephone number", "victim-phones-0-number"),
        ({"victim.emails[0].address": "x"}, "Enter an e-mail address, such as", "victim-emails-0-address"),
        ({"source.reply_to": "x"}, "Enter an e-mail address for questions", "source-reply-to"),
        ({"incident.occurred_at.day": "32"}, "Enter a date there is", "incident-occurred-at-day"),
        ({"incident.occurred_at.time": "25:00"}, "Enter a time such as 22:10", "incident-occurred-at-time"),
        ({"incident.occurred_at.year": "2999"}, "Enter when it happened: a date", "incident-occurred-at-day"),
        ({"incident.occurred_at.year": "1066"}, "Enter when it happened: a date", "incident-occurred-at-day"),
        (
            {"victim.date_of_birth.year": "2096"},
            "Enter a date of birth since 1900",
            "victim-date-of-birth-day",
        ),
        ({"next_of_kin_informed_at.day": ""}, "Enter a date there is", "next-of-kin-informed-at-day"),
        ({"risk.score": "high"}, "Enter the score as a whole number", "risk-score"),
        ({"risk.score": "9" * 5000}, "Enter the score as a whole number", "risk-score"),
        ({"risk.score": "1001"}, "Enter the score as a whole number", "risk-score"),
        ({"flags[]": ["gold"]}, "Marks is not one of the values allowed", "flags"),
        ({"notes": "x" * 10_001}, "Notes is longer than 10000 characters", "notes"),
        ({"victim.address.lines[2]": "x" * 201}, "Town or city is longer than 200", "victim-address-lines-2"),
    ],
)
async def test_a_mistake_comes_back_at_its_field_and_nothing_typed_is_lost(
    refer, services, typed, said, field
) -> None:
    base = FULL | {"victim.phones[0].number": ""} if "victim.phones[0].who_may_answer" in typed else FULL
    base = base | {"victim.address.lines[0]": ""} if "victim.address.lines[2]" in typed else base
    sent = base | typed
    page = await refer(sent)
    assert page.status_code == 422
    assert page.text.index("<title>Error: ")
    assert said in errors_of(page)
    assert f'href="#{field}"' in errors_of(page)
    assert f'id="{field}"' in page.text
    shown = form_of(page, PAGE).fields
    kept = {name: value for name, value in sent.items() if name not in {"notes", "flags[]"}}
    for name, value in kept.items():
        values = value if isinstance(value, list) else [value]
        assert sorted(shown.get(name, [""])) == sorted(values)
    assert services.referrals.list_views() == []


async def test_what_was_typed_is_shown_as_words_in_every_field(refer, sign_in) -> None:
    browser = await sign_in()
    names = set(form_of(await browser.open(PAGE), PAGE).fields) | set(FULL)
    page = await refer({name: HOSTILE for name in names if not name.startswith("form_")}, browser)
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert page.text.count("{{ 7*7 }}") >= 20


async def test_a_hostile_reference_is_words_in_the_list_too(refer, sign_in) -> None:
    browser = await sign_in(organisation=f"Force {HOSTILE}")
    went = await refer(BURGLARY | {"source.reference": HOSTILE}, browser)
    page = await browser.open(went.headers["location"])
    assert page.status_code == 200
    assert "<script>alert" not in page.text


async def test_the_same_form_sent_twice_is_one_referral(sign_in, services) -> None:
    browser = await sign_in()
    typed = {name: [value] for name, value in BURGLARY.items() if name != "source.reference"}
    fields = form_of(await browser.open(PAGE), PAGE).fields | typed
    first, second = await browser.post(PAGE, fields), await browser.post(PAGE, fields)
    assert first.headers["location"] == second.headers["location"]
    assert len(services.referrals.list_views()) == 1


async def test_the_same_reference_and_content_again_is_the_referral_that_is_here(
    refer, sign_in, services
) -> None:
    browser = await sign_in()
    await refer(BURGLARY, browser)
    went = await refer(BURGLARY, browser)
    assert went.headers["location"].endswith("&already=yes")
    assert "was here already; nothing was changed" in (await browser.open(went.headers["location"])).text
    assert len(services.referrals.list_views()) == 1


async def test_the_same_reference_with_other_content_is_refused_with_what_to_do(refer, services) -> None:
    await refer(BURGLARY)
    page = await refer(BURGLARY | {"victim.given_name": "Bea"})
    assert page.status_code == 409
    assert "This reference is here already" in errors_of(page)
    assert "person reference" in errors_of(page)
    assert form_of(page, PAGE).fields["victim.given_name"] == ["Bea"]
    assert len(services.referrals.list_views()) == 1


async def test_going_back_and_changing_what_was_sent_is_explained(sign_in, services) -> None:
    browser = await sign_in()
    typed = {"incident.kind": ["theft"], "victim.given_name": ["Ada"]}
    fields = form_of(await browser.open(PAGE), PAGE).fields | typed
    await browser.post(PAGE, fields)
    page = await browser.post(PAGE, fields | {"victim.given_name": ["Bea"]})
    assert page.status_code == 409
    assert "You sent this page before" in errors_of(page)
    assert (await browser.send(page, PAGE)).status_code == 303
    assert len(services.referrals.list_views()) == 2


async def test_while_temporal_is_away_the_referral_is_stored_and_shown_as_received(
    refer, sign_in, temporal
) -> None:
    temporal.away = True
    browser = await sign_in()
    went = await refer(BURGLARY, browser)
    assert went.status_code == 303
    assert "Status: Received." in (await browser.open(went.headers["location"])).text


async def test_while_the_database_is_away_nothing_typed_is_lost(
    refer, sign_in, services, monkeypatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    browser = await sign_in()
    page = await browser.open(PAGE)
    with monkeypatch.context() as outage:
        outage.setattr(services.referrals, "receive", away)
        outage.setattr(services.referrals, "list_views", away)
        lost = await browser.send(page, PAGE, **BURGLARY)
    assert lost.status_code == 503
    assert form_of(lost, PAGE).fields["victim.given_name"] == ["Ada"]
    assert (await browser.send(lost, PAGE)).status_code == 303


@pytest.mark.parametrize("role", ["coordinator", "manager"])
async def test_the_page_is_for_officers(sign_in, role) -> None:
    browser = await sign_in(role, None)
    assert (await browser.open(PAGE)).status_code == 403


async def test_whoever_has_not_signed_in_is_asked_and_keeps_what_was_typed(
    browser_without_session, services
) -> None:
    assert (await browser_without_session.open(PAGE)).status_code == 401
    typed = {name: [value] for name, value in (BURGLARY | {"lane": "contact"}).items()}
    asked = await browser_without_session.post(PAGE, typed)
    assert asked.status_code == 401
    token = services.tokens.issue(role="police", name="PC 1", organisation=FORCE, now=services.clock())
    offered = await browser_without_session.send(asked, "/sign-in", token=token)
    assert (await browser_without_session.send(offered, PAGE)).status_code == 303


@pytest.fixture
def browser_without_session(app) -> Browser:
    return Browser(app)


async def test_a_form_without_our_token_is_not_stored(sign_in, services) -> None:
    browser = await sign_in()
    page = await browser.post(PAGE, {name: [value] for name, value in BURGLARY.items()})
    assert page.status_code == 403
    assert services.referrals.list_views() == []


async def test_fields_that_are_not_ours_are_refused(refer, services) -> None:
    for name in ("source.kind", "victim.guardian.given_name", "victim.phones[7].number", "risk"):
        assert (await refer(BURGLARY | {name: "x"})).status_code == 400
    assert services.referrals.list_views() == []


async def test_the_list_shows_where_a_referral_went(refer, sign_in, services, coordinator) -> None:
    await refer(BURGLARY | {"victim.phones[0].number": "07700 900123"})
    (view,) = services.referrals.list_views()
    await coordinator.ring({"id": view.id}, "answered")
    await coordinator.decide({"id": view.id}, "single_call")
    page = await (await sign_in()).open(PAGE)
    assert "Closed: supported in one call" in page.text


async def test_an_officer_who_gave_no_way_to_reach_the_person_learns_at_once_that_it_is_returned(
    sign_in,
) -> None:
    browser = await sign_in()
    page = await browser.open(PAGE)
    went = await browser.send(page, PAGE, **{"incident.kind": "burglary", "victim.given_name": "Ada"})
    shown = (await browser.open(went.headers["location"])).text
    told = shown.partition("govuk-notification-banner")[2].partition("<h1")[0]
    assert "Look at its status" in told
    assert "Returned to you" in told


async def test_while_triage_is_late_the_officer_is_not_kept_waiting_for_ever(sign_in, temporal) -> None:
    temporal.away = True
    browser = await sign_in()
    went = await browser.send(await browser.open(PAGE), PAGE, **BURGLARY)
    shown = await browser.open(went.headers["location"])
    assert (shown.status_code, "Success" in shown.text) == (200, True)
