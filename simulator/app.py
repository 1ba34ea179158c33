"""The application: four providers, the control API, and the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from simulator import (
    control,
    email_sendgrid,
    govuk_notify,
    pages,
    text_twilio,
    trades_boing,
    trades_boing_control,
    trades_boing_page,
)
from simulator.script import Provider
from simulator.world import World

_FEATURES = (
    email_sendgrid,
    text_twilio,
    govuk_notify,
    trades_boing,
    trades_boing_control,
    trades_boing_page,
    control,
    pages,
)


def create_app(world: World) -> FastAPI:
    """Make the application of one world."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        world.caller.open()
        if world.doors:
            for provider in Provider:
                await world.doors.open(provider)
        yield
        if world.doors:
            for provider in Provider:
                await world.doors.close(provider)
        await world.caller.close()

    app = FastAPI(
        title="Provider simulator",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Its spans and logs carry addresses and what was sent.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.world = world
    for feature in _FEATURES:
        app.include_router(feature.router)
    return app
