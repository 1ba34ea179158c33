"""Everything may be killed at any moment: what was accepted happens, once, and every timer still comes."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.journeys.hurting import rows
from tests.journeys.people import Json, People, a_report, assert_it_balances, eventually
from tests.servers import Tree

AT_ONCE = 12
"""Lives that are being told at the same time."""
ALL_ENDED_WITHIN = 75.0
"""Seconds after the last answer until every timer must have come: cut-off and wait are 11 s together."""
UNREACHED = {"outcome": "not_reached"}


@dataclass
class Life:
    """What is to happen to one referral, what was answered, and how it ends."""

    name: str
    report: Json
    steps: tuple[tuple[str, Json], ...]
    ends: dict[str, object]
    referral: str = ""
    commands: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return sum(path == "contact-attempts" for path, _ in self.steps)


def call(outcome: str, **more: str) -> tuple[str, Json]:
    return "contact-attempts", {"outcome": outcome, **more}


def decision(kind: str, **more: object) -> tuple[str, Json]:
    return "decisions", {"decision": kind, **more}


IN_VAIN = (call("no_answer"),) * 3
KINDS: tuple[tuple[str, Json, tuple[tuple[str, Json], ...], dict[str, object]], ...] = (
    ("unreached", {}, IN_VAIN, {"stage": "closed", **UNREACHED}),
    (
        "single call",
        {},
        (call("no_answer"), call("answered"), decision("single_call", reason="Advice was enough.")),
        {"stage": "closed", "outcome": "single_call"},
    ),
    (
        "rang back",
        {},
        (*IN_VAIN, call("answered", direction="inbound")),
        {"stage": "contacting", "reached": True},
    ),
    (
        "supported",
        {},
        (call("answered"), decision("ongoing_support", support={"first_contact_on": "2026-01-05"})),
        {"stage": "supporting"},
    ),
    ("informed", {"lane": "information"}, (), {"stage": "closed", "outcome": "informed"}),
    (
        "corrected",
        {},
        (("corrections", {"victim": {"phones": [{"number": "+447700900123", "safe": "no"}]}}),),
        {"stage": "closed", **UNREACHED},
    ),
    (
        "third party",
        {"suspects": [{"relationship": "ex_partner", "shares_address": "no"}]},
        (call("no_answer"), call("third_party_answered"), call("no_answer")),
        {"stage": "held"},
    ),
    (
        "stopped",
        {},
        (*IN_VAIN, ("stop", {"cause": "somebody_else_answered"})),
        {"stage": "held"},
    ),
    (
        "asked us to stop",
        # Nobody else's: what is asked at an address is shown, and asked about, wherever it is written to again.
        {
            "victim__address": {
                "lines": ["9 Elsewhere Road", "Cambridge"],
                "postcode": "CB1 9ZZ",
                "safe": "yes",
            }
        },
        (call("no_answer"), ("opt-outs", {"channel": "letter", "way": "phone"})),
        {"stage": "contacting", "outcome": None},
    ),
)


def tell(people: People, life: Life) -> None:
    """Bring a referral and everything about it, each under one key until it is answered."""
    source = life.report["source"]["reference"]
    answer = people.force.post_surely("/referrals", life.report, key=f"{source}-report")
    assert answer.status_code in {201, 202}, answer.text
    life.referral = answer.json()["id"]
    for number, (path, body) in enumerate(life.steps):
        where = f"/referrals/{life.referral}/{path}"
        answer = people.coordinator.post_surely(where, body, key=f"{source}-{number}")
        assert answer.status_code in {200, 201, 202}, (life.name, path, body, answer.text)
        life.commands.append(answer.headers["location"].rpartition("/")[2])


@pytest.fixture(scope="module")
def hurt(make_tree: Callable[..., Tree], slower_rehearsal: Callable[..., object]) -> Tree:
    return make_tree(profile=slower_rehearsal(cut_off_after="PT6S", minimum_gap="PT1S")).start()


@pytest.fixture(scope="module")
def there(hurt: Tree, people_at: Callable[[Tree], People]) -> People:
    return people_at(hurt)


@pytest.mark.parametrize(
    ("killed", "how_many"),
    [("worker", 27), ("api", 27), ("temporal", 27), ("postgres", 27), ("up", 27), ("everything", 108)],
)
def test_what_was_accepted_happens_once_although_it_was_killed(
    hurt: Tree, there: People, killed: str, how_many: int
) -> None:
    began = datetime.now(UTC)
    kinds = itertools.islice(itertools.cycle(KINDS), how_many)
    lives = [Life(name, a_report(**changes), steps, ends) for name, changes, steps, ends in kinds]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = [pool.submit(tell, there, life) for life in lives]
        # In the middle, with letters already waiting for their cut-off.
        for share in (0.3, 0.6) if killed == "everything" else (0.4,):
            eventually(
                lambda share=share: sum(one.done() for one in told) >= share * how_many, 60, every=0.01
            )
            strike(hurt, killed)
        for one in told:
            one.result()

    by = time.monotonic() + ALL_ENDED_WITHIN
    wrong: list[str] = []
    for life in lives:
        wrong += as_it_ends(there, life, max(by - time.monotonic(), 0.1))
    assert not wrong, "\n\n".join(wrong[:4]) + f"\n({len(wrong)} in all)"
    nothing_twice(hurt, there, lives, began)
    the_numbers_are_true(there, lives, began)


def strike(tree: Tree, name: str) -> None:
    if name in {"up", "everything"}:
        tree.kill("up") if name == "up" else tree.kill_everything()
        tree.restart()
    else:
        tree.wait_for_another(name, tree.kill(name), 40)


def as_it_ends(there: People, life: Life, seconds: float) -> list[str]:
    """Every timer comes and every command is applied; what is wrong otherwise."""
    by = time.monotonic() + seconds
    try:
        there.coordinator.wait_for(life.referral, seconds, **life.ends)
    except AssertionError as error:
        return [f"{life.name} {life.referral}: {error}"]
    states = [there.coordinator.command(command)["state"] for command in life.commands]
    while (
        "pending" in states and time.monotonic() < by
    ):  # it stands where it ends before its last command came
        time.sleep(0.2)
        states = [there.coordinator.command(command)["state"] for command in life.commands]
    return [] if set(states) <= {"applied"} else [f"{life.name} {life.referral}: {states}"]


def nothing_twice(tree: Tree, there: People, lives: list[Life], began: datetime) -> None:
    """Each referral once, each command once and in order, one letter at most, none to who had answered."""
    references = Counter(rows(tree, "SELECT id FROM referral WHERE received_at >= %s", began))
    assert sum(references.values()) == len(lives) == len({life.referral for life in lives})
    for life in lives:
        stored = rows(
            tree,
            "SELECT id::text, ordinal, state FROM command WHERE referral_id = %s ORDER BY ordinal",
            life.referral,
        )
        assert stored == [(command, n, "applied") for n, command in enumerate(life.commands, start=1)], (
            life.name
        )
        what = [line["what"] for line in there.coordinator.timeline(life.referral)]
        assert what.count("The referral was received.") == what.count("Triage ran.") == 1
        said = sum(line.startswith(("Call:", "Incoming call:")) for line in what)
        assert (said, sum(line.startswith("Closed as") for line in what)) == (
            life.calls,
            life.ends["stage"] == "closed",
        ), "\n".join(what)
        shown = there.coordinator.see(life.referral)
        counted = sum(body.get("outcome") == "no_answer" for _, body in life.steps)
        if life.name != "third party" and shown["opening"] == 1:
            assert shown["attempts_counted"] == counted, life.name
        the_letters(tree, there, life)


def the_letters(tree: Tree, there: People, life: Life) -> None:
    messages = there.coordinator.messages(life.referral)
    assert len([one for one in messages if one["state"] != "recalled"]) <= 1
    assert {one["state"] for one in messages} <= {"sent", "recalled"}, messages
    if life.name in {"unreached", "informed", "corrected"}:
        assert [one["state"] for one in messages] == ["sent"]
    if life.name in {"single call", "supported", "third party", "asked us to stop"}:
        assert not messages
    if life.name in {"rang back", "stopped"}:
        [made_at] = rows(tree, "SELECT made_at FROM command WHERE id = %s", life.commands[-1])[0]
        late = rows(
            tree, "SELECT key FROM message WHERE referral_id = %s AND sending_at > %s", life.referral, made_at
        )
        assert not late, f"a letter left after this: {life.name}"


def the_numbers_are_true(there: People, lives: list[Life], began: datetime) -> None:
    funnel = there.manager.funnel(**{"from": began.isoformat()})
    assert_it_balances(funnel)
    each = Counter(life.name for life in lives)
    assert funnel["received"] == len(lives)
    assert {
        name: funnel[name] for name in ("not_reached", "single_call", "undecided", "ongoing_support")
    } == {
        "not_reached": each["unreached"] + each["corrected"],
        "single_call": each["single call"],
        "undecided": each["rang back"],
        "ongoing_support": each["supported"],
    }
    assert (funnel["information"], funnel["held"], funnel["waiting"]) == (
        each["informed"],
        each["third party"] + each["stopped"],
        each["asked us to stop"],
    )


def test_supports_that_began_before_the_kills_are_still_followed(hurt: Tree, there: People) -> None:
    """The last timer of all: a review that nobody makes is missed, on every support, once."""
    supported = there.coordinator.pages("/referrals", stage="supporting", limit=200)
    assert supported

    def missed(referral: str) -> int:
        return there.coordinator.story(referral).count("A review was missed.")

    for one in supported:
        assert eventually(lambda one=one: missed(one["id"]), 30) == 1


@pytest.fixture(autouse=True)
def _watched(hurt: Tree, there: People) -> Iterator[None]:
    """Poll the funnel through every outage: whenever it answers, it balances."""
    over, wrong = threading.Event(), []

    def watch() -> None:
        while not over.wait(0.2):
            try:
                assert_it_balances(there.manager.funnel())
            except AssertionError as error:
                if "received" in str(error):
                    wrong.append(error)
            except Exception:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    over.set()
    watcher.join(30)
    assert not wrong
