"""A referral as some later version might spoil it, for the test that a replay finds that out."""

from datetime import timedelta

from temporalio import workflow

from activities.referral import ReferralActivities, TakeUp


@workflow.defn(name="Referral")
class ReferralInAHurry:
    """A referral that waits before it takes up anything."""

    @workflow.run
    async def run(self, referral_id: str) -> str:
        await workflow.sleep(timedelta(days=1))
        await workflow.execute_local_activity_method(
            ReferralActivities.take_up_referral,
            TakeUp(referral_id=referral_id, now=workflow.now()),
            start_to_close_timeout=timedelta(seconds=1),
        )
        return "closed"
