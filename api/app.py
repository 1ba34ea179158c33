"""The application: routers, problems, and what is made when it starts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import (
    command,
    contact,
    contact_plan,
    contact_plan_page,
    correction,
    correspondence,
    decision,
    front_page,
    health,
    inbound_text,
    inbound_text_page,
    ongoing_support,
    opt_out,
    opt_out_page,
    pages,
    police_page,
    post_room_page,
    print_batch,
    print_batch_page,
    problems,
    purpose_switch,
    purpose_switch_page,
    referral,
    referral_page,
    referral_page_stopping,
    returned_mail,
    returned_mail_page,
    schema,
    self_referral,
    sign_in,
    statistics,
    statistics_page,
    stop,
    timeline,
    unsubscribe,
    webhooks,
    wording_page,
    wording_page_editor,
    worklist,
    worklist_page,
)
from api.asked import AnsweredBefore, answer_again
from api.doorway import Doorway
from api.metering import Meters
from api.rate_limit import RateLimiter
from api.services import Services, make_services
from wiring.outfit import Outfit
from wiring.settings import load_settings
from wiring.temporal import Orchestra, connect

VERSION = "1"
DESCRIPTION = """\
Referrals to a victim-support service, from the first report to the last word.

Times are RFC 3339 with an offset. `null` and absent are alike; unknown fields are refused. Errors are
`application/problem+json` (RFC 9457) and never repeat what was sent. Every POST takes an `Idempotency-Key`, kept
per token. Lists have `items`, and `Link` with `rel="next"` while there is more.
"""

_FEATURES = (
    referral,
    timeline,
    correction,
    contact,
    contact_plan,
    decision,
    ongoing_support,
    command,
    worklist,
    correspondence,
    statistics,
    sign_in,
    worklist_page,
    referral_page,
    referral_page_stopping,
    contact_plan_page,
    purpose_switch,
    purpose_switch_page,  # before the messages of the post room: its address would be one
    print_batch,
    print_batch_page,  # likewise
    returned_mail,
    returned_mail_page,  # likewise
    post_room_page,
    wording_page,
    wording_page_editor,
    statistics_page,
    front_page,
    self_referral,
    police_page,
    stop,
    opt_out,
    opt_out_page,
    unsubscribe,
    inbound_text,
    inbound_text_page,
    webhooks,
    health,
)


def create_app(services: Services | None = None) -> FastAPI:
    """Make the application.

    Args:
        services: What it works with; by default made from the environment when it starts.
    """
    meters = Meters.new()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if services is not None:
            yield
            return
        app.state.services = made = await _from_environment()
        yield
        made.engine.dispose()

    app = FastAPI(
        title="Holdfast",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Its spans and logs carry addresses and what was sent.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.meters = meters
    app.state.rate_limiter = RateLimiter()
    if services is not None:
        app.state.services = services
    app.add_middleware(Doorway, meters=meters, on_mistake=problems.mistake(pages.answer))
    problems.install(app, pages.answer)
    app.add_exception_handler(AnsweredBefore, answer_again)
    pages.install(app)
    for feature in _FEATURES:
        app.include_router(feature.router)
    schema.describe(app)
    return app


async def _from_environment() -> Services:
    """Equip this process.  The database and Temporal may both be away: it starts, and says so in `/readyz`."""
    settings = load_settings()
    outfit = Outfit.of(settings)
    ways = outfit.providers()
    return make_services(
        engine=outfit.engine,
        keyring=outfit.keyring,
        profile=outfit.profile,
        orchestra=Orchestra(await connect(outfit.keyring)),
        writer=outfit.writer,
        public_url=settings.public_url,
        simulated=[channel for channel, way in ways.items() if way.simulated],
        callback_readers=outfit.callback_readers(),
    )
