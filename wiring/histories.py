"""Replaying what workflows have lived through against today's code.

A history that does not replay would wedge its workflow as soon as a worker with this code took it up.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.json_format import ParseError
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from domain.errors import HoldfastError
from wiring.sandbox import runner
from workflows.letter_reports import LetterReportsWorkflow
from workflows.missed_texts import MissedTextsWorkflow
from workflows.ongoing_support import SupportWorkflow
from workflows.practical_help import PracticalHelpWorkflow
from workflows.referral import ReferralWorkflow
from workflows.repair_dispatch import RepairDispatchWorkflow

WORKFLOWS = (
    ReferralWorkflow,
    SupportWorkflow,
    RepairDispatchWorkflow,
    PracticalHelpWorkflow,
    LetterReportsWorkflow,
    MissedTextsWorkflow,
)
"""Every workflow there is."""
_NAMES = ", ".join(f"'{getattr(one, '__temporal_workflow_definition').name}'" for one in WORKFLOWS)
_OURS = f"WorkflowType IN ({_NAMES})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of one history."""

    name: str
    """The file, or the workflow and its run."""
    events: int
    why_not: str = ""
    """Why it does not replay; empty if it does.  Tells nothing that the history hides."""


class UnreadableHistory(HoldfastError):
    """A file is no history; the text names it."""


def recorded(folder: Path) -> list[tuple[str, WorkflowHistory]]:
    """Read the histories of a folder, by name.

    Raises:
        UnreadableHistory: A file in it is none.
    """
    return [(path.stem, _read(path)) for path in sorted(folder.glob("*.json"))]


async def live(client: Client, *, limit: int) -> AsyncIterator[tuple[str, WorkflowHistory]]:
    """Fetch the histories of what runs and has run lately, newest first."""
    async for run in client.list_workflows(_OURS, limit=limit):
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        yield f"{run.id} {run.run_id}", await handle.fetch_history()


async def replay(
    histories: AsyncIterator[tuple[str, WorkflowHistory]],
    *,
    data_converter: DataConverter,
    workflows: Sequence[type] = WORKFLOWS,
) -> AsyncIterator[Replayed]:
    """Replay each with today's code, watched as strictly as in a worker."""
    replayer = Replayer(workflows=workflows, workflow_runner=runner(), data_converter=data_converter)
    async for name, history in histories:
        if has_begun(history):
            why_not = await _why_not(replayer, history)
            yield Replayed(name=name, events=len(history.events), why_not=why_not)


def has_begun(history: WorkflowHistory) -> bool:
    """Whether any of our code has run: the replayer waits for ever for the first task of one that has not."""
    return any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for event in history.events)


def _read(path: Path) -> WorkflowHistory:
    try:
        return WorkflowHistory.from_json(path.stem, path.read_text())
    except (OSError, ValueError, ParseError) as error:
        raise UnreadableHistory(f"{path} is not a history: {type(error).__name__}") from None


async def _why_not(replayer: Replayer, history: WorkflowHistory) -> str:
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return _reason(result.replay_failure) if result.replay_failure else ""


def _reason(failure: Exception) -> str:
    """Say it in one line."""
    words = " ".join(str(failure).split())
    return f"{type(failure).__name__}: {words}"[:300]
