"""A change of the contact plan: checked against what follows, and made into the command that carries it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from api.call_window import CallWindow
from api.contact_plan_in import ContactPlan
from api.contact_plan_words import changes_in_words
from api.correction import checked_patch
from api.fields import Body, Line, ShortLine, once_each
from api.problems import FieldError, Kind, Problem, path_of
from api.referral_in import Emails, Phones, PostalAddress
from api.services import Services
from domain.vocabulary import Access
from store.contact_plan import OF_GUARDIAN, OF_VICTIM, PLAN, has_run_out, plan_part
from store.document_change import merge_patch
from store.referral_document import Document
from store.tokens import Maker

KIND = "contact_plan"
"""Of the commands that carry a change."""
CONFIRMED = "Asked again: everything holds as it was."
CONFIRMED_MEANWHILE = "Asked again: nothing was changed by this; another change was on its way."
_RUN_OUT = "is over: say until when the plan holds from now on, or that it has no end"
_OF_VICTIM = "victim"


class GuardiansWays(Body):
    """How a guardian is reached; who the guardian is, a correction says."""

    phones: Phones = Field(default=[])
    emails: Emails = Field(default=[])
    address: PostalAddress = None


class PlanChange(Body):
    """A merge-patch (RFC 7396) of the victim's fields that are the contact plan: `null` removes, a list replaces."""

    preferred_name: Line = None
    language: ShortLine = None
    interpreter: Line = None
    access: Annotated[list[Access], AfterValidator(once_each)] = Field(default=[])
    phones: Phones = Field(default=[])
    emails: Emails = Field(default=[])
    address: PostalAddress = None
    call_windows: list[CallWindow] = Field(default=[], max_length=21)
    contact_plan: ContactPlan | None = None
    guardian: GuardiansWays | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedChange:
    """A change that may be made."""

    patch: Document
    """A merge-patch of the whole document, in the form in which referrals are kept."""
    base: Document
    """The plan upon which it was made, so that nothing said meanwhile is undone unseen."""
    said: str
    """What it changes, in plain words without a number, an address or anybody's own words."""

    @property
    def words(self) -> dict[str, Any]:
        """What the command keeps, sealed."""
        return {"patch": self.patch, "base": self.base, "note": self.said}


def checked_change(
    services: Services, document: Document, change: Document, *, by: Maker, now: datetime
) -> CheckedChange:
    """Check a change of the plan.

    Args:
        services: For the profile's region and time zone.
        document: The referral as it stands.
        change: A merge-patch of the plan's fields; empty confirms the plan as it is.
        by: Who sets it.
        now: When.

    Raises:
        Problem: It changes what is no part of the plan, or what follows is not valid, or it confirms a plan that has
            run out without saying until when; the paths are the change's.
    """
    _refuse_what_is_no_plan(document, change)
    patch: Document = {_OF_VICTIM: {}}
    if change:
        try:
            patch = checked_patch(document, {_OF_VICTIM: change}, region=services.region, zone=services.zone)
        except Problem as problem:
            raise _as_sent(problem) from None
    changed = merge_patch(document, patch)
    said = changes_in_words(document, changed, zone=services.zone)
    if not said and has_run_out(changed, now):  # nothing holds as it was: it would renew nothing
        raise Problem.at(f"{PLAN}.until", _RUN_OUT)
    _sign(patch[_OF_VICTIM], document, by=by, now=now)
    return CheckedChange(patch=patch, base=plan_part(document), said=said or CONFIRMED)


def _refuse_what_is_no_plan(document: Document, change: Document) -> None:
    guardian = change.get("guardian")
    strangers: list[tuple[str, ...]] = [(name,) for name in change if name not in {*OF_VICTIM, "guardian"}]
    if isinstance(guardian, dict):
        strangers += [("guardian", name) for name in guardian if name not in OF_GUARDIAN]
    elif "guardian" in change:
        raise Problem.at("guardian", "has to be an object; who the guardian is, a correction says")
    if strangers:
        reason = "is no part of the contact plan"
        errors = [FieldError(path=path_of(path), reason=reason) for path in strangers]
        raise Problem(Kind.VALIDATION, f"{errors[0].path}: {reason}", errors=errors)
    if guardian and not document[_OF_VICTIM].get("guardian"):
        raise Problem.at("guardian", "is not known: a correction says who it is")


def _as_sent(problem: Problem) -> Problem:
    """Name the fields as the change has them: it speaks of the victim alone."""
    if not problem.errors:
        return problem
    errors = [
        error.model_copy(update={"path": error.path.removeprefix(_OF_VICTIM).removeprefix(".")})
        for error in problem.errors
    ]
    detail = f"{errors[0].path or 'body'}: {errors[0].reason}"
    return Problem(problem.kind, detail, errors=errors)


def _sign(victim: Document, document: Document, *, by: Maker, now: datetime) -> None:
    """Say who set the plan and when; a plan of which nothing is left is signed too."""
    plan = victim.get(PLAN)
    if plan is None and PLAN in victim:
        plan = dict.fromkeys(document[_OF_VICTIM].get(PLAN) or {})
    victim[PLAN] = {
        **(plan or {}),
        "set_by": {"role": by.role, "name": by.name},
        "set_at": now.isoformat(),
    }
