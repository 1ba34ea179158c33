"""What the safety gate is asked, what it may know, and what it answers.  Source: rule 1 of docs/policy.md."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from domain.facts import Facts
from domain.policy import Policy
from domain.vocabulary import Channel, ContactChannel, Lane, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A call that would appear on the worklist as due."""

    at: datetime
    """When it would be due; aware."""
    agreed: bool = False
    """Whether a person chose the time, or promised it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Something written that would leave."""

    channel: Channel
    purpose: Purpose
    approved: bool = False
    """Whether a person asked for it, or released it."""
    address_id: str = ""
    """The one number it may go to, by its opaque id; empty: whichever the rules put first."""


Act = Ring | Write
"""Everything that can go out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """All the gate may know of a referral at this moment."""

    facts: Facts
    """As last corrected, and as they hold now (`Facts.as_of`)."""
    policy: Policy
    now: datetime
    sensitive: bool
    """Sticky: a correction never unmarks it."""
    protected: bool
    """Sensitive, bereaved or a child."""
    closed: Collection[str] = ()
    """Numbers and addresses that are not written to any more, by their opaque ids."""
    closed_numbers: Collection[str] = ()
    """Numbers that are not rung any more: a text that bounced says nothing about ringing."""
    opted_out: Collection[ContactChannel] = ()
    """Channels somebody asked us to stop, on this referral."""
    known_opt_outs: Collection[ContactChannel] = ()
    """Channels whose address somebody asked us to stop on an earlier occasion: shown to a person, not obeyed."""
    stopped: bool = False
    """Whether a stop stands in the tables."""
    held: bool = False
    in_touch: bool = False
    """Whether somebody was spoken to, or replied."""
    unasked: bool = False
    """Whether the person asked for help and nobody has spoken to them yet."""
    lane: Lane = Lane.CONTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """It may go out as it is."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alter:
    """It may go out differently; what is `None` stays as asked."""

    reason: str
    channel: Channel | None = None
    at: datetime | None = None
    """Not before."""
    neutral: bool = False
    """In words, and with a caller display, that tell nothing."""

    @property
    def only_words(self) -> bool:
        """Whether it may go out now and by the channel asked, in neutral words."""
        return self.channel is None and self.at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """It may not go out."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAPerson:
    """It may go out if a person says so."""

    reason: str


Ruling = Allow | Alter | Hold | AskAPerson
"""What the gate answers."""


def may_go(ruling: Ruling) -> bool:
    """Whether a ruling lets it go now and by the channel asked, in whatever words."""
    return isinstance(ruling, Allow) or (isinstance(ruling, Alter) and ruling.only_words)
