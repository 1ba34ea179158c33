"""Repairs while everything is killed: never two who have the job, and never nobody while the board says one comes.

Two tradespeople say yes to each repair at the same time, and say it twice; in the middle somebody pulls the plug.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.journeys.hurting import database_of, rows
from tests.journeys.people import Json, People, a_report, eventually
from tests.journeys.test_kills import strike
from tests.servers import Tree

REPAIRS = 8
"""At the same time."""
ALWAYS = "mon-sun 00:00-00:00"
_COLUMNS = (
    "name,firm,phone,email,channel,firm_id,skills,base,areas,most_km,hours,on_call,"
    "vetting_until,insurance_until,safeguarding_until,capacity,languages,active"
)
OPEN_DOOR: Json = {
    "kinds": ["board_up"],
    "urgency": "open_property",
    "address": {"lines": ["3 Example Row", "Cambridge"], "postcode": "CB1 2AB"},
    "access": "Side gate.",
    "code_word": "copper lantern",
    "estimate_pence": 12_000,
}
_number = itertools.count(1)


def a_register(many: int) -> str:
    """So many tradespeople of Cambridge who never sleep, asked by text."""
    lines = [
        f"Trade {n},Firm {n},07700 9005{n:02},,text,,board_up,CB1,,30,{ALWAYS},,2030-12-31,2030-12-31,2030-12-31,50,en,yes"
        for n in range(1, many + 1)
    ]
    return "\n".join([_COLUMNS, *lines]) + "\n"


@pytest.fixture(scope="module")
def hurt(make_tree: Callable[..., Tree], slower_rehearsal: Callable[..., object]) -> Tree:
    return make_tree(profile=slower_rehearsal(answer_within="PT20S")).start()


@pytest.fixture(scope="module")
def there(hurt: Tree, people_at: Callable[[Tree], People]) -> People:
    people = people_at(hurt)
    answer = people.manager.http.post(
        "/tradespeople/import", content=a_register(6), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code in {200, 201}, answer.text
    return people


def ask(there: People) -> str:
    """A coordinator asks for a repair while the victim is on the line; its id."""
    key = f"repair-{next(_number)}"
    referral = there.force.post_surely("/referrals", a_report(), key=f"{key}-report").json()["id"]
    answer = there.coordinator.post_surely(f"/referrals/{referral}/repairs", OPEN_DOOR, key=key)
    assert answer.status_code in {201, 202}, answer.text
    [(repair,)] = eventually(lambda: found(there, referral), 60, or_else="the repair was never begun")
    return str(repair)


def found(there: People, referral: str) -> list[tuple[str]]:
    answer = there.coordinator.get(f"/referrals/{referral}/repairs")
    return [(one["id"],) for one in answer.json()["items"]] if answer.status_code == 200 else []


def offers_of(there: People, repair: str) -> list[str]:
    """Those who have been asked and may answer, once two have been."""

    def two() -> list[str]:
        try:
            shown = there.coordinator.get(f"/repairs/{repair}")
        except Exception:
            return []
        if shown.status_code != 200:
            return []
        asked = [offer["id"] for offer in shown.json()["offers"] if offer["state"] == "offered"]
        return asked if len(asked) == 2 else []

    return eventually(two, 60, or_else=f"nobody was asked about {repair}")


def both_say_yes(there: People, repair: str) -> None:
    """At the same time, and each of them twice."""
    offers = offers_of(there, repair)
    with ThreadPoolExecutor(4) as pool:
        said = [
            pool.submit(
                there.coordinator.post_surely,
                f"/repairs/{repair}/answers",
                {"offer": offer, "answer": "accepted"},
                key=f"{offer}-{times}",
            )
            for offer in offers
            for times in (1, 2)
        ]
    assert {one.result().status_code for one in said} <= {200, 201, 202, 409}, [
        one.result().text for one in said
    ]


@pytest.fixture
def watched(hurt: Tree) -> Iterator[list[str]]:
    """Look into the tables all the time: who has which job, and what the board would say."""
    over, wrong = threading.Event(), list[str]()
    statement = """
        SELECT repair.id::text, repair.stage, count(*) FILTER (WHERE repair_offer.state = 'confirmed')
          FROM repair LEFT JOIN repair_offer ON repair_offer.repair_id = repair.id
         GROUP BY repair.id
    """

    def watch() -> None:
        while not over.wait(0.05):
            try:
                with psycopg.connect(database_of(hurt), autocommit=True, connect_timeout=2) as connection:
                    for repair, stage, confirmed in connection.execute(statement).fetchall():
                        comes = stage in {"accepted", "on_the_way", "arrived", "made_safe"}
                        if confirmed != int(comes):
                            wrong.append(f"{repair} is {stage}, and {confirmed} have the job")
            except Exception:  # it is down at this moment, or being started again
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield wrong
    over.set()
    watcher.join(30)


@pytest.mark.parametrize("killed", ["worker", "api", "temporal", "postgres", "up", "everything"])
def test_never_two_have_the_job_and_never_nobody_who_is_said_to_come(
    hurt: Tree, there: People, watched: list[str], killed: str
) -> None:
    with ThreadPoolExecutor(REPAIRS) as pool:
        repairs = [one.result() for one in [pool.submit(ask, there) for _ in range(REPAIRS)]]
        answered = [pool.submit(both_say_yes, there, repair) for repair in repairs]
        time.sleep(0.2)  # in the middle of it
        strike(hurt, killed)
        for one in answered:
            one.result()
    for repair in repairs:
        finish(there, repair)
    assert not watched, watched[:5]
    for repair in repairs:
        as_the_tables_say(hurt, repair)


def finish(there: People, repair: str) -> None:
    """Whoever has it comes, does it, and says what it costs; the victim says that the place is secure."""

    def has_somebody() -> str:
        shown = there.coordinator.get(f"/repairs/{repair}").json()
        has = [offer["id"] for offer in shown["offers"] if offer["state"] == "confirmed"]
        return has[0] if has else ""

    offer = eventually(has_somebody, 60, or_else=f"nobody has {repair}")
    for answer in ("on_the_way", "arrived", "made_safe", "completed"):
        body = {"offer": offer, "answer": answer} | ({"cost_pence": 9_900} if answer == "completed" else {})
        told = there.coordinator.post_surely(f"/repairs/{repair}/answers", body, key=f"{offer}-{answer}")
        assert told.status_code in {200, 201, 202}, told.text
    told = there.coordinator.post_surely(
        f"/repairs/{repair}/confirmation", {"secure": True}, key=f"{repair}-secure"
    )
    assert told.status_code in {200, 201, 202}, told.text
    eventually(
        lambda: there.coordinator.get(f"/repairs/{repair}").json()["stage"] == "secure",
        30,
        or_else=f"{repair} never ended",
    )


def as_the_tables_say(tree: Tree, repair: str) -> None:
    """One who did it, and a ledger that adds up."""
    given_out = "SELECT state FROM repair_offer WHERE repair_id = %s AND turn >= 0"
    states = [state for (state,) in rows(tree, given_out, repair)]
    assert states.count("done") == 1, states
    assert not {"reserved", "offered", "confirmed"} & set(states), states
    [(spent, committed)] = rows(
        tree,
        "SELECT (SELECT coalesce(sum(pence), 0) FROM repair_spend WHERE repair_id = %s), committed_pence"
        " FROM repair WHERE id = %s",
        repair,
        repair,
    )
    assert spent == committed == 9_900
