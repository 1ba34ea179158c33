"""A referral as referrers send it.  The closed lists are the contract's."""

from datetime import UTC, tzinfo
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from api.call_window import CallWindow
from api.contact_plan_in import ContactPlan, saying_something
from api.fields import (
    BirthDay,
    Body,
    Email,
    HappenedAt,
    Line,
    NeededEmail,
    PhoneNumber,
    Prose,
    ShortLine,
    WholeNumber,
    most_careful,
    once_each,
    wrong,
)
from api.json_body import validated, without_nulls
from api.problems import FieldError, Kind, Problem
from domain.vocabulary import (
    Access,
    Answer,
    ConsentStatus,
    Flag,
    IncidentKind,
    Lane,
    Relationship,
    Request,
    RiskLevel,
    SourceKind,
    VictimRole,
    VoicemailRule,
    Whereabouts,
)
from store.contact_plan import AGREED_WORDS, PLAN

_SAFEST_FIRST = (Answer.NO, Answer.UNKNOWN, Answer.YES)
_HIDDEN_FIRST = (Answer.YES, Answer.UNKNOWN, Answer.NO)
_QUIETEST_FIRST = (VoicemailRule.NONE, VoicemailRule.NEUTRAL, VoicemailRule.NAMED)


class Source(Body):
    """Who refers, and by which reference they know the person."""

    kind: SourceKind
    organisation: Line = None
    reference: Line = None
    person_reference: Line = None
    officer: Line = None
    reply_to: Email = Field(default=None, description="Where the referrer is asked what is missing.")


class Incident(Body):
    """What happened."""

    kind: IncidentKind
    occurred_at: HappenedAt | None = None
    reported_at: HappenedAt | None = None
    postcode: ShortLine = None


class Phone(Body):
    """A number, and whether it is safe to ring."""

    number: PhoneNumber
    safe: Answer = Answer.UNKNOWN
    voicemail: VoicemailRule = VoicemailRule.NEUTRAL
    texts: Answer | None = Field(
        default=None,
        description="Whether a text is safe, too; absent: nobody asked, and `safe` speaks for both.",
    )
    who_may_answer: Line = Field(
        default=None, description="Who else may answer it, in the person's own words."
    )
    withhold_number: Answer | None = Field(
        default=None, description="Whether our number must not be shown when we ring; absent: nobody asked."
    )


class EmailAddress(Body):
    """An e-mail address, and whether it is safe to write to."""

    address: NeededEmail
    safe: Answer = Answer.UNKNOWN


def _said(lines: list[str | None]) -> list[str]:
    return [line for line in lines if line]


class Address(Body):
    """Where post reaches the person, and whether it is safe; what is said of it counts before it is known."""

    lines: Annotated[list[Line], AfterValidator(_said), Field(max_length=8)] = Field(default=[])
    postcode: ShortLine = None
    safe: Answer = Answer.UNKNOWN
    who_lives_there: Line = Field(default=None, description="Who else lives there.")


def _careful_phones(phones: list[Phone]) -> list[Phone]:
    """A number given twice is as safe as its less safe mention."""
    by_number: dict[str, list[Phone]] = {}
    for phone in phones:
        by_number.setdefault(phone.number, []).append(phone)
    return [
        Phone.model_construct(
            number=number,
            safe=most_careful([phone.safe for phone in same], _SAFEST_FIRST),
            voicemail=most_careful([phone.voicemail for phone in same], _QUIETEST_FIRST),
            who_may_answer="; ".join(dict.fromkeys(p.who_may_answer for p in same if p.who_may_answer))
            or None,
            texts=next((a for a in _SAFEST_FIRST if a in {p.texts for p in same}), None),
            withhold_number=next((a for a in _HIDDEN_FIRST if a in {p.withhold_number for p in same}), None),
        )
        for number, same in by_number.items()
    ]


def _careful_emails(emails: list[EmailAddress]) -> list[EmailAddress]:
    by_address: dict[str, list[EmailAddress]] = {}
    for email in emails:
        by_address.setdefault(email.address.casefold(), []).append(email)
    return [
        EmailAddress.model_construct(
            address=same[0].address, safe=most_careful([email.safe for email in same], _SAFEST_FIRST)
        )
        for same in by_address.values()
    ]


def _saying_something(address: Address | None) -> Address | None:
    """Leave out an address of which nothing is known: neither where it is, nor who lives there, nor if it is safe."""
    if address is None:
        return None
    is_known = address.lines or address.postcode or address.who_lives_there
    return address if is_known or address.safe is not Answer.UNKNOWN else None


Phones = Annotated[list[Phone], AfterValidator(_careful_phones), Field(max_length=10)]
Emails = Annotated[list[EmailAddress], AfterValidator(_careful_emails), Field(max_length=10)]
PostalAddress = Annotated[Address | None, AfterValidator(_saying_something)]


class Guardian(Body):
    """Who speaks for the person."""

    given_name: Line = None
    family_name: Line = None
    preferred_name: Line = None
    relationship: ShortLine = None
    is_suspect: Answer = Answer.UNKNOWN
    phones: Phones = Field(default=[])
    emails: Emails = Field(default=[])
    address: PostalAddress = None


class Victim(Body):
    """The person referred."""

    role: VictimRole = VictimRole.VICTIM
    given_name: Line = None
    family_name: Line = None
    preferred_name: Line = None
    date_of_birth: BirthDay | None = None
    language: ShortLine = None
    interpreter: Line = None
    access: Annotated[list[Access], AfterValidator(once_each)] = Field(default=[])
    phones: Phones = Field(default=[])
    emails: Emails = Field(default=[])
    address: PostalAddress = None
    call_windows: list[CallWindow] = Field(default=[], max_length=21)
    contact_plan: Annotated[ContactPlan | None, AfterValidator(saying_something)] = None
    guardian: Guardian | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if not (self.given_name or self.family_name or self.preferred_name):
            raise wrong("needs a name of any kind: given_name, family_name or preferred_name")
        return self


class Suspect(Body):
    """What is known of somebody who may have done it."""

    relationship: Relationship = Relationship.UNKNOWN
    shares_address: Answer = Answer.UNKNOWN
    whereabouts: Whereabouts = Whereabouts.UNKNOWN
    name: Line = None


class Risk(Body):
    """The referrer's own assessment."""

    level: RiskLevel = RiskLevel.UNKNOWN
    tool: Line = None
    score: WholeNumber | None = None
    marac: StrictBool = False


class Consent(Body):
    """What the person was told or asked about being referred."""

    status: ConsentStatus = ConsentStatus.NOT_ASKED
    asked_by: Line = None
    asked_at: HappenedAt | None = None


class ReferralIn(Body):
    """A referral.  `null` and absent are alike."""

    source: Source
    incident: Incident
    victim: Victim
    suspects: list[Suspect] = Field(default=[], max_length=20)
    risk: Risk = Risk()
    lane: Lane
    consent: Consent = Consent()
    flags: Annotated[list[Flag], AfterValidator(once_each)] = Field(default=[])
    requests: Annotated[list[Request], AfterValidator(once_each)] = Field(default=[])
    children_present: Answer = Answer.UNKNOWN
    next_of_kin_informed_at: HappenedAt | None = None
    notes: Prose = None


def refuse_agreed_words(document: dict[str, Any], *, why: str) -> None:
    """Refuse a safe word or duress word of somebody who has no say in it.  Raises a problem that names them."""
    victim = document.get("victim")
    plan = victim.get(PLAN) if isinstance(victim, dict) else None
    if not isinstance(plan, dict):
        return
    paths = [f"victim.{PLAN}.{name}" for name in AGREED_WORDS if plan.get(name) is not None]
    if paths:
        errors = [FieldError(path=path, reason=why) for path in paths]
        raise Problem(Kind.VALIDATION, f"{paths[0]}: {why}", errors=errors)


def read_referral(document: dict[str, Any], *, region: str, zone: tzinfo = UTC) -> dict[str, Any]:
    """Check a referral and give it back as it is kept: defaults said, numbers in E.164, nothing that is null.

    Args:
        document: What was sent.
        region: Where a number without a country code is from, such as `GB`.
        zone: Where a day ends that was named without a time.

    Raises:
        Problem: Something in it is not valid; the problem names the fields.
    """
    plain = without_nulls(document)
    plain.setdefault("incident", {})
    referral = validated(ReferralIn, plain, region=region, zone=zone)
    return referral.model_dump(mode="json", by_alias=True, exclude_none=True)
