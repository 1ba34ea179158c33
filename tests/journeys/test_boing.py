"""Repairs through a firm's own system: the whole service against BOING and its dozen firms.

However often, late or out of order firms answer, one of them has the job; and what the board says is what they do.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from simulator.kept import Way
from simulator.running import Simulator, running
from simulator.script import Script, Trouble
from simulator.trades_boing_book import Job
from simulator.trades_boing_firms import DOZEN, Temper
from tests.journeys.hurting import database_of
from tests.journeys.people import Json, People, eventually, together
from tests.servers import Tree

_keys = itertools.count(1)
_towns = itertools.count(1)
_COLUMNS = (
    "name,firm,phone,email,channel,firm_id,skills,base,areas,most_km,hours,on_call,"
    "vetting_until,insurance_until,safeguarding_until,capacity,languages,active"
)
SECRETS = ("Example Row", "CB1 2AB", "Side gate", "copper lantern")
OPEN_DOOR: Json = {
    "kinds": ["board_up"],
    "urgency": "open_property",
    "address": {"lines": ["3 Example Row", "Cambridge"], "postcode": "CB1 2AB"},
    "access": "Side gate.",
    "code_word": "copper lantern",
    "estimate_pence": 12_000,
}
PACE = 0.2


@pytest.fixture(scope="module")
def boing() -> Iterator[Simulator]:
    with running(script=Script(pace=PACE, delay=1.0)) as simulator:
        simulator.world.caller.first_pause = 0.1
        yield simulator


@pytest.fixture(scope="module")
def live(make_tree: Callable[..., Tree], boing: Simulator) -> Tree:
    tree = make_tree(environment=boing.environment())
    boing.calls_back(tree.base_url)
    return tree.start()


@pytest.fixture(scope="module")
def there(live: Tree, people_at: Callable[[Tree], People]) -> People:
    return people_at(live)


@dataclass(frozen=True)
class Town:
    """A part of the country with tradespeople of its own, so that no test meets another's."""

    area: str
    there: People
    boing: Simulator

    def has(self, **firms: Temper | None) -> None:
        """Register tradespeople by name: with a temper they have a system, without one a telephone."""
        lines = [self._line(name, temper) for name, temper in firms.items()]
        answer = self.there.manager.http.post(
            "/tradespeople/import",
            content="\n".join([_COLUMNS, *lines]) + "\n",
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code in {200, 201}, answer.text

    def firm(self, name: str) -> str:
        return f"{self.area}-{name}".lower()

    def _line(self, name: str, temper: Temper | None) -> str:
        number = f"07700 900{500 + next(_keys):03}"
        always, papers = "mon-sun 00:00-00:00", ",".join(["2030-12-31"] * 3)
        if temper is not None:
            self.boing.firm(self.firm(name), temper)
        system = f"api,{self.firm(name)}" if temper is not None else "text,"
        return f"{name},,{number},,{system},board_up,{self.area},{self.area},30,{always},,{papers},50,en,yes"

    def ask(self, **changes: Any) -> str:
        """A coordinator asks for a repair while the victim is on the line; its id."""
        key = f"boing-{next(_keys)}"
        referral = self.there.force.refer()
        asked = (
            OPEN_DOOR | {"address": {"lines": ["3 Example Row"], "postcode": f"{self.area} 2AB"}} | changes
        )
        answer = self.there.coordinator.post(f"/referrals/{referral}/repairs", asked, key=key)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def see(self, repair: str) -> Json:
        answer = self.there.coordinator.get(f"/repairs/{repair}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_for(self, repair: str, *stages: str, seconds: float = 40.0) -> Json:
        return eventually(
            lambda: shown if (shown := self.see(repair))["stage"] in stages else None,
            seconds,
            or_else=lambda: f"{repair} is never {stages}: {self.see(repair)} {self.jobs(repair)}",
        )

    def decide(self, repair: str, decision: str, **more: Any) -> None:
        answer = self.there.coordinator.post(
            f"/repairs/{repair}/decisions", {"decision": decision, "reason": "As it is.", **more}
        )
        assert answer.status_code in {200, 202}, answer.text

    def jobs(self, repair: str) -> list[Job]:
        """What firms were told of it, oldest first."""
        reference = self.see(repair)["reference"]
        return [job for job in self.boing.offers() if job.reference == reference]

    def job(self, repair: str, name: str) -> Job:
        return eventually(
            lambda: next((job for job in self.jobs(repair) if job.firm_id == self.firm(name)), None), 20
        )

    def states(self, repair: str) -> Counter[str]:
        return Counter(offer["state"] for offer in self.see(repair)["offers"])


@pytest.fixture
def town(there: People, boing: Simulator) -> Town:
    boing.follow(Script(pace=PACE, delay=1.0))
    return Town(f"CB{next(_towns)}", there, boing)


@pytest.fixture
def watched(live: Tree) -> Iterator[list[str]]:
    """Look into the tables all the time: who has which job, and what the board would say."""
    over, wrong = threading.Event(), list[str]()
    statement = """
        SELECT repair.id::text, repair.stage, count(*) FILTER (WHERE repair_offer.state = 'confirmed')
          FROM repair LEFT JOIN repair_offer ON repair_offer.repair_id = repair.id GROUP BY repair.id
    """

    def watch() -> None:
        with psycopg.connect(database_of(live), autocommit=True) as connection:
            while not over.wait(0.05):
                for repair, stage, confirmed in connection.execute(statement).fetchall():
                    comes = stage in {"accepted", "on_the_way", "arrived", "made_safe"}
                    if confirmed != int(comes):
                        wrong.append(f"{repair} is {stage}, and {confirmed} have the job")

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield wrong
    over.set()
    watcher.join(30)


def test_an_open_door_is_made_safe_from_the_call_to_the_bill(town: Town, watched: list[str]) -> None:
    town.has(Quick=Temper.FAST)
    repair = town.ask()
    shown = town.wait_for(repair, "finished")
    [job] = town.jobs(repair)
    assert job.heard == ["offer", "confirmation"]
    assert [one.answer for one in job.said] == ["accepted", "on_the_way", "arrived", "made_safe", "completed"]
    assert {one.arrived for one in job.said} == {"204"}
    assert job.address == f"3 Example Row, {town.area} 2AB"
    assert town.states(repair) == {"done": 1}
    assert shown["committed_pence"] == 12_000
    assert not watched


def test_of_two_who_say_yes_one_has_it_and_the_other_is_told_and_never_learns_the_address(
    town: Town, watched: list[str]
) -> None:
    town.has(One=Temper.ACCEPTS_TWICE, Two=Temper.ACCEPTS_TWICE)
    repair = town.ask()
    town.wait_for(repair, "finished")
    eventually(lambda: all(len(job.heard) > 1 for job in town.jobs(repair)), 20)
    jobs = town.jobs(repair)
    assert sorted(job.heard[1] for job in jobs) == ["confirmation", "taken"]
    [told_no] = [job for job in jobs if "taken" in job.heard]
    assert told_no.address == ""
    assert town.states(repair) == {"done": 1, "taken": 1}
    assert not watched


def test_a_yes_after_the_deadline_is_welcome_while_nobody_has_it(town: Town, watched: list[str]) -> None:
    town.has(Late=Temper.ANSWERS_LATE)
    repair = town.ask()
    town.wait_for(repair, "finished")
    assert town.job(repair, "Late").heard == ["offer", "confirmation"]
    assert not watched


def test_a_yes_after_somebody_else_has_it_is_answered_kindly(town: Town, watched: list[str]) -> None:
    town.has(Late=Temper.ANSWERS_LATE, Still=Temper.SILENT)
    repair = town.ask()
    still = town.job(repair, "Still")
    assert town.boing.answer(still, "accepted") == "204"
    town.wait_for(repair, "finished")
    late = eventually(lambda: job if "taken" in (job := town.job(repair, "Late")).heard else None, 20)
    assert late.address == ""
    assert town.states(repair)["done"] == 1
    assert not watched


def test_who_declines_is_silent_or_down_is_followed_by_the_next(town: Town, watched: list[str]) -> None:
    town.has(
        Busy=Temper.DECLINES,
        Down=Temper.DOWN,
        Still=Temper.SILENT,
        Knows=Temper.KNOWS_PARTY,
        Last=Temper.FAST,
    )
    repair = town.ask()
    town.wait_for(repair, "finished")
    assert town.job(repair, "Last").has_said("completed")
    assert "done" in town.states(repair)
    assert not watched


def test_a_job_that_is_given_back_goes_to_somebody_else(town: Town, watched: list[str]) -> None:
    town.has(Back=Temper.GIVES_BACK)
    repair = town.ask()
    eventually(lambda: "released" in town.states(repair), 20)
    assert "given_back" in {ask["ask"] for ask in town.see(repair)["asks"]}
    town.has(Quick=Temper.FAST)
    town.wait_for(repair, "finished")
    assert town.job(repair, "Quick").has_said("completed")
    assert not watched


def test_a_cancelled_job_is_called_off_at_the_firm(town: Town, watched: list[str]) -> None:
    town.has(Slow=Temper.STALLS)
    repair = town.ask()
    town.wait_for(repair, "on_the_way")
    town.decide(repair, "cancel")
    job = eventually(lambda: job if "cancellation" in (job := town.job(repair, "Slow")).heard else None, 20)
    assert job.is_over
    assert town.see(repair)["stage"] == "cancelled"
    assert not watched


def test_somebody_without_a_system_is_asked_by_text_and_told_nothing_of_the_door(
    town: Town, boing: Simulator
) -> None:
    town.has(Phone=None)
    before = len(boing.messages(way=Way.TEXT))
    repair = town.ask()
    [text] = eventually(lambda: boing.messages(way=Way.TEXT)[before:], 20)
    assert f"Job near {town.area}: board up, make it safe now." in text.text
    assert "/trades/" in text.text
    assert not [secret for secret in SECRETS if secret in text.text]
    [offer] = town.see(repair)["offers"]
    told = town.there.coordinator.post(
        f"/repairs/{repair}/answers", {"offer": offer["id"], "answer": "accepted"}
    )
    assert told.status_code == 200, told.text
    _, yours = eventually(lambda: t if len(t := boing.messages(way=Way.TEXT)[before:]) == 2 else None, 20)
    assert "is yours, thank you" in yours.text
    assert not [secret for secret in SECRETS if secret in yours.text]


def test_in_a_storm_of_troubles_each_repair_has_one_firm_or_a_person_who_is_asked(
    town: Town, watched: list[str]
) -> None:
    town.has(**{f"F{place}": firm.temper for place, firm in enumerate(DOZEN.values())})
    town.boing.follow(
        Script(
            seed=7,
            pace=PACE,
            delay=1.0,
            rates={
                Trouble.DUPLICATED: 0.3,
                Trouble.DELAYED: 0.2,
                Trouble.REORDERED: 0.1,
                Trouble.RESET_AFTER_ACCEPTANCE: 0.1,
                Trouble.SERVER_ERROR_AFTER_ACCEPTANCE: 0.1,
                Trouble.RESET_BEFORE_ACCEPTANCE: 0.05,
                Trouble.SERVER_ERROR: 0.05,
            },
        )
    )
    repairs = together([town.ask] * 12)
    for repair in repairs:
        eventually(
            lambda repair=repair: (shown := town.see(repair))["stage"] == "finished" or shown["asks"],
            60,
            or_else=lambda repair=repair: str(town.see(repair)),
        )
    town.boing.follow(Script(pace=PACE))
    for repair in repairs:
        if town.see(repair)["stage"] != "finished":
            town.decide(repair, "cancel")
    for repair in repairs:
        eventually(
            lambda repair=repair: has_it(town, repair) <= 1, 30, or_else="two believe that they have it"
        )
        assert not {"reserved", "offered", "confirmed"} & set(town.states(repair)), town.states(repair)
    assert not watched, watched[:5]


def test_killed_between_saying_it_and_noting_it_we_say_it_again_and_nobody_goes_twice(
    town: Town, live: Tree, watched: list[str]
) -> None:
    town.has(One=Temper.ACCEPTS_TWICE, Two=Temper.FAST)
    repairs = together([town.ask] * 6)
    for _ in range(3):
        live.wait_for_another("worker", live.kill("worker"))
    for repair in repairs:
        town.wait_for(repair, "finished", seconds=60)
        went = [job for job in town.jobs(repair) if job.has_said("arrived")]
        assert len(went) == 1, "two stood at the door"
        assert Counter(one.event_id for one in went[0].said if one.answer == "arrived").total() == 1
        assert town.see(repair)["committed_pence"] == 12_000
    assert not watched, watched[:5]


def has_it(town: Town, repair: str) -> int:
    """How many firms believe that the job is theirs: told so, and not told otherwise since, and not let go by them."""
    let_go = {"declined", "access_failed", "refused_on_site", "second_visit"}
    return sum(
        "confirmation" in job.heard
        and job.heard[-1] not in {"cancellation", "taken"}
        and not any(job.has_said(answer) for answer in let_go)
        for job in town.jobs(repair)
    )
