"""One referral in the hands of the demo's people: what they last saw of it, and what they do next."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any, Self

from cli.demo.service import Answer, NotAsPlayed, Service
from domain.vocabulary import AttemptOutcome, CommandState, DecisionKind, Outcome, Stage

Json = dict[str, Any]

_API = "/api/v1"
_ACCEPTED = 202
_A_MOMENT = 1.0
"""Seconds from when something is due until it has probably been done."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two looks, when nothing says when to look: longer and longer."""
_LOOKS = 60
"""How often somebody looks before saying that it does not come about: some five minutes of a service that answers."""
_LONGEST_WAIT = 20.0
"""Seconds; no wait of a rehearsal is longer, and nobody sits there until tomorrow."""
_MOST_CALLS = 10
"""A call may turn out not to count and is made again; after so many somebody asks why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearers:
    """The tokens of those who play."""

    police: str
    coordinator: str
    manager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was last seen of a referral."""

    id: str
    stage: Stage
    outcome: Outcome | None
    attempts_counted: int
    due_at: datetime | None
    received_at: datetime
    links: tuple[Json, ...] = ()

    @classmethod
    def of(cls, shown: Json) -> Self:
        """Read an answer."""
        due_at = (shown["next_action"] or {}).get("due_at")
        return cls(
            id=shown["id"],
            stage=Stage(shown["stage"]),
            outcome=Outcome(shown["outcome"]) if shown["outcome"] else None,
            attempts_counted=shown["attempts_counted"],
            due_at=datetime.fromisoformat(due_at) if due_at else None,
            received_at=datetime.fromisoformat(shown["received_at"]),
            links=tuple(shown.get("links", ())),
        )


class Case:
    """A referral, and everybody who acts on it."""

    def __init__(self, service: Service, bearers: Bearers, reference: str, seen: Seen) -> None:
        self._service = service
        self._bearers = bearers
        self._reference = reference
        self._steps = 0
        self.seen = seen

    @classmethod
    async def reported(cls, service: Service, bearers: Bearers, report: Json) -> Self:
        """Report somebody, as the police."""
        reference = report["source"]["reference"]
        answer = await service.post(bearers.police, f"{_API}/referrals", report, key=reference)
        return cls(service, bearers, reference, Seen.of(answer.body))

    async def look(self) -> None:
        """Read the referral."""
        self.seen = Seen.of(await self._service.get(self._bearers.coordinator, self._path))

    async def ring(self, outcome: AttemptOutcome) -> None:
        """Record one call, when it is due."""
        await self.until_due()
        await self._do("contact-attempts", {"outcome": outcome})

    async def ring_in_vain(self, calls: int) -> None:
        """Ring until so many calls that nobody answered have counted."""
        await self._ring_while(lambda: self.seen.attempts_counted < calls)

    async def ring_to_the_limit(self) -> None:
        """Ring until the service wants no more calls."""
        await self._ring_while(lambda: self.seen.stage in {Stage.RECEIVED, Stage.CONTACTING})

    async def decide(self, decision: DecisionKind, reason: str, **more: Any) -> None:
        """Decide something, as the coordinator."""
        await self._do("decisions", {"decision": decision, "reason": reason, **more})

    async def review(self) -> None:
        """Review ongoing support, when that is due."""
        await self.until_due()
        await self._do("reviews", {"outcome": "engaged", "note": "Going well."})

    async def until(self, *stages: Stage) -> None:
        """Look on, without hurry, until the referral is in one of these stages."""
        for pause in _gently():
            if self.seen.stage in stages:
                return
            await asyncio.sleep(max(self._seconds_to_due() + _A_MOMENT, pause))
            await self.look()
        raise NotAsPlayed(f"{self._path} is still {self.seen.stage}")

    async def until_due(self) -> None:
        """Wait for the time of the next action."""
        await asyncio.sleep(self._seconds_to_due())

    async def _ring_while(self, wanted: Callable[[], bool]) -> None:
        for silence in islice(cycle(_SILENCES), _MOST_CALLS):
            if not wanted():
                return
            await self.ring(silence)
        raise NotAsPlayed(f"{self._path}: calls do not count")

    def _seconds_to_due(self) -> float:
        if self.seen.due_at is None:
            return 0.0
        return min(max((self.seen.due_at - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT)

    @property
    def _path(self) -> str:
        return f"{_API}/referrals/{self.seen.id}"

    async def _do(self, what: str, body: Json) -> None:
        self._steps += 1
        key = f"{self._reference}/{self._steps}"
        answer = await self._service.post(self._bearers.coordinator, f"{self._path}/{what}", body, key=key)
        if answer.status == _ACCEPTED:
            await self._applied(answer)
            await self.look()
        else:
            self.seen = Seen.of(answer.body)

    async def _applied(self, answer: Answer) -> None:
        """Wait for a command that is stored and not applied yet: Temporal is away, or busy."""
        for pause in _gently():
            told = await self._service.get(self._bearers.coordinator, answer.location)
            match CommandState(told["state"]):
                case CommandState.APPLIED:
                    return
                case CommandState.REFUSED:
                    raise NotAsPlayed(f"{answer.location} was refused: {told['why']}")
                case CommandState.PENDING:
                    await asyncio.sleep(pause)
        raise NotAsPlayed(f"{answer.location} is still pending")


_SILENCES = (AttemptOutcome.NO_ANSWER, AttemptOutcome.VOICEMAIL_LEFT, AttemptOutcome.VOICEMAIL_NOT_LEFT)


def _gently() -> Iterator[float]:
    """Pauses between looks, longer and longer."""
    for look in range(_LOOKS):
        yield min(_FIRST_PAUSE * 1.5**look, _LONGEST_PAUSE)
