"""A worker over the real tables that kills its own process at a chosen moment; a program for `OwnWorker`.

python -m tests.workflows.doomed TASK_QUEUE written:TURN|handing_over
"""

import asyncio
import os
import signal
import sys
from typing import Any

from domain.message_ports import Delivery, Outgoing
from domain.ports import Projection
from store.message import MessageStore
from store.ongoing_support import SupportStore
from tests.builders import a_policy
from tests.workflows.fakes import OnePolicy, PlainWriter, ScriptedProvider, activities_over
from tests.workflows.lives import a_worker
from wiring.outfit import Outfit
from wiring.settings import load_settings
from wiring.temporal import connect_now


class DeadlyTables:
    """The real tables; the process dies as soon as one turn is in them."""

    def __init__(self, tables: Any, turn: int) -> None:
        self._tables, self._turn = tables, turn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)

    def project(self, projection: Projection) -> Any:
        written = self._tables.project(projection)
        if projection.state.turn == self._turn:
            dies()
        return written


class DeadlyProvider(ScriptedProvider):
    """The process dies while a message is being handed over."""

    def send(self, outgoing: Outgoing) -> Delivery:
        dies()
        return super().send(outgoing)


def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(task_queue: str, when: str) -> None:
    outfit = Outfit.of(load_settings())
    moment, _, turn = when.partition(":")
    tables: Any = outfit.referrals()
    activities = activities_over(
        DeadlyTables(tables, int(turn)) if moment == "written" else tables,
        PlainWriter(),
        DeadlyProvider() if moment == "handing_over" else ScriptedProvider(),
        OnePolicy(a_policy()),
        messages=MessageStore(outfit.engine, outfit.keyring),
        supports=SupportStore(outfit.engine, outfit.keyring),
    )
    async with a_worker(await connect_now(outfit.keyring), task_queue, activities):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
