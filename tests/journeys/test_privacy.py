"""Nobody learns from us: what was planted in whole lives and in bad requests is found nowhere in clear.

Rule 8 of docs/policy.md.  Every planted word is invented and of a shape that occurs nowhere by chance.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx2
import psycopg
import pytest
from psycopg import sql
from temporalio.client import Client

from tests.journeys.hurting import database_of
from tests.journeys.people import Json, People, Person, a_report
from tests.servers import Tree

WORDS = (
    *(
        "Zebulonia",
        "Quaggamire",
        "Zebbie",
        "Vexillodd",
        "Brimwyckham",
        "Thrombley",
        "Umberquist",
        "Oxpeckerby",
    ),
    *("zebulonia.quaggamire@example.org", "pc.wigglesworth@force.example", "zq.second@example.net"),
    *("77 Wigglepuff Crescent", "CB4 9ZQ", "CB49ZQ", "PC 98171 Yaffle", "99/8675309/26", "Klingonese-interp"),
    *("xylotomous", "wobbegong", "quokkaphobic", "zyzzyvous", "axolotlian", "dikdikness", "numbatlike"),
    *("numbatish_hold", "galumphing-key", "Marmaladovich"),
)
"""Names, addresses, an officer, a crime number, and a rare word in every note."""
NUMBERS = ("7700900871", "7700900872", "7700900873", "7700900874")
"""As they are without country code or leading zero: so every way of writing them is found."""
BIRTH = "1937-03-19"


@dataclass
class Planted:
    """Everything that was said, and every answer to a bad request."""

    people: People
    referrals: list[str] = field(default_factory=list)
    answers: list[httpx2.Response] = field(default_factory=list)
    metrics: str = ""
    rows: bytes = b""
    orchestra: bytes = b""
    files: dict[Path, bytes] = field(default_factory=dict)


def the_report(**changes: object) -> Json:
    report: Json = {
        "source": {
            "kind": "police",
            "organisation": "Example Constabulary",
            "reference": "99/8675309/26",
            "person_reference": "1",
            "officer": "PC 98171 Yaffle",
            "reply_to": "pc.wigglesworth@force.example",
        },
        "incident": {"kind": "burglary", "postcode": "CB4 9ZQ"},
        "victim": {
            "given_name": "Zebulonia",
            "family_name": "Quaggamire",
            "preferred_name": "Zebbie",
            "date_of_birth": BIRTH,
            "interpreter": "Klingonese-interp",
            "phones": [{"number": "+447700900871", "safe": "yes"}, {"number": "07700 900872", "safe": "yes"}],
            "emails": [{"address": "zebulonia.quaggamire@example.org", "safe": "yes"}],
            "address": {
                "lines": ["77 Wigglepuff Crescent", "Brimwyckham"],
                "postcode": "CB4 9ZQ",
                "safe": "yes",
            },
            "guardian": {
                "given_name": "Thrombley",
                "family_name": "Umberquist",
                "phones": [{"number": "+447700900873"}],
            },
        },
        "suspects": [{"relationship": "stranger", "shares_address": "no", "name": "Vexillodd Oxpeckerby"}],
        "lane": "contact",
        "consent": {"status": "given", "asked_by": "PC 98171 Yaffle"},
        "notes": "She is xylotomous and lives at 77 Wigglepuff Crescent.",
    }
    return report | changes


def live(people: People) -> list[str]:
    """Lives with a planted word in everything a person can say."""
    force, coordinator, manager = people.force, people.coordinator, people.manager

    def refer(person: str, **changes: object) -> str:
        report = the_report(**changes)
        report["source"]["person_reference"] = person
        answer = force.post("/referrals", report, key=f"galumphing-key-{person}")
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    silent, supported, sensitive, informed, closed = (
        refer("1"),
        refer("2"),
        refer("3", suspects=[{"relationship": "ex_partner", "name": "Vexillodd Oxpeckerby"}]),
        refer("4", lane="information"),
        refer("5"),
    )
    for _ in range(3):
        coordinator.ring(silent, "no_answer", note="The neighbour says: wobbegong.", number="07700 900871")
    coordinator.ring(supported, "answered", number="+44 7700 900874")
    coordinator.decide(
        supported, "ongoing_support", reason="She is quokkaphobic.", support={"owner": "Team Marmaladovich"}
    )
    coordinator.ring(sensitive, "third_party_answered", note="Vexillodd said zyzzyvous.")
    force.correct(
        closed,
        {"victim": {"emails": [{"address": "zq.second@example.net", "safe": "yes"}]}, "notes": "axolotlian"},
    )
    coordinator.decide(closed, "hold", kind="numbatish_hold", reason="dikdikness")
    manager.decide(closed, "release", reason="numbatlike")
    force.withdraw(closed, "She is axolotlian after all.")
    coordinator.wait_for(silent, stage="closed")
    coordinator.wait_for(informed, stage="closed")
    for message in coordinator.messages(silent):
        assert coordinator.get(f"/messages/{message['id']}/letter.pdf").status_code == 200
    assert "Zebulonia" in coordinator.get(f"/referrals/{silent}").text
    assert "wobbegong" in coordinator.get(f"/referrals/{silent}/timeline").text
    return [silent, supported, sensitive, informed, closed]


def misbehave(people: People, referral: str) -> Iterator[httpx2.Response]:
    """Say planted words in every wrong way."""
    force, coordinator = people.force, people.coordinator
    raw = force.http
    yield raw.post("/referrals", content=b'{"victim": {"given_name": "Zebulonia Quaggamire", ')
    yield raw.post("/referrals", content="Zebulonia".encode("utf-16"), headers={"content-type": "text/plain"})
    yield raw.post(
        "/referrals",
        content=b"\xff\xfeQuaggamire +447700900871",
        headers={"content-type": "application/json"},
    )
    yield raw.post(
        "/referrals", content=b'["Zebulonia", "+447700900871"]', headers={"content-type": "application/json"}
    )
    yield raw.post(
        "/referrals",
        content=b'{"Zebulonia Quaggamire": 1, "+447700900871": 2}',
        headers={"content-type": "application/json"},
    )
    yield force.post("/referrals", the_report(notes={"Zebulonia": "Quaggamire"}))
    yield force.post("/referrals", the_report(flags=["Zebulonia Quaggamire"]))
    yield force.post("/referrals", the_report(lane="Quaggamire"))
    yield force.post("/referrals", the_report(victim="Zebulonia Quaggamire, +447700900871"))
    yield force.post("/referrals", the_report(**{"77 Wigglepuff Crescent": "xylotomous", "+447700900871": 1}))
    for wrong in (
        {"phones": [{"number": "7700900871 7700900872 Quaggamire"}]},
        {"phones": [{"number": "+447700900871", "safe": "Quaggamire"}]},
        {"emails": [{"address": "zebulonia.quaggamire@example.org@Quaggamire"}]},
        {"date_of_birth": f"{BIRTH}T00:00:00 Quaggamire"},
        {"date_of_birth": 1937, "given_name": ["Zebulonia"]},
        {"given_name": "Zebulonia" * 80},
        {"given_name": "Zebulonia\x00Quaggamire"},
        {"given_name": "Zebulonia\udce9"},
        {"call_windows": [{"from": "Quaggamire", "to": "xylotomous"}]},
        {"address": {"lines": ["77 Wigglepuff Crescent"] * 40}},
    ):
        report = the_report()
        report["victim"] |= wrong
        body = json.dumps(report).encode()
        yield raw.post("/referrals", content=body, headers={"content-type": "application/json"})
    yield force.post("/referrals", the_report(notes="zyzzyvous"), key="galumphing-key-1")
    yield force.post("/referrals", the_report(notes="zyzzyvous"))
    yield force.post("/referrals", the_report(), key="Quaggamire" * 30)
    yield coordinator.try_to_ring(referral, "Zebulonia Quaggamire")
    yield coordinator.try_to_ring(referral, "answered", number="Quaggamire 7700900871")
    yield coordinator.try_to_ring(referral, "answered", made_at="wobbegong", note=["wobbegong"])
    yield coordinator.try_to_ring(referral, "no_answer", note="wobbegong")
    yield coordinator.try_to_decide(referral, "Quaggamire", reason="wobbegong")
    yield coordinator.try_to_decide(referral, "release", kind="Zebulonia Quaggamire")
    yield coordinator.try_to_decide(referral, "release", kind="numbatish_hold", reason="wobbegong")
    yield coordinator.try_to_decide(referral, "single_call", reason="wobbegong")
    yield coordinator.post(f"/referrals/{referral}/corrections", {"victim": {"phones": "Quaggamire"}})
    yield coordinator.post(
        f"/referrals/{referral}/corrections", {"source": {"reference": "99/8675309/26-Quaggamire"}}
    )
    yield coordinator.get("/referrals/Zebulonia-Quaggamire")
    yield coordinator.get("/messages/zebulonia.quaggamire@example.org/letter.pdf")
    yield coordinator.get("/commands/+447700900871")
    yield coordinator.get("/zebulonia/quaggamire")
    yield coordinator.get("/referrals", stage="Quaggamire", outcome="Zebulonia", cursor="+447700900871")
    yield coordinator.get("/messages", referral="Zebulonia Quaggamire")
    yield coordinator.get("/worklist", cursor=base64.b64encode(b"Quaggamire|7700900871").decode())
    yield coordinator.get("/referrals", name="Zebulonia Quaggamire")
    yield people.manager.get("/statistics", **{"from": "Quaggamire", "to": BIRTH + "Zebulonia"})
    yield raw.request("ZEBULONIA", "/referrals")
    yield raw.get("/referrals", headers={"Authorization": "Bearer Zebulonia-Quaggamire-7700900871"})
    yield raw.get(
        "/referrals", headers={"Authorization": "Quaggamire 7700900871", "X-Zebulonia": "Quaggamire"}
    )


@pytest.fixture(scope="module")
def planted(
    make_tree: Callable[..., Tree],
    people_at: Callable[[Tree], People],
    slower_rehearsal: Callable[..., Path],
) -> Planted:
    """Live, misbehave, look everywhere, kill everything, and keep every byte that is left."""
    tree = make_tree(profile=slower_rehearsal(minimum_gap="PT1S")).start()
    there = Planted(people_at(tree))
    there.referrals = live(there.people)
    there.answers += misbehave(there.people, there.referrals[0])
    outage(tree, there.people.force, there.answers)
    there.metrics = httpx2.get(f"{tree.base_url}/metrics").text
    for path in ("/healthz", "/readyz", "/openapi.json"):
        there.metrics += httpx2.get(f"{tree.base_url}{path}").text
    for referral in there.referrals:
        there.metrics += there.people.force.get(f"/referrals/{referral}").text
    there.rows = every_row(tree)
    there.orchestra = everything_temporal_tells(tree)
    assert len(there.orchestra) > 10_000
    tree.kill_everything()
    there.files = {path: path.read_bytes() for path in sorted(tree.data.path.rglob("*")) if path.is_file()}
    for told in (tree.output(), tree.errors()):
        there.files[Path(f"told-{len(there.files)}")] = told.encode()
    return there


def outage(tree: Tree, force: Person, answers: list[httpx2.Response]) -> None:
    """A referral while the database is away: drivers quote what they could not store."""
    killed = tree.kill("postgres")
    try:
        answers.append(force.post("/referrals", a_report(victim=the_report()["victim"])))
    except httpx2.TransportError:
        time.sleep(0)
    tree.wait_for_another("postgres", killed)
    force.post_surely("/referrals", a_report(victim=the_report()["victim"]), key="after")


def every_row(tree: Tree) -> bytes:
    """A dump of all tables, with bytes as they are."""
    found = []
    with psycopg.connect(database_of(tree), autocommit=True) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 8
        for schema, table in tables:
            statement = sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))
            for row in connection.execute(statement):
                found += [bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row]
    return b"\n".join(found)


def everything_temporal_tells(tree: Tree) -> bytes:
    """Ids, memos, search attributes and whole histories, as anyone with access to the server reads them."""
    import asyncio

    async def ask() -> list[bytes]:
        found = []
        address, namespace = tree.record.temporal_address, tree.record.temporal_namespace
        client = await Client.connect(address or "", namespace=namespace or "")
        async for one in client.list_workflows():
            found.append(one.raw_info.SerializeToString())
            history = await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
            found += [event.SerializeToString() for event in history.events]
        return found

    return b"\n".join(asyncio.run(ask()))


def needles() -> dict[bytes, str]:
    """Every form a planted word might take, small letters throughout."""
    forms: dict[bytes, str] = {}

    def add(form: bytes, word: str) -> None:
        forms[form.lower()] = word

    for word in (*WORDS, *NUMBERS):
        for said in {word, word.casefold(), quote(word), quote_plus(word), json.dumps(word)[1:-1]}:
            add(said.encode(), word)
        for encoding in ("utf-16-le", "utf-16-be"):
            add(word.encode(encoding), word)
        add(word.encode().hex().encode(), word)
    for number in NUMBERS:
        add(f"{number[:4]} {number[4:]}".encode(), number)
        add(f"{number[:4]} {number[4:7]} {number[7:]}".encode(), number)
    for word in (
        *WORDS,
        BIRTH,
        *(f"+44{number}" for number in NUMBERS),
        *(f"0{number}" for number in NUMBERS),
    ):
        for algorithm in ("md5", "sha1", "sha256"):
            for said in {word, word.casefold()}:
                digest = hashlib.new(algorithm, said.encode()).digest()
                add(digest.hex().encode(), f"{algorithm} of {word}")
    add(BIRTH.encode(), BIRTH)
    return forms


def exact_needles() -> dict[bytes, str]:
    """Forms in which capitals matter: base64 at any place of a text, and raw digests."""
    forms: dict[bytes, str] = {}
    for word in (*WORDS, *NUMBERS):
        if len(word) < 8:
            continue
        for said in {word, word.casefold()}:
            for before in range(3):
                coded = base64.b64encode(b"\x00" * before + said.encode())
                # The first and last group depend on the neighbours.
                forms[coded[4 * bool(before) : -4]] = f"base64 of {word}"
    for word in (*WORDS, *(f"+44{number}" for number in NUMBERS)):
        for algorithm in ("md5", "sha1", "sha256"):
            forms[hashlib.new(algorithm, word.encode()).digest()] = f"{algorithm} of {word}"
    return forms


def found_in(place: bytes) -> set[str]:
    small = place.lower()
    found = {word for form, word in needles().items() if form in small}
    return found | {word for form, word in exact_needles().items() if form in place}


def test_the_search_itself_finds_what_is_there() -> None:
    for word in ("Quaggamire", "7700900871"):
        for said in (
            word.upper().encode(),
            f"…{word}…".encode("utf-16-le"),
            base64.b64encode(f"xy{word} and more".encode()),
            hashlib.sha256((f"+44{word}" if word.isdigit() else word).encode()).digest(),
        ):
            assert found_in(b"\x00\x01" + said + b"\xff"), (word, said)
    assert found_in(b"(07700 900871)")
    assert not found_in(b"K7PM-4T2Q 2026-11-20T22:10:00+00:00 referral-123")


def test_no_file_of_the_data_directory_tells_who_was_referred(planted: Planted) -> None:
    names = {str(path) for path in planted.files}
    for part in ("temporal.db", "logs/api.log", "logs/worker.log", "postgres/base", "pg_wal"):
        assert any(part in name for name in names), part
    for room in ("temporal/", "postgres/"):  # what may lie in clear does: we look in the right places
        held = [data for path, data in planted.files.items() if room in str(path)]
        assert any(any(f"referral-{one}".encode() in data for data in held) for one in planted.referrals)
    told = {path: found for path, held in planted.files.items() if (found := found_in(held))}
    assert not told


def test_no_token_lies_in_the_data_directory(planted: Planted) -> None:
    people = planted.people
    for person in (people.force, people.other_force, people.coordinator, people.manager):
        assert not [path for path, held in planted.files.items() if person.token.encode() in held]


def test_no_row_of_any_table_tells_who_was_referred(planted: Planted) -> None:
    assert len(planted.rows) > 10_000
    assert not found_in(planted.rows)


def test_temporal_knows_ids_and_nothing_else(planted: Planted) -> None:
    assert not found_in(planted.orchestra)


def test_metrics_and_the_status_for_referrers_are_free_of_personal_detail(planted: Planted) -> None:
    assert "holdfast_referrals" in planted.metrics
    assert not found_in(planted.metrics.encode())


def test_a_problem_never_repeats_what_was_sent(planted: Planted) -> None:
    assert len(planted.answers) > 40
    for answer in planted.answers:
        assert 400 <= answer.status_code < 600 or answer.status_code in {201, 202}, (
            answer.request.url,
            answer.text,
        )
        if answer.status_code == 500:
            pytest.fail(f"{answer.request.method} {answer.request.url}: {answer.text}")
        told = answer.content + repr(answer.headers).encode()
        if answer.status_code < 300:
            continue
        assert not found_in(told), (str(answer.request.url), answer.text)
