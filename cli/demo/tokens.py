"""The demo's own tokens: issued as `holdfast token issue` does, and revoked whatever happens."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from cli.data_directory import UP, DataDirectory
from cli.database_access import opened
from cli.demo.case import Bearers
from cli.demo.reports import FORCE
from cli.failures import CommandFailed
from domain.vocabulary import Role
from store.tokens import TokenStore
from wiring.settings import load_settings

_REVOKED_WITHIN = 20.0
"""Seconds; the database may have been killed a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    """Tokens with the ids by which they are revoked."""

    bearers: Bearers
    ids: tuple[str, ...]


@contextlib.contextmanager
def own_tokens(data_dir: Path) -> Iterator[tuple[Bearers, str]]:
    """Issue one token for the police, one for a coordinator and one for a manager, and revoke them at the end.

    Yields:
        The tokens, and an id that no other run of the demo has.

    Raises:
        CommandFailed: It is not known in which database the running service looks for tokens.
    """
    if load_settings().database_url is None and DataDirectory(data_dir).holder() != UP:
        raise CommandFailed(
            f"no service runs in {data_dir.absolute()}: name its directory with --data-dir, or its database with "
            "HOLDFAST_DATABASE_URL"
        )
    issued = _issue(data_dir)
    try:
        yield issued.bearers, issued.ids[0]
    finally:
        _revoke(data_dir, issued.ids)


def _issue(data_dir: Path) -> _Issued:
    with opened(data_dir, "demo") as engine:
        store = TokenStore(engine)

        def one(role: Role, organisation: str | None = None) -> str:
            now = datetime.now(UTC)
            return store.issue(role=role, name=f"demo {role}", organisation=organisation, now=now)

        bearers = Bearers(
            police=one(Role.POLICE, FORCE), coordinator=one(Role.COORDINATOR), manager=one(Role.MANAGER)
        )
        known = [store.find(each) for each in (bearers.police, bearers.coordinator, bearers.manager)]
    return _Issued(bearers=bearers, ids=tuple(token.id for token in known if token is not None))


def _revoke(data_dir: Path, ids: tuple[str, ...]) -> None:
    by = time.monotonic() + _REVOKED_WITHIN
    while True:
        try:
            with opened(data_dir, "demo") as engine:
                for token_id in ids:
                    TokenStore(engine).revoke(token_id, now=datetime.now(UTC))
        except SQLAlchemyError:
            if time.monotonic() > by:
                raise CommandFailed(
                    f"the database is away: revoke the demo's tokens with `holdfast token revoke` ({', '.join(ids)})"
                ) from None
            time.sleep(1)
        else:
            return
