"""Reaching Temporal: one client for each process, and the two things the front door asks of it.

Temporal may be away at any time: nothing here raises for an outage.  What could not be done is left to the relay,
which repeats it with the same ids.
"""

import asyncio
import os
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import HoldfastError
from domain.events import ALREADY_SETTLED, Answer
from domain.identifiers import help_workflow_id, referral_workflow_id, repair_workflow_id
from domain.ongoing_support import SupportCommand
from store.command_row import AnyCommand
from store.keyring import Keyring
from wiring.codec import encrypting_converter
from wiring.timing import timed_command, timed_start
from workflows.practical_help import PracticalHelpWorkflow
from workflows.referral import ReferralWorkflow
from workflows.repair_dispatch import RepairDispatchWorkflow

APPLY = "apply"
"""The update by which every workflow of ours takes in a command."""
TASK_QUEUE = "referrals"
"""The one task queue; priorities and a queue for providers come when they are measured to help."""
CHECK_WITHIN = timedelta(seconds=1)
"""How long Temporal may take to say that it is there."""

_REFERRAL_PREFIX = referral_workflow_id("")
_REPAIR_PREFIX = repair_workflow_id("")
_HELP_PREFIX = help_workflow_id("")
_RUN_OF: dict[str, Any] = {
    _REFERRAL_PREFIX: ReferralWorkflow.run,
    _REPAIR_PREFIX: RepairDispatchWorkflow.run,
    _HELP_PREFIX: PracticalHelpWorkflow.run,
}
"""What begins its next run when a command comes after the last has ended.  An ongoing support does not: it is over."""
_log = structlog.get_logger(__name__)


async def connect(keyring: Keyring) -> Client:
    """Connect by Temporal's own variables; lazily, so that Temporal may be away."""
    return await Client.connect(**_connection(), data_converter=encrypting_converter(keyring), lazy=True)


async def connect_now(keyring: Keyring, *, runtime: Runtime | None = None) -> Client:
    """Connect at once, as a worker must.

    Args:
        keyring: Seals every payload.
        runtime: The SDK's own unless another is given, such as one that counts.

    Raises:
        TemporalAway: Nobody answers there.
    """
    connection = _connection()
    try:
        return await Client.connect(
            **connection, data_converter=encrypting_converter(keyring), runtime=runtime
        )
    except RuntimeError:  # the client's word for a connection that failed
        raise TemporalAway(f"Temporal does not answer at {connection['target_host']}") from None


def temporal_settings() -> ClientConnectConfig:
    """Read where Temporal is from its own standard variables; an empty one counts as unset.

    Left in, an empty key would turn TLS on, and an empty namespace would be one.
    """
    said = {name: value for name, value in os.environ.items() if value}
    return ClientConfig.load_client_connect_config(override_env_vars=said)


def _connection() -> dict[str, Any]:
    config: dict[str, Any] = dict(temporal_settings())
    config.setdefault("target_host", "127.0.0.1:7233")
    return config


class TemporalAway(HoldfastError):
    """Temporal cannot be reached; the text says where it was sought."""


class Orchestra:
    """Starts referrals and hands them commands."""

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        self._client = client
        self._task_queue = task_queue

    @timed_start
    async def start_referral(self, referral_id: str, *, within: timedelta) -> bool:
        """Start a referral's workflow, unless it was ever started.

        Returns:
            True when it runs or has run; False when Temporal is away.
        """
        try:
            async with asyncio.timeout(within.total_seconds()):
                await self._client.start_workflow(
                    ReferralWorkflow.run,
                    referral_id,
                    id=referral_workflow_id(referral_id),
                    task_queue=self._task_queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    rpc_timeout=within,
                )
        except WorkflowAlreadyStartedError:
            return True
        except (TimeoutError, RPCError, RuntimeError) as error:
            _log.warning("temporal_away", step="start", error=type(error).__name__)
            return False
        return True

    @timed_command
    async def send_command(self, target_id: str, command: AnyCommand, *, within: timedelta) -> Answer | None:
        """Hand a stored command to its workflow and wait until the tables have it.

        A closed referral begins its next run from the stored state.

        Returns:
            The answer; `None` when Temporal or every worker is away, or an earlier run took it in already: the
            command's row tells.
        """
        try:
            async with asyncio.timeout(within.total_seconds()):
                return await self._send(target_id, command, within)
        except (
            TimeoutError,
            RPCError,
            RuntimeError,
            WorkflowUpdateRPCTimeoutOrCancelledError,
            WorkflowUpdateFailedError,
        ) as error:
            _log.warning("command_waits", command=command.id, error=type(error).__name__)
            return None

    async def is_ready(self) -> bool:
        """Whether Temporal answers."""
        try:
            async with asyncio.timeout(CHECK_WITHIN.total_seconds()):
                return await self._client.service_client.check_health()
        except (TimeoutError, RPCError, RuntimeError):
            return False

    async def _send(self, target_id: str, command: AnyCommand, within: timedelta) -> Answer | None:
        try:
            answer = await self._update(target_id, command, within)
        except (RPCError, WorkflowUpdateFailedError) as error:
            if not _has_no_run(error) or isinstance(command, SupportCommand):
                raise  # a support that has not begun yet, or has ended: the relay looks into the tables
            answer = await self._update_with_start(target_id, command, within)
        return None if answer.code == ALREADY_SETTLED else answer

    async def _update(self, target_id: str, command: AnyCommand, within: timedelta) -> Answer:
        workflow = self._client.get_workflow_handle(target_id)
        answer: Answer = await workflow.execute_update(
            APPLY, command, id=command.id, rpc_timeout=within, result_type=Answer
        )
        return answer

    async def _update_with_start(self, target_id: str, command: AnyCommand, within: timedelta) -> Answer:
        prefix = next(prefix for prefix in _RUN_OF if target_id.startswith(prefix))
        answer: Answer = await self._client.execute_update_with_start_workflow(
            APPLY,
            command,
            id=command.id,
            rpc_timeout=within,
            result_type=Answer,
            start_workflow_operation=WithStartWorkflowOperation(
                _RUN_OF[prefix],
                target_id.removeprefix(prefix),
                id=target_id,
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            ),
        )
        return answer


def _has_no_run(error: RPCError | WorkflowUpdateFailedError) -> bool:
    """Whether there is no run to take a command in, or it ended with the command in flight: the next run does."""
    if isinstance(error, RPCError):
        return error.status is RPCStatusCode.NOT_FOUND
    return "AcceptedUpdateCompletedWorkflow" in str(getattr(error.cause, "type", ""))
