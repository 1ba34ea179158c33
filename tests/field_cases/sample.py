"""The sample as tests read it: 118 cases, each with what an expert would expect of it."""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SAMPLE = Path(__file__).with_name("cleveland.jsonl")
HINDERED = {
    "excluded": 1,
    "duplicate": 5,
    "young_without_consent": 2,
    "child_protection": 2,
    "no_phone_and_post_unsafe": 1,
    "wrong_number": 2,
    "no_safe_number": 1,
    "a_man_answered": 14,
}
"""How many could not enter the ordinary calls, and why.  Source: docs/field-cases.md."""
FREE = {"by_phone": 58, "by_text": 2, "by_letter": 30}
"""How the others were reached."""
EXCLUDED_KIND = "fraud"
"""What the sample's service did not take; ours take everybody, so the tests' profile has to leave something out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One referral, what happens to it, and where an expert would put it."""

    case: str
    group: str
    referral: Json
    expected: Json
    then: tuple[Json, ...] = field(default=())
    """What a coordinator does, in order: `call` or `decision`."""
    of: str = ""
    """Of a duplicate: the case it is the second report of."""

    @property
    def calls(self) -> tuple[str, ...]:
        return tuple(step["call"] for step in self.then if "call" in step)

    @property
    def decisions(self) -> tuple[Json, ...]:
        return tuple(step for step in self.then if "decision" in step)


@cache
def the_sample() -> tuple[Case, ...]:
    lines = SAMPLE.read_text().splitlines()
    return tuple(Case(**{**told, "then": tuple(told.get("then", ()))}) for told in map(json.loads, lines))


def those_of(*groups: str) -> list[Case]:
    return [case for case in the_sample() if case.group in groups]
