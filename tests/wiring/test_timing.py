"""How long Temporal takes is told by what came of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import generate_latest
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.events import ALREADY_SETTLED, Answer, AttemptMade, Command
from domain.vocabulary import AttemptOutcome
from tests.builders import NOW
from wiring.temporal import Orchestra
from wiring.timing import TIMES

WITHIN = timedelta(seconds=1)
COMMAND = Command(id="c-1", ordinal=1, event=AttemptMade(outcome=AttemptOutcome.NO_ANSWER, made_at=NOW))


class Temporal:
    """As much of a client as is asked for: it gives, or raises, what it was told to."""

    def __init__(self, comes: object) -> None:
        self._comes = comes

    def get_workflow_handle(self, *_: object) -> "Temporal":
        return self

    async def execute_update(self, *_: object, **__: object) -> object:
        if isinstance(self._comes, BaseException):
            raise self._comes
        return self._comes

    start_workflow = execute_update


def told() -> dict[str, float]:
    samples = (sample for metric in TIMES.collect() for sample in metric.samples)
    return {
        f"{sample.name.removesuffix('_count')} {sample.labels['result']}": sample.value
        for sample in samples
        if sample.name.endswith("_count")
    }


@pytest.fixture
def new() -> Iterator[dict[str, float]]:
    """What was counted in this test; filled when it is asked for."""

    class New(dict[str, float]):
        before = told()

        def __missing__(self, name: str) -> float:
            return told()[name] - self.before[name]

    return New()


UNAVAILABLE = RPCError("unavailable", RPCStatusCode.UNAVAILABLE, b"")


@pytest.mark.parametrize(
    ("comes", "result"),
    [
        (Answer(applied=True, revision=2), "applied"),
        (Answer(applied=False, revision=1, code="not_possible_now", why="No."), "refused"),
        (Answer(applied=True, revision=2, code=ALREADY_SETTLED), "unanswered"),
        (WorkflowUpdateRPCTimeoutOrCancelledError(), "unanswered"),
        (UNAVAILABLE, "unanswered"),
    ],
    ids=["applied", "refused", "taken in before", "not in time", "away"],
)
async def test_a_command_is_timed_by_what_became_of_it(
    comes: object, result: str, new: dict[str, float]
) -> None:
    await Orchestra(Temporal(comes)).send_command("referral-1", COMMAND, within=WITHIN)  # type: ignore[arg-type]
    assert {name: new[f"holdfast_command_seconds {name}"] for name in ("applied", "refused", "unanswered")} == {
        "applied": 0, "refused": 0, "unanswered": 0, result: 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("comes", "result"),
    [
        (None, "started"),
        (WorkflowAlreadyStartedError("referral-1", "ReferralWorkflow"), "started"),
        (UNAVAILABLE, "unanswered"),
    ],
    ids=["new", "known", "away"],
)
async def test_a_start_is_timed_by_whether_it_came_about(
    comes: object, result: str, new: dict[str, float]
) -> None:
    await Orchestra(Temporal(comes)).start_referral("r-1", within=WITHIN)  # type: ignore[arg-type]
    assert {name: new[f"holdfast_start_seconds {name}"] for name in ("started", "unanswered")} == {
        "started": 0, "unanswered": 0, result: 1,
    }  # fmt: skip


async def test_times_name_nobody() -> None:
    await Orchestra(Temporal(UNAVAILABLE)).send_command("referral-1", COMMAND, within=WITHIN)  # type: ignore[arg-type]
    assert "c-1" not in (text := generate_latest(TIMES).decode())
    assert "referral-1" not in text
