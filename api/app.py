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
from api.practical_help import page as practical_help_page
from api.practical_help import request_page as practical_help_request
from api.practical_help import routes as practical_help
from api.rate_limit import RateLimiter
from api.repair_dispatch import board_page as repair_board_page
from api.repair_dispatch import decision_route as repair_decisions
from api.repair_dispatch import photo as repair_photo
from api.repair_dispatch import repair as repairs
from api.repair_dispatch import repair_page
from api.repair_dispatch import request_page as repair_request
from api.repair_dispatch import spend as repair_spend
from api.repair_dispatch import statistics as repair_statistics
from api.repair_dispatch import statistics_page as repair_statistics_page
from api.services import Services, make_services
from api.trades import page as trades_page
from api.trades import photo as trades_photo
from api.tradesperson import entry_page as tradesperson_entry_page
from api.tradesperson import import_page as tradesperson_import_page
from api.tradesperson import page as tradesperson_page
from api.tradesperson import register as tradesperson_register
from api.tradesperson import sheets as tradesperson_sheets
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

FEATURES = (
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
    repair_spend,  # before the repairs: its address would be one
    repair_statistics,  # likewise
    repairs,
    repair_decisions,
    repair_photo,
    repair_request,
    repair_board_page,
    repair_statistics_page,  # before the page of one repair: its address would be one
    repair_page,
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
    practical_help,
    practical_help_page,
    practical_help_request,
    trades_page,
    trades_photo,
    inbound_text,
    inbound_text_page,
    webhooks,
    tradesperson_sheets,  # before the entries: its addresses would be theirs
    tradesperson_register,
    tradesperson_page,
    tradesperson_import_page,  # likewise
    tradesperson_entry_page,
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
    for feature in FEATURES:
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
