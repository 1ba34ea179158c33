"""The first page of the worklist with 10,000 open referrals, beside the same page with 100."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import perf_counter
from typing import Any

import httpx2 as httpx
from fastapi import FastAPI
from sqlalchemy import Engine, event

from api.app import create_app
from api.services import make_services
from bench import caseload, database
from bench.door import Nobody
from bench.table import Table, quantile
from cli.embedded_postgres import EmbeddedPostgres
from store.keyring import KEY_BYTES, Keyring
from store.tokens import TokenStore
from tests.builders import NOW
from tests.servers import REHEARSAL
from wiring.database import make_engine
from wiring.profile import load_profile
from wiring.writer import MessageWriter

FEW, MANY = 100, 10_000
"""Open referrals."""
CLOSED = 20_000
"""More behind them, of both."""
REQUESTS = 60
"""For each page."""
AT = NOW + timedelta(hours=52)
"""When the page is read: most first calls are due."""


@dataclass(slots=True, kw_only=True)
class Office:
    """One database, its front door in this process, and what reading its worklist took."""

    still_open: int
    engine: Engine
    app: FastAPI
    token: str
    seconds: list[float] = field(default_factory=list)
    statements: list[tuple[str, Any]] = field(default_factory=list)
    """Of the last request."""

    async def read(self) -> None:
        """Ask for the first page."""
        self.statements.clear()
        door = httpx.ASGITransport(app=self.app)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(transport=door, base_url="http://office", headers=headers) as client:
            began = perf_counter()
            answer = await client.get("/api/v1/worklist")
            self.seconds.append(perf_counter() - began)
        assert len(answer.json()["items"]) == 50, answer.text

    def explained(self) -> tuple[float, list[str]]:
        """How many milliseconds Postgres takes for the worklist's statement, and how it reaches the rows."""
        statement, parameters = max(self.statements, key=lambda one: len(one[0]))
        with self.engine.connect() as connection:
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
            plan = connection.exec_driver_sql(explain, parameters).scalar_one()
        (told,) = json.loads(plan) if isinstance(plan, str) else plan
        return told["Execution Time"], list(_scans(told["Plan"]))

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        statements = len(self.statements)
        took, scans = self.explained()
        return (
            f"{self.still_open:,} open",
            f"{quantile(self.seconds, 0.5) * 1000:.1f}",
            f"{quantile(self.seconds, 0.95) * 1000:.1f}",
            str(statements),
            f"{took:.1f}",
            ", ".join(scans),
        )


async def measure() -> Table:
    """Fill two databases, and read the first page of each in turn."""
    with database.postgres() as server, _office(server, FEW) as few, _office(server, MANY) as many:
        for _ in range(5):  # until what is made once is made
            await few.read()
            await many.read()
        few.seconds.clear()
        many.seconds.clear()
        for _ in range(REQUESTS):
            await few.read()
            await many.read()
        times = quantile(many.seconds, 0.5) / quantile(few.seconds, 0.5)
        return Table(
            title="GET /worklist, the first page of 50",
            head=("p50 ms", "p95 ms", "statements", "Postgres ms", "how the rows are reached"),
            rows=(few.row, many.row),
            notes=(
                f"{MANY:,} open take {times:.2f} times as long as {FEW}; {CLOSED:,} more are closed in both",
                "in this process, without a network: token, list, opening fifty people's data, JSON",
                "Postgres: of the list's statement alone, by EXPLAIN (ANALYZE)",
            ),
        )


@contextmanager
def _office(server: EmbeddedPostgres, still_open: int) -> Iterator[Office]:
    keyring = Keyring((bytes(KEY_BYTES),))
    engine = make_engine(database.migrated(server, f"office_{still_open}"))
    caseload.fill(engine, keyring, still_open=still_open, closed=CLOSED)
    token = TokenStore(engine).issue(role="coordinator", name="bench", organisation=None, now=NOW)
    profile = load_profile(REHEARSAL)
    services = make_services(
        engine=engine, keyring=keyring, profile=profile, orchestra=Nobody(), writer=MessageWriter(profile)
    )
    app = create_app(replace(services, clock=lambda: AT))
    office = Office(still_open=still_open, engine=engine, app=app, token=token)

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001
        office.statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield office
    event.remove(engine, "before_cursor_execute", note)
    engine.dispose()


def _scans(plan: dict[str, Any]) -> Iterator[str]:
    """Every way in which the plan reaches rows, the leaves of the tree."""
    if "Relation Name" in plan:
        yield f"{plan['Node Type']} on {plan.get('Index Name', plan['Relation Name'])}"
    for below in plan.get("Plans", ()):
        yield from _scans(below)
