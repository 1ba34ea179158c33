"""Where a referral goes first, and goes again after a correction.  Source: docs/policy.md#triage."""

from collections.abc import Collection
from dataclasses import dataclass, field

from domain.facts import Facts
from domain.policy import Policy
from domain.vocabulary import ConsentStatus, Flag, Lane, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything triage finds; holds go before an ending, an ending before going on."""

    holds: tuple[str, ...] = field(default=())
    """Kinds of hold, gravest first."""
    ends_as: Outcome | None = None
    """How a machine would end it at once."""
    reason: str = ""


def triage(facts: Facts, policy: Policy, *, sensitive: bool, released: Collection[str] = ()) -> Findings:
    """Judge a referral by its facts alone.

    Args:
        facts: As received or last corrected.
        policy: The one the workflow carries.
        sensitive: Sticky: a correction never unmarks it.
        released: Kinds of hold a person has released before; they are not asked again.
    """
    holds = tuple(kind for kind in _holds(facts, policy, sensitive=sensitive) if kind not in released)
    ends_as, reason = _ending(facts, policy)
    return Findings(holds=holds, ends_as=ends_as, reason=reason)


def lane_of(facts: Facts, *, sensitive: bool) -> Lane:
    """Sensitive, bereaved and child referrals never take the information lane by machine."""
    return Lane.CONTACT if is_protected(facts, sensitive=sensitive) else facts.lane


def is_protected(facts: Facts, *, sensitive: bool) -> bool:
    """Whether a machine may only hold: sensitive, bereaved or a child."""
    return sensitive or facts.is_bereaved or facts.is_child


def _holds(facts: Facts, policy: Policy, *, sensitive: bool) -> list[str]:
    holds = []
    if Flag.COUNTER_ALLEGATION in facts.flags:
        holds.append("counter_allegation")
    if facts.is_high_risk and facts.consent is not ConsentStatus.GIVEN:
        holds.append("specialist")
    if facts.is_bereaved and not facts.next_of_kin_informed:
        holds.append("next_of_kin")
    if facts.guardian_is_suspect:
        holds.append("guardian")
    if facts.incident in policy.triage.violence_kinds and facts.relationship_is_unknown:
        holds.append("confirm_safety")
    if _lacks_explicit_consent(facts, policy):
        holds.append("consent")
    if is_protected(facts, sensitive=sensitive) and facts.lane is Lane.INFORMATION:
        holds.append("proposal")
    return holds


def _lacks_explicit_consent(facts: Facts, policy: Policy) -> bool:
    if facts.consent in {ConsentStatus.GIVEN, ConsentStatus.REFUSED} or facts.is_high_risk:
        return False
    marks = {Flag(kind) for kind in (facts.incident.value,) if kind in set(Flag)} | set(facts.flags)
    if facts.is_bereaved:
        marks.add(Flag.BEREAVED)
    if facts.is_child:
        marks.add(Flag.CHILD)
    return not marks.isdisjoint(policy.triage.explicit_consent_for)


def _ending(facts: Facts, policy: Policy) -> tuple[Outcome | None, str]:
    if facts.incident in policy.triage.excluded_kinds:
        return Outcome.EXCLUDED, "This service does not take this kind of incident."
    if facts.outward_code is not None and not _in_area(facts.outward_code, policy.triage.areas):
        return Outcome.OUT_OF_AREA, "The person lives outside the area of this service."
    if facts.consent is ConsentStatus.REFUSED and not facts.is_high_risk:
        return Outcome.RETURNED_TO_REFERRER, "The person did not agree to be referred."
    return None, ""


def _in_area(outward_code: str, areas: Collection[str]) -> bool:
    area = "".join(character for character in outward_code[:2] if character.isalpha())
    return not areas or outward_code in areas or area in areas
