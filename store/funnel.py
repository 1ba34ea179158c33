"""The funnel: every referral received, each in the first place that fits, counted in one statement.

One statement sees one snapshot, so the sums hold at every moment, also in the middle of a turn.
Source: docs/reference/api.md, `GET /statistics`; rule 7 of docs/policy.md.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Case, Engine, Text, case, cast, func, literal, null, select, true, union_all

from domain.vocabulary import Channel, DecisionKind, Lane, MessageState, Outcome, Stage
from store.message_row import MESSAGE
from store.referral_row import REFERRAL

_SIMULATED = "simulated"
_DECIDED = (DecisionKind.ONGOING_SUPPORT, DecisionKind.SINGLE_CALL, DecisionKind.DECLINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many referrals are where; the identities of the contract hold by how it is made."""

    as_of: datetime
    information: int
    waiting: int
    held: int
    undecided: int
    ongoing_support: int
    single_call: int
    declined: int
    not_reached: int
    diverted: dict[str, int] = field(default_factory=dict)
    letters_sent: int
    emails_sent: int
    texts_sent: int
    simulated: dict[Channel, int] = field(default_factory=dict)
    """Of what was sent, how much never really left."""

    @property
    def contacted(self) -> int:
        """Those about whom something was decided with the person."""
        return self.supported + self.declined

    @property
    def supported(self) -> int:
        """Those who were given support."""
        return self.ongoing_support + self.single_call

    @property
    def referred(self) -> int:
        """Those who were to be contacted."""
        places = self.waiting + self.held + self.undecided + self.contacted + self.not_reached
        return places + sum(self.diverted.values())

    @property
    def received(self) -> int:
        """All."""
        return self.referred + self.information


class StatisticsStore:
    """Counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def funnel(self, *, received_from: datetime | None = None, received_to: datetime | None = None) -> Funnel:
        """Count the referrals received in `[received_from, received_to)`; without a bound, all on that side."""
        within = [
            REFERRAL.c.received_at >= received_from if received_from else true(),
            REFERRAL.c.received_at < received_to if received_to else true(),
        ]
        place = _place()
        diverted_as = case((place == "diverted", REFERRAL.c.outcome), else_=null())
        now = func.statement_timestamp()
        places = (
            select(literal("place"), place, diverted_as, func.count(), now)
            .where(*within)
            .group_by(place, diverted_as)
        )
        how = case((MESSAGE.c.simulated, _SIMULATED), else_=null())
        left = (
            select(literal("left"), MESSAGE.c.channel, how, func.count(), now)
            .join_from(MESSAGE, REFERRAL, REFERRAL.c.id == MESSAGE.c.referral_id)
            .where(*within, MESSAGE.c.state == MessageState.SENT)
            .group_by(MESSAGE.c.channel, how)
        )
        as_of = select(literal("as_of"), literal(""), cast(null(), Text), literal(0), now)
        with self._engine.connect() as connection:
            rows = connection.execute(union_all(places, left, as_of)).all()
        return _funnel([(row[0], row[1], row[2], row[3]) for row in rows], as_of=rows[0][4])


def _place() -> Case[Any]:
    """The contract's order, written down once."""
    return case(
        (REFERRAL.c.lane == Lane.INFORMATION, "information"),
        (REFERRAL.c.decision.in_(_DECIDED), REFERRAL.c.decision),
        (
            REFERRAL.c.stage == Stage.CLOSED,
            case((REFERRAL.c.outcome == Outcome.NOT_REACHED, "not_reached"), else_="diverted"),
        ),
        (REFERRAL.c.stage == Stage.HELD, "held"),
        (REFERRAL.c.reached_since_opening, "undecided"),
        else_="waiting",
    )


def _funnel(rows: list[tuple[str, str, str | None, int]], *, as_of: datetime) -> Funnel:
    places = {name: count for of, name, _, count in rows if of == "place" and name != "diverted"}
    sent = [(Channel(name), how, count) for of, name, how, count in rows if of == "left"]
    left = {channel: sum(count for of, _, count in sent if of is channel) for channel in Channel}
    return Funnel(
        as_of=as_of,
        information=places.get("information", 0),
        waiting=places.get("waiting", 0),
        held=places.get("held", 0),
        undecided=places.get("undecided", 0),
        ongoing_support=places.get("ongoing_support", 0),
        single_call=places.get("single_call", 0),
        declined=places.get("declined", 0),
        not_reached=places.get("not_reached", 0),
        diverted={str(outcome): count for of, name, outcome, count in rows if name == "diverted"},
        letters_sent=left[Channel.LETTER],
        emails_sent=left[Channel.EMAIL],
        texts_sent=left[Channel.TEXT],
        simulated={channel: count for channel, how, count in sent if how == _SIMULATED},
    )
