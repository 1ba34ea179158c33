"""A change of the contact plan by staff, at the moment it is applied: nobody undoes what they have not seen.  Pure.

A change was made upon the plan as it stood then.  Where something else was said meanwhile, the two are put together
entry by entry, and of two answers to one question the more careful one holds.
Source: docs/policy.md#contact-plan.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from domain.vocabulary import Answer
from store.contact_plan import AGREED_WORDS, DURESS_WORD, OF_GUARDIAN, OF_VICTIM, SAFE_WORD, says
from store.contact_plan_care import LISTS, by_name, is_ordered, more_careful, narrower, place_of
from store.contact_plan_memory import remember
from store.document_change import merge_patch
from store.referral_document import Document

_KEYS = dict(LISTS)
_WINDOWS = frozenset({"call_windows", "text_windows", "email_windows"})


def changed_by_staff(document: Document, patch: Document, base: Document | None) -> Document:
    """Apply a checked change.

    Args:
        document: As it stands.
        patch: A merge-patch of the victim's fields that are the plan.
        base: The plan upon which the change was made; `None` (changes stored by an older version): the one there is.
    """
    if base is None:
        merged = merge_patch(deepcopy(document), patch)
        remember(document, merged, taken_out_by_staff=True)
        return merged
    mine = merge_patch(deepcopy(base), patch)
    merged = deepcopy(document)
    _put_together(merged["victim"], base["victim"], mine["victim"], OF_VICTIM)
    guardian = merged["victim"].get("guardian")
    if guardian:
        of_base, of_mine = ((one["victim"].get("guardian") or {}) for one in (base, mine))
        _put_together(guardian, of_base, of_mine, OF_GUARDIAN)
    # What was said of a guardian's ways is remembered also if a correction took the guardian out meanwhile.
    remember(document, *([] if guardian else [mine]), merged, taken_out_by_staff=True)
    return merged


def _put_together(theirs: Document, base: Document, mine: Document, names: tuple[str, ...]) -> None:
    for name in names:
        said = _settled(name, base.get(name), mine.get(name), theirs.get(name))
        if said is None:
            theirs.pop(name, None)
        else:
            theirs[name] = said


def _settled(name: str, base: Any, mine: Any, theirs: Any) -> Any:
    """What holds of one field; `None`: nothing."""
    if (mine or None) in (base or None, theirs or None):
        return theirs
    if (theirs or None) == (base or None):
        return mine
    match name:
        case "phones" | "emails":
            return _list(_KEYS[name], base or (), mine or (), theirs or ())
        case "address" if not isinstance(mine or theirs, str):  # an e-mail address is known by one
            return _address(base or {}, mine, theirs)
        case "access":
            return [*(need for need in theirs or () if need in (mine or ()) or need not in (base or ()))] + [
                need for need in mine or () if need not in (base or ()) and need not in (theirs or ())
            ]
        case _ if name in _WINDOWS:
            return narrower(mine or (), theirs or ())
        case "contact_plan":
            return _plan(base or {}, mine or {}, theirs or {})
        case "until" if mine and theirs:
            return min(mine, theirs)
        case _ if is_ordered(name) and mine and theirs:
            return more_careful(name, mine, theirs)
        case _:
            return mine or theirs


def _list(key: str, base: Any, mine: Any, theirs: Any) -> list[Document]:
    was, wanted, there = (by_name(entries, key) for entries in (base, mine, theirs))
    return [
        entry
        for by in dict.fromkeys((*wanted, *there))
        if (entry := _entry(was.get(by), wanted.get(by), there.get(by))) is not None
    ]


def _entry(base: Document | None, mine: Document | None, theirs: Document | None) -> Document | None:
    """One number or address; where one took it out and the other said something new of it, a warning stays."""
    if mine == base:
        return theirs
    if theirs == base:
        return mine
    if mine is None or theirs is None:
        left = mine or theirs
        return left if left is not None and left.get("safe") == Answer.NO else None
    return _fields(base or {}, mine, theirs)


def _address(base: Document, mine: Document | None, theirs: Document | None) -> Document | None:
    if not mine or not theirs:
        return _entry(base, mine, theirs)
    there = theirs if place_of(mine) == place_of(base) else mine
    agreed = _fields(base, mine, theirs)
    agreed = {name: said for name, said in agreed.items() if name not in {"lines", "postcode"}}
    if place_of(theirs) != place_of(base):  # what one said was said of another place
        agreed["safe"] = more_careful("safe", *(one.get("safe", Answer.UNKNOWN) for one in (mine, theirs)))
    return {name: there[name] for name in ("lines", "postcode") if name in there} | agreed


def _fields(base: Document, mine: Document, theirs: Document) -> Document:
    said = {
        name: _settled(name, base.get(name), mine.get(name), theirs.get(name)) for name in {**theirs, **mine}
    }
    return {name: value for name, value in said.items() if value is not None}


def _plan(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Document:
    agreed = _fields(dict(base), dict(mine), dict(theirs))
    agreed |= {name: mine[name] for name in ("set_by", "set_at") if name in mine}
    if SAFE_WORD in agreed and DURESS_WORD in agreed and says(agreed[DURESS_WORD], agreed[SAFE_WORD]):
        agreed = {name: said for name, said in agreed.items() if name not in AGREED_WORDS}
        agreed |= {name: said for name, said in theirs.items() if name in AGREED_WORDS}
    return agreed
