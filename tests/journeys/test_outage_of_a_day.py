"""A provider is away for a day: everything is held, nothing is lost, and what has become pointless does not leave.

The first test plays a day in seconds: the rules, the activity and the tables are the service's own, only the clock and
the provider are not.  The second is the whole running service, with a provider whose door is shut for a while.
"""

import heapq
import itertools
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from typing_extensions import override

from activities.correspondence import CorrespondenceActivities, Departure
from domain.events import TimePassed
from domain.message_ports import Delivery, Draft, Outgoing, Verdict, Written
from domain.referral_state import leaving_now, next_deadline
from domain.vocabulary import Channel, MessageState, Purpose, Stage
from store.keyring import Keyring
from store.message import MessageStore
from store.message_row import message_id
from store.purpose_switch import PurposeSwitchStore
from tests.builders import DAY, HOUR, MINUTE, NOW
from tests.journeys.people import People, eventually
from tests.servers import Tree, free_port
from tests.store.lives import WRITTEN, KeptLife, Office, another_person
from wiring.database import make_engine

HIGH_RISK = {"risk": {"level": "high"}}
NO_TEXTS = [{"number": "+447700900001", "safe": "yes", "texts": "no"}]
UNSAFE = {"victim": {"address": {"safe": "no"}, "emails": [], "phones": NO_TEXTS}}
ASKS_FOR = HOUR
"""What the provider says in `Retry-After`."""


@dataclass
class Provider:
    """A printer of letters that is there or not."""

    clock: Callable[[], datetime]
    is_there: bool = False
    taken: list[tuple[datetime, str]] = field(default_factory=list)
    refused: int = 0
    simulated = False
    collects = False

    def send(self, outgoing: Outgoing) -> Delivery:
        if not self.is_there:
            self.refused += 1
            return Delivery(verdict=Verdict.NOT_TRIED, why="It is away.", retry_after=ASKS_FOR)
        self.taken.append((self.clock(), outgoing.key))
        return Delivery(verdict=Verdict.ACCEPTED, provider_id=f"p-{len(self.taken)}")

    def reconcile(self, key: str) -> Delivery:
        raise AssertionError(f"nothing was cut off: {key}")


class Street:
    """Many referrals whose workflows sleep until their next deadline, on one clock."""

    def __init__(self, office: Office, *, per_minute: int) -> None:
        self.office = office
        self.now = NOW
        self.provider = Provider(clock=lambda: self.now)
        tables = MessageStore(office.engine, office.keyring, per_minute={Channel.LETTER: per_minute})
        self._activities = CorrespondenceActivities(
            tables, self, {Channel.LETTER: self.provider}, clock=lambda: self.now
        )
        self._asleep: list[tuple[datetime, int, KeptLife]] = []
        self._order = itertools.count()

    def write(self, draft: Draft, on: date) -> Written:
        """Stand in for the words."""
        return WRITTEN

    def watches(self, life: KeptLife) -> None:
        at = life.now if leaving_now(life.state, life.now) else next_deadline(life.state)
        if at is not None and life.state.stage is Stage.WRITING:
            heapq.heappush(self._asleep, (at, next(self._order), life))

    def goes_on_until(self, end: datetime) -> None:
        while self._asleep and self._asleep[0][0] <= end:
            at, _, life = heapq.heappop(self._asleep)
            self.now = life.now = max(at, life.now)
            if (key := leaving_now(life.state, life.now)) is not None:
                life.happens(self._activities.send_message(Departure(key=key, at=life.now)))
            elif (due := next_deadline(life.state)) is not None and due <= life.now:
                life.happens(TimePassed())
            self.watches(life)
        self.now = end


@pytest.fixture
def office(database_url: str, keys: tuple[bytes, ...]) -> Iterator[Office]:
    engine = make_engine(database_url)
    yield Office(engine, Keyring(keys))
    engine.dispose()


def test_after_a_day_messages_leave_in_order_of_urgency_and_only_those_still_wanted_and_safe(
    office: Office,
) -> None:
    street = Street(office, per_minute=60)
    rung = [office.begins(another_person(number)).is_silent() for number in range(8)]
    start = max(life.now for life in rung)
    informed = [office.begins(another_person(20 + n, lane="information"), at=start) for n in range(5)]
    at_risk = [
        office.begins(another_person(40 + n, **HIGH_RISK))
        .is_silent(2)
        .decides("write_now", reason="She asked for a letter.")
        for n in range(5)
    ]
    lives = [*rung, *informed, *at_risk]
    assert {life.state.stage for life in lives} == {Stage.WRITING}
    for life in lives:
        street.watches(life)
    cut_off = max(life.state.writing.leaves_at for life in lives)  # the first cut-off of the last
    street.goes_on_until(cut_off + 12 * HOUR)
    assert street.provider.taken == []
    states = [message.state for life in lives for message in office.messages.of_referral(life.id)]
    assert set(states) <= {MessageState.HELD, MessageState.RESERVED}
    waiting = [office.messages.of_referral(life.id)[0].waits_for_provider for life in lives]
    assert waiting.count(False) <= 1, "at most the one that found out last"

    # Calls go on: one person rings back, another's address turns out to be shared.
    answered, unsafe = rung[0], rung[1]
    for life in (answered, unsafe):
        life.now = street.now
    answered.rings("answered")
    assert answered.state.stage is Stage.CONTACTING
    unsafe.is_corrected(UNSAFE)
    switches = PurposeSwitchStore(office.engine, office.keyring)
    switches.turn(Purpose.INFORMATION, is_on=False, by_name="Kim", reason="A drill.", now=street.now)

    back_at = cut_off + DAY
    street.goes_on_until(back_at)
    street.provider.is_there = True
    street.goes_on_until(back_at + 2 * HOUR)
    wanted = [*at_risk, *rung[2:]]
    called = {message_id(life.id, life.key): life.key for life in lives}
    left = [called[name] for _, name in street.provider.taken]
    assert sorted(left) == sorted(life.key for life in wanted)
    first = {life.key for life in at_risk}
    assert [key in first for key in left] == [True] * 5 + [False] * 6
    began, ended = street.provider.taken[0][0], street.provider.taken[-1][0]
    assert began - back_at <= ASKS_FOR + MINUTE
    assert ended - began <= timedelta(seconds=len(wanted) + 30)
    assert {life.message_state for life in wanted} == {MessageState.SENT}
    for life in (answered, unsafe):
        messages = office.messages.of_referral(life.id)
        assert {message.state for message in messages if message.channel is Channel.LETTER} == {
            MessageState.RECALLED
        }
    assert street.provider.refused < 2 * DAY / ASKS_FOR, "one try in each pause, whoever makes it"

    switches.turn(Purpose.INFORMATION, is_on=True, by_name="Kim", reason="", now=street.now)
    street.goes_on_until(street.now + 15 * MINUTE)
    assert {called[name] for _, name in street.provider.taken[len(wanted) :]} == {
        life.key for life in informed
    }
    assert len({key for _, key in street.provider.taken}) == len(street.provider.taken), "each once"


class ShutDoor:
    """A provider of e-mail of which the port is known, and that opens when it is told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.keys: list[str] = []
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        taken = self.keys

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                taken.append(body)
                self.send_response(202)
                self.send_header("X-Message-Id", f"m-{len(taken)}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            @override
            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Takes)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


@pytest.fixture
def door() -> Iterator[ShutDoor]:
    made = ShutDoor()
    yield made
    made.close()


ONLY_EMAIL: dict[str, Any] = {"victim__address": {"lines": ["1 Example Street"], "safe": "no"}}


def test_the_running_service_waits_for_its_provider_and_goes_on_by_itself(
    make_tree: Callable[..., Tree], people_at: Callable[[Tree], People], door: ShutDoor
) -> None:
    environment = {"SENDGRID_API_KEY": "a-key-for-tests", "SENDGRID_BASE_URL": door.url}
    tree = make_tree(environment=environment).start()
    people = people_at(tree)
    force, coordinator = people.force, people.coordinator
    referrals = [
        force.refer(
            lane="information",
            **ONLY_EMAIL,
            victim__emails=[{"address": f"person{number}@example.org", "safe": "yes"}],
            victim__given_name=f"Person{number}",
        )
        for number in range(3)
    ]

    def metrics() -> str:
        return httpx2.get(f"{tree.base_url}/metrics", timeout=5).text

    def seen() -> bool:
        told = metrics()
        waiting = re.search(r'holdfast_messages_waiting{channel="email"} 3\.0', told)
        away = re.search(r'holdfast_provider_away_seconds{channel="email"} [1-9]', told)
        return bool(waiting and away)

    eventually(seen, 30, or_else=metrics)
    for referral in referrals:
        assert {message["state"] for message in coordinator.messages(referral)} <= {"held", "reserved"}
    coordinator.decide(referrals[0], "promote", reason="She rang us.")
    recalled = coordinator.messages(referrals[0])[0]
    assert recalled["state"] == "recalled"
    assert coordinator.ring(referrals[0], "answered")["counted"] is not None

    door.open()

    def left() -> bool:
        states = [coordinator.messages(referral)[0]["state"] for referral in referrals[1:]]
        return states == ["sent", "sent"]

    eventually(left, 60, or_else=lambda: "\n".join(coordinator.story(r) for r in referrals))
    assert len(door.keys) == 2
    assert not any("person0@" in body for body in door.keys)
    eventually(
        lambda: 'holdfast_provider_away_seconds{channel="email"} 0.0' in metrics(), 15, or_else=metrics
    )
    tree.discard()
