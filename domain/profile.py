"""What a service is and how it works: one TOML file, read strictly.

Unknown keys, wrong types and contradictions are refused with the line and the reason: a service must not start on
a guess about when it is safe to ring somebody.
"""

import difflib
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain import profile_keys as keys
from domain import profile_message_keys as message_keys
from domain import profile_support_keys as support_keys
from domain.errors import InvalidProfile
from domain.opening_words import hours_in_words
from domain.policy import (
    ContactPolicy,
    HoldPolicy,
    LetterPolicy,
    MessagePolicy,
    OpeningHours,
    Policy,
    SupportPolicy,
    TriagePolicy,
)
from domain.practical_help.policy import HelpPolicy
from domain.profile_help_keys import help_policy
from domain.profile_lines import line_of, syntax_error
from domain.profile_repair_keys import repair_policy
from domain.profile_rules import Problem, contradictions
from domain.profile_values import Unreadable, Values
from domain.repair_dispatch.policy import RepairPolicy
from domain.vocabulary import Channel, PrintedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One of the services this engine runs."""

    name: str
    """Such as `cambridgeshire`."""
    rehearsal: bool
    """Whether whole lives may be played in seconds."""
    service_name: str
    """What ordinary letters call the service."""
    neutral_name: str
    """What everything else calls it; tells nothing."""
    telephone: str
    """As people read it."""
    email_from: str
    """The address e-mails come from."""
    languages: tuple[str, ...]
    """Never empty; the first is the one used when the victim's own is not among them."""
    exit_to: str
    """Where *Leave quickly* leads."""
    wording: str | None
    """A folder beside the profile with its own words."""
    holiday_area: str | None
    """`GB-ENG`, `NZ-CAN`; None: no public holidays are kept."""
    also_closed_on: tuple[date, ...]
    """The service's own closed dates."""
    hours: OpeningHours
    """Without closed dates: `policy` adds them."""
    contact: ContactPolicy
    letter: LetterPolicy
    triage: TriagePolicy
    hold: HoldPolicy
    support: SupportPolicy
    messages: MessagePolicy
    repairs: RepairPolicy
    help: HelpPolicy
    printed_by: PrintedBy
    per_minute: dict[Channel, int]
    """How many messages leave in a minute at most."""

    @property
    def hours_in_words(self) -> str:
        """Opening hours as letters and texts say them, after "We are open"."""
        return hours_in_words(self.hours.periods)

    def policy(self, closed_on: tuple[date, ...]) -> Policy:
        """Give what a workflow carries.

        Args:
            closed_on: Public holidays of the years ahead; the service's own closed dates are added.
        """
        return Policy(
            profile=self.name,
            hours=replace(self.hours, closed_on=tuple(sorted({*closed_on, *self.also_closed_on}))),
            contact=self.contact,
            letter=self.letter,
            triage=self.triage,
            hold=self.hold,
            support=self.support,
            messages=self.messages,
        )


def parse_profile(text: str) -> Profile:
    """Read a profile.

    Raises:
        InvalidProfile: One line: the first line of the file that is wrong, why, and how many more are.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, reason = syntax_error(text, error)
        raise InvalidProfile(f"line {line}: {reason}") from None
    values, problems = _read(document)
    _refuse(text, problems)
    _refuse(text, list(contradictions(values)))
    return _profile(values)


def _read(document: dict[str, object]) -> tuple[Values, list[Problem]]:
    by_path: dict[str, object] = {}
    written: dict[str, object] = {}
    problems, missing = list(_unknown(document, ())), []
    for key in keys.KEYS:
        path = tuple(key.path.split("."))
        found = _at(document, path)
        if found is None and key.absent is not None:
            by_path[key.path] = key.absent.value
        elif found is None:
            missing.append(Problem(path, f"{key.path} is missing"))
        else:
            try:
                by_path[key.path] = key.read(found)
                written[key.path] = found
            except Unreadable as error:
                problems.append(Problem((*path, *error.below), f"{key.path} {error.reason}"))
    return Values(by_path, written), problems or missing


def _unknown(found: object, path: tuple[str, ...]) -> Iterator[Problem]:
    """Find keys that no profile has, and values where a table belongs."""
    dotted = ".".join(path)
    if any(key.path == dotted for key in keys.KEYS):
        return
    inside = f"{dotted}." if path else ""
    known = [key.path for key in keys.KEYS if key.path.startswith(inside)]
    if not known:
        near = difflib.get_close_matches(dotted, [key.path for key in keys.KEYS], n=1)
        yield Problem(
            path, f"{dotted!r} is no key of a profile" + (f"; did you mean {near[0]}?" if near else "")
        )
    elif not isinstance(found, dict):
        yield Problem(path, f"{dotted} must be a table, [{dotted}]")
    else:
        for name, value in found.items():
            yield from _unknown(value, (*path, name))


def _at(document: object, path: tuple[str, ...]) -> object:
    for part in path:
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _refuse(text: str, problems: Sequence[Problem]) -> None:
    if not problems:
        return
    lines = [line_of(text, problem.path) for problem in problems]
    line, reason = min(lines), problems[lines.index(min(lines))].reason
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise InvalidProfile(f"line {line}: {reason}{more}")


def _profile(values: Values) -> Profile:
    area = values[keys.HOLIDAY_AREA]
    return Profile(
        name=values[keys.NAME],
        rehearsal=values[keys.REHEARSAL],
        service_name=values[keys.SERVICE_NAME],
        neutral_name=values[keys.NEUTRAL_NAME],
        telephone=values[keys.TELEPHONE],
        email_from=values[keys.EMAIL_FROM],
        languages=values[keys.LANGUAGES],
        exit_to=values[keys.EXIT_TO],
        wording=values[keys.WORDING],
        holiday_area=None if area == keys.NO_HOLIDAYS else area,
        also_closed_on=values[keys.ALSO_CLOSED_ON],
        hours=OpeningHours(time_zone=values[keys.TIME_ZONE], periods=values[keys.OPENING]),
        contact=_contact(values),
        letter=LetterPolicy(
            cut_off=values[keys.CUT_OFF],
            cut_off_after=values[keys.CUT_OFF_AFTER],
            wait_after=values[keys.WAIT_AFTER],
            recall_for=timedelta(0) if values[keys.REHEARSAL] else values[message_keys.RECALL_FOR],
        ),
        triage=TriagePolicy(
            explicit_consent_for=values[keys.EXPLICIT_CONSENT_FOR],
            child_under=values[keys.CHILD_UNDER],
            violence_kinds=values[keys.VIOLENCE_KINDS],
            excluded_kinds=values[keys.EXCLUDED_KINDS],
            areas=values[keys.AREAS],
        ),
        hold=HoldPolicy(review_after=values[keys.HOLD_REVIEW_AFTER]),
        support=SupportPolicy(
            first_contact_within=values[support_keys.FIRST_CONTACT_WITHIN],
            review_every=values[support_keys.REVIEW_EVERY],
            review_missed_after=values[support_keys.REVIEW_MISSED_AFTER],
            missed_engagements=values[support_keys.MISSED_ENGAGEMENTS],
            default_kind=values[support_keys.SUPPORT_KIND],
        ),
        messages=_messages(values),
        repairs=repair_policy(values),
        help=help_policy(values),
        printed_by=values[message_keys.PRINTED_BY],
        per_minute={channel: values[key] for channel, key in message_keys.PER_MINUTE.items()},
    )


def _messages(values: Values) -> MessagePolicy:
    return MessagePolicy(
        texts_from=values[message_keys.TEXTS_FROM],
        texts_until=values[message_keys.TEXTS_UNTIL],
        unknown_after=values[message_keys.UNKNOWN_AFTER],
        unknown_rules={purpose: values[key] for purpose, key in message_keys.UNKNOWN_RULES.items()},
    )


def _contact(values: Values) -> ContactPolicy:
    return ContactPolicy(
        attempts=values[keys.ATTEMPTS],
        minimum_gap=values[keys.MINIMUM_GAP],
        different_part_of_day=values[keys.DIFFERENT_PART_OF_DAY],
        first_call_within={risk: values[key] for risk, key in keys.FIRST_CALL_WITHIN.items()},
        lapse_after=values[keys.LAPSE_AFTER],
        retry_engaged_after=values[keys.RETRY_ENGAGED_AFTER],
        callback_after=values[keys.CALLBACK_AFTER],
    )
