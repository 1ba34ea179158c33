"""What referrers say afterwards: a correction of what they sent, or that they withdraw it."""

from datetime import UTC, tzinfo
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.asked import AskedByAnyone, AskedByAnyoneOptionally
from api.command import PendingOut, carry_out
from api.fields import Body, Note
from api.json_body import validated, without_nulls
from api.problems import FieldError, Kind, Problem
from api.referral import visible
from api.referral_in import ReferralIn, read_referral, refuse_agreed_words
from api.referral_out import ReferralInFull
from api.schema import PREFIX, answers, takes
from api.services import In
from domain.events import CorrectionSent, Withdrawn
from store.contact_plan import PLAN, as_it_was_sent, as_referrers_know_it
from store.document_change import merge_patch

FIXED = ("kind", "organisation", "reference", "person_reference")
"""What a referral is known by at its source; another reference is another referral."""
SET_BY_STAFF = "is agreed with the person by staff, who set it by the contact plan"
_WAYS = frozenset({"phones", "emails"})

router = APIRouter(prefix=PREFIX, tags=["corrections"])


class WithdrawalIn(Body):
    """A withdrawal; the whole body may be left out."""

    reason: Note = None


@router.post(
    "/referrals/{referral_id}/corrections",
    openapi_extra=takes(
        ReferralIn, example={"victim": {"phones": [{"number": "+447700900124", "safe": "no"}]}}
    ),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 404, 409, 413, 415, 422),
)
async def correct(referral_id: str, services: In, asked: AskedByAnyone) -> Response:
    """Correct a referral by a merge-patch (RFC 7396) of what was sent; triage and safety gate run again.

    `null` removes; a list replaces the whole list, but what was said of a number's texts, of who may answer it
    and of hiding ours stays until something else is said.  What follows has to be a valid referral.
    What the person or a coordinator said about safe contact is never made less careful by any number of
    corrections: of two answers the more careful one holds, what was left out is remembered, `access` is only added
    to, and `contact_plan`, `preferred_name`, `language` and `interpreter` are passed over without a word.
    """
    view = await run_in_threadpool(visible, services, asked.caller, referral_id)
    checked = checked_correction(view.document, asked.body, region=services.region, zone=services.zone)
    return await carry_out(
        services,
        asked,
        referral_id=view.id,
        kind="correction",
        event=CorrectionSent(),
        words={"patch": checked},
    )


@router.post(
    "/referrals/{referral_id}/withdrawal",
    openapi_extra=takes(WithdrawalIn, required=False),
    responses=answers({200: ReferralInFull, 202: PendingOut}, 401, 404, 409, 413, 415, 422),
)
async def withdraw(referral_id: str, services: In, asked: AskedByAnyoneOptionally) -> Response:
    """Withdraw a referral; where a person has to decide whether to stop, it is held for one."""
    withdrawal = validated(WithdrawalIn, without_nulls(asked.body))
    view = await run_in_threadpool(visible, services, asked.caller, referral_id)
    return await carry_out(
        services,
        asked,
        referral_id=view.id,
        kind="withdrawal",
        event=Withdrawn(),
        words={"reason": withdrawal.reason},
    )


def checked_correction(
    document: dict[str, Any], patch: dict[str, Any], *, region: str, zone: tzinfo = UTC
) -> dict[str, Any]:
    """Check a referrer's correction; what of a contact plan is in it, by itself alone.

    What is answered does not depend on the plan that is stored, nor on there being one: a referrer could ask for
    words one by one.  So an agreed word is refused whatever it is, and a plan is whole or not valid.

    Returns:
        As `checked_patch`.

    Raises:
        Problem: As `checked_patch`, or an agreed word is in it.
    """
    victim = patch.get("victim")
    plan = victim.get(PLAN) if isinstance(victim, dict) else None
    refuse_agreed_words(patch, why=SET_BY_STAFF)
    kept = checked_patch(as_referrers_know_it(document), patch, region=region, zone=zone)
    if isinstance(plan, dict) and kept["victim"][PLAN] is None:
        kept["victim"][PLAN] = dict.fromkeys(plan)
    return kept


def checked_patch(
    document: dict[str, Any], patch: dict[str, Any], *, region: str, zone: tzinfo = UTC
) -> dict[str, Any]:
    """Check what a merge-patch makes of a referral.

    Returns:
        The patch in the form in which referrals are kept: numbers in E.164, times in UTC.

    Raises:
        Problem: It changes nothing that may be changed, or what follows is not a valid referral.
    """
    if not patch:
        raise Problem.at("", "has nothing to correct")
    merged = merge_patch(_without_ways(as_it_was_sent(document)), patch)
    _refuse_other_source(document, merged)
    return _as_kept(patch, read_referral(merged, region=region, zone=zone))


def _without_ways(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out the lists of numbers and addresses, which a patch replaces: one that is not sent is not judged."""
    kept = {name: said for name, said in document["victim"].items() if name not in _WAYS}
    if kept.get("guardian"):
        kept["guardian"] = {name: said for name, said in kept["guardian"].items() if name not in _WAYS}
    return {**document, "victim": kept}


def _refuse_other_source(document: dict[str, Any], merged: dict[str, Any]) -> None:
    before, after = document["source"], merged.get("source", {})
    if not isinstance(after, dict):
        return  # the model says what is wrong with it
    changed = [name for name in FIXED if before.get(name) != after.get(name)]
    if changed:
        reason = "cannot be corrected: it is what the referral is known by"
        errors = [FieldError(path=f"source.{name}", reason=reason) for name in changed]
        raise Problem(Kind.VALIDATION, f"{errors[0].path}: {reason}", errors=errors)


def _as_kept(patch: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Say what the patch says, in the words of the checked result; what is gone from it is removed."""
    kept: dict[str, Any] = {}
    for name, value in patch.items():
        there = result.get(name)
        kept[name] = _as_kept(value, there) if isinstance(value, dict) and isinstance(there, dict) else there
    return kept
