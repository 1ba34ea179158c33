"""What is wrong with the form of a contact plan, said at its fields in the page's words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from api.contact_plan_form import INTERPRETER, PLAN, rows
from api.form import Fields, FormError, Sent
from api.mending import FieldWords, mended
from api.problems import Problem


def errors_on_form(problem: Problem, sent: Sent) -> list[FormError]:
    """Say what is wrong at the fields of the page."""
    errors = mended(problem, dict(_labels(sent.fields)))
    return [replace(error, field=_SHOWN_AT.get(error.field, error.field)) for error in errors]


_SHOWN_AT = {PLAN: f"{PLAN}.duress_word", INTERPRETER: f"{INTERPRETER}.language"}


def _labels(fields: Fields) -> Iterator[tuple[str, FieldWords]]:
    """Every field by its path, the list of a row's own parts included."""
    for name, words in _OWN_LABELS.items():
        yield name, FieldWords(name=words, ask=f"Check: {words[0].lower()}{words[1:]}")
    for prefix, (kind, parts) in _ROW_LABELS.items():
        for row in rows(fields, prefix):
            yield (
                f"{prefix}[{row}]",
                FieldWords(name=f"{kind} {row + 1}", ask=f"Check {kind.lower()} {row + 1}"),
            )
            for part, (words, ask) in parts.items():
                yield f"{prefix}[{row}].{part}", FieldWords(name=f"{kind} {row + 1}, {words}", ask=ask)


_PHONE_PARTS = {
    "number": ("number", "Enter a telephone number, such as 01632 960 001"),
    "safe": ("safe to ring", "Choose whether it is safe to ring"),
    "texts": ("safe to text", "Choose whether it is safe to text"),
    "voicemail": ("voicemail", "Choose what may be left on voicemail"),
    "who_may_answer": ("who may answer", "Shorten who may answer"),
    "withhold_number": ("hiding our number", "Choose whether to hide our number"),
}
_EMAIL_PARTS = {
    "address": ("address", "Enter an e-mail address, such as name@example.com"),
    "safe": ("safe to write to", "Choose whether it is safe to write to"),
}
_WINDOW_PARTS = {
    "days": ("days", "Choose the days"),
    "from": ("from", "Enter when it begins, such as 18:00"),
    "to": ("to", "Enter when it ends, such as 20:00"),
}
_ROW_LABELS: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    "phones": ("Telephone", _PHONE_PARTS),
    "emails": ("E-mail", _EMAIL_PARTS),
    "guardian.phones": ("Guardian's telephone", _PHONE_PARTS),
    "guardian.emails": ("Guardian's e-mail", _EMAIL_PARTS),
    "call_windows": ("Time for calls", _WINDOW_PARTS),
    f"{PLAN}.text_windows": ("Time for texts", _WINDOW_PARTS),
    f"{PLAN}.email_windows": ("Time for e-mails", _WINDOW_PARTS),
}
_OWN_LABELS = {
    "preferred_name": "Name to use",
    "language": "Language",
    "interpreter": "Note on an interpreter",
    "access": "What helps to talk",
    "address": "Postal address",
    "address.lines": "Postal address",
    "address.postcode": "Postcode",
    "address.who_lives_there": "Who else lives there",
    "address.safe": "Safe to write to",
    "guardian.address": "Guardian's postal address",
    f"{PLAN}.if_someone_else_answers": "What to say if someone else answers",
    f"{PLAN}.on_ring_back": "What a caller who rings back hears",
    f"{PLAN}.safe_word": "Safe word",
    f"{PLAN}.duress_word": "Duress word",
    PLAN: "The plan",
    f"{INTERPRETER}.language": "Interpreter's language",
    f"{INTERPRETER}.gender": "Interpreter",
    f"{INTERPRETER}.not_a_relative": "Whether a relative may interpret",
    INTERPRETER: "Interpreter",
    f"{PLAN}.relay": "Relay or sign language service",
    f"{PLAN}.caller_display": "What is seen when we ring",
    f"{PLAN}.until": "Until when it holds",
}
