"""What became of the letters: asked page by page, whenever the schedule says so."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.letter_reports import LetterPage, LetterReportActivities
from workflows import policies


@workflow.defn(name="LetterReports")
class LetterReportsWorkflow:
    """One round of questions; a page that cannot be asked about is left for the next round."""

    @workflow.run
    async def run(self) -> int:
        """Ask about every letter that is under way; say how many pages there were."""
        pages = 0
        after: str | None = ""
        while after is not None:
            page = LetterPage(now=workflow.now(), after=after)
            try:
                after = await workflow.execute_activity_method(
                    LetterReportActivities.ask_about_letters, page, **policies.ASK
                )
            except ActivityError:
                workflow.logger.warning("letters were not asked about; the next round asks again")
                return pages
            pages += 1
        return pages
