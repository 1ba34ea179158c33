"""A desk over the real tables, and a worker of its own process that dies when it is told to."""

import base64
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from temporalio.testing import WorkflowEnvironment

from domain.events import Answer, Command, CommandEvent
from domain.facts import Facts
from domain.ongoing_support import Reviewed, SupportCommand
from domain.policy import Policy
from domain.referral_state import ReferralState
from store.command import NewCommand
from store.message import MessageView
from store.reception import Received
from tests.servers import REPOSITORY, clean_environment
from tests.store.lives import JO, POLICE, Office, a_document
from tests.workflows.fakes import OnePolicy, activities_over
from tests.workflows.lives import Desk


class StoredTables:
    """The real tables, with the words the tests of workflows use for them."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def receive(self, facts: Facts | None, *, received_at: datetime, **document: Any) -> str:
        """Receive the referral of Ada; `facts` follow from her document."""
        referral_id = str(uuid.uuid4())
        self.office.referrals.receive(
            Received(
                referral_id=referral_id,
                reference=referral_id[:8],
                document=a_document(source__reference=referral_id, **document),
                received_at=received_at,
                by=POLICE,
            )
        )
        return referral_id

    def state(self, referral_id: str) -> ReferralState | None:
        return self.office.referrals.take_up(referral_id).state

    def store(
        self,
        target_id: str,
        event: CommandEvent | Reviewed,
        *,
        referral_id: str | None = None,
        **words: Any,
    ) -> Command | SupportCommand:
        return self.office.commands.store(
            NewCommand(
                id=str(uuid.uuid4()),
                referral_id=referral_id or target_id.removeprefix("referral-"),
                kind=event.type,
                event=event,
                by=JO,
                made_at=datetime.now(UTC),
                target_id=target_id,
                words=words,
            )
        ).command

    def result(self, command_id: str) -> Answer | None:
        return self.office.commands.result(command_id)

    def words(self, referral_id: str) -> list[str]:
        return self.office.words(referral_id)

    def messages_of(self, referral_id: str) -> list[MessageView]:
        return self.office.messages.of_referral(referral_id)


class StoredDesk(Desk):
    """A desk whose referrals lie in Postgres."""

    def __init__(self, env: WorkflowEnvironment, office: Office, policy: Policy | None = None) -> None:
        super().__init__(env, policy=policy)
        self.office = office
        self.tables = StoredTables(office)  # type: ignore[assignment]

    def activities(self) -> list[Callable[..., Any]]:
        office = self.office
        return activities_over(
            office.referrals,
            self.writer,
            self.provider,
            OnePolicy(self.policy),
            messages=office.messages,
            supports=office.supports,
        )


class OwnWorker:
    """A worker in a process of its own, to be killed by SIGKILL, by us or by itself."""

    def __init__(
        self,
        *command: str,
        database_url: str,
        keys: tuple[bytes, ...],
        temporal_address: str,
        told: Path,
    ) -> None:
        self.command = [sys.executable, *command]
        self.told = told
        self.environment = clean_environment() | {
            "HOLDFAST_DATABASE_URL": database_url,
            "HOLDFAST_KEYS": ",".join(base64.urlsafe_b64encode(key).decode().rstrip("=") for key in keys),
            "TEMPORAL_ADDRESS": temporal_address,
            "TEMPORAL_NAMESPACE": "default",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.told.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, cwd=REPOSITORY, env=self.environment, stdout=out, stderr=out
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        assert self.process is not None, "it was never started"
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def has_killed_itself(self) -> bool:
        assert self.process is not None, "it was never started"
        status = self.process.poll()
        assert status in {None, -signal.SIGKILL}, self.told.read_text()
        return status is not None
