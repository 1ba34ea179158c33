"""Open to everybody and free of personal detail: is it alive, is it ready, how much goes through."""

import asyncio
from datetime import datetime, timedelta
from functools import cache, partial

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import Field
from sqlalchemy import QueuePool
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.gauges import Gauges, Glance
from api.metering import Meters
from api.referral_out import Out
from api.services import In, Services
from store.metrics import Counts
from wiring.database import MIGRATIONS
from wiring.timing import TIMES

COUNTED_WITHIN = timedelta(seconds=3)
"""How long `/metrics` waits for the tables: what a process tells of itself is wanted most when they are slow."""

router = APIRouter(tags=["health"])


class Alive(Out):
    """The process answers."""

    status: str = "alive"


class Ready(Out):
    """What can be reached."""

    database: bool
    temporal: bool
    rehearsal: bool = Field(description="Whether the profile is a rehearsal: nobody real is in it.")


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
    ready = {"database": database, "temporal": temporal, "rehearsal": services.profile.rehearsal}
    return JSONResponse(ready, 200 if database else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, services: In) -> Response:
    """Counts for Prometheus: how much, never who."""
    meters = request.app.state.meters
    assert isinstance(meters, Meters)
    glance = await meters.glances.latest(partial(_look, services))
    seen = CollectorRegistry()
    seen.register(Gauges(glance))
    text = b"".join(generate_latest(of) for of in (meters.registry, TIMES, seen))
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _look(services: Services) -> Glance:
    at, pool = services.clock(), services.engine.pool
    assert isinstance(pool, QueuePool)
    counting = asyncio.create_task(run_in_threadpool(_counted, services, at))
    done, _ = await asyncio.wait({counting}, timeout=COUNTED_WITHIN.total_seconds())
    return Glance(
        at=at,
        counts=counting.result() if done else None,
        temporal=await services.orchestra.is_ready(),
        connections_in_use=pool.checkedout(),
        connections_idle=pool.checkedin(),
    )


def _counted(services: Services, at: datetime) -> Counts | None:
    try:
        return services.metrics.counts(now=at, zone=services.zone)
    except SQLAlchemyError:  # what this process counts itself is worth having all the same
        return None


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
