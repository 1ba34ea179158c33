"""Turns a template and a few facts into words.

Only names that end in `.html` (or `.html.j2`) are escaped: a letter that says "O&#39;Neill" is a letter
nobody wants. A name that the template uses and nobody gave is an error, never an empty space in a letter.
"""

from functools import cache
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    select_autoescape,
)

TEMPLATES = Path(__file__).resolve().parent
"""The folder of this room; every template is named from here."""

HTML = ("html", "html.j2")
"""How the names of templates end whose result is read by a browser, and so is escaped."""

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
"""Keeps a telephone number on one line."""


def render(name: str, *, wording_folder: Path | None = None, **context: object) -> str:
    """Render one template.

    Args:
        name: The path of the template below `templates/`, such as `letters/contact/unanswered.txt.j2`.
        wording_folder: A profile's own words, looked in first; the same paths as here.
        context: The facts the template may use.

    Raises:
        jinja2.UndefinedError: The template uses a fact that was not given.
        jinja2.TemplateNotFound: There is no such template.
    """
    return environment(wording_folder).get_template(name).render(context)


def has_template(name: str, *, wording_folder: Path | None = None) -> bool:
    """Say whether there is a template of that name."""
    try:
        environment(wording_folder).get_template(name)
    except TemplateNotFound:
        return False
    return True


@cache
def environment(wording_folder: Path | None = None) -> Environment:
    """The Jinja2 environment of this room, or of a profile that brings its own words."""
    folders = [folder for folder in (wording_folder, TEMPLATES) if folder is not None]
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(HTML, default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["unbroken"] = unbroken
    return made


def unbroken(words: str) -> str:
    """Keep words on one line: a telephone number, a reference."""
    return words.replace(" ", NO_BREAK_SPACE)
