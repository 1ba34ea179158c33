"""What a firm's system is told, as it goes over the wire.

`docs/reference/trades-openapi.json` is the whole truth of it; a test holds both against each other.
Source: docs/trades-api.md.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from domain.repair_dispatch.kinds import NoticeKind
from domain.repair_dispatch.ports import TradeNotice
from providers.trades_text import WITHOUT_LINK

OFFERS: Final = "/v1/offers"
"""Below the firm's address."""


def path_of(notice: TradeNotice) -> str:
    """Where a notice goes, below the firm's address."""
    if notice.kind is NoticeKind.OFFER:
        return OFFERS
    return f"{OFFERS}/{quote(notice.offer_id, safe='')}/{notice.kind}"


def body_of(notice: TradeNotice) -> bytes:
    """Write a notice; its kind stands in it, because a signature is over the body and not over the address."""
    return json.dumps(
        {"type": f"notice.{notice.kind}", "data": _told(notice)}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def shown(notice: TradeNotice, *, with_link: bool = False) -> str:
    """Write a request for people: where it goes, and what it says.

    Args:
        notice: What is told.
        with_link: Whether the link of the offer's page stays in it: only of what never left, because whoever has it
            answers as the tradesperson.
    """
    said: dict[str, Any] = json.loads(body_of(notice))
    if not with_link and said["data"].get("page"):
        said["data"]["page"] = WITHOUT_LINK
    return f"POST {path_of(notice)}\n\n{json.dumps(said, ensure_ascii=False, indent=2)}"


def _told(notice: TradeNotice) -> dict[str, Any]:
    which = {
        "offer_id": notice.offer_id,
        "firm_id": notice.firm_id,
        "reference": notice.repair_reference,
    }
    match notice.kind:
        case NoticeKind.OFFER:
            return which | _job(notice) | {"answer_by": _at(notice.answer_by or notice.on_site_by)}
        case NoticeKind.CONFIRMATION:
            return which | _job(notice) | _place(notice)
        case NoticeKind.TAKEN | NoticeKind.WITHDRAWAL | NoticeKind.CANCELLATION:
            return which


def _job(notice: TradeNotice) -> dict[str, Any]:
    """What somebody sees who has not accepted yet: never more of the address than its area."""
    return {
        "kinds": list(notice.kinds),
        "urgency": notice.urgency,
        "area": notice.area,
        "on_site_by": _at(notice.on_site_by),
        "page": notice.link,
    }


def _place(notice: TradeNotice) -> dict[str, Any]:
    return {
        "address": {"lines": list(notice.address_lines), "postcode": notice.postcode},
        "access": notice.access,
        "code_word": notice.code_word,
        "telephone": notice.coordinator_phone,
    }


def _at(moment: datetime) -> str:
    """Write a time as RFC 3339, in UTC; cut to whole seconds a deadline would be over too soon."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
