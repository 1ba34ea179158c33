"""The whole service with a repairs service beside it: firms with a script, their register, and who asks for repairs."""

import asyncio
import contextlib
import itertools
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx

from bench.intake import until_triaged
from bench.service import ORGANISATION, REAL_TIME, referral
from bench.simulated import Providers, providers
from tests.servers import Tree

_COLUMNS = (
    "name,firm,phone,email,channel,firm_id,skills,base,areas,most_km,hours,on_call,"
    "vetting_until,insurance_until,safeguarding_until,capacity,languages,active"
)
_PAPERS = ",".join(["2035-12-31"] * 3)
_AT_ONCE = 8
"""Reports under way while a measurement is prepared."""
_PENDING = 202
_doors = itertools.count(1)
_AT_FIRST = "rehearsal = true\n"
"""Only a rehearsal may use the simulator; in real time all the same, so that no call lapses meanwhile."""
_AT_THE_END = """
[repairs]
month_cap_pence = 1_000_000_000
"""
"""No manager has to approve: that is not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A firm of the simulator and its one entry in the register."""

    id: str
    temper: str
    area: str
    """Outward code: it goes nowhere else."""
    capacity: int
    answers_after: float = 0.0
    arrives_after: float = 0.0
    works_for: float = 0.0
    """Seconds, all three."""


class Boing:
    """The repairs service's control door."""

    def __init__(self, there: Providers) -> None:
        self.url = there.variables["TRADES_API_URL"]
        self.key = there.variables["TRADES_API_KEY"]
        self.pid = there.pid
        self._door = httpx.Client(base_url=f"{there.pages}_control/trades", timeout=30, trust_env=False)

    def has(self, firms: list[Firm]) -> None:
        """Found these firms."""
        for firm in firms:
            asked = {
                "id": firm.id,
                "temper": firm.temper,
                "answers_after": firm.answers_after,
                "arrives_after": firm.arrives_after,
                "works_for": firm.works_for,
                "cost_pence": 100,
            }
            self._door.post("/firms", json=asked).raise_for_status()

    def offers(self, reference: str | None = None) -> list[dict[str, Any]]:
        """What the firms were offered and said, oldest first."""
        asked = {"reference": reference} if reference else None
        items: list[dict[str, Any]] = (
            self._door.get("/offers", params=asked).raise_for_status().json()["items"]
        )
        return items

    async def heard_at(self, reference: str) -> datetime:
        """When the first offer of a repair arrived at a firm."""
        for _ in range(6_000):
            if heard := [moment(one["heard_at"]) for one in self.offers(reference)]:
                return min(heard)
            await asyncio.sleep(0.005)
        raise TimeoutError("nobody was asked")


class Office:
    """A force that reports and a manager who asks for repairs."""

    def __init__(self, tree: Tree, http: httpx.AsyncClient) -> None:
        self._tree = tree
        self._http = http
        self._police = {"Authorization": f"Bearer {tree.issue_token('police', ORGANISATION)}"}

    async def register(self, firms: list[Firm]) -> None:
        """Import these firms."""
        lines = [_COLUMNS, *(_line(number, firm) for number, firm in enumerate(firms))]
        body, kind = "\n".join(lines) + "\n", {"Content-Type": "text/csv"}
        answer = await self._http.post("/api/v1/tradespeople/import", content=body, headers=kind)
        answer.raise_for_status()

    async def referrals(self, number: int) -> list[str]:
        """Report so many victims, and wait until each has been triaged."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one() -> str:
            async with places:
                answer = await self._http.post("/api/v1/referrals", json=referral(), headers=self._police)
            answer.raise_for_status()
            return str(answer.json()["id"])

        ids = await asyncio.gather(*(one() for _ in range(number)))
        await until_triaged(self._tree)
        return ids

    async def ask(self, referral_id: str, *, urgency: str, area: str) -> dict[str, Any] | None:
        """Ask for a repair, at a door of its own; `None`: it is stored, and was not applied in time."""
        wanted = {
            "kinds": ["board_up"],
            "urgency": urgency,
            "address": {"lines": [f"{next(_doors)} Example Row"], "postcode": f"{area} 2AB"},
        }
        answer = await self._http.post(f"/api/v1/referrals/{referral_id}/repairs", json=wanted)
        answer.raise_for_status()
        shown: dict[str, Any] = answer.json()
        return None if answer.status_code == _PENDING else shown

    async def cancel(self, repair_id: str) -> None:
        """Call it off, so that as many are live as before."""
        decided = {"decision": "cancel", "reason": "It was measured."}
        answer = await self._http.post(f"/api/v1/repairs/{repair_id}/decisions", json=decided)
        answer.raise_for_status()


@contextlib.contextmanager
def running_with_boing(*, look_again_every: str, answer_within: str) -> Iterator[tuple[Tree, Boing]]:
    """Run the service, and firms that answer it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        profile = Path(room) / "bench.toml"
        keys = f'look_again_every = "{look_again_every}"\nanswer_within = "{answer_within}"\n'
        profile.write_text(_AT_FIRST + REAL_TIME.read_text() + _AT_THE_END + keys)
        tree = Tree(Path(room) / "var", told=Path(room), profile=profile)
        with providers("--public-url", tree.base_url, "--pace", "0") as there:
            names = ("TRADES_API_URL", "TRADES_API_KEY")
            tree.environment |= {name: there.variables[name] for name in names}
            tree.start()
            try:
                yield tree, Boing(there)
            finally:
                tree.stop()


@contextlib.asynccontextmanager
async def office_of(tree: Tree, *, connections: int) -> AsyncIterator[Office]:
    """Open the office."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    token = tree.issue_token("manager", "Bench")
    async with httpx.AsyncClient(
        base_url=tree.base_url, headers={"Authorization": f"Bearer {token}"}, limits=limits, timeout=120
    ) as http:
        yield Office(tree, http)


def moment(written: str) -> datetime:
    """Read a time the simulator wrote."""
    return datetime.fromisoformat(written)


def complaints(tree: Tree) -> str:
    """What the service's processes warned of, by event; empty if nothing."""
    found: Counter[str] = Counter()
    for log in sorted(tree.data.logs.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError, AttributeError):
                told = json.loads(line)
                if told.get("level") in {"warning", "error", "critical"}:
                    found[f"{log.stem}: {told.get('event', '')[:80]}"] += 1
    return ", ".join(f"{event} ({times})" for event, times in found.most_common())


def _line(number: int, firm: Firm) -> str:
    return (
        f"{firm.id},,07700 900{500 + number:03},,api,{firm.id},board_up,{firm.area},{firm.area},1,"
        f"mon-sun 00:00-00:00,,{_PAPERS},{firm.capacity},en,yes"
    )
