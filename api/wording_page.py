"""Every wording as its reader will see it, with invented data; and the mark that a translation was checked."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.correspondence import shown_pdf
from api.form import FormError, Shown, again
from api.page import AskedFor
from api.pages import show, to
from api.problems import Kind, Problem, not_found
from api.purpose_switch_page import FromManager
from api.services import In, Services
from api.visit import ManagerVisit, StaffVisit
from api.wording_page_shown import (
    WORDING,
    Checked,
    Look,
    Occasion,
    address_of,
    checked_of,
    look_of,
    occasions_of,
    seen_of,
)
from domain.errors import CannotBeWritten
from domain.vocabulary import Channel, Purpose, Role
from store.session import Session
from wiring.wording_preview import Preview, Sample, exists, languages_of, preview, samples

CHECKED, SEEN = "checked", "seen"
_CHANGED = "Read the words again: they have changed since you opened this page"
_NO_TRANSLATION = "There is no translation here that could be checked"
_ALONE = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; sandbox"
)
"""For an e-mail: its own styles and nothing else."""

router = APIRouter(include_in_schema=False)

Yes = Annotated[Literal["yes"] | None, Field()]


class WordingQuery(AskedFor):
    """Which words."""

    language: Annotated[str, Field(max_length=12)] = ""
    neutral: Yes = None
    large: Yes = None
    easy: Yes = None


Asked = Annotated[WordingQuery, Query()]


@router.get(WORDING)
async def wordings_page(request: Request, services: In, session: StaffVisit) -> Response:
    """List everything that is ever written."""
    occasions = await run_in_threadpool(_occasions, services)
    return show(request, "wordings.html", session=session, occasions=occasions)


@router.get(WORDING + "/{purpose}/letter.pdf")
async def letter(services: In, _: StaffVisit, purpose: Purpose, query: Asked) -> Response:
    """Give a letter as it is printed."""
    found = await run_in_threadpool(_written, services, _sample(services, purpose, Channel.LETTER, query))
    return shown_pdf(found.shown.written.pdf)


@router.get(WORDING + "/{purpose}/email.html")
async def email(services: In, _: StaffVisit, purpose: Purpose, query: Asked) -> Response:
    """Give an e-mail as its reader's programme shows it."""
    found = await run_in_threadpool(_written, services, _sample(services, purpose, Channel.EMAIL, query))
    return HTMLResponse(found.shown.written.html, headers={"Content-Security-Policy": _ALONE})


@router.get(WORDING + "/{purpose}/{channel}")
async def wording_page(
    request: Request, services: In, session: StaffVisit, purpose: Purpose, channel: Channel, query: Asked
) -> Response:
    """Show one wording."""
    return await _shown(request, services, session, _sample(services, purpose, channel, query), Shown())


@router.post(WORDING + "/{purpose}/{channel}/checked")
async def mark_on_page(
    request: Request,
    services: In,
    session: ManagerVisit,
    sent: FromManager,
    purpose: Purpose,
    channel: Channel,
    query: Asked,
) -> Response:
    """Take a manager's word that these very words are right."""
    sample = _sample(services, purpose, channel, query)
    found = await run_in_threadpool(_written, services, sample)
    why_not = ""
    if not found.wording.is_translation:
        why_not = _NO_TRANSLATION
    elif sent.text(SEEN) != seen_of(found):
        why_not = _CHANGED
    if why_not:
        form = again(sent, [FormError(field=CHECKED, text=why_not)])
        return await _shown(request, services, session, sample, form, status=409)

    def mark() -> None:
        services.wording_checks.mark(found.files, by=session.token.name, now=services.clock())

    await run_in_threadpool(mark)
    return to(address_of(sample))


def _sample(services: Services, purpose: Purpose, channel: Channel, query: WordingQuery) -> Sample:
    """Read which words are asked for.  Raises `Problem` for what is never written."""
    languages = languages_of(services.writer)
    language = query.language or languages[0]
    sample = Sample(
        purpose=purpose,
        channel=channel,
        language=language,
        neutral=bool(query.neutral),
        large=bool(query.large),
        easy=bool(query.easy),
    )
    if not exists(sample) or language not in languages:
        raise not_found()
    return sample


def _preview(services: Services, sample: Sample) -> Preview:
    return preview(services.writer, sample, services.clock().astimezone(services.zone).date())


def _written(services: Services, sample: Sample) -> Preview:
    """Write it out.  Raises `Problem`."""
    try:
        return _preview(services, sample)
    except CannotBeWritten as error:
        raise Problem(Kind.NOT_POSSIBLE_NOW, f"It cannot be written: {error}.") from None


def _checked(services: Services, found: Preview) -> Checked:
    marks = services.wording_checks.of(found.files) if found.wording.is_translation else None
    return checked_of(found, marks, zone=services.zone, now=services.clock())


def _occasions(services: Services) -> tuple[Occasion, ...]:
    return occasions_of((sample, _checked_sample(services, sample)) for sample in samples(services.writer))


def _checked_sample(services: Services, sample: Sample) -> Checked:
    """Whether one of the list was checked; what cannot be written says so on its own page."""
    try:
        return _checked(services, _preview(services, sample))
    except CannotBeWritten:
        return Checked(is_needed=False)


def _look(services: Services, sample: Sample) -> Look:
    languages = languages_of(services.writer)
    is_live = sample.channel not in services.simulated
    try:
        found = _preview(services, sample)
    except CannotBeWritten as error:
        unknown = Checked(is_needed=False)
        return look_of(sample, None, languages=languages, checked=unknown, is_live=is_live, cannot=str(error))
    return look_of(sample, found, languages=languages, checked=_checked(services, found), is_live=is_live)


async def _shown(
    request: Request, services: Services, session: Session, sample: Sample, form: Shown, *, status: int = 200
) -> Response:
    look = await run_in_threadpool(_look, services, sample)
    return show(
        request,
        "wording.html",
        status=status,
        session=session,
        form=form,
        look=look,
        may_mark=session.token.role is Role.MANAGER,
    )
