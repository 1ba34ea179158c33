from html.parser import HTMLParser

import pytest

from api import form_words, police_form, self_referral_form
from api.form import FormError, Sent
from api.referral_form import FormPlan, Unfit, fold_moment, without_empty_rows
from domain.vocabulary import (
    Access,
    Answer,
    CallerDisplay,
    ConsentStatus,
    Flag,
    IncidentKind,
    InterpreterGender,
    Lane,
    Outcome,
    Relationship,
    Request,
    RiskLevel,
    Stage,
    VictimRole,
    VoicemailRule,
    Weekday,
    Whereabouts,
)
from tests.api.browser import Browser

LISTS = {
    "INCIDENTS": IncidentKind,
    "INCIDENTS_TOLD": IncidentKind,
    "ROLES": VictimRole,
    "ANSWERS": Answer,
    "ANSWERS_TOLD": Answer,
    "AGREEMENTS": Answer,
    "VOICEMAILS": VoicemailRule,
    "ACCESS": Access,
    "ACCESS_TOLD": Access,
    "CALLER_DISPLAYS": CallerDisplay,
    "INTERPRETER_GENDERS": InterpreterGender,
    "INTERPRETER_GENDERS_TOLD": InterpreterGender,
    "RELATIONSHIPS": Relationship,
    "RELATIONSHIPS_TOLD": Relationship,
    "WHEREABOUTS": Whereabouts,
    "RISKS": RiskLevel,
    "LANES": Lane,
    "CONSENTS": ConsentStatus,
    "FLAGS": Flag,
    "REQUESTS": Request,
    "REQUESTS_TOLD": Request,
    "WEEKDAYS": Weekday,
    "STAGES_TO_REFERRERS": Stage,
    "OUTCOMES_TO_REFERRERS": Outcome,
}


@pytest.mark.parametrize(("name", "closed_list"), LISTS.items())
def test_every_value_of_a_closed_list_can_be_chosen_and_reads_unlike_the_others(name, closed_list) -> None:
    words = getattr(form_words, name)
    assert set(words) == set(closed_list)
    assert len(set(words.values())) == len(words)


def test_what_may_be_left_on_an_answerphone_names_what_would_be_said() -> None:
    words = form_words.voicemails_told(neutral_name="The Hub", service_name="A Service")
    assert set(words) == set(VoicemailRule)
    assert "A Service" not in words[VoicemailRule.NEUTRAL]


class _Names(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.ids: list[str] = []
        self.remembered: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"])
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.found.add(given["name"])
            is_text = tag == "textarea" or given.get("type") in {"text", "tel", "email"}
            if is_text and given.get("autocomplete") != "off":
                self.remembered.add(given["name"])


async def names_of(browser: Browser, address: str) -> _Names:
    page = await browser.open(address)
    assert page.status_code == 200
    names = _Names()
    names.feed(page.text)
    return names


async def test_the_forms_have_the_fields_that_are_read_and_no_others(app, services) -> None:
    public, officer = Browser(app), Browser(app)
    token = services.tokens.issue(role="police", name="PC 1", organisation=None, now=services.clock())
    await officer.sign_in(token)
    for names, plan in (
        (await names_of(public, "/get-support"), self_referral_form.PLAN),
        (await names_of(officer, "/police"), police_form.PLAN),
    ):
        assert names.found == set(plan.labels)
        assert names.remembered == set()
        assert len(names.ids) == len(set(names.ids))


def test_an_error_leads_to_the_row_in_which_it_was_typed() -> None:
    """The document has no gaps, the page has: without this the officer is sent to the wrong number."""
    sent = Sent(
        fields={
            "victim.phones[0].number": [""],
            "victim.phones[0].safe": ["unknown"],
            "victim.phones[1].number": ["nonsense"],
        },
        once="once",
    )
    counted = without_empty_rows(sent, "victim.phones", said_by=("number",))
    assert set(counted.fields) == {"victim.phones[1].number"}
    plan = FormPlan(labels={"incident.kind": "What happened", **dict.fromkeys(sent.fields, "Telephone")})
    document = {
        "source": {"kind": "police"},
        "incident": {"kind": "theft"},
        "victim": {"given_name": "Ada", "phones": [{"number": "nonsense"}]},
        "lane": "contact",
    }
    with pytest.raises(Unfit) as unfit:
        plan.check(document, counted, region="GB", found=())
    assert [error.field for error in unfit.value.errors] == ["victim.phones[1].number"]


@pytest.mark.parametrize(
    ("clock", "kept"),
    [
        ("22:10", "2026-07-01T22:10:00+01:00"),
        ("2210", "2026-07-01T22:10:00+01:00"),
        ("9.05", "2026-07-01T09:05:00+01:00"),
        (None, "2026-07-01T00:00:00+01:00"),
    ],
)
def test_a_time_is_read_from_the_clocks_of_the_service(services, clock, kept) -> None:
    typed = {"day": "1", "month": "7", "year": "2026"} | ({"time": clock} if clock else {})
    document = {"incident": {"occurred_at": typed}}
    assert fold_moment(document, "incident.occurred_at", services.zone) == []
    assert document["incident"]["occurred_at"] == kept


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day": "31", "month": "2", "year": "2026"}, "day"),
        ({"day": "1", "month": "7", "year": "26"}, "day"),
        ({"day": "1", "month": "7"}, "day"),
        ({"time": "22:10"}, "day"),
        ({"day": "٣", "month": "7", "year": "2026"}, "day"),
        ({"day": "1", "month": "7", "year": "2026", "time": "25:00"}, "time"),
        ({"day": "1", "month": "7", "year": "2026", "time": "late"}, "time"),
    ],
)
def test_a_wrong_date_or_time_is_said_at_its_field(services, typed, field) -> None:
    document = {"incident": {"occurred_at": typed}}
    errors = fold_moment(document, "incident.occurred_at", services.zone)
    assert [error.field for error in errors] == [f"incident.occurred_at.{field}"]
    assert isinstance(errors[0], FormError)
    assert "occurred_at" not in document["incident"]
