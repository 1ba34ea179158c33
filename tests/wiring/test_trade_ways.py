"""Which way tradespeople are told: live where everything is set, simulated where nothing is, never half."""

from pathlib import Path

import pytest

from domain.errors import NotGenuine
from domain.repair_dispatch.kinds import TradeChannel
from providers.trades_api import TradesApi
from providers.trades_callbacks import TradeCallbacks
from providers.trades_simulated import SimulatedTrades
from providers.trades_text import TradeTexts
from simulator.keys import Keys
from tests.providers.test_trades_callbacks import signed
from tests.providers.trades_protocol import KEY
from wiring.profile import load_profile
from wiring.settings import ROOT, InvalidSettings, Settings, load_settings
from wiring.trade_ways import trade_callback_reader, trade_ways
from wiring.ways_out import NotEquipped

KENT = load_profile(ROOT / "profiles/cambridgeshire.toml")
REHEARSAL = load_profile(ROOT / "profiles/rehearsal.toml")
TRADES = {"TRADES_API_URL": "https://trades.example/holdfast/", "TRADES_API_KEY": KEY}
TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+447700900000"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch):
    def of(**variables: str) -> Settings:
        for field in Settings.model_fields.values():
            monkeypatch.delenv(str(field.validation_alias), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return of


def test_without_keys_nothing_leaves_by_either_way(settings) -> None:
    ways = trade_ways(settings(), KENT)
    assert set(ways) == set(TradeChannel)
    assert isinstance(ways[TradeChannel.API], SimulatedTrades)
    assert all(way.simulated for way in ways.values())


def test_each_way_is_live_by_itself(settings) -> None:
    by_api = trade_ways(settings(**TRADES), KENT)
    assert isinstance(by_api[TradeChannel.API], TradesApi)
    assert {channel: way.simulated for channel, way in by_api.items()} == {
        TradeChannel.API: False,
        TradeChannel.TEXT: True,
    }
    by_text = trade_ways(settings(**TWILIO), KENT)
    assert isinstance(by_text[TradeChannel.TEXT], TradeTexts)
    assert {channel: way.simulated for channel, way in by_text.items()} == {
        TradeChannel.API: True,
        TradeChannel.TEXT: False,
    }


@pytest.mark.parametrize("left_out", TRADES)
def test_half_of_what_it_needs_is_refused_with_the_name_of_the_other_half(settings, left_out: str) -> None:
    # Otherwise offers would look made, and an open door would wait for nobody.
    half = {name: value for name, value in TRADES.items() if name != left_out}
    with pytest.raises(NotEquipped, match=f"but {left_out} is not"):
        trade_ways(settings(**half), KENT)


@pytest.mark.parametrize("key", ["short", "whsec_c2hvcnQ=", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"])
def test_a_key_that_cannot_sign_is_refused_and_not_repeated(settings, key: str) -> None:
    told = settings(**TRADES | {"TRADES_API_KEY": key})
    for equip in (lambda: trade_ways(told, KENT), lambda: trade_callback_reader(told)):
        with pytest.raises(NotEquipped, match="TRADES_API_KEY cannot sign") as refused:
            equip()
        assert key not in str(refused.value)


def test_an_address_without_tls_is_only_for_this_machine(settings) -> None:
    with pytest.raises(NotEquipped, match="TRADES_API_URL has to begin with https://"):
        trade_ways(settings(**TRADES | {"TRADES_API_URL": "http://trades.example"}), KENT)
    assert trade_ways(settings(**TRADES | {"TRADES_API_URL": "http://127.0.0.1:9"}), KENT)


def test_the_simulators_key_is_for_rehearsals(settings) -> None:
    invented = settings(**TRADES | {"TRADES_API_KEY": Keys.invented().trades_api_key})
    with pytest.raises(NotEquipped, match="TRADES_API_KEY is the provider simulator's"):
        trade_ways(invented, KENT)
    assert not trade_ways(invented, REHEARSAL)[TradeChannel.API].simulated


@pytest.mark.parametrize(
    "address",
    [
        "trades.example",
        "ftp://trades.example",
        "https://",
        "https://a:b@trades.example",
        "https://t.example?k=1",
    ],
)
def test_an_address_is_a_scheme_a_host_and_at_most_a_path(settings, address: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^TRADES_API_URL: "):
        settings(TRADES_API_URL=address)
    assert settings(**TRADES).trades_api_url == "https://trades.example/holdfast"


def test_who_signs_with_our_key_is_believed_and_without_one_nobody_is(settings) -> None:
    event = signed(b'{"type":"answer.arrived","data":{"offer_id":"6f1c1f0e-57b3-4c57-8a59-0f4de1f8a7aa"}}')
    reader = trade_callback_reader(settings(**TRADES))
    assert isinstance(reader, TradeCallbacks)
    assert len(reader.read(event)) == 1
    with pytest.raises(NotGenuine):
        trade_callback_reader(settings()).read(event)


def test_a_profiles_own_words_are_texted(settings, tmp_path: Path) -> None:
    from domain.repair_dispatch.kinds import NoticeKind
    from tests.providers.trades_protocol import a_notice, a_permit

    (tmp_path / "repair_dispatch").mkdir()
    (tmp_path / "repair_dispatch/taken.txt.j2").write_text("Gone, thanks.")
    notice = a_notice(NoticeKind.TAKEN, channel=TradeChannel.TEXT)
    ways = trade_ways(settings(), KENT, wording_folder=tmp_path)
    assert ways[TradeChannel.TEXT].tell(notice, a_permit(notice)).shown == "Gone, thanks."
