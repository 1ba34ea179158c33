"""What a process is equipped with: live where a provider has a key, simulated where it has none."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from domain.vocabulary import Channel
from wiring.outfit import NotEquipped, Outfit
from wiring.settings import load_settings
from worker import WORKFLOWS

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def is_(**variables: str) -> None:
        for name in ("HOLDFAST_DATABASE_URL", "HOLDFAST_KEYS", "HOLDFAST_PROFILE", "SENDGRID_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return is_


def an_outfit(environment: Callable[..., None], **variables: str) -> Outfit:
    environment(HOLDFAST_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", HOLDFAST_KEYS=KEY, **variables)
    return Outfit.of(load_settings())


def names(activities: list[Callable[..., Any]]) -> list[str]:
    return [activity.__temporal_activity_definition.name for activity in activities]


def test_without_a_database_or_a_key_nothing_is_equipped(environment: Callable[..., None]) -> None:
    environment(HOLDFAST_KEYS=KEY)
    with pytest.raises(NotEquipped, match="HOLDFAST_DATABASE_URL"):
        Outfit.of(load_settings())
    environment(HOLDFAST_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NotEquipped, match="HOLDFAST_KEYS"):
        Outfit.of(load_settings())


def test_a_provider_without_a_key_is_simulated(environment: Callable[..., None]) -> None:
    providers = an_outfit(environment).providers()
    assert set(providers) == set(Channel)
    assert all(provider.simulated for provider in providers.values())


def test_a_provider_with_a_key_is_live(environment: Callable[..., None]) -> None:
    providers = an_outfit(environment, SENDGRID_API_KEY="SG.test").providers()
    assert not providers[Channel.EMAIL].simulated
    assert providers[Channel.LETTER].simulated


def test_every_activity_a_workflow_asks_for_is_there_under_a_name_of_its_own(
    environment: Callable[..., None],
) -> None:
    given = names(an_outfit(environment).activities())
    assert len(given) == len(set(given))
    assert {
        "take_up_referral",
        "read_correction",
        "project_referral",
        "send_message",
        "take_up_support",
        "project_support",
    } <= set(given)


def test_the_register_names_every_workflow_there_is() -> None:
    from pathlib import Path

    written = "".join(path.read_text() for path in Path("workflows").glob("*.py"))
    assert written.count("@workflow.defn") == len(WORKFLOWS)
