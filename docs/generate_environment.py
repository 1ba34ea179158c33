"""Makes docs/reference/environment.md from the descriptions of the settings."""

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from wiring.settings import Settings

_BEFORE = """\
# The environment

Made from `wiring/settings.py` by `make docs`; do not edit.

Nothing has to be set: `make up` runs with an empty environment. An empty variable counts as unset, one of
Temporal's too. Every process reads the environment once, when it starts; a value that cannot be used is refused in one
line that names the variable and never what it holds. `holdfast doctor` says what is missing or half configured.

A provider without a key is *simulated*: what would have been sent is kept and shown, and nothing leaves.
[Setting up the providers](../providers.md) goes through them step by step.
"""

_SECTIONS = {
    "HOLDFAST": "Holdfast itself",
    "SENDGRID": "E-mail",
    "TWILIO": "Texts",
    "NOTIFY": "Letters, and what else goes through GOV.UK Notify",
    "TRADES": "Repairs",
}

_AFTER = """\
## Temporal

Holdfast has no variables of its own for Temporal. It uses the standard ones, as `temporalio.envconfig` reads them:

| variable | meaning |
|---|---|
| `TEMPORAL_ADDRESS` | The server, as `host:port`. Unset under `holdfast up`: an embedded server below the data \
directory, and every other `TEMPORAL_` variable but the namespace is ignored. Unset elsewhere: `127.0.0.1:7233` |
| `TEMPORAL_NAMESPACE` | The namespace; `default` unless set. It should keep closed workflows for at least 30 days: \
`holdfast doctor` looks |
| `TEMPORAL_API_KEY` | An API key; it turns TLS on |
| `TEMPORAL_TLS` | `true` or `false` |
| `TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_CERT_DATA` | The client's certificate, as a file or as text |
| `TEMPORAL_TLS_CLIENT_KEY_PATH`, `TEMPORAL_TLS_CLIENT_KEY_DATA` | Its key |
| `TEMPORAL_TLS_SERVER_CA_CERT_PATH`, `TEMPORAL_TLS_SERVER_CA_CERT_DATA` | Whom to trust as the server |
| `TEMPORAL_TLS_SERVER_NAME` | The name the server's certificate has to bear |
| `TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE` | A file of such settings, and which part of it |

## The system

| variable | meaning |
|---|---|
| `TMPDIR` | Where the embedded Postgres gets the private folder of its socket, if its user can reach it; else \
`/tmp` or `/run` |
"""


def render() -> str:
    """Write the page."""
    sections = [
        f"## {title}\n\n| variable | default | meaning |\n|---|---|---|\n{_rows(prefix)}\n"
        for prefix, title in _SECTIONS.items()
    ]
    return "\n".join([_BEFORE, *sections, _AFTER])


def _rows(prefix: str) -> str:
    fields = Settings.model_fields.values()
    return "\n".join(_row(field) for field in fields if _name(field).startswith(prefix))


def _row(field: FieldInfo) -> str:
    return f"| `{_name(field)}` | {_default(field)} | {field.description}{_secrecy(field)} |"


def _name(field: FieldInfo) -> str:
    return str(field.validation_alias)


def _default(field: FieldInfo) -> str:
    unset = field.default is None or field.default is PydanticUndefined
    return "unset" if unset else f"`{field.default}`"


def _secrecy(field: FieldInfo) -> str:
    return " *Secret.*" if SecretStr in getattr(field.annotation, "__args__", ()) else ""
