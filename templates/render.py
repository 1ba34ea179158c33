"""Turns a template and a few facts into words.

Only names that end in `.html` (or `.html.j2`) are escaped: a letter that says "O&#39;Neill" is a letter
nobody wants. A name that the template uses and nobody gave is an error, never an empty space in a letter.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    Undefined,
    select_autoescape,
)
from typing_extensions import override

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
        auto_reload=True,  # what is written is what `templates.wordings.fingerprint` reads
    )
    made.filters["unbroken"] = unbroken
    return made


class _StrictButInParameters(Undefined):
    """Strict, but for the parameters of the components, mostly left out: what is looked up in a dictionary.

    What a page is given is therefore objects, whose misspelt attributes are errors, never dictionaries.
    """

    @property
    def _is_parameter(self) -> bool:
        return isinstance(self._undefined_obj, dict) or self._undefined_name == "caller"

    @override
    def __str__(self) -> str:
        return "" if self._is_parameter else self._fail_with_undefined_error()

    @override
    def __bool__(self) -> bool:
        return False if self._is_parameter else self._fail_with_undefined_error()

    @override
    def __iter__(self) -> Iterator[Any]:
        return iter(()) if self._is_parameter else self._fail_with_undefined_error()


@cache
def page_environment() -> Environment:
    """The Jinja2 environment of the pages, with the components of GOV.UK Frontend."""
    made = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES / "pages"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        undefined=_StrictButInParameters,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["unbroken"] = unbroken
    # The components say `undefined` where they mean a parameter that was left out.
    made.globals["undefined"] = _StrictButInParameters(obj={}, name="undefined")
    return made


def render_page(name: str, **facts: object) -> str:
    """Render one page of `templates/pages/`, every fact escaped.

    Raises:
        jinja2.UndefinedError: The page uses a fact that was not given.
    """
    return page_environment().get_template(name).render(facts)


def unbroken(words: str) -> str:
    """Keep words on one line: a telephone number, a reference."""
    return words.replace(" ", NO_BREAK_SPACE)
