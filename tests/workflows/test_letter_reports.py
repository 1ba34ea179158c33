"""Letters are asked about page by page, and a provider that is away costs one round."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.letter_reports import AT_ONCE, LetterPage, LetterReportActivities
from domain.callback_ports import ProviderReport
from domain.vocabulary import Channel, DeliveryReport
from tests.workflows.lives import a_worker, replayer
from wiring.schedules import (
    LETTERS,
    LETTERS_EVERY,
    TEXTS,
    TEXTS_EVERY,
    keep_asking_about_letters,
    keep_looking_for_texts,
)
from workflows.letter_reports import LetterReportsWorkflow


@dataclass
class Letters:
    """Tables with so many letters under way."""

    keys: list[str]
    taken_in: list[ProviderReport] = field(default_factory=list)

    def letters_under_way(self, *, after: str, now: datetime, limit: int) -> tuple[str, ...]:
        assert now.tzinfo is not None
        return tuple(key for key in self.keys if key > after)[:limit]

    def take_in(self, reports: Iterable[ProviderReport], *, now: datetime) -> int:
        told = list(reports)
        self.taken_in += told
        return len(told)


class Source:
    """A provider that says of every letter that it was posted."""

    def reports(self, key: str) -> tuple[ProviderReport, ...]:
        sent = DeliveryReport.SENT
        return (ProviderReport(event_id=key, channel=Channel.LETTER, report=sent, message_key=key),)


def letters(number: int) -> Letters:
    return Letters([f"letter-{n:04}" for n in range(number)])


async def round_of(env: WorkflowEnvironment, step, *, cache: int) -> int:
    queue = f"test-{uuid.uuid4()}"
    async with a_worker(env.client, queue, [step], cache=cache):
        handle = await env.client.start_workflow(LetterReportsWorkflow.run, id=queue, task_queue=queue)
        pages = await handle.result()
    await replayer(env.client).replay_workflow(await handle.fetch_history())
    return pages


@pytest.mark.parametrize(("number", "pages"), [(0, 1), (1, 1), (AT_ONCE, 2), (2 * AT_ONCE + 3, 3)])
async def test_every_letter_is_asked_about_once_a_round(
    temporal_env: WorkflowEnvironment, cache: int, number: int, pages: int
) -> None:
    tables = letters(number)
    step = LetterReportActivities(tables, {Channel.LETTER: Source()}).ask_about_letters
    assert await round_of(temporal_env, step, cache=cache) == pages
    assert [report.message_key for report in tables.taken_in] == tables.keys


async def test_where_nobody_can_be_asked_nothing_is_asked(
    temporal_env: WorkflowEnvironment, cache: int
) -> None:
    tables = letters(3)
    assert (
        await round_of(temporal_env, LetterReportActivities(tables, {}).ask_about_letters, cache=cache) == 1
    )
    assert tables.taken_in == []


async def test_a_page_that_cannot_be_asked_about_is_left_for_the_next_round(
    temporal_env: WorkflowEnvironment, cache: int
) -> None:
    # Otherwise a round that hangs would keep every later one from beginning.
    @activity.defn(name="ask_about_letters")
    def ask(page: LetterPage) -> str | None:
        if page.after:
            raise ApplicationError("away", non_retryable=True)
        return "letter-0049"

    assert await round_of(temporal_env, ask, cache=cache) == 1


@pytest.mark.parametrize(
    ("keep", "name", "every"),
    [(keep_asking_about_letters, LETTERS, LETTERS_EVERY), (keep_looking_for_texts, TEXTS, TEXTS_EVERY)],
)
async def test_a_schedule_is_made_once_however_many_workers_start(
    temporal_env: WorkflowEnvironment, keep, name: str, every: timedelta
) -> None:
    client: Client = temporal_env.client
    try:
        for _ in range(2):
            await keep(client)
        described = await client.get_schedule_handle(name).describe()
        [interval] = described.schedule.spec.intervals
        assert interval.every == every
    finally:
        await client.get_schedule_handle(name).delete()
