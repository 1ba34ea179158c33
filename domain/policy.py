"""What a profile lays down for one referral: the policy a workflow begins with and carries as state."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from domain.vocabulary import Flag, IncidentKind, Purpose, RiskLevel, SupportKind, UnknownRule, Weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A span of local wall-clock time on some days of the week.

    `closes` at or before `opens` crosses midnight into the following day; 00:00 to 00:00 is the whole day.
    """

    days: tuple[Weekday, ...]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When people of the service may ring and be rung."""

    time_zone: str
    """An IANA name; every wall-clock time of the profile is read in it."""
    periods: tuple[Period, ...]
    closed_on: tuple[date, ...] = ()
    """Public holidays of the profile's area and its own extra dates, loaded when the workflow began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPolicy:
    """How often and when a victim is rung.  Source: docs/policy.md#contact."""

    attempts: int
    """Counted unanswered attempts after which we write."""
    minimum_gap: timedelta
    """Least time between two counted attempts."""
    gap_tolerance: timedelta = timedelta(seconds=2)
    """Clocks of two systems differ; this much too early still counts."""
    different_part_of_day: bool
    """Whether the next call prefers a part of the day not yet tried (before 12, 12 to 17, after 17)."""
    first_call_within: dict[RiskLevel, timedelta]
    """Opening time from receipt to the first call, by risk; past it a clock is broken."""
    lapse_after: timedelta
    """Opening time after a call is due until the slot counts as lapsed."""
    retry_engaged_after: timedelta
    """Time until an engaged or unobtainable number is tried again."""
    callback_after: timedelta
    """When a call was promised without a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPolicy:
    """When written messages leave, and how long we wait for an answer."""

    cut_off: time | None
    """Local time on working days (Monday to Friday, no holiday) until which a letter can be recalled."""
    cut_off_after: timedelta | None
    """For rehearsals instead of `cut_off`: this long after making."""
    wait_after: timedelta
    """From posting to closing as `not_reached` or `informed`."""
    recall_for: timedelta = timedelta(0)
    """The least time between making a letter and its cut-off: a nearer cut-off is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePolicy:
    """What holds for everything sent by machine.  Source: docs/policy.md#messages."""

    texts_from: time
    """Local time of day from which texts may leave."""
    texts_until: time
    """Local time of day until which they may: what would wake somebody waits for the morning."""
    unknown_after: timedelta
    """How long a message of unknown fate is waited for, by webhook or query, before the rule of its purpose."""
    unknown_rules: dict[Purpose, UnknownRule]
    """What is done then; a purpose not named asks a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriagePolicy:
    """Who is contacted, asked about, or sent elsewhere.  Source: docs/policy.md#triage."""

    explicit_consent_for: tuple[Flag, ...]
    """Needs `consent.status = given`: domestic_abuse, sexual_offence, bereaved, child …"""
    child_under: int
    """Age in whole years below which a person is a child."""
    violence_kinds: tuple[IncidentKind, ...]
    """With the relationship unknown, a coordinator confirms before first contact."""
    excluded_kinds: tuple[IncidentKind, ...]
    """Incident kinds the service does not take."""
    areas: tuple[str, ...]
    """Postcode areas or outward codes served ("CB", "SG8"); empty: everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPolicy:
    """When a hold asks a person again."""

    review_after: timedelta
    """Calendar time from holding to its review date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPolicy:
    """How ongoing support is followed."""

    first_contact_within: timedelta
    """Default first contact date: this long after the decision."""
    review_every: timedelta
    """From one review to the next."""
    review_missed_after: timedelta
    """Past the due date until a missed review escalates."""
    missed_engagements: int
    """Consecutive contacts without engagement after which a person is asked to decide."""
    default_kind: SupportKind = SupportKind.PHONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything the heart of the code needs to know of a profile; carried by each workflow."""

    profile: str
    """The profile's name, such as `cambridgeshire`."""
    hours: OpeningHours
    contact: ContactPolicy
    letter: LetterPolicy
    triage: TriagePolicy
    hold: HoldPolicy
    support: SupportPolicy
    messages: MessagePolicy | None = None
    """`None` in policies taken on before there was one: a message of unknown fate asks a person at once."""
    version: int = field(default=1)
