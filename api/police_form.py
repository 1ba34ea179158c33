"""What an officer types: the fields of the page, in the order an officer has them, and the referral made of them."""

from typing import Any
from zoneinfo import ZoneInfo

from api.form import Sent, document_of
from api.referral_form import (
    Document,
    FormPlan,
    fold_day,
    fold_moment,
    without_empty_rows,
)
from domain.vocabulary import SourceKind

PHONES = 2
"""Rows for telephone numbers."""
LINES = tuple(f"victim.address.lines[{row}]" for row in range(3))
ORGANISATION = "source.organisation"
OCCURRED_AT = "incident.occurred_at"
TOLD_AT = "next_of_kin_informed_at"
BORN_ON = "victim.date_of_birth"
SCORE = "risk.score"
MARAC = "risk.marac"
LONGEST_SCORE = 4
"""Digits; more is no score of any tool, and is left to the API to refuse."""
_NUMBER = "Enter a telephone number that could be rung, such as 07700 900123, or leave the row empty"


def _date(path: str, what: str, *, time: bool = False) -> dict[str, str]:
    parts = ("day", "month", "year", *(["time"] if time else []))
    return {f"{path}.{part}": f"{what}: {part}" for part in parts}


def _phone(row: int) -> dict[str, str]:
    prefix, which = f"victim.phones[{row}]", f"Telephone {row + 1}"
    return {
        f"{prefix}.number": which,
        f"{prefix}.safe": f"{which}: safe to ring",
        f"{prefix}.voicemail": f"{which}: voicemail",
        f"{prefix}.who_may_answer": f"{which}: who else may answer",
    }


PLAN = FormPlan(
    labels={
        ORGANISATION: "Organisation",
        "source.reference": "Crime or incident reference",
        "source.person_reference": "Person reference",
        "source.officer": "Officer",
        "source.reply_to": "Mailbox for questions",
        "incident.kind": "What happened",
        **_date(OCCURRED_AT, "When it happened", time=True),
        "incident.postcode": "Postcode of the incident",
        "victim.role": "Role",
        "victim.given_name": "Given name",
        "victim.family_name": "Family name",
        "victim.preferred_name": "Preferred name",
        **_date(BORN_ON, "Date of birth"),
        **_phone(0),
        **_phone(1),
        "victim.emails[0].address": "E-mail address",
        "victim.emails[0].safe": "E-mail: safe to use",
        LINES[0]: "Address, first line",
        LINES[1]: "Address, second line",
        LINES[2]: "Town or city",
        "victim.address.postcode": "Postcode",
        "victim.address.safe": "Post: safe to use",
        "victim.address.who_lives_there": "Who else lives there",
        "victim.language": "Language",
        "victim.interpreter": "Interpreter",
        "victim.access[]": "Access needs",
        "suspects[0].relationship": "The suspect is",
        "suspects[0].shares_address": "Whether the suspect lives there",
        "suspects[0].whereabouts": "Where the suspect is",
        "suspects[0].name": "Name of the suspect",
        "flags[]": "Marks",
        "children_present": "Children present",
        "risk.level": "Risk",
        "risk.tool": "Risk assessment tool",
        SCORE: "Score",
        MARAC: "Marac",
        **_date(TOLD_AT, "When next of kin were told", time=True),
        "lane": "What you ask of us",
        "consent.status": "Consent",
        "consent.asked_by": "Who asked",
        "requests[]": "What they asked for",
        "notes": "Notes",
    },
    mends={
        "victim": "Enter a name of the person: given, family or preferred",
        "incident.kind": "Choose what happened",
        "source.reply_to": "Enter an e-mail address for questions, such as victim.referrals@force.example",
        "victim.emails[0].address": "Enter an e-mail address, such as name@example.com",
        **{f"victim.phones[{row}].number": _NUMBER for row in range(PHONES)},
        OCCURRED_AT: "Enter when it happened: a date and time that has passed",
        TOLD_AT: "Enter when next of kin were told: a date and time that has passed",
        BORN_ON: "Enter a date of birth since 1900 that has passed",
        SCORE: "Enter the score as a whole number from 0 to 1000",
    },
    shown_at={
        "victim": "victim.given_name",
        OCCURRED_AT: f"{OCCURRED_AT}.day",
        TOLD_AT: f"{TOLD_AT}.day",
        BORN_ON: f"{BORN_ON}.day",
    },
)


def referral_typed(sent: Sent, *, organisation: str | None, region: str, zone: ZoneInfo) -> Document:
    """Make a referral of what an officer typed, as it is kept.

    Args:
        sent: The form.
        organisation: The officer's own, which no form changes.
        region: Where a number without a country code is from.
        zone: In which times were typed.

    Raises:
        Unfit: Something is wrong, with every field that is.
    """
    PLAN.refuse_strangers(sent)
    counted = _counted(sent)
    document = document_of(counted)
    wrong = [
        *fold_moment(document, OCCURRED_AT, zone),
        *fold_moment(document, TOLD_AT, zone),
        *fold_day(document, BORN_ON),
    ]
    source = document.setdefault("source", {}) | {"kind": SourceKind.POLICE}
    document["source"] = source | ({"organisation": organisation} if organisation else {})
    document.setdefault("victim", {})
    _fold_risk(document.get("risk", {}))
    return PLAN.check(document, counted, region=region, found=wrong)


def _counted(sent: Sent) -> Sent:
    """The fields that say something: a chosen list beside an empty number says nothing."""
    counted = without_empty_rows(sent, "victim.phones", said_by=("number", "who_may_answer"))
    return without_empty_rows(counted, "victim.emails", said_by=("address",))


def _fold_risk(risk: dict[str, Any]) -> None:
    if "marac" in risk:
        risk["marac"] = True
    score = risk.get("score", "")
    if score.isascii() and score.isdigit() and len(score) <= LONGEST_SCORE:
        risk["score"] = int(score)
