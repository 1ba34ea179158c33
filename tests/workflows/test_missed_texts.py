"""Texts the provider could not bring to us are looked for; a provider that is away costs one look."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.missed_texts import LOOKS_BACK, Look, MissedTextActivities
from domain.callback_ports import InboundText
from tests.workflows.lives import a_worker, replayer
from workflows.missed_texts import MissedTextsWorkflow


@dataclass
class Tables:
    """Tables that know some texts already."""

    known: set[str]
    heard: list[str] = field(default_factory=list)

    def take_in(self, came: InboundText, *, now: datetime) -> bool:
        is_new = came.event_id not in self.known
        self.known.add(came.event_id)
        self.heard += [came.event_id] * is_new
        return is_new


class Source:
    """A provider to which three texts came."""

    def texts_since(self, since: datetime) -> tuple[InboundText, ...]:
        at = since + LOOKS_BACK
        return tuple(
            InboundText(event_id=f"SM{n}", sender="+447700900123", words="STOP", received_at=at)
            for n in range(3)
        )


async def look(env: WorkflowEnvironment, step, *, cache: int) -> int:
    queue = f"test-{uuid.uuid4()}"
    async with a_worker(env.client, queue, [step], cache=cache):
        handle = await env.client.start_workflow(MissedTextsWorkflow.run, id=queue, task_queue=queue)
        news = await handle.result()
    await replayer(env.client).replay_workflow(await handle.fetch_history())
    return news


async def test_what_was_not_heard_is_taken_in_once(temporal_env: WorkflowEnvironment, cache: int) -> None:
    tables = Tables(known={"SM1"})
    step = MissedTextActivities(tables, Source()).take_in_missed_texts
    assert [await look(temporal_env, step, cache=cache) for _ in range(2)] == [2, 0]
    assert tables.heard == ["SM0", "SM2"]


async def test_where_nobody_can_be_asked_nothing_is_taken_in(
    temporal_env: WorkflowEnvironment, cache: int
) -> None:
    step = MissedTextActivities(Tables(set()), None).take_in_missed_texts
    assert await look(temporal_env, step, cache=cache) == 0


async def test_a_look_that_fails_is_left_to_the_next(temporal_env: WorkflowEnvironment, cache: int) -> None:
    @activity.defn(name="take_in_missed_texts")
    def fail(_: Look) -> int:
        raise ApplicationError("away", non_retryable=True)

    assert await look(temporal_env, fail, cache=cache) == 0
