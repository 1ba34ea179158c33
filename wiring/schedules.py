"""The schedules by which letters are asked about and texts looked for; made when a worker starts, and only once."""

from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError

from wiring.temporal import TASK_QUEUE
from workflows.letter_reports import LetterReportsWorkflow
from workflows.missed_texts import MissedTextsWorkflow

LETTERS, TEXTS = "letter-reports", "missed-texts"
"""One of each for a namespace, whoever makes it."""
LETTERS_EVERY = timedelta(minutes=30)
"""Letters are printed once a day; half an hour is soon enough to be told, and seldom enough to be allowed."""
TEXTS_EVERY = timedelta(minutes=5)
"""Somebody may have asked us to stop."""
_OF_ITS_TIME = 5 / 6
"""A round that takes longer gives way to the next."""

_log = structlog.get_logger(__name__)


async def keep_asking_about_letters(client: Client, *, task_queue: str = TASK_QUEUE) -> None:
    """Make the schedule, unless it is there; an outage is left to the next worker that starts."""
    round_within = LETTERS_EVERY * _OF_ITS_TIME
    action = ScheduleActionStartWorkflow(
        LetterReportsWorkflow.run, id=LETTERS, task_queue=task_queue, execution_timeout=round_within
    )
    await _keep(client, action, LETTERS_EVERY)


async def keep_looking_for_texts(client: Client, *, task_queue: str = TASK_QUEUE) -> None:
    """The same for texts that the provider could not bring to us."""
    look_within = TEXTS_EVERY * _OF_ITS_TIME
    action = ScheduleActionStartWorkflow(
        MissedTextsWorkflow.run, id=TEXTS, task_queue=task_queue, execution_timeout=look_within
    )
    await _keep(client, action, TEXTS_EVERY)


async def _keep(client: Client, action: ScheduleActionStartWorkflow, every: timedelta) -> None:
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        # What was missed while Temporal was away is not made up for: one round asks about everything.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )
    try:
        await client.create_schedule(action.id, schedule)
    except ScheduleAlreadyRunningError:
        return
    except RPCError as error:
        _log.warning("not_scheduled", what=action.id, error=type(error).__name__)
