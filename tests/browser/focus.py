"""Where the focus is, and whether one can see it there."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page

_IS_ON = """(element, orItsGroup) => {
  const active = document.activeElement;
  const together = orItsGroup && active.type === "radio" && element.type === "radio"
    && active.name === element.name && active.form === element.form;
  return active === element || together;
}"""

_LOOKS = r"""() => {
  const active = document.activeElement;
  if (!active || active === document.body || active === document.documentElement) return null;
  const shown = (style) => style.boxShadow !== "none"
    || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && !/^rgba.* 0\)$/.test(style.outlineColor));
  const label = active.labels && active.labels[0];
  const drawn = ["radio", "checkbox"].includes(active.type) && label
    ? [getComputedStyle(label, "::before"), getComputedStyle(label)] : [];
  const isDate = (active.type || "").startsWith("date");
  const box = active.getBoundingClientRect();
  const places = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
  const found = places.map(([x, y]) => document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
  const ours = (other) => other && (active.contains(other) || other.contains(active)
    || (label && (label.contains(other) || other.contains(label))));
  return {
    where: active.outerHTML.slice(0, 160),
    // The button of a calendar is the browser's own, and so is its mark.
    isMarked: [getComputedStyle(active), ...drawn].some(shown) || (isDate && !active.matches(":focus")),
    isUncovered: found.some(ours),
    place: [...document.querySelectorAll("*")].indexOf(active),
  };
}"""

_START = """() => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex"); }"""


@dataclass(frozen=True)
class Looks:
    """What one sees of the focus."""

    where: str
    is_marked: bool
    is_uncovered: bool
    place: int
    """Among all elements of the page."""

    @property
    def is_plain(self) -> bool:
        return self.is_marked and self.is_uncovered


async def is_on(what: Locator, *, or_its_group: bool = False) -> bool:
    """Whether the focus is on this; or, of radio buttons, on another of its group."""
    return await what.evaluate(_IS_ON, or_its_group)


async def words_under(page: Page) -> str:
    """What stands where the focus is."""
    return await page.evaluate("() => document.activeElement.innerText")


async def looks(page: Page) -> Looks | None:
    """What one sees of the focus; nothing when it is nowhere."""
    seen = await page.evaluate(_LOOKS)
    return seen and Looks(seen["where"], seen["isMarked"], seen["isUncovered"], seen["place"])


async def walk(page: Page, most: int = 250) -> list[Looks]:
    """Press Tab from the top to the end of the page; every halt on the way.

    Raises:
        AssertionError: One halt traps the focus, or Tab jumps back.
    """
    await page.evaluate(_START)
    halts: list[Looks] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        seen = await looks(page)
        if seen is None or (halts and seen.place == halts[0].place):
            return halts
        last = halts[-1].place if halts else -1
        has_parts = 'type="date' in seen.where  # day, month and year are halts of their own
        is_further = seen.place > last or (seen.place == last and has_parts)
        assert is_further, f"Tab leads back, or no further, at {seen.where}"
        halts.append(seen)
    raise AssertionError(f"Tab finds no end after {most} halts")
