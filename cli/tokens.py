"""`holdfast token`: who may use the JSON API."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.data_directory import DEFAULT_DATA
from cli.database_access import opened
from cli.failures import CommandFailed
from store.tokens import TokenStore

tokens = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Issue, list and revoke bearer tokens for the JSON API."
)

DataDir = Annotated[Path, typer.Option(help="The data directory of `holdfast up`.")]


class TokenRole(StrEnum):
    """What the bearer of a token may do; docs/reference/api.md says it role by role."""

    POLICE = "police"
    COORDINATOR = "coordinator"
    MANAGER = "manager"
    SYSTEM = "system"


@tokens.command()
def issue(
    role: Annotated[TokenRole, typer.Option(help="What it allows.")],
    name: Annotated[str, typer.Option(help="Who or what will use it.")],
    organisation: Annotated[
        str | None, typer.Option(help="Whose referrals a police or system token sees.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA,
) -> None:
    """Print one new bearer token as the last line; only its hash is kept."""
    if not name.strip() or not name.isprintable():
        raise typer.BadParameter("a token needs a name, in one line", param_hint="--name")
    with opened(data_dir, "token") as engine:
        token = TokenStore(engine).issue(
            role=role.value, name=name.strip(), organisation=organisation, now=datetime.now(UTC)
        )
    typer.echo(token)


@tokens.command(name="list")
def list_tokens(data_dir: DataDir = DEFAULT_DATA) -> None:
    """List every token ever issued, without the token itself."""
    with opened(data_dir, "token") as engine:
        for token in TokenStore(engine).list():
            state = f"revoked {_day(token.revoked_at)}" if token.revoked_at else "valid"
            columns = (
                token.id,
                token.role,
                token.name,
                token.organisation or "-",
                _day(token.issued_at),
                state,
            )
            typer.echo("\t".join(map(str, columns)))


@tokens.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="Its id, as `holdfast token list` shows it.")],
    data_dir: DataDir = DEFAULT_DATA,
) -> None:
    """Revoke a token at once."""
    with opened(data_dir, "token") as engine:
        if not TokenStore(engine).revoke(token_id, now=datetime.now(UTC)):
            raise CommandFailed(f"there is no valid token {token_id}")


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
