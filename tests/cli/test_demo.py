"""The demo plays the published year over the public API, with a rehearsal alone, and its numbers are exact."""

import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.referral_in import read_referral
from cli.demo import service as services
from cli.demo.plan import ANSWERED_AT, DIVERTED, ENDINGS, PUBLISHED, Story, expected, plan, shares
from cli.demo.reports import FORCE, report
from cli.demo.service import NoRehearsal, NotAsPlayed, Service
from cli.demo.table import differences
from domain.triage import is_protected, triage
from store.referral_document import facts_of
from tests.journeys.people import Manager, assert_it_balances
from tests.servers import HOLDFAST, REPOSITORY, Tree, clean_environment
from wiring.profile import ProfilePolicies, load_profile
from wiring.settings import ROOT

TODAY = date(2026, 11, 22)
DEMO_TOKENS = {"demo police", "demo coordinator", "demo manager"}


# What is played


@settings(deadline=None)
@given(
    total=st.integers(0, 20_000),
    weights=st.sampled_from([PUBLISHED, DIVERTED, ANSWERED_AT])
    | st.dictionaries(st.integers(), st.integers(1, 5000), min_size=1, max_size=9),
)
def test_a_share_adds_up_and_is_nowhere_one_off(total: int, weights: dict[object, int]) -> None:
    given_out = shares(total, weights)
    whole = sum(weights.values())
    assert sum(given_out.values()) == total
    for kind, weight in weights.items():
        assert abs(given_out[kind] * whole - total * weight) < whole


def test_seven_thousand_and_eighty_seven_are_the_published_year() -> None:
    says = expected(plan(referrals=7087, diverted=0, information=0))
    assert says["contacted"] == 5559 == 2206 + 2105 + 1248
    assert (says["ongoing_support"], says["single_call"], says["declined"]) == (2206, 2105, 1248)
    assert (says["not_reached"], says["supported"], says["received"]) == (1528, 4311, 7087)


def test_every_story_has_an_ending() -> None:
    assert set(ENDINGS) == {*PUBLISHED, *DIVERTED, Story.INFORMED} == set(Story)


def test_twenty_eight_diverted_are_the_published_sample() -> None:
    told = Counter(life.story for life in plan(referrals=90, diverted=28, information=0))
    assert {story: told[story] for story in DIVERTED} == DIVERTED
    says = expected(plan(referrals=90, diverted=28, information=7))
    assert (says["held"], says["diverted"]) == (
        19,
        {"duplicate": 5, "excluded": 1, "returned_to_referrer": 3},
    )
    assert (says["received"], says["referred"], says["information"]) == (125, 118, 7)


@settings(deadline=None)  # other tests run beside it
@given(st.integers(0, 800), st.integers(0, 60), st.integers(0, 60))
def test_what_is_expected_balances_whatever_is_played(
    referrals: int, diverted: int, information: int
) -> None:
    says = expected(plan(referrals=referrals, diverted=diverted, information=information))
    assert_it_balances(says)
    assert says["received"] == referrals + diverted + information


def test_every_story_is_mixed_in_from_the_beginning_so_that_a_visitor_sees_all_of_them() -> None:
    lives = plan(referrals=710, diverted=28, information=71)
    for story in PUBLISHED:
        places = [place for place, life in enumerate(lives) if life.story is story]
        apart = [after - before for before, after in zip(places, places[1:], strict=False)]
        assert max(apart) <= 2 * len(lives) / len(places) + 2


def test_a_duplicate_is_about_somebody_reported_before() -> None:
    lives = plan(referrals=71, diverted=28, information=0)
    about = {life.number: life for life in lives}
    twice = [life for life in lives if life.story is Story.DUPLICATE]
    assert len(twice) == 5
    for life in twice:
        first = about[life.person]
        assert first.number < life.number
        assert first.story in PUBLISHED
        alike = [report(one, run="r", today=TODAY) for one in (first, life)]
        assert alike[0]["victim"] == alike[1]["victim"]
        assert alike[0]["incident"] == alike[1]["incident"]
        assert alike[0]["source"]["reference"] != alike[1]["source"]["reference"]


def test_everybody_is_plainly_invented_and_nobody_is_alike() -> None:
    lives = plan(referrals=7087, diverted=118, information=300)
    people = Counter()
    for life in lives:
        told = report(life, run="r", today=TODAY)
        victim = told["victim"]
        assert told["source"]["organisation"] == FORCE
        assert all(phone["number"].startswith("+447700900") for phone in victim["phones"])
        assert all(email["address"].endswith("@example.org") for email in victim["emails"])
        if life.story is not Story.DUPLICATE:
            where = told["incident"]["postcode"]
            people[victim["given_name"], victim["family_name"], where] += 1
    assert set(people.values()) == {1}


def test_nothing_stands_in_the_way_of_a_call_to_whoever_runs_through_the_ordinary_loop() -> None:
    profile = load_profile(ROOT / "profiles/rehearsal.toml")
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    policy = ProfilePolicies(profile).policy_at(now)
    for life in plan(referrals=1420, diverted=0, information=60):
        document = read_referral(report(life, run="r", today=TODAY), region="GB")
        facts = facts_of(document, number_id=lambda number: number, received_at=now, child_under=18)
        found = triage(facts, policy, sensitive=facts.is_sensitive)
        assert (found.holds, found.ends_as) == ((), None)
        assert not is_protected(facts, sensitive=facts.is_sensitive)


def test_a_difference_or_an_imbalance_is_named() -> None:
    played = expected(plan(referrals=71, diverted=0, information=0))
    assert not differences(played, played)
    assert differences(played, played | {"waiting": 1}) == [
        "waiting is 1 instead of 0",
        "referred is 71, but its parts are 72",
    ]


# With whom


@dataclass
class Scripted:
    """A service that answers as it is told, and keeps what it was asked."""

    url: str = ""
    ready: list[tuple[int, object]] = field(default_factory=list)
    """Answers of /readyz; the last one stays."""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


REHEARSES = (200, {"database": True, "temporal": True, "rehearsal": True})
IS_REAL = (200, {"database": True, "temporal": True, "rehearsal": False})


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = script.ready.pop(0) if len(script.ready) > 1 else script.ready[0]
            self._say(status, body, {})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            script.asked.append((self.path, self.headers["Idempotency-Key"]))
            status, headers = script.answers.pop(0)
            if status:
                self._say(status, {"id": "1"}, headers)
            else:
                self.close_connection = True

        def _say(self, status: int, body: object, headers: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HOLDFAST, "demo", *arguments],
        capture_output=True,
        text=True,
        env=clean_environment(),
        cwd=REPOSITORY,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("ready", "why"),
    [
        (IS_REAL, "is no rehearsal"),
        ((200, {"database": True, "temporal": True}), "is no rehearsal"),
        ((503, {"database": False, "temporal": True, "rehearsal": True}), "is not ready"),
        ((200, "something else lives here"), "is not ready"),
    ],
)
def test_the_demo_never_plays_with_a_real_service(
    scripted: Scripted, ready: tuple[int, object], why: str, tmp_path: Path
) -> None:
    scripted.ready = [ready]
    done = demo("--url", scripted.url, "--data-dir", str(tmp_path / "var"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"holdfast: the service at {scripted.url} {why}")
    assert done.stderr.count("\n") == 1
    assert not scripted.asked


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://127.0.0.1:1", "holdfast: no service answers at http://127.0.0.1:1\n"),
        ("127.0.0.1:1", "holdfast: no service answers at 127.0.0.1:1\n"),
    ],
)
def test_a_service_that_is_away_is_one_line(url: str, line: str, tmp_path: Path) -> None:
    done = demo("--url", url, "--data-dir", str(tmp_path / "var"))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)


def test_without_its_database_no_token_is_issued_in_another_one(scripted: Scripted, tmp_path: Path) -> None:
    scripted.ready = [REHEARSES]
    done = demo("--url", scripted.url, "--data-dir", str(tmp_path / "var"))
    assert done.returncode == 1
    assert "no service runs in" in done.stderr
    assert not (tmp_path / "var").exists()


def test_nobody_to_refer_is_wrong_usage() -> None:
    assert demo("--referrals", "0").returncode == 2


async def test_what_was_not_answered_is_sent_again_under_the_same_key(scripted: Scripted) -> None:
    # Without the key a report whose answer was lost in a kill would be two people, and the numbers wrong.
    scripted.ready = [REHEARSES]
    scripted.answers = [(503, {"Retry-After": "0"}), (0, {}), (500, {}), (201, {"Location": "/there"})]
    async with Service(scripted.url) as service:
        answer = await service.post("token", "/api/v1/referrals", {}, key="k")
    assert (answer.status, answer.location) == (201, "/there")
    assert scripted.asked == [("/api/v1/referrals", "k")] * 4


async def test_a_service_that_comes_back_as_a_real_one_is_left_alone(scripted: Scripted) -> None:
    scripted.ready = [(503, {"database": False, "rehearsal": True}), IS_REAL]
    scripted.answers = [(503, {})]
    async with Service(scripted.url) as service:
        with pytest.raises(NoRehearsal):
            await service.post("token", "/api/v1/referrals", {}, key="k")
    assert len(scripted.asked) == 1


async def test_nobody_waits_for_ever(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PATIENCE", 0.6)
    scripted.ready = [(503, {})]
    scripted.answers = [(503, {})]
    async with Service(scripted.url) as service:
        with pytest.raises(services.CommandFailed):
            await service.post("token", "/api/v1/referrals", {}, key="k")


@pytest.mark.parametrize(
    ("status", "refused"), [(401, services.CommandFailed), (409, NotAsPlayed), (422, NotAsPlayed)]
)
async def test_a_refusal_is_not_sent_again(scripted: Scripted, status: int, refused: type[Exception]) -> None:
    scripted.answers = [(status, {})]
    async with Service(scripted.url) as service:
        with pytest.raises(refused):
            await service.post("token", "/api/v1/referrals", {}, key="k")
    assert len(scripted.asked) == 1


# On a running service


def begin(tree: Tree, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*HOLDFAST, "demo", *arguments, "--data-dir", str(tree.data.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=tree.environment,
        cwd=REPOSITORY,
    )


def tokens_of_the_demo(tree: Tree) -> list[list[str]]:
    listed = [line.split("\t") for line in tree.run("token", "list").splitlines()]
    return [columns for columns in listed if columns[2] in DEMO_TOKENS]


@pytest.mark.parametrize("what", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_says_how_far_it_got_and_leaves_no_valid_token(
    shared_tree: Tree, what: signal.Signals
) -> None:
    playing = begin(shared_tree, "--referrals", "40", "--in-flight", "20")
    assert playing.stdout
    assert playing.stdout.readline().startswith("4 of 40 have ended")
    playing.send_signal(what)
    playing.send_signal(what)
    _, told = playing.communicate(timeout=30)
    assert playing.returncode == 1
    assert told.startswith("holdfast: interrupted: ")
    assert told.endswith(" of 40 referrals were played to their end\n")
    assert told.count("\n") == 1
    tokens = tokens_of_the_demo(shared_tree)
    assert {columns[2] for columns in tokens} == DEMO_TOKENS
    assert all(columns[-1].startswith("revoked") for columns in tokens)


@pytest.mark.timeout(600)
def test_a_tenth_of_the_published_year_is_counted_exactly_although_worker_and_api_were_killed(
    make_tree: Callable[..., Tree],
) -> None:
    tree = make_tree().start()
    playing = begin(
        tree, "--referrals", "709", "--diverted", "28", "--information", "30", "--in-flight", "80"
    )
    assert playing.stdout
    try:
        for victim in ("worker", "api"):
            while not playing.stdout.readline().startswith(("231 of 767", "384 of 767")):
                assert playing.poll() is None, playing.communicate()
            tree.wait_for_another(victim, tree.kill(victim), 60)
        out, told = playing.communicate(timeout=500)
    finally:
        playing.kill()
    assert (playing.returncode, told) == (0, ""), out

    manager = Manager(tree.base_url, tree.issue_token("manager"))
    funnel = manager.funnel()
    manager.close()
    assert_it_balances(funnel)
    lives = plan(referrals=709, diverted=28, information=30)
    assert {name: funnel[name] for name in expected(lives)} == expected(lives)
    assert funnel["contacted"] == 221 + 210 + 125
    assert (funnel["not_reached"], funnel["information"], funnel["held"]) == (153, 30, 19)
    assert funnel["letters_sent"] + funnel["emails_sent"] == 153 + 30
    assert "221" in out
    assert all(columns[-1].startswith("revoked") for columns in tokens_of_the_demo(tree))
    assert tree.stop() == 0
