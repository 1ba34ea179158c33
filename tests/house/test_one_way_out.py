"""Nothing reaches a victim around the gate: docs/policy.md#safety-gate.

The only way out is: `store/message_step.py` asks the gate for a permit as it marks a message as leaving,
`activities/correspondence.py` hands message and permit over, and a provider looks at the permit before anything else.
Read here from the code itself: each rule below names every line that would be another way, and each is shown such a
line, so that a rule that has gone blind fails too.
"""

import ast
import importlib
import inspect
import pkgutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import providers
from domain.gate import NotPermitted, Permit, permit
from domain.gate import Write as Act
from domain.message_ports import Outgoing, Written
from domain.vocabulary import Channel, Purpose
from providers.email_sendgrid import SendGridProvider
from providers.letter_print_room import PrintRoom
from providers.notify_govuk import NotifyAccount, NotifyProvider
from providers.simulated import SimulatedProvider
from providers.sms_twilio import TwilioProvider
from tests.domain.gate_situations import some_circumstances

HOUSE = Path(__file__).resolve().parents[2]
OUTSIDE = {"tests", "docs", "node_modules", "var", "frontend"}
"""Folders whose code never runs in a service."""
THE_GATE = "domain/gate.py"
ASKS_FOR_PERMITS = "store/message_step.py"
HANDS_OVER = "activities/correspondence.py"
KNOWS_PROVIDERS = "wiring/ways_out.py"
KNOWS_COURIERS = "wiring/trade_ways.py"
"""The ways to tradespeople, who are told by the same provider of texts or by their firm's system."""
MAY_ASK = {ASKS_FOR_PERMITS: "permit", "activities/repair_dispatch.py": "permit_notice"}
"""Who asks the gate for which permit: for a message to a victim, and for telling a tradesperson."""

CLIENTS = (
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "httpx2",
    "notifications_python_client",
    "python_http_client",
    "requests",
    "sendgrid",
    "smtplib",
    "telnetlib",
    "twilio",
    "urllib.request",
    "urllib3",
)
"""What can carry something out of the house."""
OTHER_CLIENTS = {
    "cli/demo/": {"httpx2"},  # plays police and coordinators at our own front door
    "bench/": {"httpx2", "sendgrid", "twilio"},  # measures our own front door, and the SDKs alone
    "simulator/": {
        "httpx2",
        "notifications_python_client",
        "twilio",
    },  # calls our own webhooks, as a provider would
}
"""Rooms that no victim can be reached from."""


def code() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(HOUSE.rglob("*.py")):
        place = path.relative_to(HOUSE)
        if not place.parts[0].startswith(".") and OUTSIDE.isdisjoint(place.parts):
            yield place.as_posix(), ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module a file imports, also those named by a string; `from a import b` may mean the module `a.b`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{name.name}" for name in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(named)), *_],
            ):
                yield named


def is_of(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def mentions(tree: ast.Module, name: str) -> bool:
    """Whether a name is used in any way: called, passed on, read from its module, fetched by its text."""
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and name in {node.name, node.asname})
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in ast.walk(tree)
    )


# --- the rules: each names what is wrong with one file


def knows_providers(place: str, tree: ast.Module) -> list[str]:
    if place in {KNOWS_PROVIDERS, KNOWS_COURIERS} or place.startswith("providers/"):
        return []
    return [module for module in imported(tree) if is_of(module, "providers")]


def reaches_the_network(place: str, tree: ast.Module) -> list[str]:
    if place.startswith("providers/"):
        return []
    may = next((clients for room, clients in OTHER_CLIENTS.items() if place.startswith(room)), set())
    found = {client for module in imported(tree) for client in CLIENTS if is_of(module, client)}
    return sorted(found - may)


def hands_over(place: str, tree: ast.Module) -> list[str]:
    """Sends, or keeps a hold of what sends: `provider.send(…)`, `later(provider.send)`, `getattr(provider, "send")`."""
    if place == HANDS_OVER or place.startswith(("providers/", "bench/")):
        return []
    found = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "send"
    ]
    found += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"getattr", "attrgetter", "operator.attrgetter", "methodcaller"}
        and any(isinstance(argument, ast.Constant) and argument.value == "send" for argument in node.args)
    ]
    return [f"line {line}" for line in found]


def makes_permits(place: str, tree: ast.Module) -> list[str]:
    """Makes one, or something like one: only the gate does."""
    if place == THE_GATE:
        return []
    found = ["the mint"] if mentions(tree, "_MINT") else []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Permit") | ast.Attribute(attr="Permit")):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(attr="__new__"), args=[made, *_]) if "Permit" in ast.unparse(
                made
            ):
                found.append(ast.unparse(node))
            case ast.ClassDef(bases=bases) if any("Permit" in ast.unparse(base) for base in bases):
                found.append(f"class {node.name}")
    return found


def asks_for_permits(place: str, tree: ast.Module) -> list[str]:
    """A permit is good for as long as nothing changes: only the transaction that marks a message as leaving asks."""
    if place == THE_GATE:
        return []
    barred = {"permit", "permit_notice"} - {MAY_ASK.get(place)}
    return [module for module in imported(tree) if module in {f"domain.gate.{one}" for one in barred}] + [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in barred
        and ast.unparse(node.value).endswith("gate")
    ]


def sends_unseen(place: str, tree: ast.Module) -> list[str]:
    """A provider looks at the permit first, before it has done anything."""
    if not place.startswith("providers/"):
        return []
    return [
        f"line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name in {"send", "tell"}
        and not _begins_with_the_permit(node)
    ]


def _begins_with_the_permit(send: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    steps = send.body[1:] if ast.get_docstring(send) else send.body
    match steps[0]:
        case ast.Expr(
            value=ast.Call(func=ast.Name(id="must_be_permitted"), args=[ast.Name(id="outgoing"), *_])
        ):
            return True
        case ast.Expr(
            value=ast.Call(func=ast.Name(id="must_be_permitted_to_tell"), args=[key, ast.Name(id="permit")])
        ):
            return ast.unparse(key) == "notice.known_as"
    return False


Rule = Callable[[str, ast.Module], list[str]]
RULES: tuple[Rule, ...] = (
    knows_providers,
    reaches_the_network,
    hands_over,
    makes_permits,
    asks_for_permits,
    sends_unseen,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_there_is_one_way_out(rule: Rule) -> None:
    assert {place: found for place, tree in code() if (found := rule(place, tree))} == {}


def test_the_one_way_out_is_there() -> None:
    """If it moved, the rules would be looking past it."""
    trees = dict(code())
    assert any(is_of(module, "providers") for module in imported(trees[KNOWS_PROVIDERS]))
    assert mentions(trees[HANDS_OVER], "send")
    assert "domain.gate.permit" in set(imported(trees[ASKS_FOR_PERMITS]))
    assert mentions(trees[THE_GATE], "_MINT")


OTHER_WAYS_OUT: list[tuple[Rule, str, str]] = [
    (knows_providers, "api/contact.py", "from providers.sms_twilio import TwilioProvider"),
    (knows_providers, "wiring/relay.py", "import providers.simulated"),
    (knows_providers, "worker.py", "from providers import email_sendgrid"),
    (
        knows_providers,
        "cli/doctor.py",
        "import importlib\nimportlib.import_module('providers.email_sendgrid')",
    ),
    (reaches_the_network, "activities/referral.py", "import smtplib"),
    (reaches_the_network, "wiring/relay.py", "from urllib import request"),
    (reaches_the_network, "wiring/relay.py", "import urllib.request as ordinary"),
    (reaches_the_network, "api/contact.py", "from requests import post"),
    (reaches_the_network, "store/message_step.py", "async def f():\n    import httpx2"),
    (reaches_the_network, "cli/demo/play.py", "import twilio.rest"),
    (reaches_the_network, "workflows/referral.py", "__import__('sendgrid')"),
    (hands_over, "wiring/relay.py", "outfit.providers()[channel].send(outgoing)"),
    (hands_over, "store/message_step.py", "later(provider.send, outgoing)"),
    (hands_over, "api/contact.py", "getattr(provider, 'send')(outgoing)"),
    (makes_permits, "store/message_step.py", "Permit(object(), key=key, channel=channel, reason='')"),
    (makes_permits, "activities/correspondence.py", "gate.Permit(mint, key=key)"),
    (makes_permits, "api/contact.py", "from domain.gate import _MINT"),
    (makes_permits, "api/contact.py", "gate._MINT"),
    (makes_permits, "providers/permission.py", "object.__new__(Permit)"),
    (makes_permits, "providers/permission.py", "class MyPermit(Permit):\n    pass"),
    (asks_for_permits, "activities/correspondence.py", "from domain.gate import permit as leave"),
    (asks_for_permits, "api/contact.py", "from domain import gate\ngate.permit(key, act, known)"),
    (asks_for_permits, "api/contact.py", "from domain.gate import permit_notice"),
    (asks_for_permits, "store/message_step.py", "from domain.gate import permit_notice"),
    (
        sends_unseen,
        "providers/fax.py",
        "class Fax:\n    def tell(self, notice, permit):\n        dial(notice.phone)",
    ),
    (
        sends_unseen,
        "providers/fax.py",
        "class Fax:\n    def send(self, outgoing):\n        dial(outgoing.to)",
    ),
    (
        sends_unseen,
        "providers/fax.py",
        "class Fax:\n    def send(self, outgoing):\n        '''Send.'''\n        dial()\n        must_be_permitted(outgoing, None)",
    ),
]


@pytest.mark.parametrize(("rule", "place", "line"), OTHER_WAYS_OUT)
def test_another_way_out_would_be_seen(rule: Rule, place: str, line: str) -> None:
    assert rule(place, ast.parse(line)) != []


@pytest.mark.parametrize(
    ("rule", "place", "line"),
    [
        (knows_providers, "api/contact.py", "from wiring.ways_out import ways_out"),
        (reaches_the_network, "api/guard.py", "from urllib.parse import urlsplit"),
        (reaches_the_network, "cli/demo/service.py", "import httpx2"),
        (hands_over, "domain/moves.py", "send_errand(turn)"),
        (
            makes_permits,
            "store/message_step.py",
            "isinstance(ruling, Permit)\ndef f(permit: Permit) -> None: ...",
        ),
        (asks_for_permits, "activities/correspondence.py", "begun.permit\nfrom domain.gate import Permit"),
        (
            sends_unseen,
            "providers/fax.py",
            "def send(self, outgoing):\n    '''Send.'''\n    must_be_permitted(outgoing, None)",
        ),
    ],
)
def test_what_is_ordinary_is_left_alone(rule: Rule, place: str, line: str) -> None:
    assert rule(place, ast.parse(line)) == []


# --- the contract that `make check` reads

CONTRACT = "One way out: only the wiring of it knows the providers"


def lint_a_small_house(folder: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Read a house of few lines with the real contract."""
    linter = tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(one for one in linter["contracts"] if one["name"] == CONTRACT)
    rooms = {"providers", "wiring", *(file.partition("/")[0] for file in files)}
    for room in rooms:
        (folder / room).mkdir()
        (folder / room / "__init__.py").touch()
    for file, text in {
        "providers/fax.py": "",
        "wiring/ways_out.py": "import providers.fax\n",
        "wiring/trade_ways.py": "import providers.fax\n",
        **files,
    }.items():
        (folder / file).write_text(text)
    listed = "".join(f"\n    {room}" for room in sorted(rooms))
    said = {
        key: [value] if isinstance(value, str) else ["", *(f"    {one}" for one in value)]
        for key, value in contract.items()
    }
    keys = "".join(f"{key} = {chr(10).join(lines)}\n" for key, lines in said.items())
    (folder / ".importlinter").write_text(
        f"[importlinter]\nroot_packages ={listed}\n\n[importlinter:contract:one]\n{keys}"
    )
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_contract_lets_the_wiring_know_the_providers(tmp_path: Path) -> None:
    read = lint_a_small_house(tmp_path, {"api/contact.py": "import wiring.ways_out\n"})
    assert read.returncode == 0, read.stdout


@pytest.mark.parametrize(
    "place", ["api/contact.py", "store/message_step.py", "activities/visit.py", "wiring/relay.py"]
)
def test_the_contract_sees_another_way_to_the_providers(tmp_path: Path, place: str) -> None:
    read = lint_a_small_house(tmp_path, {place: "from providers import fax\n"})
    assert read.returncode == 1, read.stdout
    assert CONTRACT in read.stdout


# --- every provider, with every kind of wrong permit

ADDRESS = "http://127.0.0.1:9"
MAKERS: dict[type, Callable[[Channel], Any]] = {
    SendGridProvider: lambda _: SendGridProvider(api_key="key", base_url=ADDRESS, sender="us@example.org"),
    TwilioProvider: lambda _: TwilioProvider(
        account_sid="AC0", auth_token="token", sender="+447700900000", base_url=ADDRESS, public_url=ADDRESS
    ),
    NotifyProvider: lambda channel: NotifyProvider(
        channel=channel, account=NotifyAccount(api_key="key", base_url=ADDRESS), template_id="template"
    ),
    PrintRoom: lambda _: PrintRoom(),
    SimulatedProvider: lambda channel: SimulatedProvider(channel=channel),
}
"""How each way out is made here."""
SERVES = {
    SendGridProvider: (Channel.EMAIL,),
    TwilioProvider: (Channel.TEXT,),
    PrintRoom: (Channel.LETTER,),
}
"""The others serve whatever they are made for."""
WAYS_OUT = [(way, channel) for way in MAKERS for channel in SERVES.get(way, tuple(Channel))]
KEY = "5b1d6f3e-0000-4000-8000-000000000001:contact_unanswered:1:1"


def every_way_out() -> set[type]:
    """Every class of the providers' room that can send, found by looking."""
    modules = [
        importlib.import_module(f"providers.{found.name}")
        for found in pkgutil.iter_modules(providers.__path__)
    ]
    return {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and sends(kind)
    }


def sends(kind: type) -> bool:
    """Whether it has a `send` of ours; what a library's own connections have is not one."""
    return any("send" in vars(base) for base in kind.__mro__ if is_of(base.__module__, "providers"))


def test_no_way_out_is_forgotten_here() -> None:
    assert every_way_out() == set(MAKERS)


def a_permit(key: str, channel: Channel) -> Permit:
    granted = permit(
        key, Act(channel=channel, purpose=Purpose.CONTACT_UNANSWERED, approved=True), some_circumstances()
    )
    assert isinstance(granted, Permit), granted
    return granted


def another_of(channel: Channel) -> Channel:
    return Channel.TEXT if channel is not Channel.TEXT else Channel.LETTER


WRONG_PERMITS: dict[str, Callable[[Channel], Any]] = {
    "none": lambda _: None,
    "a word": lambda _: "allowed",
    "another message's": lambda channel: a_permit(f"{KEY}0", channel),
    "another channel's": lambda channel: a_permit(KEY, another_of(channel)),
    "one that only looks right": lambda channel: SimpleNamespace(
        key=KEY, channel=channel, reason="Trust me."
    ),
}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used before the permit was looked at")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("wrong", WRONG_PERMITS)
@pytest.mark.parametrize(("way", "channel"), WAYS_OUT)
def test_no_provider_takes_a_message_without_the_gates_permit_for_it(
    way: type, channel: Channel, wrong: str, no_network: None
) -> None:
    outgoing = Outgoing(
        key=KEY, to="", written=Written(text="Please ring us."), permit=WRONG_PERMITS[wrong](channel)
    )
    with pytest.raises(NotPermitted):
        MAKERS[way](channel).send(outgoing)


def test_nobody_but_the_gate_can_make_a_permit() -> None:
    with pytest.raises(NotPermitted):
        Permit(object(), key=KEY, channel=Channel.LETTER, reason="Trust me.")
