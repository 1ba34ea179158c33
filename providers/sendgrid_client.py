"""SendGrid's own client, over connections that tell whether anything can have left.

The client opens its connections itself, keeps no timeout, and follows a redirect with a GET that carries our key.
Here a connection that was never made is told from one that broke, and nobody is followed.
"""

import http.client
import logging
import urllib.request
from typing import Any

import python_http_client
from sendgrid import SendGridAPIClient
from typing_extensions import override

from providers.proof import TIMEOUT_SECONDS, NeverConnected

# At the level of debugging it logs whole messages, and our key.
logging.getLogger("python_http_client.client").setLevel(logging.WARNING)


def sendgrid_client(*, api_key: str, base_url: str) -> SendGridAPIClient:
    """Make a client for one account."""
    made = SendGridAPIClient(api_key, host=base_url.rstrip("/"))
    headers = made.client.request_headers
    made.client = _Client(host=made.host, request_headers=headers, version=3, timeout=TIMEOUT_SECONDS)
    return made


class _Client(python_http_client.Client):  # type: ignore[misc]
    """The SDK's HTTP client with our opener."""

    @override
    def _build_client(self, name: str | None = None) -> "_Client":
        return _Client(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    @override
    def _make_request(
        self, opener: object, request: urllib.request.Request, timeout: float | None = None
    ) -> Any:
        ours = urllib.request.build_opener(_Http, _Https, _FollowsNobody)
        return super()._make_request(ours, request, timeout=timeout)


class _Connection(http.client.HTTPConnection):
    @override
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NeverConnected from error


class _SafeConnection(http.client.HTTPSConnection):
    @override
    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NeverConnected from error


class _Http(urllib.request.HTTPHandler):
    @override
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    @override
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SafeConnection, req)


class _FollowsNobody(urllib.request.HTTPRedirectHandler):
    @override
    def redirect_request(self, *_: object, **__: object) -> None:
        return None
