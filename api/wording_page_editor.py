"""What words would cost and tell, before anybody puts them into a wording folder.  Nothing is kept."""

import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.form import FormError, Shown, again
from api.pages import show
from api.services import In, Services
from api.visit import FromStaff, StaffVisit
from api.wording_page_shown import WORDING, TextCount, count_of
from domain.telling_words import telling_words
from templates.gsm7 import with_plain_marks
from wiring.wording_preview import REFERENCE

ADDRESS = f"{WORDING}/check"
WORDS = "words"
LONGEST = 2_000
"""Characters; a text is refused by providers long before."""
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_FILTER = re.compile(r"\s*\|\s*unbroken\s*")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found out about some words."""

    text: str
    """With an invented person filled in."""
    count: TextCount
    telling: tuple[str, ...]
    unknown: tuple[str, ...]
    """What stands in braces and nobody fills in."""


@router.get(ADDRESS)
async def editor_page(request: Request, session: StaffVisit) -> Response:
    """Ask for words."""
    return show(request, "wording_check.html", session=session, form=Shown(), judged=None)


@router.post(ADDRESS)
async def judge_on_page(request: Request, services: In, session: StaffVisit, sent: FromStaff) -> Response:
    """Say what they cost and whether they tell something; they stay in the form and nowhere else."""
    words = sent.text(WORDS)
    why_not = ""
    if not words:
        why_not = "Enter the words of a text"
    elif len(words) > LONGEST:
        why_not = f"Enter at most {LONGEST} characters"
    if why_not:
        form = again(sent, [FormError(field=WORDS, text=why_not)])
        return show(request, "wording_check.html", status=422, session=session, form=form, judged=None)
    judged = await run_in_threadpool(judge, words, services)
    return show(request, "wording_check.html", session=session, form=again(sent, ()), judged=judged)


def judge(words: str, services: Services) -> Judged:
    """Fill an invented person in and look at what comes of it.

    What stands in braces is looked up in a list and never run: it is somebody's input.
    """
    profile = services.profile
    facts = {
        "preferred_name": "Ada",
        "neutral_name": profile.neutral_name,
        "telephone": profile.telephone,
        "hours": profile.hours_in_words,
        "reference": REFERENCE,
    }
    names = [_FILTER.sub("", found) for found in _PLACEHOLDER.findall(words)]
    filled = _PLACEHOLDER.sub(lambda found: facts.get(_FILTER.sub("", found[1]), found[0]), words)
    text = with_plain_marks(" ".join(filled.split()))
    return Judged(
        text=text,
        count=count_of(text),
        telling=telling_words(text),
        unknown=tuple(dict.fromkeys(name for name in names if name not in facts)),
    )
