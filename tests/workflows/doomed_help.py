"""A worker over the real tables that kills its own process as soon as one turn of practical help is in them.

A program for `OwnWorker`: python -m tests.workflows.doomed_help TASK_QUEUE TURN
"""

import asyncio
import sys
from typing import Any

from activities.practical_help import PracticalHelpActivities
from domain.practical_help.ports import HelpProjection
from store.ongoing_support import SupportStore
from store.practical_help.turn import HelpTurnStore
from tests.builders import a_policy
from tests.domain.helps import help_policy
from tests.workflows.doomed import dies
from tests.workflows.fakes import OnePolicy, PlainWriter, ScriptedProvider, activities_over
from tests.workflows.helps import OneHelpPolicy
from tests.workflows.lives import a_worker
from wiring.outfit import Outfit
from wiring.settings import load_settings
from wiring.temporal import connect_now


class DeadlyHelps:
    """The real tables; the process dies as soon as one turn is in them."""

    def __init__(self, tables: Any, turn: int) -> None:
        self._tables, self._turn = tables, turn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)

    def project(self, projection: HelpProjection) -> None:
        self._tables.project(projection)
        if projection.state.turn == self._turn:
            dies()


async def main(task_queue: str, turn: str) -> None:
    outfit = Outfit.of(load_settings())
    helps = DeadlyHelps(HelpTurnStore(outfit.engine, outfit.keyring), int(turn))
    practical_help = PracticalHelpActivities(helps, OneHelpPolicy(help_policy()))
    activities = activities_over(
        outfit.referrals(),
        PlainWriter(),
        ScriptedProvider(),
        OnePolicy(a_policy()),
        supports=SupportStore(outfit.engine, outfit.keyring),
    )
    everything = [*activities, practical_help.take_up_help, practical_help.project_help]
    async with a_worker(await connect_now(outfit.keyring), task_queue, everything):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
