"""The published protocol of the tradesperson API, as a judge of what really travels."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from jsonschema import FormatChecker
from openapi_schema_validator import OAS31Validator

from domain.gate import Permit, permit_notice
from domain.repair_dispatch.kinds import NoticeKind, RepairKind, TradeChannel, Urgency
from domain.repair_dispatch.ports import TradeNotice
from tests.builders import NOW
from tests.servers import REPOSITORY

KEY = "a-secret-of-the-tests-of-32-bytes"
OFFER = "6f1c1f0e-57b3-4c57-8a59-0f4de1f8a7aa"
LINK = "https://hub.example/trades/Ab3_defghijklmnopqrs-uvw"


@cache
def protocol() -> dict[str, Any]:
    return json.loads((REPOSITORY / "docs/reference/trades-openapi.json").read_text())


_FORMATS = FormatChecker()


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def faults(schema: str, document: object) -> list[str]:
    """What a document has against a schema of the protocol."""
    whole = {**protocol(), "$ref": f"#/components/schemas/{schema}"}
    return [error.message for error in OAS31Validator(whole, format_checker=_FORMATS).iter_errors(document)]


def schema_at(path: str) -> str:
    """The schema of what is posted to a path below the firm's address."""
    [found] = [
        told["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for template, told in protocol()["paths"].items()
        if template == path.replace(OFFER, "{offer_id}")
    ]
    return found.rpartition("/")[2]


def a_notice(kind: NoticeKind = NoticeKind.OFFER, **changes: Any) -> TradeNotice:
    """What a locksmith near Canterbury is told; the address only where they have the job."""
    told: dict[str, Any] = {
        "key": f"{OFFER}:{kind}",
        "offer_id": OFFER,
        "repair_id": "0d6e4079-e36c-4b5e-9d0e-6e6f3d0d8f11",
        "kind": kind,
        "channel": TradeChannel.API,
        "firm_id": "firm-01",
        "phone": "+447700900456",
        "repair_reference": "K7PM-4T2Q",
        "kinds": (RepairKind.BOARD_UP, RepairKind.LOCKS),
        "urgency": Urgency.OPEN_PROPERTY,
        "area": "CT1",
        "on_site_by": NOW + timedelta(minutes=15),
        "answer_by": NOW + timedelta(minutes=5) if kind is NoticeKind.OFFER else None,
        "link": LINK,
        "coordinator_phone": "01223 000000",
        "neutral_name": "The Hub",
        "time_zone": "Europe/London",
    }
    if kind is NoticeKind.CONFIRMATION:
        told |= {
            "address_lines": ("1 Example Street", "Canterbury"),
            "postcode": "CT1 2AB",
            "access": "Ring at the side door.",
            "code_word": "bluebell",
        }
    return TradeNotice(**(told | changes))


def a_permit(notice: TradeNotice) -> Permit:
    return permit_notice(notice.known_as)
