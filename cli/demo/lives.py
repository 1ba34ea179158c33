"""How each story is played: the police report, a coordinator rings and decides, time does the rest."""

from datetime import UTC, datetime
from typing import assert_never

from cli.demo.case import Bearers, Case
from cli.demo.plan import ENDINGS, Life, Story
from cli.demo.reports import report
from cli.demo.service import NotAsPlayed, Service
from domain.vocabulary import AttemptOutcome, DecisionKind, DeclineReason, Outcome, Stage, SupportKind

_KINDS = tuple(SupportKind)
_WHY_NOT = tuple(DeclineReason)


async def play(life: Life, service: Service, bearers: Bearers, *, run: str) -> datetime:
    """Play one life from its report to its end.

    Returns:
        When the service received the report.

    Raises:
        NotAsPlayed: It ended otherwise, because somebody else had a hand in it.
    """
    case = await Case.reported(service, bearers, report(life, run=run, today=datetime.now(UTC).date()))
    await _tell(life, case)
    ending, seen = ENDINGS[life.story], case.seen
    if (seen.stage, seen.outcome) != (ending.stage, ending.outcome):
        raise NotAsPlayed(f"{seen.id} is {seen.stage} {seen.outcome or ''}, not {life.story}")
    return seen.received_at


async def _tell(life: Life, case: Case) -> None:
    match life.story:
        case Story.ONGOING_SUPPORT:
            await _reach(case, life)
            await _support(case, life)
        case Story.SINGLE_CALL:
            await _reach(case, life)
            await case.decide(DecisionKind.SINGLE_CALL, "Advice was enough.")
        case Story.DECLINED:
            await _reach(case, life)
            why = _WHY_NOT[life.number % len(_WHY_NOT)]
            await case.decide(DecisionKind.DECLINED, "Does not want support.", decline_reason=why)
        case Story.NOT_REACHED:
            await case.ring_to_the_limit()
            await case.until(Stage.CLOSED)
        case Story.INFORMED:
            await case.until(Stage.CLOSED)
        case Story.EXCLUDED:
            elsewhere = "This kind of incident has a service of its own."
            await case.decide(DecisionKind.CLOSE, elsewhere, outcome=Outcome.EXCLUDED)
        case Story.DUPLICATE:
            await _close_as_duplicate(case)
        case Story.WRONG_NUMBER:
            await case.ring(AttemptOutcome.WRONG_NUMBER)
        case Story.SOMEBODY_ELSE_ANSWERED:
            await case.ring(AttemptOutcome.THIRD_PARTY_ANSWERED)
        case Story.NO_SAFE_NUMBER | Story.WITHOUT_CONSENT | Story.CHILD_PROTECTION | Story.NO_SAFE_WAY:
            await case.until(Stage.HELD, Stage.CLOSED)
        case _:
            assert_never(life.story)


async def _reach(case: Case, life: Life) -> None:
    await case.ring_in_vain(life.answers_at - 1)
    await case.ring(AttemptOutcome.ANSWERED)


async def _support(case: Case, life: Life) -> None:
    """Support begins, is reviewed once and ends: a rehearsal reviews every ten seconds, and nobody would keep up."""
    support = {"kind": _KINDS[life.number % len(_KINDS)], "owner": "Demo team"}
    await case.decide(DecisionKind.ONGOING_SUPPORT, "Would like support for a while.", support=support)
    await case.review()
    await case.decide(DecisionKind.CLOSE, "Support has done what it could.")


async def _close_as_duplicate(case: Case) -> None:
    await case.look()
    same = [link["reference"] for link in case.seen.links if link["kind"] == "duplicate"]
    reason = f"The same report as {same[0]}." if same else "Reported twice."
    await case.decide(DecisionKind.CLOSE, reason, outcome=Outcome.DUPLICATE)
