"""`holdfast migrate`: bring the database to today's shape."""

from cli.failures import CommandFailed
from wiring import database
from wiring.settings import load_settings


def migrate() -> None:
    """Bring the database named by HOLDFAST_DATABASE_URL to today's shape."""
    url = load_settings().database_url
    if url is None:
        raise CommandFailed(
            "HOLDFAST_DATABASE_URL is not set (under `holdfast up` migrations run by themselves)"
        )
    database.migrate(url.get_secret_value())
