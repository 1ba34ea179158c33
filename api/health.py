"""Open to everybody and free of personal detail: is it alive, is it ready, how much goes through."""

from collections.abc import Iterator
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.metering import Meters
from api.referral_out import Out
from api.services import In, Services
from store.metrics import Counts
from wiring.database import MIGRATIONS

router = APIRouter(tags=["health"])


class Alive(Out):
    """The process answers."""

    status: str = "alive"


class Ready(Out):
    """What can be reached."""

    database: bool
    temporal: bool


@router.get("/healthz", responses={200: {"model": Alive}})
async def is_alive() -> Response:
    """Say that this process answers."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz", responses={200: {"model": Ready}, 503: {"model": Ready}})
async def is_ready(services: In) -> Response:
    """Say whether referrals can be taken in: 200 as soon as the database is reachable and migrated.

    Temporal may be away: referrals are stored all the same and start by themselves later.
    """
    database = await run_in_threadpool(_database_is_ready, services)
    temporal = await services.orchestra.is_ready()
    return JSONResponse({"database": database, "temporal": temporal}, 200 if database else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, services: In) -> Response:
    """Counts for Prometheus: how much, never who."""
    meters = request.app.state.meters
    assert isinstance(meters, Meters)
    text = await run_in_threadpool(_metrics, services, meters)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _database_is_ready(services: Services) -> bool:
    """Whether it is reachable and has today's shape."""
    try:
        with services.engine.connect() as connection:
            there = MigrationContext.configure(connection).get_current_heads()
    except SQLAlchemyError:
        return False
    return bool(there) and _outgrown().isdisjoint(there)


@cache
def _outgrown() -> frozenset[str]:
    """Every shape before today's.  One we do not know is a later one: a deployment is under way."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    return frozenset(script.revision for script in scripts.walk_revisions()) - set(scripts.get_heads())


def _metrics(services: Services, meters: Meters) -> bytes:
    collected = CollectorRegistry()
    try:
        collected.register(_Tables(services.metrics.counts()))
    except SQLAlchemyError:  # the counts of this process are worth having all the same
        return generate_latest(meters.registry)
    return generate_latest(meters.registry) + generate_latest(collected)


class _Tables:
    """What the tables hold, as Prometheus collects it."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Give every count."""
        counts = self._counts
        yield _by("holdfast_referrals", "Referrals by stage.", "stage", counts.referrals_by_stage)
        yield _by("holdfast_messages", "Messages by state.", "state", counts.messages_by_state)
        for name, told, value in (
            (
                "holdfast_outbox_waiting",
                "Referrals whose workflow is not started yet.",
                counts.outbox_waiting,
            ),
            ("holdfast_commands_pending", "Commands that are not applied yet.", counts.commands_pending),
            ("holdfast_calls_lapsed", "Calls whose slot has lapsed.", counts.lapsed),
            ("holdfast_referrals_escalated", "Referrals before a supervisor.", counts.escalated),
        ):
            yield GaugeMetricFamily(name, told, value)


def _by(name: str, told: str, label: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
