"""What the rules need to know of a referral: categories and opaque ids, never a name, number or address."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.policy import Period
from domain.vocabulary import (
    Access,
    Answer,
    ConsentStatus,
    Flag,
    IncidentKind,
    Lane,
    Relationship,
    RiskLevel,
    SourceKind,
    VictimRole,
    VoicemailRule,
    Whereabouts,
)

SENSITIVE_FLAGS = frozenset(
    {Flag.DOMESTIC_ABUSE, Flag.SEXUAL_OFFENCE, Flag.STALKING, Flag.HONOUR_BASED, Flag.EXPLOITATION}
)
"""Marks of abuse, sexual harm, stalking, honour and exploitation.  Source: docs/policy.md#triage."""
SENSITIVE_KINDS = frozenset(
    {
        IncidentKind.DOMESTIC_ABUSE,
        IncidentKind.SEXUAL_OFFENCE,
        IncidentKind.STALKING,
        IncidentKind.HONOUR_BASED,
        IncidentKind.EXPLOITATION,
    }
)
"""The same as incident kinds."""
CLOSE_RELATIONSHIPS = frozenset(
    {
        Relationship.PARTNER,
        Relationship.EX_PARTNER,
        Relationship.FAMILY,
        Relationship.HOUSEHOLD,
        Relationship.CARER,
    }
)
"""A suspect who may open the victim's post or answer the victim's phone."""
BEREAVING_KINDS = frozenset({IncidentKind.HOMICIDE, IncidentKind.SUDDEN_DEATH, IncidentKind.SUICIDE})
"""Somebody has died; a road death is marked by the role or the flag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number by its opaque id."""

    id: str
    safe: Answer
    voicemail: VoicemailRule = VoicemailRule.NEUTRAL
    of_guardian: bool = False
    takes_texts: bool = True
    """Whether it is a mobile's, and nobody has said that a text to it is not known to be safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAddress:
    """An e-mail or postal address by its opaque id."""

    id: str
    safe: Answer
    of_guardian: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """What is known of one suspect."""

    relationship: Relationship
    shares_address: Answer
    whereabouts: Whereabouts = Whereabouts.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The categories of one referral, as last corrected."""

    source: SourceKind
    incident: IncidentKind
    role: VictimRole = VictimRole.VICTIM
    is_child: bool = False
    access: tuple[Access, ...] = ()
    phones: tuple[Phone, ...] = ()
    email_safe: Answer | None = None
    """`None`: there is no e-mail address."""
    address_safe: Answer | None = None
    """`None`: there is no postal address."""
    emails: tuple[WrittenAddress, ...] = ()
    """Each e-mail address; empty in facts folded before they had ids, of which `email_safe` is all that is known."""
    posts: tuple[WrittenAddress, ...] = ()
    """Each postal address, likewise."""
    referrer_can_be_asked: bool = False
    """Whether the referrer named a monitored mailbox."""
    text_windows: tuple[Period, ...] = ()
    """When texts may come, as the person said; empty: whenever the service's quiet hours allow."""
    email_windows: tuple[Period, ...] = ()
    """The same of e-mails."""
    plan_until: datetime | None = None
    """Until when what was said about safe contact holds; after that every *yes* counts as unknown."""
    outward_code: str | None = None
    """Where the victim lives, else where it happened ("CB1"); `None` if neither is known."""
    windows: tuple[Period, ...] = ()
    guardian_is_suspect: bool = False
    suspects: tuple[Suspect, ...] = ()
    risk: RiskLevel = RiskLevel.UNKNOWN
    marac: bool = False
    lane: Lane = Lane.CONTACT
    consent: ConsentStatus = ConsentStatus.NOT_ASKED
    flags: tuple[Flag, ...] = ()
    next_of_kin_informed: bool = False

    def as_of(self, now: datetime) -> "Facts":
        """The facts as they hold at `now`: a contact plan that has run out vouches for nothing any more."""
        if self.plan_until is None or now < self.plan_until:
            return self
        return replace(
            self,
            phones=tuple(replace(phone, safe=_unvouched(phone.safe)) for phone in self.phones),
            email_safe=None if self.email_safe is None else _unvouched(self.email_safe),
            address_safe=None if self.address_safe is None else _unvouched(self.address_safe),
            emails=tuple(replace(email, safe=_unvouched(email.safe)) for email in self.emails),
            posts=tuple(replace(post, safe=_unvouched(post.safe)) for post in self.posts),
            plan_until=None,
        )

    @property
    def is_high_risk(self) -> bool:
        """High by the referrer's assessment or by a Marac."""
        return self.risk is RiskLevel.HIGH or self.marac

    @property
    def risk_of_clock(self) -> RiskLevel:
        """The risk level whose clock applies to the first call."""
        return RiskLevel.HIGH if self.is_high_risk else self.risk

    @property
    def is_sensitive(self) -> bool:
        """A flag, kind or close relationship of abuse, or high risk.  Source: docs/policy.md#triage."""
        return (
            self.is_high_risk
            or self.incident in SENSITIVE_KINDS
            or not SENSITIVE_FLAGS.isdisjoint(self.flags)
            or any(s.relationship in CLOSE_RELATIONSHIPS for s in self.suspects)
        )

    @property
    def is_bereaved(self) -> bool:
        """Somebody close has died."""
        return (
            self.incident in BEREAVING_KINDS
            or self.role is VictimRole.BEREAVED
            or Flag.BEREAVED in self.flags
        )

    @property
    def relationship_is_unknown(self) -> bool:
        """Nobody has said what the suspect is to the victim; no suspect named means nobody knows."""
        return not self.suspects or any(s.relationship is Relationship.UNKNOWN for s in self.suspects)


def _unvouched(answer: Answer) -> Answer:
    return Answer.UNKNOWN if answer is Answer.YES else answer
