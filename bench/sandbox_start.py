"""How long the sandbox takes to make one workflow ready for its first event."""

import statistics
import time

from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from wiring.sandbox import runner
from workflows.ongoing_support import SupportWorkflow
from workflows.referral import ReferralWorkflow

ROUNDS = 30
_DEFINITION = getattr(ReferralWorkflow, "__temporal_workflow_definition")  # what the decorator leaves


async def measure() -> float:
    """Median milliseconds to import a workflow's module and make its instance in the sandbox."""
    made = runner()
    Replayer(workflows=[ReferralWorkflow, SupportWorkflow], workflow_runner=made)
    return statistics.median(_once(made) for _ in range(ROUNDS)) * 1000


def _once(made: SandboxedWorkflowRunner) -> float:
    began = time.perf_counter()
    made.prepare_workflow(_DEFINITION)
    return time.perf_counter() - began
