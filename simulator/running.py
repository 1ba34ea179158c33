"""Runs a simulator in this process: a thread with the server, and handles for whoever started it."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, TypeVar

import uvicorn

from simulator import reader
from simulator.app import create_app
from simulator.connection import BreakableConnection
from simulator.doors import ProviderDoors, address_of, bound
from simulator.kept import Answer, Message, Way
from simulator.keys import Keys
from simulator.script import Provider, Script, Trouble
from simulator.trades_boing_book import Job
from simulator.trades_boing_course import say
from simulator.trades_boing_firms import Temper
from simulator.world import Outage, World

_STARTS_WITHIN = 30.0
_STOPS_WITHIN = 10.0
_ANSWERS_WITHIN = 60.0
"""Seconds."""
_Found = TypeVar("_Found")


class NotStarted(RuntimeError):
    """The simulator does not start."""


class Simulator:
    """A running simulator; its methods may be called from any thread but its own."""

    def __init__(
        self, world: World, loop: asyncio.AbstractEventLoop, address: str, providers: Mapping[Provider, str]
    ) -> None:
        self.world = world
        self.keys = world.keys
        self.address = address
        """Of the pages and of the control API."""
        self.providers = providers
        """Of each provider's API."""
        self._loop = loop

    def environment(self) -> dict[str, str]:
        """The variables with which Holdfast takes it for its providers."""
        return self.keys.environment(
            sendgrid_url=self.providers[Provider.SENDGRID],
            twilio_url=self.providers[Provider.TWILIO],
            notify_url=self.providers[Provider.NOTIFY],
            trades_url=self.providers[Provider.TRADES],
        )

    def calls_back(self, public_url: str) -> None:
        """Say where the service is, once that is known."""
        self.world.public_url = public_url

    def follow(self, script: Script) -> None:
        """Follow another script from its beginning."""
        self.world.prompter.follow(script)

    def next(self, provider: Provider, *troubles: Trouble) -> None:
        """The next call to this provider meets exactly these troubles; called again, the one after it."""
        self.world.prompter.next(provider, *troubles)

    def messages(self, provider: Provider | None = None, *, way: Way | None = None) -> list[Message]:
        """What was taken, oldest first."""
        return self.world.kept.messages(provider=provider, way=way)

    def outage(self, provider: Provider, how: Outage | None) -> None:
        """Let a provider be away; `None`: it is back."""
        self._do(self.world.outage(provider, how))

    def write(
        self, sender: str, words: str, *, provider: Provider = Provider.TWILIO, times: int = 1
    ) -> Answer:
        """Send a text to the service, as its reader; `arrived` is what the service answered."""
        return self._do(reader.write(self.world, sender=sender, words=words, provider=provider, times=times))

    def unsubscribe(self, message: Message) -> str:
        """Press an e-mail's one-click button; what the service answered."""
        self._do(reader.unsubscribe(self.world, message))
        return message.unsubscribed

    def return_letter(self, message: Message) -> str:
        """Send a letter back; what the service answered."""
        return self._do(reader.return_letter(self.world, message))

    def firm(self, firm_id: str, temper: Temper, **changes: Any) -> None:
        """Change a firm of the repairs service, or found one; `changes` are fields of `Firm`."""
        self.world.boing.set_firm(firm_id, temper=temper, **changes)

    def offers(self) -> list[Job]:
        """What the repairs service was offered, oldest first."""
        return self.world.boing.jobs()

    def answer(self, job: Job, answer: str, **told: Any) -> str:
        """Let a firm say something it would not say by itself; what the service answered."""
        return self._do(say(self.world, job, answer, **told))

    def wait_until_told(self) -> None:
        """Wait until every report has been made or given up."""
        self._do(self.world.idle())

    def _do(self, what: Coroutine[Any, Any, _Found]) -> _Found:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_ANSWERS_WITHIN)


@contextlib.contextmanager
def running(
    *,
    public_url: str = "http://127.0.0.1:8000",
    keys: Keys | None = None,
    script: Script | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    provider_ports: Mapping[Provider, int] | None = None,
) -> Iterator[Simulator]:
    """Run a simulator for as long as the block lasts.

    Args:
        public_url: Where the service is; `Simulator.calls_back` says it later.
        keys: Of the providers; invented if there are none.
        script: What goes wrong; nothing without one.
        host: Where to listen.
        port: Of the pages and the control API; 0 takes a free one.
        provider_ports: Of each provider; free ones if there are none.

    Raises:
        OSError: A port is taken.
        NotStarted: The server does not start.
    """
    world = World(keys=keys or Keys.invented(), script=script or Script(), public_url=public_url)
    with contextlib.ExitStack() as taken:
        own = taken.enter_context(contextlib.closing(bound(host, port)))
        sockets = {
            who: taken.enter_context(contextlib.closing(bound(host, (provider_ports or {}).get(who, 0))))
            for who in Provider
        }
        addresses = {who: address_of(one) for who, one in sockets.items()}
        config = uvicorn.Config(
            create_app(world),
            http=BreakableConnection,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # it would name what is in addresses
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        world.doors = ProviderDoors(config, server, sockets)
        with _in_a_thread(server, [own]) as loop:
            yield Simulator(world, loop, address_of(own), addresses)


@contextlib.contextmanager
def _in_a_thread(server: uvicorn.Server, sockets: list[Any]) -> Iterator[asyncio.AbstractEventLoop]:
    ready: threading.Event = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        watching = asyncio.create_task(_tell(server, ready))
        await server.serve(sockets=sockets)
        watching.cancel()

    def run() -> None:
        try:
            asyncio.run(serve())
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="simulator", daemon=True)
    thread.start()
    try:
        ready.wait(_STARTS_WITHIN)
        if not server.started:
            raise NotStarted("the simulator does not start")
        yield loops[0]
    finally:
        server.should_exit = True
        thread.join(_STOPS_WITHIN)


async def _tell(server: uvicorn.Server, ready: threading.Event) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event of its own
        await asyncio.sleep(0.005)
    ready.set()
