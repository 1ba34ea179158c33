"""Why a referral may be held: each kind with who may release it and how grave it is.

Every hold has a kind, a role that may release it and a review date that asks a person.
Source: rule 10 of docs/policy.md; docs/policy.md#holds.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldKind:
    """One kind of hold and its consequences."""

    kind: str
    reason: str
    release_by_role: Role
    recalls: bool = False
    """Whether what was made and has not left is recalled rather than kept waiting."""


KINDS = {
    entry.kind: entry
    for entry in (
        HoldKind(
            kind="immediate_danger",
            reason="Somebody is in immediate danger; a supervisor has been alerted.",
            release_by_role=Role.MANAGER,
            recalls=True,
        ),
        HoldKind(
            kind="victim_has_died",
            reason="We were told that this person has died; a supervisor verifies it.",
            release_by_role=Role.MANAGER,
            recalls=True,
        ),
        HoldKind(
            kind="third_party_answered",
            reason="Somebody else answered on a sensitive referral; a safe channel has to be found.",
            release_by_role=Role.MANAGER,
            recalls=True,
        ),
        HoldKind(
            kind="child_answered",
            reason="A child answered on a sensitive referral; a safe channel has to be found.",
            release_by_role=Role.MANAGER,
            recalls=True,
        ),
        HoldKind(
            kind="counter_allegation",
            reason="This person may also be a suspect; a supervisor decides.",
            release_by_role=Role.MANAGER,
            recalls=True,
        ),
        HoldKind(
            kind="stopped",
            reason="Everything was stopped; a supervisor finds out why and decides.",
            release_by_role=Role.MANAGER,
            recalls=True,
        ),
        HoldKind(
            kind="specialist",
            reason="High risk without consent: a specialist decides how to go on.",
            release_by_role=Role.MANAGER,
        ),
        HoldKind(
            kind="next_of_kin",
            reason="Next of kin are not yet known to have been told.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="guardian",
            reason="The guardian may be a suspect; somebody decides who may be spoken to.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="confirm_safety",
            reason="Violence, and nobody has said who did it: confirm that contact is safe first.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="consent",
            reason="This kind of referral needs explicit consent, and none is recorded.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="withdrawal",
            reason="The referrer withdrew; a person decides whether to stop.",
            release_by_role=Role.COORDINATOR,
            recalls=True,
        ),
        HoldKind(
            kind="language_barrier",
            reason="An interpreter has to be found.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="message_unknown",
            reason="It is not known whether a message left; a person checks.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="message_refused",
            reason="A message could not leave; a person looks why.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="reopened",
            reason="This referral was closed with care; a person decides how to reopen it.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="proposal",
            reason="A machine may not take this step alone; a person decides.",
            release_by_role=Role.COORDINATOR,
        ),
        HoldKind(
            kind="other",
            reason="Held by a person.",
            release_by_role=Role.COORDINATOR,
        ),
    )
}
"""Gravest first; `release` without a kind lifts the first one present."""

_GRAVITY = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One reason why nothing may leave."""

    kind: str
    """A key of `KINDS`, or a person's own word."""
    reason: str
    release_by_role: Role
    since: datetime
    review_at: datetime
    review_asked: bool = False
    """Whether the review date has come and a person has been asked."""
    proposes: str | None = None
    """The step a machine would have taken: an outcome, or `write`."""

    @property
    def recalls(self) -> bool:
        """Whether it takes back what was made; while it stands, so does the stop that led to it."""
        return KINDS.get(self.kind, KINDS["other"]).recalls

    @property
    def gravity(self) -> int:
        """Smaller is graver; a person's own kinds rank with `other`."""
        return _GRAVITY.get(self.kind, _GRAVITY["other"])


def gravest(holds: tuple[Hold, ...]) -> Hold:
    """The hold to look at first.  `holds` is never empty."""
    return min(holds, key=lambda hold: (hold.gravity, hold.since))
