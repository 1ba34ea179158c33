"""Forms that only our own pages can send.

Every form carries a token made from what only this browser has: the session's cookie or, where nobody has
signed in, a cookie of its own.  A request that the browser says comes from another site is refused before
anything is read.  Source: OWASP Cross-Site Request Forgery Prevention, "signed double-submit cookie".
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from api.problems import Kind, Problem
from api.services import Services
from store.keyring import Keyring
from store.session import Session

FIELD = "form_token"
"""The name of the hidden field."""
_PURPOSE = "form token"
_OURSELVES = frozenset({"same-origin", "none"})


def cookie(services: Services, name: str) -> str:
    """Name a cookie; under TLS so that no other site can set it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if services.is_secure else name


def set_cookie(response: Response, services: Services, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read and that ends with the browser."""
    response.set_cookie(
        cookie(services, name), value, path="/", secure=services.is_secure, httponly=True, samesite="lax"
    )


class FormToken:
    """The token of one page's forms; the cookie behind it is set only where a page has a form."""

    def __init__(self, request: Request, services: Services, session: Session | None) -> None:
        self._services = services
        self._given = session.hash if session else request.cookies.get(cookie(services, "form"))
        self._made: str | None = None

    @property
    def was_given(self) -> bool:
        """Whether the browser remembers having been shown a form."""
        return bool(self._given)

    @override
    def __str__(self) -> str:
        """The token as the hidden field carries it."""
        if not self._given:
            self._made = self._given = secrets.token_urlsafe(16)
        return _sign(self._services.keyring, self._given)[0]

    def is_right(self, token: str) -> bool:
        """Whether a token was made for this browser, with any of the keys."""
        if not self._given:
            return False
        return any(
            hmac.compare_digest(token.encode(), right.encode())
            for right in _sign(self._services.keyring, self._given)
        )

    def put_on(self, response: Response) -> None:
        """Set the cookie, if this page has a form and the browser had no cookie yet."""
        if self._made:
            set_cookie(response, self._services, "form", self._made)


def refuse_other_sites(request: Request, services: Services) -> None:
    """Refuse what the browser itself says comes from another site.

    Raises:
        Problem: It does.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), urlsplit(services.public_url).netloc}
    # Our pages send no referrer, and browsers then call their origin "null" (Fetch, "append a request Origin header").
    is_foreign = origin not in {None, "null"} and urlsplit(origin).netloc not in ours
    if site not in _OURSELVES or is_foreign:
        raise Problem(Kind.OTHER_SITE, "Open the page here and send it from there.")


def _sign(keyring: Keyring, secret: str) -> list[str]:
    return [
        hmac.new(derived.key, secret.encode(), hashlib.sha256).hexdigest()
        for derived in keyring.derive(_PURPOSE)
    ]
