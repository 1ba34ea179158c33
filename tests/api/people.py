"""People who knock at the front door, and the referrals they bring."""

import itertools
from copy import deepcopy
from typing import Any

import httpx2

FORCE = "Example Constabulary"
STRANGER = "+447700900555"
"""A number no referral has."""
_numbers = itertools.count(1)

A_REFERRAL: dict[str, Any] = {
    "source": {"kind": "police", "organisation": FORCE, "reference": "35/1/26", "person_reference": "1"},
    "incident": {"kind": "burglary", "occurred_at": "2026-11-20T22:10:00+00:00", "postcode": "CB1 2AB"},
    "victim": {
        "given_name": "Ada",
        "family_name": "Example",
        "language": "en",
        "phones": [{"number": "+447700900123", "safe": "yes", "voicemail": "neutral"}],
        "emails": [{"address": "ada@example.org", "safe": "unknown"}],
        "address": {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB", "safe": "yes"},
    },
    "suspects": [{"relationship": "stranger", "shares_address": "no"}],
    "lane": "contact",
    "consent": {"status": "given"},
}


class Person:
    """Somebody with a token."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(_at(path), headers=self.headers, **options)

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, **options: Any
    ) -> httpx2.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {}) | options.pop("headers", {})
        sent = {} if body is None else {"json": body}
        return await self.client.post(_at(path), headers=headers, **sent, **options)

    async def refer(self, **changes: Any) -> dict[str, Any]:
        """Send a referral nobody has sent before."""
        answer = await self.post("/referrals", a_referral(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ring(self, referral: dict[str, Any], outcome: str, **more: Any) -> httpx2.Response:
        return await self.post(f"/referrals/{referral['id']}/contact-attempts", {"outcome": outcome, **more})

    async def decide(self, referral: dict[str, Any], decision: str, **more: Any) -> httpx2.Response:
        body = {"decision": decision, "reason": "It is right here.", **more}
        return await self.post(f"/referrals/{referral['id']}/decisions", body)

    async def see(self, referral: dict[str, Any]) -> dict[str, Any]:
        answer = await self.get(f"/referrals/{referral['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def _at(path: str) -> str:
    return (
        path if path.startswith(("/api", "/healthz", "/readyz", "/metrics", "/openapi")) else f"/api/v1{path}"
    )


def a_referral(**changes: Any) -> dict[str, Any]:
    """A burglary in Cambridge, under a reference of its own; `a__b=c` changes one field deep inside."""
    document = deepcopy(A_REFERRAL)
    document["source"]["reference"] = f"35/{next(_numbers)}/26"
    for path, value in changes.items():
        *above, name = path.split("__")
        part = document
        for step in above:
            part = part.setdefault(step, {})
        part[name] = value
    return document
