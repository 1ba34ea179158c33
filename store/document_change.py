"""How a referral's document is compared, patched and corrected.  Pure."""

import json
from collections.abc import Sequence
from typing import Any

from store.referral_document import Document

_STAYS = ("texts", "withhold_number", "who_may_answer")
"""What was once said of a number and holds until something else is said; an older referrer does not know these."""


def without_nulls(value: Any) -> Any:
    """Null and absent are alike."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def canonical(document: Document) -> bytes:
    """One form for the same content: sorted, and without what is null or empty."""
    return json.dumps(_without_empty(document), sort_keys=True, ensure_ascii=False).encode()


def merge_patch(document: Document, patch: Document) -> Document:
    """Apply a merge-patch (RFC 7396); a null removes."""
    merged: Document = _merged(document, patch)
    return merged


def correct(document: Document, patch: Document) -> Document:
    """Apply a checked correction: a merge-patch, but what was said of a number outlives a list that leaves it out.

    Otherwise a referrer who does not know these fields would allow texts that somebody had asked us not to send.
    """
    merged = merge_patch(document, patch)
    own, guardians = _entries(document["victim"]), _entries(document["victim"].get("guardian"))
    for entry in _entries(merged["victim"]):
        _fill_in(entry, own, guardians)
    for entry in _entries(merged["victim"].get("guardian")):
        _fill_in(entry, guardians, own)
    return merged


def _entries(person: Document | None) -> Sequence[Document]:
    entries: Sequence[Document] = (person or {}).get("phones", ())
    return entries


def _fill_in(entry: Document, *known: Sequence[Document]) -> None:
    """Say of a number what the first of these lists that has it said of it, and what is not said now."""
    same = (one for entries in known for one in entries if one["number"] == entry["number"])
    before = next(same, {})
    entry.update({name: before[name] for name in _STAYS if name in before and name not in entry})


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return without_nulls(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, [], {})}
    if isinstance(value, list):
        return [_without_empty(inner) for inner in value]
    return value
