"""Who may use the control API and the pages: this machine, and no web page from elsewhere."""

import ipaddress

from fastapi import HTTPException, Request


def own_page(request: Request) -> None:
    """Refuse what a page from elsewhere makes a browser send, by a form or by a name that leads here."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise HTTPException(403, "Another page sent this.")
    if not _is_plain(request.url.hostname or ""):
        raise HTTPException(403, "Use this machine's address, not a name.")


def loopback(request: Request) -> None:
    """Refuse everybody who is not on this machine."""
    own_page(request)
    if request.client is None or not ipaddress.ip_address(request.client.host).is_loopback:
        raise HTTPException(403, "Only from this machine.")


def _is_plain(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
