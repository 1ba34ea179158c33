"""The busy, harmless site to which people leave: it answers under its own name, and remembers who asked."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PAGE = b"<!doctype html><html lang=en><title>Weather</title><h1>Sunny intervals</h1>"


class Elsewhere(ThreadingHTTPServer):
    """A site that is not ours, on this machine."""

    daemon_threads = True

    def __init__(self, name: str, room: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Weather)
        self.name = name
        self.heard: list[dict[str, str]] = []
        """The headers of every request for a page."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(name, room))
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers open connections that they do not use."""


class _Weather(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        if "favicon" not in self.path:
            self.server.heard.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@contextmanager
def another_site(name: str, room: Path) -> Iterator[Elsewhere]:
    site = Elsewhere(name, room)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    yield site
    site.shutdown()
    site.server_close()
    thread.join()


def _certificate(name: str, room: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    made = room / "elsewhere.pem"
    made.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return made
