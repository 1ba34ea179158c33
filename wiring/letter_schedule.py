"""The schedule by which letters are asked about; made when a worker starts, and only once."""

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

SCHEDULE_ID = "letter-reports"
"""One for each namespace, whoever makes it."""
EVERY = timedelta(minutes=30)
"""Letters are printed once a day; half an hour is soon enough to be told, and seldom enough to be allowed."""
ROUND_WITHIN = timedelta(minutes=25)
"""A round that takes longer gives way to the next."""

_log = structlog.get_logger(__name__)


async def keep_asking_about_letters(client: Client, *, task_queue: str = TASK_QUEUE) -> None:
    """Make the schedule, unless it is there; an outage is left to the next worker that starts."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            LetterReportsWorkflow.run,
            id=SCHEDULE_ID,
            task_queue=task_queue,
            execution_timeout=ROUND_WITHIN,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)]),
        # What was missed while Temporal was away is not made up for: one round asks about everything.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=EVERY),
    )
    try:
        await client.create_schedule(SCHEDULE_ID, schedule)
    except ScheduleAlreadyRunningError:
        return
    except RPCError as error:
        _log.warning("letters_not_scheduled", error=type(error).__name__)
