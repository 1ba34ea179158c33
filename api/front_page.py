"""The front page: what this service does, whom to ring in danger, and how to reach us."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.opening import opening_at
from api.pages import show
from api.services import In
from api.visit import Visitor
from domain.emergency import emergency_in

router = APIRouter(include_in_schema=False)


@router.get("/")
async def front_page(request: Request, services: In, session: Visitor) -> Response:
    """Welcome whoever comes."""
    now = services.clock()
    return show(
        request,
        "front_page.html",
        session=session,
        leave_quickly=True,
        service_name=services.profile.service_name,
        emergency=emergency_in(services.region),
        opening=opening_at(services.policies.policy_at(now).hours, now),
    )
