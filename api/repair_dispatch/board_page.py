"""The board of repairs, for everybody who sends somebody to a door."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.pages import show
from api.repair_dispatch.board_page_shown import ADDRESS, RepairBoard, board_of
from api.services import In
from api.visit import StaffVisit
from domain.vocabulary import Role

MOST = 300
"""Repairs shown at once: more than any storm so far."""

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
async def board_page(request: Request, services: In, session: StaffVisit) -> Response:
    """Show every live repair."""

    def read() -> RepairBoard:
        return board_of(
            services.repairs.board(limit=MOST + 1),
            warn_before=services.profile.repairs.warn_before,
            zone=services.zone,
            now=services.clock(),
            limit=MOST,
        )

    board = await run_in_threadpool(read)
    is_manager = session.token.role.may_act_as(Role.MANAGER)
    return show(request, "repairs.html", session=session, board=board, is_manager=is_manager)
