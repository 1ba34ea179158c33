"""BOING's system: takes offers and what follows them, once each, from whoever has the key."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from simulator import answering, body
from simulator.script import Concerns, Provider, Trouble
from simulator.trades_boing_book import Job, Standing
from simulator.trades_boing_course import answer_offer, do_job
from simulator.trades_boing_firms import Temper
from simulator.trades_boing_wire import Confirmation, Ending, Malformed, NotOurs, Offer, read
from simulator.world import World, world_of

router = APIRouter(prefix="/v1/offers")

_LARGEST = 100_000
"""Bytes of one request."""


def _problem(status: int, why: str, **headers: str) -> JSONResponse:
    return JSONResponse({"title": why}, status, headers=headers)


MANNERS = answering.Manners(
    provider=Provider.TRADES,
    too_many=lambda seconds: _problem(429, "Too many", **{"Retry-After": str(int(seconds) or 1)}),
    failed=lambda: _problem(500, "It broke"),
    unavailable=lambda: _problem(503, "Not now"),
)


@router.post("")
async def offer(request: Request) -> Response:
    """Take an offer."""
    return await _take(request, "offer", "")


@router.post("/{offer_id}/{kind}")
async def notice(request: Request, offer_id: str, kind: str) -> Response:
    """Take what follows an offer."""
    return await _take(request, kind, offer_id)


async def _take(request: Request, kind: str, offer_id: str) -> Response:
    world = world_of(request)
    sent = await body.read(request, most=_LARGEST)
    if sent is None:
        return _problem(413, "Too large")
    if (response := answering.away(world, MANNERS)) is not None:
        return response
    try:
        told = read(world, sent, dict(request.headers))
    except NotOurs:
        return _problem(401, "The signature is missing, wrong or too old")
    except Malformed as error:
        return _problem(400, str(error))
    if told.type != f"notice.{kind}" or (offer_id and told.data.offer_id != offer_id):
        return _problem(400, "The path says something else than the body")
    firm = world.boing.firms.get(told.data.firm_id)
    if firm is None:
        return _problem(404, "No such firm")
    if firm.temper is Temper.DOWN:
        return _problem(503, "Not now")
    troubles = world.prompter.draw(Provider.TRADES)
    if (response := await answering.not_taken(request, world, MANNERS, troubles)) is not None:
        return response
    if Trouble.REFUSED in troubles:
        return _problem(422, "We do not take it")
    answer = _hear(world, told, request.headers["idempotency-key"], _of_reports(troubles))
    return await answering.answered(request, world, MANNERS, troubles, answer)


def _of_reports(troubles: frozenset[Trouble]) -> frozenset[Trouble]:
    return frozenset(one for one in troubles if one.concerns is Concerns.REPORTS)


def _hear(
    world: World, told: Offer | Confirmation | Ending, key: str, troubles: frozenset[Trouble]
) -> Response:
    """Do what a notice asks for, once; said again it changes nothing but an address."""
    job = world.boing.job(told.data.offer_id)
    if job is not None and world.boing.has_heard(key):
        _hear_again(job, told)
        return Response(status_code=202)
    if isinstance(told, Confirmation) and job is None:
        return _problem(404, "No such offer")
    if isinstance(told, Confirmation) and job is not None and job.is_over:
        return _problem(409, "We gave it back, or were told that it is off")
    world.boing.hear(key)
    job = job or _new(world, told)
    job.heard.append(told.type.removeprefix("notice."))
    job.troubles = troubles
    match told:
        case Offer():
            _consider(world, job, told)
        case Confirmation():
            _set_out(world, job, told)
        case Ending():
            job.standing = Standing.OVER  # also of an offer that never came: it may be on its way still
    return Response(status_code=202)


def _hear_again(job: Job, told: Offer | Confirmation | Ending) -> None:
    job.repeated += 1
    if isinstance(told, Confirmation):
        _remember(job, told)


def _new(world: World, told: Offer | Confirmation | Ending) -> Job:
    job = Job(offer_id=told.data.offer_id, firm_id=told.data.firm_id, reference=told.data.reference)
    world.boing.keep(job)
    return job


def _consider(world: World, job: Job, told: Offer) -> None:
    asked = told.data
    job.area, job.kinds, job.urgency = asked.area, asked.kinds, asked.urgency
    job.answer_by = asked.answer_by
    if job.standing is Standing.OFFERED:
        world.caller.begin(answer_offer(world, job))


def _set_out(world: World, job: Job, told: Confirmation) -> None:
    _remember(job, told)
    if job.standing is Standing.OFFERED:
        job.standing = Standing.CONFIRMED
        world.caller.begin(do_job(world, job))


def _remember(job: Job, told: Confirmation) -> None:
    job.address = ", ".join((*told.data.address.lines, told.data.address.postcode))
