"""How strictly workflow code is watched.

`domain` and `activities` are passed through together, never one alone: with only one of them, the classes inside
a workflow differ from those outside and `match` falls through.  Their purity is held by ruff and import-linter.
"""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

OURS = ("domain", "activities")
LIBRARIES = ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "zoneinfo")


def runner() -> SandboxedWorkflowRunner:
    """The runner of every worker, in production and in tests."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*OURS, *LIBRARIES)
    )
