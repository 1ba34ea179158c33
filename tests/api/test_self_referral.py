import asyncio
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from api.self_referral import MAKER
from domain.vocabulary import MessageState, Stage
from store.referral_row import REFERRAL
from tests.api.browser import Browser, form_of
from wiring.profile import ProfilePolicies, load_profile
from wiring.settings import ROOT

PAGE = "/get-support"
ADA = {
    "own.who": "me",
    "victim.preferred_name": "Ada",
    "victim.phones[0].number": "07700 900123",
    "victim.phones[0].safe": "yes",
}
BY_EMAIL = {
    "own.who": "me",
    "victim.preferred_name": "Ada",
    "victim.emails[0].address": "ada@example.org",
    "victim.emails[0].safe": "yes",
}
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture
def browser(app) -> Browser:
    return Browser(app)


@pytest.fixture
def ask(browser):
    async def send(typed: dict[str, str | list[str]], who: Browser | None = None):
        used = who or browser
        return await used.send(await used.open(PAGE), PAGE, **typed)

    return send


@pytest.fixture
def kept(services):
    """The only referral there is."""

    def only():
        views = services.referrals.list_views()
        assert len(views) == 1
        return views[0]

    return only


def how_many(services) -> int:
    with services.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(REFERRAL))


def errors_of(page) -> str:
    return unescape(page.text.partition("There is a problem")[2].partition("</div></div>")[0])


async def test_any_name_and_one_safe_way_are_enough(ask, kept) -> None:
    page = await ask(ADA)
    assert page.status_code == 201
    view = kept()
    assert view.reference in page.text
    assert view.id not in page.text
    assert view.owner == "token:get-support"
    assert view.document["source"] == {"kind": "self"}
    assert view.document["consent"] == {"status": "given"}
    assert view.document["incident"] == {"kind": "unknown"}
    assert view.document["victim"]["phones"] == [
        {"number": "+447700900123", "safe": "yes", "voicemail": "none"}
    ]


async def test_whoever_looks_over_the_shoulder_learns_nothing_from_title_and_address(ask, browser) -> None:
    for page in (await browser.open(PAGE), await ask({}), await ask(ADA)):
        title = page.text.partition("<title>")[2].partition("</title>")[0].casefold()
        assert not [
            word for word in ("victim", "abuse", "crime", "police", "support", "refer") if word in title
        ]
        assert str(page.url) == f"http://holdfast.test{PAGE}"
        assert page.text.count('href="/exit"') == 2
        assert 'href="tel:999"' in page.text


async def test_everything_somebody_says_is_kept_where_it_belongs(ask, kept) -> None:
    page = await ask(
        ADA
        | {
            "flags[]": ["child"],
            "victim.phones[0].voicemail": "neutral",
            "victim.phones[0].texts": "no",
            "victim.phones[0].who_may_answer": "my mother",
            "victim.phones[0].withhold_number": "yes",
            "victim.emails[0].address": "ada@example.org",
            "victim.emails[0].safe": "no",
            "victim.address.lines[0]": "1 Example Street",
            "victim.address.lines[2]": "Cambridge",
            "victim.address.postcode": "CB1 2AB",
            "victim.address.safe": "unknown",
            "victim.address.who_lives_there": "my mother",
            "own.days[]": ["mon", "fri"],
            "own.times[]": ["morning", "evening"],
            "victim.language": "Polish",
            "victim.interpreter": "wanted",
            "victim.access[]": ["large_print"],
            "incident.kind": "stalking",
            "suspects[0].relationship": "ex_partner",
            "suspects[0].shares_address": "no",
            "requests[]": ["locks", "visit"],
            "notes": "He reads\nmy texts.",
        }
    )
    assert page.status_code == 201
    document = kept().document
    victim = document["victim"]
    assert victim["phones"][0] | {"number": ""} == {
        "number": "",
        "safe": "yes",
        "voicemail": "neutral",
        "texts": "no",
        "who_may_answer": "my mother",
        "withhold_number": "yes",
    }
    assert victim["emails"] == [{"address": "ada@example.org", "safe": "no"}]
    assert victim["address"] == {
        "lines": ["1 Example Street", "Cambridge"],
        "postcode": "CB1 2AB",
        "safe": "unknown",
        "who_lives_there": "my mother",
    }
    assert victim["call_windows"] == [
        {"days": ["mon", "fri"], "from": "08:00", "to": "12:00"},
        {"days": ["mon", "fri"], "from": "17:00", "to": "21:00"},
    ]
    assert (victim["language"], victim["interpreter"], victim["access"]) == (
        "Polish",
        "wanted",
        ["large_print"],
    )
    assert document["incident"] == {"kind": "stalking"}
    assert document["suspects"][0]["relationship"] == "ex_partner"
    assert (document["flags"], document["requests"]) == (["child"], ["locks", "visit"])
    assert document["notes"] == "In their own words:\nHe reads\nmy texts."


async def test_what_is_said_of_an_address_nobody_has_given_is_kept_and_opens_no_channel(ask, kept) -> None:
    await ask(ADA | {"victim.address.safe": "no", "victim.address.who_lives_there": "my mother"})
    assert kept().document["victim"]["address"] == {
        "lines": [],
        "safe": "no",
        "who_lives_there": "my mother",
    }
    assert kept().state.facts.address_safe is None


@pytest.mark.parametrize(
    ("agrees", "status", "note"),
    [
        ("yes", "given", "they agree."),
        ("no", "not_asked", "THEY DO NOT KNOW ABOUT THIS."),
        ("unknown", "not_asked", "may not agree."),
        ("", "not_asked", "it was not said whether they know."),
    ],
)
async def test_somebody_who_is_helped_has_agreed_only_if_the_helper_says_so(
    ask, kept, agrees, status, note
) -> None:
    helper = {
        "own.who": "somebody",
        "source.officer": "Ben",
        "own.knows_them": "a\nneighbour",
        "own.agrees": agrees,
    }
    page = await ask(ADA | helper)
    assert page.status_code == 201
    assert "rings the person you are helping" in page.text
    document = kept().document
    assert document["source"] == {"kind": "third_party", "officer": "Ben"}
    assert document["consent"]["status"] == status
    sent_by, knows = document["notes"].split("\n")
    assert sent_by.endswith(note)
    assert knows == "How the helper knows them: a neighbour"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (ADA | {"victim.phones[0].number": "0770090011"}, "a digit is missing or wrong"),
        (ADA | {"victim.phones[0].number": "+44 7700 9001234"}, "Enter a telephone number"),
        ({"own.who": "everybody"}, "Choose whether this is about you or about somebody you are helping"),
        ({}, "Enter a name, or what we may call you"),
        ({}, "Give one safe way to reach you"),
        (ADA | {"victim.phones[0].safe": "no"}, "Every way you gave is marked as not safe"),
        (ADA | {"victim.phones[0].safe": ""}, "Choose whether it is safe to ring this number"),
        (ADA | {"victim.phones[0].number": "ring me"}, "Enter a telephone number, such as"),
        (BY_EMAIL | {"victim.phones[0].who_may_answer": "Bo"}, "Enter a telephone number"),
        (BY_EMAIL | {"victim.emails[0].safe": "no"}, "Every way you gave is marked as not safe"),
        (BY_EMAIL | {"victim.emails[0].address": "ada at example"}, "Enter an e-mail address, such as"),
        (ADA | {"victim.access[]": ["no_phone"]}, "You cannot use the telephone: give an e-mail address"),
        (ADA | {"victim.phones[0].number": "", "victim.address.postcode": "CB1 2AB"}, "Give one safe way"),
        (ADA | {"victim.address.who_lives_there": "x" * 201}, "Who else lives there is longer than 200"),
        (ADA | {"own.who": "somebody", "own.knows_them": "x" * 201}, "has to be at most 200 characters"),
        (ADA | {"notes": "x" * 10_001}, "Anything else is longer than 10000 characters"),
        (ADA | {"victim.language": "x" * 61}, "Language is longer than 60 characters"),
        (ADA | {"victim.preferred_name": "A\x00da"}, "Name has a character that cannot be kept"),
        (ADA | {"incident.kind": "witchcraft"}, "What happened is not one of the values allowed"),
        (ADA | {"victim.access[]": ["wings"]}, "What would help us to talk is not one of the values allowed"),
        (ADA | {"own.days[]": ["someday"]}, "Days: choose from the list"),
        (ADA | {"victim.phones[0].texts": "perhaps"}, "Safe to text is not one of the values allowed"),
    ],
)
async def test_a_mistake_comes_back_with_what_mends_it_and_nothing_typed_is_lost(
    ask, services, typed, said
) -> None:
    page = await ask(typed)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert said in errors_of(page)
    shown = form_of(page, PAGE).fields
    for name, value in typed.items():
        if (
            name not in {"notes", "incident.kind", "victim.phones[0].texts", "own.days[]", "victim.access[]"}
            and "\0" not in value
            and value != "everybody"
        ):
            assert shown.get(name, [""]) == [value]
    assert how_many(services) == 0


async def test_whoever_cannot_be_reached_safely_is_given_our_telephone_as_the_other_way(
    ask, services
) -> None:
    page = await ask(ADA | {"victim.phones[0].safe": "no"})
    assert f"or call us on {services.profile.telephone}" in errors_of(page)


async def test_an_error_leads_to_a_field_that_is_there(ask) -> None:
    page = await ask(BY_EMAIL | {"victim.emails[0].safe": ""})
    assert 'href="#victim-emails-0-safe"' in page.text
    assert 'id="victim-emails-0-safe"' in page.text
    folded = page.text.partition("An e-mail address")[0].rpartition("<details")[2]
    assert "open" in folded


async def test_what_was_typed_is_shown_as_words_in_every_field(ask, browser) -> None:
    typed = form_of(await browser.open(PAGE), PAGE).fields
    words = {name for name in typed if not name.startswith("form_")}
    page = await ask(dict.fromkeys(words | {"notes", "victim.preferred_name"}, HOSTILE))
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    assert page.text.count("{{ 7*7 }}") >= 10


async def test_the_confirmation_shows_nothing_that_was_typed(ask) -> None:
    page = await ask(ADA | {"notes": HOSTILE, "victim.preferred_name": HOSTILE})
    assert page.status_code == 201
    assert "alert(1)" not in page.text
    assert "7700" not in page.text


async def test_sending_the_same_form_again_shows_the_same_reference(browser, services) -> None:
    fields = form_of(await browser.open(PAGE), PAGE).fields | {name: [value] for name, value in ADA.items()}
    first, second = await browser.post(PAGE, fields), await browser.post(PAGE, fields)
    assert (first.status_code, second.status_code) == (201, 201)
    assert how_many(services) == 1
    reference = services.referrals.list_views()[0].reference
    assert reference in first.text
    assert reference in second.text


async def test_a_form_sent_twice_at_once_is_one_referral(browser, services) -> None:
    fields = form_of(await browser.open(PAGE), PAGE).fields | {name: [value] for name, value in ADA.items()}
    pages = await asyncio.gather(*(browser.post(PAGE, fields) for _ in range(4)))
    assert {page.status_code for page in pages} == {201}
    assert how_many(services) == 1


async def test_going_back_and_changing_what_was_sent_is_explained_and_loses_nothing(
    browser, services
) -> None:
    fields = form_of(await browser.open(PAGE), PAGE).fields | {name: [value] for name, value in ADA.items()}
    await browser.post(PAGE, fields)
    changed = await browser.post(PAGE, fields | {"victim.preferred_name": ["Bea"]})
    assert changed.status_code == 409
    assert "You sent this page before" in errors_of(changed)
    assert form_of(changed, PAGE).fields["victim.preferred_name"] == ["Bea"]
    assert how_many(services) == 1
    assert (await browser.send(changed, PAGE)).status_code == 201
    assert how_many(services) == 2


async def test_while_temporal_is_away_it_is_stored_and_confirmed_all_the_same(ask, temporal, kept) -> None:
    temporal.away = True
    page = await ask(ADA)
    assert page.status_code == 201
    assert kept().reference in page.text
    assert kept().stage is Stage.RECEIVED


async def test_while_the_database_is_away_nothing_typed_is_lost_and_it_can_be_sent_again(
    ask, browser, services, monkeypatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("gone"))

    with monkeypatch.context() as outage:
        outage.setattr(services.referrals, "receive", away)
        page = await ask(ADA)
    assert page.status_code == 503
    assert "We could not save this just now" in errors_of(page)
    assert form_of(page, PAGE).fields["victim.preferred_name"] == ["Ada"]
    assert (await browser.send(page, PAGE)).status_code == 201
    assert how_many(services) == 1


async def test_when_the_answer_was_lost_after_storing_sending_again_finds_the_same_referral(
    ask, browser, services, monkeypatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as outage:
        outage.setattr(services.referrals, "view", away)
        page = await ask(ADA)
    assert page.status_code == 503
    again = await browser.send(page, PAGE)
    assert again.status_code == 201
    assert how_many(services) == 1
    assert services.referrals.list_views()[0].reference in again.text


async def test_too_many_from_one_place_are_asked_to_wait_and_lose_nothing(ask, services) -> None:
    for _ in range(10):
        assert (await ask(ADA)).status_code == 201
    page = await ask(ADA)
    assert page.status_code == 429
    assert "Too many were sent from here" in errors_of(page)
    assert page.headers["retry-after"] == "600"
    assert form_of(page, PAGE).fields["victim.preferred_name"] == ["Ada"]
    assert how_many(services) == 10


async def test_reloading_the_confirmation_uses_up_nobodys_turn(ask, browser, services) -> None:
    fields = form_of(await browser.open(PAGE), PAGE).fields | {name: [value] for name, value in ADA.items()}
    for _ in range(12):
        assert (await browser.post(PAGE, fields)).status_code == 201
    for _ in range(9):
        assert (await ask(ADA)).status_code == 201
    assert (await ask(ADA)).status_code == 429
    assert (await browser.post(PAGE, fields)).status_code == 201
    assert how_many(services) == 10


async def test_mistakes_do_not_use_up_anybodys_turn(ask) -> None:
    for _ in range(12):
        assert (await ask({})).status_code == 422
    assert (await ask(ADA)).status_code == 201


async def test_a_form_with_fields_that_are_not_ours_is_refused(ask, services) -> None:
    for name in ("source.kind", "source.organisation", "risk.level", "lane", "victim", "x y"):
        page = await ask(ADA | {name: "police"})
        assert page.status_code == 400
    assert how_many(services) == 0


async def test_a_form_without_our_token_is_not_stored_and_offered_again(browser, services) -> None:
    await browser.open(PAGE)  # the browser knows us
    page = await browser.post(PAGE, {name: [value] for name, value in ADA.items()})
    assert page.status_code == 403
    assert how_many(services) == 0
    assert form_of(page, PAGE).fields["victim.preferred_name"] == ["Ada"]
    assert (await browser.send(page, PAGE)).status_code == 201


async def test_a_form_sent_from_another_site_is_refused(browser, services) -> None:
    fields = form_of(await browser.open(PAGE), PAGE).fields | {name: [value] for name, value in ADA.items()}
    refused = await browser.post(PAGE, fields, **{"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    assert how_many(services) == 0


# What the rules make of it.


def messages_of(services, view) -> list[MessageState]:
    return [message.state for message in services.messages.of_referral(view.id)]


@pytest.fixture
def helper() -> dict[str, str]:
    return {"own.who": "somebody", "own.agrees": "yes"}


async def test_somebody_who_gave_only_an_e_mail_address_waits_for_a_person_and_no_machine_writes(
    ask, services, kept
) -> None:
    page = await ask(BY_EMAIL)
    view = kept()
    assert view.stage is Stage.HELD
    assert view.hold.proposes == "write"
    assert messages_of(services, view) == []
    assert view.id in {found.id for found in services.referrals.worklist(datetime.now(UTC))}
    assert "One of us reads what you wrote" in unescape(page.text)
    # There is no number: nobody could speak to them before.
    assert "Where nobody can be rung, one of us may write" in unescape(page.text)
    assert "Nothing is sent to you" not in page.text


async def test_somebody_helped_by_another_is_not_written_to_by_a_machine_either(
    ask, services, kept, helper
) -> None:
    await ask(BY_EMAIL | helper)
    assert messages_of(services, kept()) == []


async def test_three_silent_calls_write_no_letter_to_somebody_nobody_has_spoken_to(
    ask, services, temporal, kept, coordinator
) -> None:
    address = {"victim.address.lines[0]": "1 Example Street", "victim.address.postcode": "CB1 2AB"}
    await ask(ADA | address | {"victim.address.safe": "yes"})
    assert kept().stage is Stage.CONTACTING
    start = datetime.now(UTC)
    for call in range(3):
        made_at = (start - timedelta(minutes=30) + timedelta(seconds=10 * call)).isoformat()
        await coordinator.ring({"id": kept().id}, "no_answer", made_at=made_at)
    view = kept()
    assert view.attempts_counted == 3
    assert view.stage is Stage.HELD
    assert view.hold.proposes == "write"
    assert messages_of(services, view) == []


@pytest.mark.parametrize(
    ("typed", "hold"),
    [
        ({"incident.kind": "assault"}, "confirm_safety"),
        ({"incident.kind": "suicide"}, "next_of_kin"),
        ({"incident.kind": "domestic_abuse", "own.who": "somebody", "own.agrees": "no"}, "consent"),
        (
            {
                "flags[]": ["child"],
                "victim.address.lines[0]": "1 Example Street",
                "victim.address.postcode": "NR1 2AB",
                "victim.address.safe": "yes",
            },
            "proposal",
        ),
    ],
)
async def test_where_a_person_decides_first_no_call_is_promised(ask, kept, typed, hold) -> None:
    page = await ask(ADA | typed)
    assert kept().stage is Stage.HELD
    assert kept().hold.kind == hold
    assert "One of us reads what you wrote" in page.text
    assert "One of us rings" not in page.text
    assert "before one of us has spoken to" in page.text


async def test_abuse_is_not_rung_on_a_number_that_may_not_be_safe_and_nobody_promises_it(ask, kept) -> None:
    page = await ask(ADA | {"incident.kind": "domestic_abuse", "victim.phones[0].safe": "unknown"})
    assert kept().stage is Stage.HELD
    assert "One of us rings" not in page.text


async def test_somebody_outside_our_area_is_told_so_instead_of_being_promised_a_call(ask, kept) -> None:
    page = await ask(
        ADA
        | {
            "victim.address.lines[0]": "1 Example Street",
            "victim.address.postcode": "NR1 2AB",
            "victim.address.safe": "no",
        }
    )
    assert kept().outcome == "out_of_area"
    assert "We may not be the right service for this" in page.text
    assert "One of us rings" not in page.text


@pytest.fixture
def cambridgeshire(services) -> None:
    """Friday noon; nobody is there on Sunday."""
    profile = load_profile(ROOT / "profiles/cambridgeshire.toml")
    now = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Europe/London"))
    object.__setattr__(services, "profile", profile)
    object.__setattr__(services, "policies", ProfilePolicies(profile))
    object.__setattr__(services, "clock", lambda: now)


@pytest.mark.usefixtures("cambridgeshire")
async def test_the_first_call_is_promised_by_the_hours_and_limits_of_the_profile(ask) -> None:
    page = await ask(ADA)
    # Twelve opening hours from Friday noon: eight on Friday, four on Saturday, which opens at nine.
    assert "rings you tomorrow at 1pm at the latest" in page.text
    assert "only at the times you chose" not in page.text


@pytest.mark.usefixtures("cambridgeshire")
async def test_a_time_that_suits_later_moves_the_promise(ask) -> None:
    page = await ask(ADA | {"own.days[]": ["wed"], "own.times[]": ["evening"]})
    assert "rings you on Wednesday 25 November at 5pm or soon after" in page.text
    assert "only at the times you chose" in page.text


@pytest.mark.usefixtures("cambridgeshire")
async def test_times_at_which_we_are_closed_come_back_to_be_chosen_again(ask, browser, services) -> None:
    assert 'value="sun"' not in (await browser.open(PAGE)).text
    page = await ask(ADA | {"own.days[]": ["sat"], "own.times[]": ["evening"]})
    assert page.status_code == 422
    assert "We are closed at the times you chose" in errors_of(page)
    assert how_many(services) == 0


async def test_everybody_who_uses_the_page_is_one_referrer_and_no_police_sees_it(ask, kept, officer) -> None:
    await ask(ADA)
    assert kept().owner == MAKER.owner
    assert (await officer.get(f"/referrals/{kept().id}")).status_code == 404


async def test_with_back_after_leaving_nobody_is_shown_what_was_typed(app) -> None:
    browser = Browser(app)
    page = await browser.open("/get-support")
    typed = form_of(page, "/get-support").fields | {"notes": ["He reads my post"]}
    browser.client.cookies.clear()
    went = await browser.post("/get-support", typed)
    assert (went.status_code, went.headers["location"]) == (303, "/get-support?again=yes")
    fresh = await browser.open(went.headers["location"])
    assert "Nothing has been sent" in fresh.text
    assert "He reads" not in fresh.text


async def test_who_does_not_say_for_whom_asks_for_themself(ask, kept) -> None:
    page = await ask(ADA | {"own.who": ""})
    assert page.status_code == 201
    assert (kept().document["source"]["kind"], kept().document["consent"]["status"]) == ("self", "given")


async def test_who_says_how_they_know_the_person_is_a_helper(ask, kept) -> None:
    await ask(ADA | {"own.who": "", "own.knows_them": "I am her sister"})
    assert kept().document["source"]["kind"] == "third_party"


# What the person says about safe contact.

SAFELY = ADA | {
    "victim.phones[0].texts": "yes",
    "victim.contact_plan.if_someone_else_answers": "Say it is about a parcel",
    "victim.contact_plan.safe_word": "Bluebell",
    "own.days[]": ["mon"],
    "own.text_times[]": ["morning"],
    "victim.language": "Polish",
    "victim.interpreter": "wanted",
    "victim.contact_plan.interpreter_needed.gender": "woman",
    "victim.contact_plan.relay": "18001 first",
}


async def test_a_person_may_give_the_whole_of_their_contact_plan(ask, kept) -> None:
    page = await ask(SAFELY)
    assert page.status_code == 201, errors_of(page)
    victim = kept().document["victim"]
    assert victim["contact_plan"] == {
        "if_someone_else_answers": "Say it is about a parcel",
        "safe_word": "Bluebell",
        "interpreter_needed": {"language": "Polish", "gender": "woman", "not_a_relative": True},
        "relay": "18001 first",
        "text_windows": [{"days": ["mon"], "from": "08:00", "to": "12:00"}],
        "email_windows": [{"days": ["mon"], "from": "00:00", "to": "00:00"}],
    }
    assert "Bluebell" not in page.text


async def test_a_relative_interprets_only_where_the_person_says_so(ask, kept) -> None:
    await ask(ADA | {"own.relative_may": "yes"})
    needed = kept().document["victim"]["contact_plan"]["interpreter_needed"]
    assert needed == {"language": "not said yet", "not_a_relative": False, "gender": "any"}


async def test_nothing_of_a_plan_is_needed(ask, kept) -> None:
    await ask(ADA)
    assert "contact_plan" not in kept().document["victim"]


async def test_a_word_that_a_helper_typed_is_never_taken_for_the_persons_own(ask, kept) -> None:
    """Whoever sends the form for somebody could else pass for them on the telephone."""
    await ask(SAFELY | {"own.who": "somebody", "own.agrees": "yes"})
    document = kept().document
    assert "safe_word" not in document["victim"]["contact_plan"]
    assert "A word the helper typed; agree on one with the person: Bluebell" in document["notes"]


async def test_what_the_person_said_herself_is_never_made_less_careful_by_a_correction(
    ask, kept, coordinator
) -> None:
    await ask(ADA | {"victim.phones[0].texts": "no"})
    phones = [{"number": "+447700900123", "safe": "yes", "texts": "yes", "voicemail": "named"}]
    patch = {"victim": {"phones": phones}}
    assert (await coordinator.post(f"/referrals/{kept().id}/corrections", patch)).status_code == 200
    (phone,) = kept().document["victim"]["phones"]
    assert (phone["texts"], phone["voicemail"]) == ("no", "none")


async def test_the_public_form_asks_for_no_duress_word(browser) -> None:
    """It would need explaining to whoever reads over the shoulder.  Source: docs/policy.md#contact-plan."""
    page = await browser.open(PAGE)
    assert "duress" not in page.text.casefold()
