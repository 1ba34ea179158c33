"""What somebody who asked for support is told happens now: computed from the rules, and no more than they say."""

from dataclasses import dataclass
from datetime import datetime

from api.opening import coming_time_in_words
from domain.call_planning import next_call_at
from domain.channels import callable_phones
from domain.facts import Facts
from domain.policy import Policy
from domain.triage import is_protected, triage
from domain.vocabulary import VoicemailRule
from domain.working_hours import add_open_time


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSteps:
    """What happens after the form was sent."""

    rings: str
    """When somebody rings, such as "today at 4pm at the latest"; empty where nobody may, or a person decides first."""
    speaks_first: bool
    """Whether there is a number that may be rung: then nothing is written before somebody has spoken to them."""
    at_chosen_times: bool
    """Whether the person said when it suits."""
    leaves_message: bool
    """Whether something may be left on an answerphone."""
    is_elsewhere: bool
    """Whether this service does not cover what was told, so that another one has to be found."""


def next_steps(facts: Facts, policy: Policy, *, received_at: datetime, now: datetime) -> NextSteps:
    """Say what happens next.

    Args:
        facts: Of the referral as it was sent.
        policy: The one it is carried with.
        received_at: When it came in: the clock of the first call runs from there.
        now: When it is said.
    """
    found = triage(facts, policy, sensitive=facts.is_sensitive)
    ends = found.ends_as is not None and not found.holds
    phones = callable_phones(facts, sensitive=facts.is_sensitive, closed=())
    is_rung = bool(phones) and not found.holds and found.ends_as is None
    return NextSteps(
        rings=_call_in_words(facts, policy, received_at=received_at, now=now) if is_rung else "",
        speaks_first=bool(phones),
        at_chosen_times=bool(facts.windows),
        leaves_message=bool(phones) and phones[0].voicemail is not VoicemailRule.NONE,
        is_elsewhere=ends and not is_protected(facts, sensitive=facts.is_sensitive),
    )


def has_time_to_ring(facts: Facts, policy: Policy, now: datetime) -> bool:
    """Whether the person's times and our hours share any; true where nobody is to be rung."""
    phones = callable_phones(facts, sensitive=facts.is_sensitive, closed=())
    return not phones or _first_call_at(facts, policy, now) is not None


def _call_in_words(facts: Facts, policy: Policy, *, received_at: datetime, now: datetime) -> str:
    """The end of the time for a first call or, if that is later, the first time that suits the person."""
    first = _first_call_at(facts, policy, received_at)
    if first is None:
        return ""
    latest = add_open_time(policy.hours, received_at, policy.contact.first_call_within[facts.risk_of_clock])
    moment = coming_time_in_words(max(latest, first), at=now, time_zone=policy.hours.time_zone)
    return f"{moment} at the latest" if first < latest else f"{moment} or soon after"


def _first_call_at(facts: Facts, policy: Policy, at: datetime) -> datetime | None:
    return next_call_at(now=at, policy=policy, windows=facts.windows, counted_at=(), not_before=None)
