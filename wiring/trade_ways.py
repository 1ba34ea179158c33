"""Chooses the ways to tradespeople, and who reads what their firm's system calls back with.

Half of what the tradesperson API needs is refused, as with every provider: what was meant for somebody would look said.
Source: docs/providers.md#which-provider-sends-what.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from domain.callback_ports import CallbackReader
from domain.profile import Profile
from domain.repair_dispatch.kinds import TradeChannel
from domain.repair_dispatch.ports import TradeCourier
from providers.trades_api import TradesApi
from providers.trades_callbacks import TradeCallbacks
from providers.trades_signature import UnusableKey
from providers.trades_simulated import SimulatedTrades
from providers.trades_text import TradeTexts
from templates.trade_texts import trade_text
from wiring.settings import Settings
from wiring.ways_out import NotEquipped, must_be_real, text_way


def trade_ways(
    settings: Settings, profile: Profile, *, wording_folder: Path | None = None
) -> Mapping[TradeChannel, TradeCourier]:
    """Choose one way for each channel.

    Raises:
        NotEquipped: The tradesperson API, or the provider of texts, has only half of what it needs.
    """
    return {
        TradeChannel.API: api_way(settings, profile),
        TradeChannel.TEXT: TradeTexts(
            text_way(settings, profile), partial(trade_text, wording_folder=wording_folder)
        ),
    }


def api_way(settings: Settings, profile: Profile) -> TradeCourier:
    """The firm's system, else nobody.  Raises `NotEquipped`."""
    url, key = settings.trades_api_url, settings.trades_api_key
    if url is None and key is None:
        return SimulatedTrades()
    if url is None:
        raise NotEquipped("TRADES_API_KEY is set, but TRADES_API_URL is not")
    if key is None:
        raise NotEquipped("TRADES_API_URL is set, but TRADES_API_KEY is not")
    must_be_real(profile, "TRADES_API_KEY", key, "TRADES_API_URL", url)
    try:
        return TradesApi(base_url=url, key=key.get_secret_value())
    except UnusableKey as error:
        raise NotEquipped(f"TRADES_API_KEY cannot sign: {error}") from None


def trade_callback_reader(settings: Settings) -> CallbackReader:
    """Who reads the calls to `/webhooks/trades`; without a key nobody is believed.  Raises `NotEquipped`."""
    key = settings.trades_api_key
    try:
        return TradeCallbacks(key.get_secret_value() if key else None)
    except UnusableKey as error:
        raise NotEquipped(f"TRADES_API_KEY cannot sign: {error}") from None
