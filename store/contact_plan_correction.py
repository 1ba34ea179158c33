"""What a referrer's correction may do to a contact plan: warn, and add what is new.  Pure.

Source: rules 1 and 11 of docs/policy.md; docs/policy.md#contact-plan.
"""

from copy import deepcopy

from store.contact_plan import AGREED_WORDS, PLAN, is_from_the_person, plan_of
from store.contact_plan_care import is_same_place, vouch_no_longer
from store.contact_plan_memory import keep_warnings
from store.document_change import correct
from store.referral_document import Document

_HERS = ("preferred_name", "language", "interpreter", PLAN)
"""Once the plan is the person's or a coordinator's, no referrer's to say."""


def corrected_by_referrer(document: Document, patch: Document) -> Document:
    """Apply a checked correction; what the person or a coordinator said about safety is never made less careful.

    A number marked `no` stays so, also if it was left out of the list some time; a new number is the referrer's to
    give.
    """
    merged = correct(deepcopy(document), patch)
    before, after = document["victim"], merged["victim"]
    if not is_from_the_person(document):
        _keep_words(document, after)
        return merged
    for name in _HERS:
        _as_it_was(before, after, name)
    if before.get("call_windows"):
        after["call_windows"] = before["call_windows"]
    if before.get("access"):
        after["access"] = list(dict.fromkeys([*before["access"], *after.get("access", ())]))
    _vouch_for_no_new_place(before, after, patch.get("victim") or {})
    keep_warnings(document, merged)
    return merged


def _vouch_for_no_new_place(before: Document, after: Document, patch: Document) -> None:
    """What was said of one address is said of no other: a merge-patch would carry it over in silence."""
    for was, now, said in (
        (before, after, patch),
        (before.get("guardian") or {}, after.get("guardian") or {}, patch.get("guardian") or {}),
    ):
        old, new = was.get("address"), now.get("address")
        if old and new and "safe" not in (said.get("address") or {}) and not is_same_place(old, new):
            vouch_no_longer(new)


def _keep_words(document: Document, after: Document) -> None:
    plan = {name: said for name, said in (after.get(PLAN) or {}).items() if name not in AGREED_WORDS}
    plan |= {name: said for name, said in plan_of(document).items() if name in AGREED_WORDS}
    if plan or PLAN in after:
        after[PLAN] = plan


def _as_it_was(before: Document, after: Document, name: str) -> None:
    after.pop(name, None)
    if name in before:
        after[name] = deepcopy(before[name])
