"""Any wording as its reader will see it, with invented data.

Nothing here is about anybody: the name, the address and the reference are made up, and nothing is kept.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.message_ports import Draft
from domain.vocabulary import Access, Channel, MessageState, Purpose
from templates.languages import primary
from templates.wordings import OCCASIONS, Wording, found
from wiring.writer import MessageWriter, Shown

REFERENCE = "K7PM-4T2Q"
"""Looks like one, and is nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which words are looked at."""

    purpose: Purpose
    channel: Channel
    language: str
    neutral: bool = False
    large: bool = False
    easy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What came of it."""

    shown: Shown
    files: dict[str, str]
    """Every file that was read for it, with the fingerprint of its words."""

    @property
    def wording(self) -> Wording:
        """In which language, and from which files."""
        return self.shown.words.wording


def samples(writer: MessageWriter) -> tuple[Sample, ...]:
    """Everything that can be written: each purpose, channel and language, ordinary and neutral."""
    return tuple(
        Sample(purpose=Purpose(purpose), channel=Channel(channel), language=language, neutral=neutral)
        for purpose, occasion in OCCASIONS.items()
        for channel in occasion.channels
        for neutral in wordings_of(Purpose(purpose), Channel(channel))
        for language in languages_of(writer)
    )


def wordings_of(purpose: Purpose, channel: Channel) -> tuple[bool, ...]:
    """Whether there are ordinary and neutral words, or only neutral ones; neutral is true."""
    is_one = channel is Channel.TEXT or OCCASIONS[purpose].is_one_wording
    return (True,) if is_one else (False, True)


def languages_of(writer: MessageWriter) -> tuple[str, ...]:
    """The languages of the profile, in its order."""
    return tuple(dict.fromkeys(map(primary, writer.profile.languages)))


def translations(writer: MessageWriter) -> tuple[Wording, ...]:
    """Every translation of the profile's languages that a named person has to have checked, once each."""
    wanted = (
        writer.wanted(_draft(replace(sample, easy=easy)))
        for sample in samples(writer)
        for easy in (False, True)
    )
    every = (wording for each in wanted for wording in found(each) if wording.is_translation)
    return tuple(dict.fromkeys(every))


def exists(sample: Sample) -> bool:
    """Whether anything of this kind is ever written."""
    return sample.channel in OCCASIONS[sample.purpose].channels


def preview(writer: MessageWriter, sample: Sample, on: date) -> Preview:
    """Write it out.

    Raises:
        CannotBeWritten: The words would tell something, or the letter cannot be printed.
    """
    at_two = datetime.combine(on, time(14, 10), ZoneInfo(writer.profile.hours.time_zone))
    shown = writer.show(replace(_draft(sample), expected_at=at_two), on)
    return Preview(shown=shown, files=writer.files(shown.words.wording))


def _draft(sample: Sample) -> Draft:
    access = {Access.LARGE_PRINT: sample.large, Access.EASY_READ: sample.easy}
    return Draft(
        key="preview",
        referral_id="preview",
        reference=REFERENCE,
        channel=sample.channel,
        purpose=sample.purpose,
        state=MessageState.HELD,
        neutral=sample.neutral,
        name="Ada",
        addressee="Ada Example",
        address_lines=("1 Example Street", "Cambridge"),
        postcode="CB1 2AB",
        language=sample.language,
        access=tuple(need for need, is_wanted in access.items() if is_wanted),
    )
