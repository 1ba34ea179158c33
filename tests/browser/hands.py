"""How people work a page: with a finger or a mouse, or with a keyboard alone.

Everything is found as people find it, by role and name; a journey is told once and walked with either.
"""

import re
from abc import ABC, abstractmethod

from playwright.async_api import Locator, Page
from typing_extensions import override

from tests.browser import focus

FURTHEST = 250
"""Presses of Tab after which nobody would go on."""


class Hands(ABC):
    """A person at one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    async def press(self, name: str) -> None:
        """Press a button."""
        await self.work(self.button(name))

    async def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow a link."""
        await self.work(self.page.get_by_role("link", name=name))

    async def unfold(self, words: str) -> None:
        """Open what is folded under these words."""
        await self.work(self.page.locator("summary", has_text=words))

    def field(self, label: str, *, of: str | None = None) -> Locator:
        """A field by its label, within the group `of` where the same label stands in several."""
        within = self.page if of is None else self.page.get_by_role("group", name=of, exact=True)
        fields = within.get_by_label(label, exact=True).and_(self.page.locator("input, select, textarea"))
        return fields.filter(visible=True)

    async def write(self, label: str, words: str, *, of: str | None = None) -> None:
        """Type into a field."""
        await self.type_into(self.field(label, of=of), words)

    async def choose(self, label: str, *, of: str | None = None) -> None:
        """Choose a radio button, or tick a box."""
        await self.tick(self.field(label, of=of))

    async def pick(self, label: str, words: str, *, of: str | None = None) -> None:
        """Pick from a list that unfolds."""
        await self.pick_from(self.field(label, of=of), words)

    @abstractmethod
    async def work(self, what: Locator) -> None:
        """Press or open it."""

    @abstractmethod
    async def type_into(self, field: Locator, words: str) -> None:
        """Replace what a field holds."""

    @abstractmethod
    async def tick(self, choice: Locator) -> None:
        """Choose a radio button or tick a box."""

    @abstractmethod
    async def pick_from(self, field: Locator, words: str) -> None:
        """Pick an entry of a list that unfolds."""


class Pointer(Hands):
    """With a mouse or a finger."""

    @override
    async def work(self, what: Locator) -> None:
        await what.click()

    @override
    async def type_into(self, field: Locator, words: str) -> None:
        await field.fill(words)

    @override
    async def tick(self, choice: Locator) -> None:
        await choice.check()

    @override
    async def pick_from(self, field: Locator, words: str) -> None:
        await field.select_option(label=words)


class Keyboard(Hands):
    """With Tab, Enter, Space and the arrows alone; wherever it halts, one must see where it is."""

    @override
    async def work(self, what: Locator) -> None:
        await self._go_to(what)
        await self.page.keyboard.press("Enter")

    @override
    async def type_into(self, field: Locator, words: str) -> None:
        await self._go_to(field)
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(words)

    @override
    async def tick(self, choice: Locator) -> None:
        """Of a group of radio buttons Tab reaches one; the arrows lead to the others."""
        await self._go_to(choice, or_its_group=True)
        for _ in range(FURTHEST):
            if await focus.is_on(choice):
                break
            await self.page.keyboard.press("ArrowDown")
        else:
            raise AssertionError(f"the arrows do not lead to {choice}")
        if not await choice.is_checked():
            await self.page.keyboard.press("Space")

    @override
    async def pick_from(self, field: Locator, words: str) -> None:
        """Typing the words of an entry chooses it."""
        await self._go_to(field)
        await self.page.keyboard.type(words)

    async def _go_to(self, what: Locator, *, or_its_group: bool = False) -> None:
        await what.wait_for(state="attached")
        for _ in range(FURTHEST):
            if await focus.is_on(what, or_its_group=or_its_group):
                seen = await focus.looks(self.page)
                assert seen.is_plain, f"one cannot see that the focus is on {seen.where}"
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {what}")
