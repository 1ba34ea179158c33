"""The contact plan as a form: its fields by the paths of the JSON API, filled in, and read as the change they mean.

Only what was changed is sent on: what somebody else changed meanwhile elsewhere in the plan stays.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.form import Fields, Sent, document_of
from store.contact_plan import OF_GUARDIAN, plan_of
from store.referral_document import Document

SEEN = "own.seen"
"""A hash of the plan as the page showed it, so that nobody overwrites what they have not seen."""
PLAN = "contact_plan"
DURESS = f"{PLAN}.duress_word"
INTERPRETER = f"{PLAN}.interpreter_needed"
NOT_A_RELATIVE = f"{INTERPRETER}.not_a_relative"
_OF_PHONE = ("number", "safe", "texts", "voicemail", "who_may_answer", "withhold_number")
_OF_EMAIL = ("address", "safe")
_OF_ADDRESS = ("lines", "postcode", "safe", "who_lives_there")
_OF_WINDOW = ("days", "from", "to")
_OF_INTERPRETER = ("language", "not_a_relative", "gender")
_LINES = 3
"""Of a postal address, at least."""
_TEXTS = ("if_someone_else_answers", "on_ring_back", "safe_word", "duress_word", "relay", "caller_display")
WINDOWS = ("call_windows", f"{PLAN}.text_windows", f"{PLAN}.email_windows")
_ROWS: Mapping[str, tuple[str, ...]] = {
    "phones": ("number", "who_may_answer"),
    "emails": ("address",),
    "guardian.phones": ("number", "who_may_answer"),
    "guardian.emails": ("address",),
    **dict.fromkeys(WINDOWS, ("from", "to", "days[]")),
}
"""Lists of rows, and what makes a row one."""
_GROUPS = (
    *("preferred_name", "language", "interpreter", "access", "phones", "emails", "address", "call_windows"),
    *(f"{PLAN}.{name}" for name in (*_TEXTS, "interpreter_needed", "text_windows", "email_windows", "until")),
    *(f"guardian.{name}" for name in OF_GUARDIAN),
)
"""What is changed as one."""
_WHOLE: Mapping[str, tuple[str, ...]] = {
    "address": _OF_ADDRESS,
    "guardian.address": _OF_ADDRESS,
    INTERPRETER: _OF_INTERPRETER,
}
"""Objects that are sent whole: what is left empty goes."""
_ROW = re.compile(r"(.+?)\[(\d+)\]\.(.+)")


def filled_in(document: Document, zone: ZoneInfo) -> Fields:
    """The fields as the plan stands."""
    victim, plan = document["victim"], plan_of(document)
    fields = dict(_of_person(victim, ""))
    for name in ("preferred_name", "language", "interpreter"):
        fields[name] = [victim.get(name, "")]
    fields["access[]"] = list(victim.get("access", ()))
    fields.update(_rows("call_windows", victim.get("call_windows", ()), _OF_WINDOW))
    if victim.get("guardian"):
        fields.update(_of_person(victim["guardian"], "guardian."))
    for name in _TEXTS:
        fields[f"{PLAN}.{name}"] = [plan.get(name, "")]
    for name in ("text_windows", "email_windows"):
        fields.update(_rows(f"{PLAN}.{name}", plan.get(name) or (), _OF_WINDOW))
    needed = plan.get("interpreter_needed") or {}
    fields.update({f"{INTERPRETER}.{name}": [needed.get(name, "")] for name in ("language", "gender")})
    fields[NOT_A_RELATIVE] = [str(needed.get("not_a_relative", True)).lower() if needed else ""]
    fields[f"{PLAN}.until"] = [_last_day(plan["until"], zone) if plan.get("until") else ""]
    return fields


def seen(fields: Fields) -> str:
    """What a page remembers of the plan it showed."""
    return hashlib.sha256(json.dumps(_said(fields), sort_keys=True).encode()).hexdigest()


def without_gaps(sent: Sent) -> Sent:
    """Leave out rows in which nothing was said, and count the others anew."""
    kept: Fields = {}
    for name, values in sent.fields.items():
        found = _ROW.fullmatch(name)
        if found is None or found.group(1) not in _ROWS:
            kept[name] = values
            continue
        rows = _filled_rows(sent, found.group(1))
        if int(found.group(2)) in rows:
            kept[f"{found.group(1)}[{rows.index(int(found.group(2)))}].{found.group(3)}"] = values
    return replace(sent, fields=kept)


def change_typed(sent: Sent, shown: Fields) -> Document:
    """Read a form as the merge-patch it means; empty if nothing was changed.

    Args:
        sent: The form, without gaps.
        shown: What the page had filled in.
    """
    change: Document = {}
    for group in _GROUPS:
        typed = _of_group(sent.fields, group)
        if group == DURESS and group not in sent.fields:
            continue  # left out of what was kept while nobody was signed in, and not taken back
        if typed == _of_group(shown, group):
            continue
        *above, name = group.split(".")
        place = change
        for step in above:
            place = place.setdefault(step, {})
        place[name] = _value(group, typed)
    return change


def rows(fields: Fields, prefix: str) -> range:
    """The rows of a list that a page shows: those filled in, and one to fill in."""
    numbers = [int(f.group(2)) for name in fields if (f := _ROW.fullmatch(name)) and f.group(1) == prefix]
    return range(max(numbers, default=-1) + 2)


def address_rows(fields: Fields, prefix: str) -> range:
    """The lines of a postal address that a page shows."""
    pattern = re.compile(re.escape(f"{prefix}.lines[") + r"(\d+)\]")
    numbers = [
        int(f.group(1)) for name, values in fields.items() if (f := pattern.fullmatch(name)) and values[0]
    ]
    return range(max(_LINES, max(numbers, default=-1) + 2))


def _of_person(person: Document, prefix: str) -> Iterator[tuple[str, list[str]]]:
    yield from _rows(f"{prefix}phones", person.get("phones", ()), _OF_PHONE).items()
    yield from _rows(f"{prefix}emails", person.get("emails", ()), _OF_EMAIL).items()
    address = person.get("address") or {}
    for row, line in enumerate(address.get("lines", ())):
        yield f"{prefix}address.lines[{row}]", [line]
    for name in _OF_ADDRESS[1:]:
        yield f"{prefix}address.{name}", [address.get(name, "")]


def _rows(prefix: str, entries: Sequence[Document], names: Sequence[str]) -> Fields:
    fields: Fields = {}
    for row, entry in enumerate(entries):
        for name in names:
            said = entry.get(name, "")
            if isinstance(said, list):
                fields[f"{prefix}[{row}].{name}[]"] = list(said)
            else:
                fields[f"{prefix}[{row}].{name}"] = [said]
    return fields


def _last_day(until: str, zone: ZoneInfo) -> str:
    """The day of which a plan holds to the end."""
    return (datetime.fromisoformat(until) - timedelta(microseconds=1)).astimezone(zone).date().isoformat()


def _filled_rows(sent: Sent, prefix: str) -> list[int]:
    return sorted(
        {
            int(found.group(2))
            for name in sent.fields
            if (found := _ROW.fullmatch(name))
            and found.group(1) == prefix
            and found.group(3) in _ROWS[prefix]
            and sent.all(name)
            and any(value.strip() for value in sent.all(name))
        }
    )


def _of_group(fields: Fields, group: str) -> Fields:
    """What is said in a group: empty fields say nothing."""
    return {
        name: values
        for name, values in _said(fields).items()
        if name in {group, f"{group}[]"} or name.startswith((f"{group}[", f"{group}."))
    }


def _said(fields: Fields) -> Fields:
    return {
        name: said
        for name, values in fields.items()
        if (said := [value.strip() for value in values if value.strip()]) and not name.startswith("own.")
    }


def _value(group: str, typed: Fields) -> Any:
    """What a group says now; `None`: nothing any more."""
    document = document_of(Sent(fields=typed, once=""))
    for step in group.split("."):
        document = document.get(step, {})
    if group == INTERPRETER:
        if not document.get("language"):
            return None
        document["not_a_relative"] = document.get("not_a_relative") != "false"
    if not document:
        return [] if group in {"phones", "emails", "access", "call_windows"} else None
    return {name: document.get(name) for name in _WHOLE[group]} if group in _WHOLE else document
