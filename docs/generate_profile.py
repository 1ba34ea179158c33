"""Makes docs/reference/profile.md from the table of keys, so that the page cannot say anything else than the code."""

from datetime import timedelta
from pathlib import Path

from domain.duration import in_words
from domain.profile_keys import KEYS
from domain.profile_rules import ALWAYS_CONFIRMED, ALWAYS_EXPLICIT, NEVER_EXCLUDED, ROOM_FOR_EACH_CALL
from domain.profile_values import Key, Limits
from domain.vocabulary import Flag, IncidentKind

PAGE = Path(__file__).parent / "reference" / "profile.md"

_BEFORE = """\
# The profile

Made from `domain/profile_keys.py` by `make docs`; do not edit.

A profile is one TOML file that says which service this is and how it works. `profiles/cambridgeshire.toml` is the
first; `profiles/rehearsal.toml` is the same service in seconds, for demonstrations and tests. Why each rule is as
it is: [policy](../policy.md).

- Durations are ISO 8601 in weeks, days, hours, minutes and seconds: `PT4H`, `P28D`, `P1DT12H`. Years and months are
  refused, because they differ in length. *Opening time* runs only while the service is open.
- Times of day are `"HH:MM"` in the service's time zone; dates are bare: `2026-12-24`.
- A profile is read when the service starts. Unknown keys, wrong types and contradictions are refused in one line with
  the file, the line and the reason:

  > profiles/kent.toml, line 36: contact.minimum_gap PT80H leaves no room for 3 attempts within 7 days under these
  > opening hours

- Each referral carries the policy it began with. A changed profile is for new referrals, until somebody refreshes one
  explicitly; its timeline shows it.
- With `rehearsal = true` the shortest allowed durations are not asked for, and `letters.cut_off_after` may replace
  `letters.cut_off`. `holdfast demo` refuses every other profile.
"""

_AFTER = """\
## What no profile may switch off

A profile is refused when

- `triage.explicit_consent_for` lacks {explicit};
- `triage.violence_kinds` lacks {confirmed};
- `triage.excluded_kinds` names {never_excluded}: only a person may turn these away;
- `service.neutral_name` or `service.email_from` tells what kind of service this is ("victim", "crime", "police" …, in
  English, Welsh or te reo Māori, in an address also inside another word);
- `letters` has neither `cut_off` nor `cut_off_after`, or both, or `cut_off_after` outside a rehearsal;
- a higher or unknown risk may wait longer for its first call than a lower or standard one;
- the calls do not fit: each after the first gets at most {room}, also in the worst week of the opening hours, so that
  three calls fit into seven days;
- another part of the day is wanted and the service is open in one only;
- a missed review would be noticed only after the next one.

## Holidays

`holidays.area` is a country, or a country and a region, of the Python package `holidays`.
The holidays of this year and the next two are carried by each referral. The list has no anniversary day for some
regions of New Zealand (Bay of Plenty, Gisborne, Manawatū-Whanganui, Tasman, Waikato): such a profile is refused until
it names its own in `holidays.also_closed_on`.

## Clock changes

The clock on the wall decides. An hour that spring skips cannot be used; an hour that autumn repeats is open twice. A
closed date is closed from midnight to midnight, also for a period that began the evening before.
"""


def render() -> str:
    """Write the page."""
    sections = []
    for table in dict.fromkeys(_table(key) for key in KEYS):
        rows = "\n".join(_row(key, table) for key in KEYS if _table(key) == table)
        sections.append(
            f"## {_title(table)}\n\n| key | kind | default | meaning |\n|---|---|---|---|\n{rows}\n"
        )
    after = _AFTER.format(
        explicit=_any_of(ALWAYS_EXPLICIT),
        confirmed=_any_of(ALWAYS_CONFIRMED),
        never_excluded=_any_of(NEVER_EXCLUDED),
        room=in_words(ROOM_FOR_EACH_CALL),
    )
    return "\n".join([_BEFORE, *sections, after])


def _table(key: Key[object]) -> str:
    return key.path if key.path == "opening" else key.path.rpartition(".")[0]


def _title(table: str) -> str:
    if not table:
        return "At the top"
    return "`[[opening]]`, one or more" if table == "opening" else f"`[{table}]`"


def _row(key: Key[object], table: str) -> str:
    name = "`days`, `from`, `to`" if key.path == "opening" else f"`{key.path.removeprefix(table + '.')}`"
    default = "required" if key.absent is None else key.absent.in_words
    return f"| {name} | {key.kind} | {default} | {key.meaning}{_limits(key.limits)} |"


def _limits(limits: Limits | None) -> str:
    if limits is None:
        return ""
    least, most = (
        in_words(each) if isinstance(each, timedelta) else str(each) for each in (limits.least, limits.most)
    )
    return f" At most {most}." if limits.least == timedelta() else f" From {least} to {most}."


def _any_of(words: tuple[Flag, ...] | tuple[IncidentKind, ...]) -> str:
    quoted = [f"`{word}`" for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
