"""`holdfast doctor`: what is missing or misconfigured, a line each."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import psycopg
import typer
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConnectConfig

from cli.data_directory import DEFAULT_DATA, UP, DataDirectory, RunRecord
from cli.failures import CommandFailed
from domain.errors import HoldfastError
from domain.message_ports import MessageProvider
from domain.telling_words import name_tells
from store.wording_check import WordingCheckStore
from templates.languages import name_of
from wiring.database import make_engine
from wiring.profile import load_profile, wording_folder
from wiring.settings import ROOT, Settings, load_settings
from wiring.temporal import temporal_settings
from wiring.trade_ways import api_way
from wiring.ways_out import (
    callback_readers,
    email_way,
    is_invented,
    is_this_machine,
    letter_way,
    text_way,
)
from wiring.wording_preview import translations
from wiring.writer import MessageWriter

_ANSWERS_WITHIN = 5
"""Seconds for a server to answer."""

_LEAST_RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined."""

    settings: Settings
    data: DataDirectory
    running: RunRecord | None
    """What the running `up` says of itself."""


def doctor(
    data_dir: Annotated[Path, typer.Option(help="The data directory of `holdfast up`.")] = DEFAULT_DATA,
) -> None:
    """Say what is missing or misconfigured, a line each."""
    data = DataDirectory(data_dir)
    patient = Patient(load_settings(), data, data.read_record() if data.holder() == UP else None)
    findings = [_examine(name, patient, check) for name, check in _CHECKS.items()]
    broken = findings.count(False)
    if broken:
        raise CommandFailed(f"{broken} of {len(findings)} checks failed")


def _examine(name: str, patient: Patient, check: Callable[[Patient], str]) -> bool:
    try:
        found, is_well = check(patient), True
    except (HoldfastError, OSError, psycopg.Error, CommandError, RuntimeError) as error:
        found, is_well = (str(error).strip() or type(error).__name__).splitlines()[0], False
    typer.echo(f"{'ok    ' if is_well else 'BROKEN'}  {name:<14}  {found}")
    return is_well


def _data_directory(patient: Patient) -> str:
    path = patient.data.path
    if patient.running:
        return f"{path}, in use by `holdfast up` at {patient.running.api}"
    if not path.exists():
        return f"{path}, not made yet"
    with patient.data.held("doctor"):
        return f"{path}, not in use"


def _profile(patient: Patient) -> str:
    path = patient.settings.profile_path()
    if not path.is_file():
        raise CommandFailed(f"there is no profile {path}")
    load_profile(path)
    return str(path)


def _keys(patient: Patient) -> str:
    keys = patient.settings.keys()
    if keys:
        return f"{len(keys)} in HOLDFAST_KEYS"
    if patient.data.keys.exists():
        return f"{len(patient.data.keys_or_new().split(','))} in {patient.data.keys}"
    if patient.data.cluster.exists() or patient.settings.database_url:
        raise CommandFailed("HOLDFAST_KEYS is not set, and the data directory holds none")
    return "none yet: made by the first `holdfast up`"


def _public_url(patient: Patient) -> str:
    url = patient.settings.public_url
    if not url.startswith(("http://", "https://")):
        raise CommandFailed("HOLDFAST_PUBLIC_URL must begin with http:// or https://")
    if not url.startswith("https://"):
        return f"{url} (without TLS: for this machine only)"
    but = []
    if not patient.settings.trusted_proxies:
        but.append("HOLDFAST_TRUSTED_PROXIES is not set: everybody behind a proxy shares one limit")
    if name_tells(urlsplit(url).hostname or ""):
        but.append("its name tells what we do: neutral e-mails offer no one-click address")
    return f"{url}, but {'; and '.join(but)}" if but else url


def _database(patient: Patient) -> str:
    configured = patient.settings.database_url
    url = configured.get_secret_value() if configured else patient.running and patient.running.database_url
    if not url:
        return "embedded, not running"
    url = url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, connect_timeout=_ANSWERS_WITHIN) as connection:
        # Asked for by name first: the table is missing from an empty database.
        exists = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        rows = (
            connection.execute("SELECT version_num FROM alembic_version").fetchall()
            if exists != (None,)
            else []
        )
    wanted = set(ScriptDirectory(str(ROOT / "store/migrations")).get_heads())
    if {str(row[0]) for row in rows} != wanted:
        raise CommandFailed("reachable, but not migrated: run `holdfast migrate`")
    return "reachable and migrated"


def _temporal(patient: Patient) -> str:
    config = temporal_settings()
    if "target_host" not in config:
        if not (patient.running and patient.running.temporal_address):
            return "embedded, not running"
        config["target_host"] = patient.running.temporal_address
        config["namespace"] = patient.running.temporal_namespace or "default"
    return asyncio.run(_ask_temporal(config))


async def _ask_temporal(config: ClientConnectConfig) -> str:
    namespace = config.get("namespace", "default")
    async with asyncio.timeout(_ANSWERS_WITHIN):
        client = await Client.connect(**config)
        found = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace)
        )
    kept = found.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept < _LEAST_RETENTION:
        raise CommandFailed(f"namespace {namespace} keeps closed workflows {kept}, less than 30 days")
    return f"{config.get('target_host')}, namespace {namespace}, keeps closed workflows {kept.days} days"


def _providers(named: Mapping[str, object], needed: set[str], wanted: set[str]) -> str:
    """Say whether a provider is live.

    Args:
        named: Its variables and what they hold.
        needed: Those without which nothing can be sent.
        wanted: Those without which its news are refused.
    """
    if not any(named[name] for name in needed):
        return "simulated: nothing leaves"
    missing = sorted(name for name in needed if not named[name])
    if missing:
        raise CommandFailed(f"half configured: {', '.join(missing)} is not set")
    deaf = sorted(name for name in wanted if not named[name])
    return f"live, but {', '.join(deaf)} is not set: its news are refused" if deaf else "live"


def _email(patient: Patient) -> str:
    told = patient.settings
    named = {
        "SENDGRID_API_KEY": told.sendgrid_api_key,
        "SENDGRID_WEBHOOK_PUBLIC_KEY": told.sendgrid_webhook_public_key,
    }
    callback_readers(told)  # refuses a public key that is none
    if told.sendgrid_api_key is None and told.notify_email_template_id:
        return _notify(told, email_way(told, load_profile(told.profile_path())), "NOTIFY_EMAIL_TEMPLATE_ID")
    found = _providers(named, {"SENDGRID_API_KEY"}, {"SENDGRID_WEBHOOK_PUBLIC_KEY"})
    email_way(told, load_profile(told.profile_path()))
    return _stands_in(told.sendgrid_api_key, told.sendgrid_base_url) or found


def _texts(patient: Patient) -> str:
    told = patient.settings
    named = {
        "TWILIO_ACCOUNT_SID": told.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": told.twilio_auth_token,
        "TWILIO_FROM": told.twilio_from,
    }
    if not any(named.values()) and told.notify_text_template_id:
        way = text_way(told, load_profile(told.profile_path()))
        return _notify(told, way, "NOTIFY_TEXT_TEMPLATE_ID")
    found = _providers(named, set(named), set())
    text_way(told, load_profile(told.profile_path()))
    if stands_in := _stands_in(told.twilio_auth_token, told.twilio_base_url):
        return stands_in
    if found == "live" and not told.public_url.startswith("https://"):
        return "live, but HOLDFAST_PUBLIC_URL is not an https address: its news may never come"
    return found


def _post(patient: Patient) -> str:
    told = patient.settings
    way = letter_way(told, load_profile(told.profile_path()))
    if way.collects:
        return "printed by the service itself: letters wait for a batch"
    named = {"NOTIFY_API_KEY": told.notify_api_key, "NOTIFY_CALLBACK_TOKEN": told.notify_callback_token}
    found = _providers(named, {"NOTIFY_API_KEY"}, {"NOTIFY_CALLBACK_TOKEN"})
    return _stands_in(told.notify_api_key, told.notify_base_url) or found


def _notify(told: Settings, way: MessageProvider, template: str) -> str:
    """Say whether e-mails or texts go through Notify, for which a template is named."""
    if way.simulated:
        raise CommandFailed(f"half configured: {template} is set, but NOTIFY_API_KEY is not")
    named = {"NOTIFY_API_KEY": told.notify_api_key, "NOTIFY_CALLBACK_TOKEN": told.notify_callback_token}
    found = _providers(named, {"NOTIFY_API_KEY"}, {"NOTIFY_CALLBACK_TOKEN"})
    return f"through GOV.UK Notify: {_stands_in(told.notify_api_key, told.notify_base_url) or found}"


def _stands_in(key: SecretStr | None, base_url: str) -> str:
    """Say what is in a provider's place, or nothing if it is the provider; empty as well without a key."""
    if key is None:
        return ""
    if is_invented(key):
        return "a simulator: nothing leaves"
    return f"not the provider: {base_url} is this machine" if is_this_machine(base_url) else ""


def _translations(patient: Patient) -> str:
    """Say which translations no named person has checked: English is used where they would really leave."""
    settings, path = patient.settings, patient.settings.profile_path()
    profile = load_profile(path)
    writer = MessageWriter(profile, wording_folder=wording_folder(profile, path))
    every = translations(writer)
    configured = settings.database_url
    url = configured.get_secret_value() if configured else patient.running and patient.running.database_url
    if not every:
        return "none: the profile has English alone"
    if not url:
        return f"{len(every)}; who has checked them is known once the database runs"
    engine = make_engine(url)
    checks = WordingCheckStore(engine)
    try:
        unchecked = [each for each in every if checks.of(writer.files(each)) is None]
    except SQLAlchemyError:
        raise CommandFailed("the database cannot say who has checked them") from None
    finally:
        engine.dispose()
    if not unchecked:
        return f"all {len(every)} checked"
    found = Counter(name_of(each.language) for each in unchecked)
    words = ", ".join(f"{name}: {count}" for name, count in found.items())
    return f"{len(unchecked)} of {len(every)} not checked ({words}): English leaves instead, see /wording"


def _trades(patient: Patient) -> str:
    """Say whether tradespeople are told through their firm's system; others are told by text."""
    told = patient.settings
    named = {"TRADES_API_URL": told.trades_api_url, "TRADES_API_KEY": told.trades_api_key}
    found = _providers(named, set(named), set())
    api_way(
        told, load_profile(told.profile_path())
    )  # refuses a key that cannot sign, and an address without TLS
    if stands_in := _stands_in(told.trades_api_key, told.trades_api_url or ""):
        return stands_in
    if found == "live" and not told.public_url.startswith("https://"):
        return "live, but HOLDFAST_PUBLIC_URL is not an https address: its answers may never come"
    return found


_CHECKS: dict[str, Callable[[Patient], str]] = {
    "data directory": _data_directory,
    "profile": _profile,
    "keys": _keys,
    "public address": _public_url,
    "database": _database,
    "Temporal": _temporal,
    "e-mail": _email,
    "texts": _texts,
    "post": _post,
    "translations": _translations,
    "trades": _trades,
}
