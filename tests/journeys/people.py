"""Those who use the service over HTTP: a force, coordinators, a manager; and what they bring."""

import itertools
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

import httpx2

from tests.servers import REHEARSAL, Tree

T = TypeVar("T")
Json = dict[str, Any]

FORCE = "Example Constabulary"
OTHER_FORCE = "Neighbouring Constabulary"
PATIENCE = 15.0
"""Seconds one request may take; the service itself never needs more than five."""
_numbers = itertools.count(1)

A_REPORT: Json = {
    "source": {"kind": "police", "organisation": FORCE, "reference": "35/1/26", "person_reference": "1"},
    "incident": {"kind": "burglary", "postcode": "CB1 2AB"},
    "victim": {
        "given_name": "Ada",
        "family_name": "Example",
        "phones": [{"number": "+447700900123", "safe": "yes"}],
        "address": {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"},
    },
    "suspects": [{"relationship": "stranger", "shares_address": "no"}],
    "lane": "contact",
    "consent": {"status": "given"},
}
"""A burglary by a stranger: nothing stands in the way of a call or a letter."""


def a_report(**changes: Any) -> Json:
    """A report under a reference of its own; `a__b=c` changes one field deep inside."""
    report = deepcopy(A_REPORT)
    report["source"]["reference"] = f"35/{next(_numbers)}/26"
    for path, value in changes.items():
        *above, name = path.split("__")
        part = report
        for step in above:
            part = part.setdefault(step, {})
        part[name] = value
    return report


GAP = 2.2
"""Seconds between two calls that count: the rehearsal's minimum gap less the tolerance."""


class Person:
    """Somebody with a token."""

    def __init__(self, base_url: str, token: str) -> None:
        self.token = token
        self.http = httpx2.Client(
            base_url=f"{base_url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
        )

    def get(self, path: str, **asked: Any) -> httpx2.Response:
        return self.http.get(path, params=asked or None)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx2.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(path, headers=headers, **({} if body is None else {"json": body}))

    def post_surely(self, path: str, body: Any, *, key: str, within: float = 60.0) -> httpx2.Response:
        """Send until it is answered, under one key, as a force system would over an outage."""
        by = time.monotonic() + within
        while True:
            try:
                answer = self.post(path, body, key=key)
                if answer.status_code < 500:
                    return answer
                told = answer.text
            except httpx2.TransportError as error:
                told = type(error).__name__
            assert time.monotonic() < by, f"no answer within {within} s: {told}"
            time.sleep(0.25)

    def see(self, referral: str) -> Json:
        return self._got(f"/referrals/{referral}")

    def command(self, command_id: str) -> Json:
        return self._got(f"/commands/{command_id}")

    def close(self) -> None:
        self.http.close()

    def pages(self, path: str, **asked: Any) -> list[Json]:
        """Every item of a list, page by page."""
        items: list[Json] = []
        answer = self.get(path, **asked)
        for _ in range(100):
            assert answer.status_code == 200, answer.text
            items += answer.json()["items"]
            following = answer.links.get("next")
            if following is None:
                return items
            answer = self.http.get(f"{self.http.base_url.copy_with(path='/')}".rstrip("/") + following["url"])
        raise AssertionError("a list without an end")

    def _got(self, path: str) -> Json:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Force(Person):
    """A police force's system."""

    def refer(self, **changes: Any) -> str:
        """Report somebody nobody has reported before; the referral's id."""
        answer = self.post("/referrals", a_report(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def correct(self, referral: str, patch: Json) -> Json:
        return _taken(self.post(f"/referrals/{referral}/corrections", patch))

    def withdraw(self, referral: str, reason: str = "Entered twice.") -> Json:
        return _taken(self.post(f"/referrals/{referral}/withdrawal", {"reason": reason}))


class Coordinator(Person):
    """Somebody who decides, all day, whom to call next; a manager can do all of it too."""

    gap = GAP

    def ring(self, referral: str, outcome: str, **more: Any) -> Json:
        """Ring, not so soon after the last call that it would not count."""
        rang_at = self.__dict__.setdefault("rang_at", {})
        if outcome == "no_answer" and "made_at" not in more:
            time.sleep(max(0.0, rang_at.get(referral, 0.0) + self.gap - time.monotonic()))
        told = _taken(self.try_to_ring(referral, outcome, **more))
        rang_at[referral] = time.monotonic()
        return told

    def try_to_ring(self, referral: str, outcome: str, **more: Any) -> httpx2.Response:
        return self.post(f"/referrals/{referral}/contact-attempts", {"outcome": outcome, **more})

    def ring_in_vain(self, referral: str, times: int = 3) -> Json:
        """Ring until nobody has answered so often; each call counts."""
        shown: Json = {}
        for _ in range(times):
            shown = self.ring(referral, "no_answer")
            assert shown["counted"], shown["why_not_counted"]
        return shown

    def decide(self, referral: str, decision: str, **more: Any) -> Json:
        return _taken(self.try_to_decide(referral, decision, **more))

    def try_to_decide(self, referral: str, decision: str, **more: Any) -> httpx2.Response:
        return self.post(f"/referrals/{referral}/decisions", {"decision": decision, **more})

    def messages(self, referral: str) -> list[Json]:
        return self.pages("/messages", referral=referral)

    def timeline(self, referral: str) -> list[Json]:
        return self.pages(f"/referrals/{referral}/timeline")

    def story(self, referral: str) -> str:
        """The timeline as one reads it."""
        return "\n".join(f"{line['by']}: {line['what']} {line['why']}" for line in self.timeline(referral))

    def wait_for(self, referral: str, seconds: float = 25.0, **wanted: Any) -> Json:
        """Wait until a referral shows what is wanted, such as `stage="closed"` or `next="decide"`."""

        def shown() -> Json | None:
            now = self.see(referral)
            kind = (now["next_action"] or {}).get("kind")
            return (
                now if all((now | {"next": kind})[name] == value for name, value in wanted.items()) else None
            )

        return eventually(shown, seconds, or_else=lambda: f"{wanted}\n{self.story(referral)}")


class Manager(Coordinator):
    """Somebody who must know that the numbers are true."""

    def funnel(self, **period: str) -> Json:
        return self._got("/statistics" + ("?" + str(httpx2.QueryParams(period)) if period else ""))


@dataclass(frozen=True)
class People:
    """Everybody at one running service."""

    force: Force
    other_force: Force
    coordinator: Coordinator
    manager: Manager

    @classmethod
    def of(cls, tree: Tree) -> Self:
        """Give everybody a token."""
        wanted = [
            ("police", "rms", FORCE),
            ("police", "rms", OTHER_FORCE),
            ("coordinator", "Sam", None),
            ("manager", "Robin", None),
        ]
        with ThreadPoolExecutor(2) as pool:
            tokens = list(pool.map(lambda who: tree.issue_token(*who), wanted))
        url = tree.base_url
        people = cls(
            Force(url, tokens[0]),
            Force(url, tokens[1]),
            Coordinator(url, tokens[2]),
            Manager(url, tokens[3]),
        )
        if tree.profile != REHEARSAL:  # those of our own making have no gap
            people.coordinator.gap = people.manager.gap = 0.0
        return people

    def leave(self) -> None:
        for person in (self.force, self.other_force, self.coordinator, self.manager):
            person.close()


def eventually(
    ask: Callable[[], T | None],
    seconds: float = 20.0,
    *,
    every: float = 0.15,
    or_else: str | Callable[[], str] = "it did not come about",
) -> T:
    """Ask until the answer is not empty."""
    by = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > by:
            raise AssertionError(or_else() if callable(or_else) else or_else)
        time.sleep(every)


def throughout(seconds: float, claim: Callable[[], None], *, every: float = 0.25) -> None:
    """Make a claim again and again for that long."""
    by = time.monotonic() + seconds
    while time.monotonic() < by:
        claim()
        time.sleep(every)
    claim()


def together(calls: Iterable[Callable[[], T]], at_once: int = 8) -> list[T]:
    """Do many things at once; the first that fails fails all."""
    with ThreadPoolExecutor(at_once) as pool:
        return [done.result() for done in [pool.submit(call) for call in calls]]


def moment(text: str | None) -> datetime:
    """A time of an answer."""
    assert text is not None
    return datetime.fromisoformat(text)


def assert_it_balances(funnel: Json) -> None:
    """The identities of the contract."""
    assert funnel["received"] == funnel["referred"] + funnel["information"], funnel
    places = ("waiting", "held", "undecided", "contacted", "not_reached")
    assert funnel["referred"] == sum(funnel[p] for p in places) + sum(funnel["diverted"].values()), funnel
    assert funnel["contacted"] == funnel["ongoing_support"] + funnel["single_call"] + funnel["declined"], (
        funnel
    )
    assert funnel["supported"] == funnel["ongoing_support"] + funnel["single_call"], funnel


def _taken(answer: httpx2.Response) -> Json:
    assert answer.status_code in {200, 201}, f"{answer.status_code} {answer.text}"
    return answer.json()
