"""`Idempotency-Key`: the same key and body get the same answer, however often and however concurrently.

The claim of a key is written in the transaction that stores what came in.  Whoever finds a claim without a
kept answer (the first one is still at work, or died) goes on with the subject of that claim, never with a
second one.  Source: draft-ietf-httpapi-idempotency-key-header-07, per token.
"""

import json
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.problems import Problem
from api.services import Services
from store.idempotency import Claim, KeptAnswer
from store.tokens import Token

_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_KEPT_HEADERS = ("content-type", "etag", "location")


def _key(
    idempotency_key: Annotated[
        str | None,
        Header(description="Any string of up to 255 printable characters; kept per token."),
    ] = None,
) -> str | None:
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise Problem.at("Idempotency-Key", "has to be 1 to 255 printable ASCII characters")
    return idempotency_key


Key = Annotated[str | None, Depends(_key)]
"""The key a request came with, if any."""


class Once:
    """One POST under its key; without a key nothing is kept."""

    def __init__(self, services: Services, claim: Claim | None) -> None:
        self._services = services
        self.claim = claim

    @classmethod
    def of(
        cls, services: Services, token: Token, request: Request, key: str | None, body: dict[str, Any]
    ) -> "Once":
        """Fold a request to the claim of its key."""
        if key is None:
            return cls(services, None)
        content = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        claim = services.idempotency.claim(
            token_id=token.id, key=key, method=request.method, path=request.url.path, body=content
        )
        return cls(services, claim)

    async def kept(self) -> Response | None:
        """The answer given before.  Raises `IdempotencyConflict` when the body was another."""
        if self.claim is None:
            return None
        found = await run_in_threadpool(self._services.idempotency.find, self.claim)
        return None if found is None or found.status is None else _again(found)

    async def keep(
        self, response: Response, *, subject_kind: str, subject_id: str, replayed: bool = False
    ) -> Response:
        """Keep an answer under the key.

        Args:
            response: What was made of the request.
            subject_kind: `referral` or `command`.
            subject_id: Which one.
            replayed: Whether somebody else was at work on it too; then the answer kept first is given.
        """
        if self.claim is None:
            return response
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        claim, services = self.claim, self._services

        def complete() -> KeptAnswer | None:
            services.idempotency.complete(
                claim,
                status=response.status_code,
                body=bytes(response.body),
                headers=headers,
                subject_kind=subject_kind,
                subject_id=subject_id,
                now=services.clock(),
            )
            return services.idempotency.find(claim) if replayed else None

        first = await run_in_threadpool(complete)
        return _again(first) if first is not None and first.status is not None else response


def _again(kept: KeptAnswer) -> Response:
    assert kept.status is not None
    return Response(kept.body, kept.status, headers=kept.headers)
