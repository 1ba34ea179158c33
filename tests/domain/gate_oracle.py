"""What the texts demand of the gate, written apart from its rules.

The gate is code that decides; this is a list of claims.  Each claim knows one sentence of docs/policy.md and looks at
one act and its circumstances alone; none knows of the others, of an order, or of how the gate goes about it.
`objections` then says what is wrong with an answer: that it lets out what a claim bars, bars what none does, comes at
another time than the first possible, goes another way that is barred too, or tells in words what must not be told.

Where the texts leave a question open, both answers are accepted: such claims are `OPEN`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.facts import Phone
from domain.gate import Act, Allow, Alter, AskAPerson, Circumstances, Hold, Ring, Ruling, Write
from domain.policy import Period
from domain.vocabulary import Channel, ContactChannel, Purpose, Weekday

QUARTER = timedelta(minutes=15)
"""Every hour, window and change of clocks in the tests falls on a quarter of an hour, everywhere on earth."""
HORIZON = timedelta(days=30)
"""How far the oracle looks for a moment; weekly hours and a few closed dates need no more."""
LETTER, EMAIL, TEXT = Channel.LETTER, Channel.EMAIL, Channel.TEXT

ABUSE = {"domestic_abuse", "sexual_offence", "stalking", "honour_based", "exploitation"}
CLOSE = {"partner", "ex_partner", "family", "household", "carer"}
DEATHS = {"homicide", "sudden_death", "suicide"}


class Way(StrEnum):
    """What an answer amounts to."""

    LEAVES = "leaves"
    LATER = "later"
    ELSEWHERE = "elsewhere"
    HELD = "held"
    ASKED = "asked"


def way_of(ruling: Ruling) -> Way:
    match ruling:
        case Allow():
            return Way.LEAVES
        case Hold():
            return Way.HELD
        case AskAPerson():
            return Way.ASKED
        case Alter(channel=None, at=None):
            return Way.LEAVES
        case Alter(channel=None):
            return Way.LATER
        case Alter():
            return Way.ELSEWHERE


# --- who it is about, by the contract's own definitions


def is_sensitive(c: Circumstances) -> bool:
    """A flag, a kind or a close relationship of abuse, or high risk; and it sticks."""
    facts = c.facts
    return (
        c.sensitive
        or facts.risk == "high"
        or facts.marac
        or facts.incident in ABUSE
        or any(flag in ABUSE for flag in facts.flags)
        or any(suspect.relationship in CLOSE for suspect in facts.suspects)
    )


def is_bereaved(c: Circumstances) -> bool:
    return c.facts.incident in DEATHS or c.facts.role == "bereaved" or "bereaved" in c.facts.flags


def is_protected(c: Circumstances) -> bool:
    return c.protected or is_sensitive(c) or is_bereaved(c) or c.facts.is_child


# --- where something may go: yes, no, or `None` where the texts leave it open


def vouched(answer: str, c: Circumstances) -> bool:
    """What is unknown is unsafe on a sensitive referral, safe elsewhere; a plan that ran out knows nothing."""
    ran_out = c.facts.plan_until is not None and c.now >= c.facts.plan_until
    known = "unknown" if answer == "yes" and ran_out else answer
    return known == "yes" or (known == "unknown" and not is_sensitive(c))


def numbers(c: Circumstances, *, for_text: bool = False) -> tuple[Phone, ...]:
    if "no_phone" in c.facts.access or (for_text and is_bereaved(c)):
        return ()
    return tuple(
        phone
        for phone in c.facts.phones
        if vouched(phone.safe, c)
        and phone.id not in (c.closed if for_text else c.closed_numbers)
        and not (phone.of_guardian and c.facts.guardian_is_suspect)
        and (phone.takes_texts or not for_text)
    )


def sure_of_texts(c: Circumstances) -> tuple[Phone, ...]:
    """Numbers of which somebody said that a text is safe, in a plan that has not run out."""
    ran_out = c.facts.plan_until is not None and c.now >= c.facts.plan_until
    return () if ran_out else tuple(one for one in numbers(c, for_text=True) if one.safe == "yes")


def can_be_rung(c: Circumstances, *, for_text: bool = False) -> bool | None:
    found = numbers(c, for_text=for_text)
    if found and not c.facts.is_child and all(phone.of_guardian for phone in found):
        return None  # somebody who is grown up by now, and only a guardian's number is known
    return bool(found)


def can_be_written_to(channel: Channel, c: Circumstances) -> bool | None:
    if channel is TEXT:
        return can_be_rung(c, for_text=True)
    if channel is LETTER and somebody_may_open_the_post(c):
        return False
    listed, only_answer = (
        (c.facts.posts, c.facts.address_safe) if channel is LETTER else (c.facts.emails, c.facts.email_safe)
    )
    if not listed:
        return only_answer is not None and vouched(only_answer, c)
    guardian_counts = c.facts.is_child and not c.facts.guardian_is_suspect
    usable = [
        place
        for place in listed
        if vouched(place.safe, c) and place.id not in c.closed and (guardian_counts or not place.of_guardian)
    ]
    if not usable:
        return False
    guardian_gave_one = guardian_counts and any(place.of_guardian for place in listed)
    if guardian_gave_one and not any(place.of_guardian for place in usable):
        return None  # the guardian's cannot be used: is the child's own?
    return True


def somebody_may_open_the_post(c: Circumstances) -> bool:
    return any(
        suspect.shares_address == "yes"
        or (
            suspect.shares_address == "unknown"
            and (suspect.relationship in CLOSE or (suspect.relationship == "unknown" and is_sensitive(c)))
        )
        for suspect in c.facts.suspects
    )


# --- when something may go


def shows(periods: tuple[Period, ...], local: datetime) -> bool:
    """Whether a clock on the wall that shows this is within one of the periods."""
    clock, week = local.time(), tuple(Weekday)
    today, yesterday = week[local.weekday()], week[local.weekday() - 1]
    return any(
        (today in p.days and p.opens <= clock < p.closes)
        if p.opens < p.closes
        else (today in p.days and clock >= p.opens) or (yesterday in p.days and clock < p.closes)
        for p in periods
    )


def may_go_at(act: Act, at: datetime, c: Circumstances) -> bool:
    """Whether the hour is right: of the service, of the night, of the person."""
    hours, messages = c.policy.hours, c.policy.messages
    local = at.astimezone(ZoneInfo(hours.time_zone))
    if isinstance(act, Ring):
        wanted = not c.facts.windows or shows(c.facts.windows, local)
        is_open = local.date() not in hours.closed_on and shows(hours.periods, local)
        return act.agreed or (is_open and wanted)
    if act.purpose is Purpose.SAFE_CHANNEL_ASKED or act.channel is LETTER:
        return True
    windows = c.facts.text_windows if act.channel is TEXT else c.facts.email_windows
    if act.channel is TEXT and messages is not None:
        day = Period(days=tuple(Weekday), opens=messages.texts_from, closes=messages.texts_until)
        if not shows((day,), local):
            return False
    return not windows or shows(windows, local)


def first_moment(act: Act, c: Circumstances) -> datetime | None:
    """The first moment at which the hour is right, found by looking at the clock every quarter of an hour."""
    since = act.at if isinstance(act, Ring) else c.now
    if may_go_at(act, since, c):
        return since
    at = since.replace(minute=since.minute - since.minute % 15, second=0, microsecond=0)
    while at < since + HORIZON:
        at += QUARTER
        if may_go_at(act, at, c):
            return at
    return None


# --- the claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence that bars an act, and what may be answered instead."""

    says: str
    when: Callable[[Act, Circumstances], bool]
    instead: frozenset[Way]
    alone: bool = False
    """Whether nothing else may be answered, whatever other claims say."""


NO_WAY = frozenset({Way.HELD})
A_PERSON = frozenset({Way.ASKED})
NOT_NOW = frozenset({Way.HELD, Way.ASKED})
NOT_THERE = frozenset({Way.HELD, Way.ELSEWHERE})
ANY_OTHER = frozenset({Way.HELD, Way.ASKED, Way.ELSEWHERE})


def a_call(act: Act) -> bool:
    return isinstance(act, Ring)


def to_the_referrer(act: Act) -> bool:
    return isinstance(act, Write) and act.purpose is Purpose.SAFE_CHANNEL_ASKED


def to_the_victim(act: Act) -> bool:
    """Written to the person referred, or to who stands for a child."""
    return isinstance(act, Write) and act.purpose is not Purpose.SAFE_CHANNEL_ASKED


def announces(act: Act) -> bool:
    """Says when somebody comes, to a person who asked for that."""
    return isinstance(act, Write) and act.purpose is Purpose.VISIT_EXPECTED


def by_machine(act: Act) -> bool:
    """Written to the person by nobody's decision."""
    return isinstance(act, Write) and to_the_victim(act) and not act.approved and not announces(act)


def on(act: Act, channels: object) -> bool:
    mine = ContactChannel.PHONE if isinstance(act, Ring) else act.channel.as_contact
    return mine in channels  # type: ignore[operator]


CLAIMS = (
    Claim(
        says="a stop lets nothing at all leave for the person",
        when=lambda act, c: c.stopped and not to_the_referrer(act),
        instead=NO_WAY,
        alone=True,
    ),
    Claim(
        says="a text is answered by a text where that is safe, and in no other way",
        when=lambda act, c: (
            isinstance(act, Write)
            and act.purpose is Purpose.WHO_WE_ARE
            and (act.channel is not TEXT or can_be_written_to(TEXT, c) is False)
        ),
        instead=NO_WAY,
        alone=True,
    ),
    Claim(
        says="a visit is announced by text where one is known to be safe, and in no other way",
        when=lambda act, c: (
            isinstance(act, Write) and announces(act) and (act.channel is not TEXT or not sure_of_texts(c))
        ),
        instead=NO_WAY,
        alone=True,
    ),
    Claim(
        says="an announcement for one number goes there if that one is known to be safe",
        when=lambda act, c: (
            isinstance(act, Write)
            and announces(act)
            and bool(act.address_id)
            and act.address_id not in {phone.id for phone in sure_of_texts(c)}
        ),
        instead=NO_WAY,
    ),
    Claim(
        says="a visit is announced to nobody who asked us to stop anything, now or at that number before",
        when=lambda act, c: announces(act) and (bool(c.opted_out) or on(act, c.known_opt_outs)),
        instead=A_PERSON,
    ),
    Claim(
        says="a visit is announced to somebody who has been spoken to or wrote",
        when=lambda act, c: announces(act) and (c.unasked or not c.in_touch),
        instead=A_PERSON,
    ),
    Claim(
        says="a visit at an hour without texts is announced by a person",
        when=lambda act, c: announces(act) and not may_go_at(act, c.now, c),
        instead=A_PERSON,
    ),
    Claim(
        says="while held, nothing written leaves",
        when=lambda act, c: c.held and to_the_victim(act),
        instead=NOT_NOW,
    ),
    Claim(
        says="while held, a call asks a person",
        when=lambda act, c: c.held and a_call(act),
        instead=A_PERSON,
    ),
    Claim(
        says="nobody is rung without a number that is safe, open and theirs to answer",
        when=lambda act, c: a_call(act) and can_be_rung(c) is False,
        instead=NO_WAY,
    ),
    Claim(
        says="nothing goes where it is not safe, or not used any more",
        when=lambda act, c: (
            isinstance(act, Write) and to_the_victim(act) and can_be_written_to(act.channel, c) is False
        ),
        instead=NOT_THERE,
    ),
    Claim(
        says="a text that is meant for one number goes there or nowhere",
        when=lambda act, c: (
            isinstance(act, Write)
            and bool(act.address_id)
            and act.address_id not in {phone.id for phone in numbers(c, for_text=True)}
        ),
        instead=NO_WAY,
    ),
    Claim(
        says="who asked us to stop ringing is rung by a person's decision",
        when=lambda act, c: isinstance(act, Ring) and not act.agreed and on(act, c.opted_out),
        instead=A_PERSON,
    ),
    Claim(
        says="a channel that was stopped stays stopped, also for a person in a hurry",
        when=lambda act, c: to_the_victim(act) and on(act, c.opted_out),
        instead=ANY_OTHER,
    ),
    Claim(
        says="a STOP pauses what is automatic, on every channel",
        when=lambda act, c: by_machine(act) and bool(c.opted_out),
        instead=NOT_NOW,
    ),
    Claim(
        says="an earlier STOP is shown to a person before a machine writes there",
        when=lambda act, c: by_machine(act) and on(act, c.known_opt_outs),
        instead=A_PERSON,
    ),
    Claim(
        says="a machine never writes alone to the sensitive, the bereaved or a child",
        when=lambda act, c: by_machine(act) and is_protected(c),
        instead=A_PERSON,
    ),
    Claim(
        says="once in touch, no machine writes",
        when=lambda act, c: by_machine(act) and c.in_touch and act.purpose is not Purpose.WHO_WE_ARE,  # type: ignore[union-attr]
        instead=NOT_NOW,
    ),
    Claim(
        says="no machine writes to a self-referral that nobody has spoken to",
        when=lambda act, c: by_machine(act) and c.unasked,
        instead=NOT_NOW,
    ),
    Claim(
        says="where a self-referral can be rung, nobody writes first, a coordinator neither",
        when=lambda act, c: to_the_victim(act) and c.unasked and not c.in_touch and can_be_rung(c) is True,
        instead=NOT_NOW,
    ),
    Claim(
        says="the information lane is not rung before somebody answered",
        when=lambda act, c: (
            isinstance(act, Ring) and not act.agreed and c.lane == "information" and not c.in_touch
        ),
        instead=A_PERSON,
    ),
    Claim(
        says="a referrer who named no mailbox cannot be asked",
        when=lambda act, c: to_the_referrer(act) and not c.facts.referrer_can_be_asked,
        instead=NOT_NOW,
    ),
    Claim(
        says="who asked for help, or a helper, is no referrer whose mailbox a machine may write to",
        when=lambda act, c: to_the_referrer(act) and c.facts.source in {"self", "third_party"},
        instead=NOT_NOW,
    ),
    Claim(
        says="a referrer is asked by e-mail only",
        when=lambda act, c: isinstance(act, Write) and to_the_referrer(act) and act.channel is not EMAIL,
        instead=ANY_OTHER,
    ),
)
"""What the texts bar."""

OPEN = (
    Claim(
        says="may an adult be reached through somebody who was a guardian?",
        when=lambda act, c: a_call(act) and can_be_rung(c) is None,
        instead=NO_WAY,
    ),
    Claim(
        says="may a child be written to directly when the guardian's own address cannot be used?",
        when=lambda act, c: (
            isinstance(act, Write) and to_the_victim(act) and can_be_written_to(act.channel, c) is None
        ),
        instead=NOT_THERE,
    ),
    Claim(
        says="does an earlier STOP ask again before a call, which a person makes anyway?",
        when=lambda act, c: a_call(act) and on(act, c.known_opt_outs),
        instead=A_PERSON,
    ),
    Claim(
        says="does a STOP of another channel ask before a call?",
        when=lambda act, c: a_call(act) and bool(c.opted_out),
        instead=A_PERSON,
    ),
    Claim(
        says="does a promise outweigh a STOP, or that the information lane is not rung?",
        when=lambda act, c: a_call(act) and (c.lane == "information" and not c.in_touch),
        instead=A_PERSON,
    ),
    Claim(
        says="does the gate ask again what triage asked: whether next of kin have been told?",
        when=lambda act, c: not to_the_referrer(act) and is_bereaved(c) and not c.facts.next_of_kin_informed,
        instead=NOT_NOW,
    ),
    Claim(
        says="is 'who is this?' answered by machine once in touch?",
        when=lambda act, c: by_machine(act) and c.in_touch,
        instead=NOT_NOW,
    ),
    Claim(
        says="may a person write to a self-referral that replied, but was not spoken to, or may yet be rung?",
        when=lambda act, c: to_the_victim(act) and c.unasked and (c.in_touch or can_be_rung(c) is None),
        instead=NOT_NOW,
    ),
    Claim(
        says="does a machine write what belongs to the other lane, or answer a text on paper?",
        when=lambda act, c: isinstance(act, Write) and by_machine(act) and is_out_of_place(act, c),
        instead=ANY_OTHER,
    ),
)
"""What they leave open: these may be answered so, and need not."""


def is_out_of_place(act: Write, c: Circumstances) -> bool:
    match act.purpose:
        case Purpose.CONTACT_UNANSWERED:
            return c.lane != "contact"
        case Purpose.INFORMATION:
            return c.lane != "information" or act.channel is TEXT
        case _:
            return act.channel is not TEXT


def bars(act: Act, c: Circumstances) -> tuple[Claim, ...]:
    return tuple(claim for claim in CLAIMS if claim.when(act, c))


# --- what is wrong with an answer


def objections(act: Act, c: Circumstances, ruling: Ruling) -> list[str]:
    """Everything that the texts have against an answer; empty if it may stand."""
    return [*_objections(act, c, ruling), *([] if ruling.reason.strip() else ["it gives no reason"])]


def _objections(act: Act, c: Circumstances, ruling: Ruling) -> Iterator[str]:
    way, barred = way_of(ruling), bars(act, c)
    alternatives = list(other_ways(act, c))
    first = first_moment(act, c)
    accepted = accepted_ways(act, c, first=first, elsewhere=bool(alternatives))
    if way not in accepted:
        yield f"{way}, not {'/'.join(sorted(accepted))}: {[claim.says for claim in barred]}"
    match ruling:
        case Alter(channel=Channel() as other):
            if other not in alternatives:
                yield f"{other} is no other way that is open"
            elif ruling.at is not None and ruling.at != first_moment(_by(other, act), c):
                yield "it goes another way, at another time than the first"
        case Alter(at=datetime() as at):
            if at != first and not (
                isinstance(act, Ring) and at == first_moment(replace(act, at=max(act.at, c.now)), c)
            ):
                yield f"the first moment is {first}, not {at}"
    if way is Way.LEAVES:
        yield from wrong_words(act, c, ruling)


def accepted_ways(act: Act, c: Circumstances, *, first: datetime | None, elsewhere: bool) -> set[Way]:
    """What may be answered: what the claims say, else that it goes, now or at its first moment."""
    barred = bars(act, c)
    for claim in barred:
        if claim.alone:
            return set(claim.instead)
    left_open = {way for claim in OPEN if claim.when(act, c) for way in claim.instead}
    if not barred and first is None:
        return {*ANY_OTHER, *left_open}
    if not barred:
        since = act.at if isinstance(act, Ring) else c.now
        return {Way.LEAVES if first == since else Way.LATER, *left_open}
    if elsewhere and not left_open and all(claim.instead is NOT_THERE for claim in barred):
        return {Way.ELSEWHERE}
    return {way for claim in barred for way in claim.instead} | left_open


def other_ways(act: Act, c: Circumstances) -> Iterator[Channel]:
    """Where it could go instead; whether it may go there *now* is asked again, as a question of its own."""
    if isinstance(act, Ring):
        return
    if to_the_referrer(act):
        yield from {EMAIL} - {act.channel}
        return
    for channel in Channel:
        by_text_in_the_information_lane = channel is TEXT and c.lane == "information"
        stopped = channel.as_contact in c.opted_out
        if channel is act.channel or by_text_in_the_information_lane or stopped:
            continue
        if can_be_written_to(channel, c) is not False:
            yield channel


def _by(channel: Channel, act: Act) -> Write:
    assert isinstance(act, Write)
    return replace(act, channel=channel)


def wrong_words(act: Act, c: Circumstances, ruling: Ruling) -> Iterator[str]:
    """Texts, referrers and protected people get words that tell nothing; ordinary letters may name the service."""
    neutral = isinstance(ruling, Alter) and ruling.neutral
    if isinstance(act, Ring):
        if is_sensitive(c) and not neutral:
            yield "the caller display may tell"
        return
    tells_nothing = (
        act.channel is TEXT
        or is_protected(c)
        or act.purpose in {Purpose.SAFE_CHANNEL_ASKED, Purpose.WHO_WE_ARE, Purpose.VISIT_EXPECTED}
    )
    if tells_nothing and not neutral:
        yield "the words may tell"
    if not tells_nothing and neutral:
        yield "an ordinary letter or e-mail may name the service"
