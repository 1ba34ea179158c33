"""What the workflow of practical help asks of the tables."""

from temporalio import activity

from activities._failures import translated
from domain.practical_help.help import initial_help
from domain.practical_help.ports import HelpPolicySource, HelpProjection, HelpTables
from domain.practical_help.state import HelpState


class PracticalHelpActivities:
    """Reads where practical help stands and writes each of its turns."""

    def __init__(self, tables: HelpTables, policies: HelpPolicySource) -> None:
        self._tables = tables
        self._policies = policies

    @activity.defn
    def take_up_help(self, help_id: str) -> HelpState:
        """Read the stored state, or make the first one with the policy of today."""
        with translated():
            known = self._tables.take_up(help_id)
            return known.state or initial_help(
                help_id=help_id,
                referral_id=known.referral_id,
                policy=self._policies.help_policy(),
                asked_at=known.asked_at,
                wanted=known.wanted,
            )

    @activity.defn
    def project_help(self, projection: HelpProjection) -> None:
        """Write one turn."""
        with translated():
            self._tables.project(projection)
