"""A browser without scripts: it keeps cookies, reads forms, and sends what a person typed into them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx2

PAGE = {"accept": "text/html,application/xhtml+xml"}


@dataclass
class Form:
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif tag == "input" and self.found and given.get("name"):
            is_choice = given.get("type") in {"radio", "checkbox"}
            if not is_choice or "checked" in given:
                self._note(given["name"], given.get("value", "on" if is_choice else ""))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and "selected" in given:
            self._note(self._select, given.get("value", ""))

    def _note(self, name: str, value: str) -> None:
        self.found[-1].fields.setdefault(name, []).append(value)


class Browser:
    """One person at one browser, with cookies of its own."""

    def __init__(self, app, *, base_url: str = "http://holdfast.test") -> None:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self.client = httpx2.AsyncClient(transport=transport, base_url=base_url, headers=PAGE)

    async def open(self, address: str) -> httpx2.Response:
        return await self.client.get(address)

    async def send(self, page: httpx2.Response, action: str, **typed: str | list[str]) -> httpx2.Response:
        """Fill in the form of a page that goes to `action` and send it."""
        form = form_of(page, action)
        fields = form.fields | {n: v if isinstance(v, list) else [v] for n, v in typed.items()}
        return await self.post(action, fields)

    async def post(self, action: str, fields: dict[str, list[str]], **headers: str) -> httpx2.Response:
        pairs = [(name, value) for name, values in fields.items() for value in values]
        form = {"content-type": "application/x-www-form-urlencoded"}
        return await self.client.post(action, content=urlencode(pairs), headers=form | headers)

    async def sign_in(self, token: str) -> httpx2.Response:
        return await self.send(await self.open("/sign-in"), "/sign-in", token=token)


def form_of(page: httpx2.Response, action: str) -> Form:
    reader = _Forms()
    reader.feed(page.text)
    found = [form for form in reader.found if form.action == action]
    assert found, f"no form goes to {action}; there are {[form.action for form in reader.found]}"
    return found[0]
