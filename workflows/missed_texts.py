"""Texts the provider could not bring to us: looked for whenever the schedule says so."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.missed_texts import Look, MissedTextActivities
from workflows import policies


@workflow.defn(name="MissedTexts")
class MissedTextsWorkflow:
    """One look; one that fails is left to the next."""

    @workflow.run
    async def run(self) -> int:
        """Look once; say how many texts were news."""
        try:
            return await workflow.execute_activity_method(
                MissedTextActivities.take_in_missed_texts, Look(now=workflow.now()), **policies.ASK
            )
        except ActivityError:
            workflow.logger.warning("texts were not looked for; the next look does it")
            return 0
