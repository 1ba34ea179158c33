"""The peers of a first offer: the same request handed to the firm's system at once, and by a bare Temporal workflow.

The bare workflow takes as many empty steps as a repair takes before it asks somebody, then the one that asks.  No
sandbox, no database, no register, default converter: the least that the shape of a repair can cost.

`python -m bench.bare_offer ADDRESS URL` runs its worker until killed; the key is in `TRADES_API_KEY`.
"""

import json
import os
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import uvloop
from standardwebhooks import Webhook
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "bench-bare-offer"
FIRM = "bench-peer"
"""Whom the peers ask: somebody who never answers."""
_WITHIN = timedelta(seconds=15)
_THREADS = 12
"""As our worker."""


class Bare:
    """Hands an offer to a firm's system over a connection that stays open, and does nothing else."""

    def __init__(self, url: str, key: str) -> None:
        self._webhook = Webhook(key.encode())
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def offer(self, reference: str) -> None:
        """Hand over one."""
        key, at = str(uuid.uuid4()), datetime.now(UTC)
        body = json.dumps({"type": "notice.offer", "data": _told(reference, at)})
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "webhook-id": key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._webhook.sign(key, at, body),
        }
        self._http.post("/v1/offers", content=body, headers=headers).raise_for_status()


class Steps:
    """The steps of the bare workflow."""

    def __init__(self, bare: Bare) -> None:
        self._bare = bare

    @activity.defn
    def nothing(self) -> None:
        """Take a step that does nothing."""

    @activity.defn
    def offer(self, reference: str) -> None:
        """Ask somebody."""
        self._bare.offer(reference)


@workflow.defn(name="BareOffer")
class BareOffer:
    """So many empty steps, then the offer."""

    @workflow.run
    async def run(self, reference: str, steps: int) -> None:
        """Ask somebody."""
        for _ in range(steps):
            await workflow.execute_activity_method(Steps.nothing, start_to_close_timeout=_WITHIN)
        await workflow.execute_activity_method(Steps.offer, reference, start_to_close_timeout=_WITHIN)


async def by_workflow(client: Client, reference: str, *, steps: int) -> None:
    """Let a bare workflow ask, and wait until it has."""
    await client.execute_workflow(
        BareOffer.run, args=[reference, steps], id=f"bare-{uuid.uuid4()}", task_queue=QUEUE
    )


def _told(reference: str, at: datetime) -> dict[str, object]:
    later = (at + timedelta(hours=1)).isoformat(timespec="milliseconds")
    return {
        "offer_id": str(uuid.uuid4()),
        "firm_id": FIRM,
        "reference": reference,
        "kinds": ["board_up"],
        "urgency": "open_property",
        "area": "CB1",
        "on_site_by": later,
        "answer_by": later,
        "page": "https://hub.example/trades/0123456789abcdef0123456789abcdef",
    }


async def _main(address: str, url: str) -> None:
    steps = Steps(Bare(url, os.environ["TRADES_API_KEY"]))
    worker = Worker(
        await Client.connect(address),
        task_queue=QUEUE,
        workflows=[BareOffer],
        activities=[steps.nothing, steps.offer],
        activity_executor=ThreadPoolExecutor(_THREADS),
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await worker.run()


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], sys.argv[2]))
