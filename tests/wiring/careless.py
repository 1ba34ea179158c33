"""Workflows as nobody should write them, for the tests of the sandbox."""

import os
import random
import uuid
from datetime import UTC, datetime

from temporalio import workflow

from activities.referral import TakeUp
from domain.events import Triage
from domain.vocabulary import Stage


@workflow.defn
class AsksTheClock:
    @workflow.run
    async def run(self) -> str:
        return datetime.now(UTC).isoformat()


@workflow.defn
class ThrowsDice:
    @workflow.run
    async def run(self) -> str:
        return str(random.random())


@workflow.defn
class DrawsAnId:
    @workflow.run
    async def run(self) -> str:
        return str(uuid.uuid4())


@workflow.defn
class ReadsTheEnvironment:
    @workflow.run
    async def run(self) -> str:
        return os.environ.get("HOME", "")


@workflow.defn
class TellsClassesApart:
    @workflow.run
    async def run(self, request: TakeUp) -> str:
        """Whether classes made outside are the same inside, so that `match` finds them."""
        match Triage():
            case Triage():
                found = "an event"
            case _:
                found = "nothing"
        match request:
            case TakeUp(referral_id=referral_id):
                return f"{found} of {referral_id}, {Stage.RECEIVED}"
            case _:
                return "a stranger"
