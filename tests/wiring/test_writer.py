"""In whose language a message is written, and why not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.errors import CannotBeWritten
from domain.message_ports import Draft
from domain.vocabulary import Access, Channel, MessageState, Purpose
from store.wording_check import WordingCheckStore
from templates.letter_batch import pages_of
from tests.builders import NOW
from wiring.database import make_engine
from wiring.profile import load_profile
from wiring.settings import ROOT
from wiring.wording_preview import Sample, languages_of, preview, samples
from wiring.writer import MessageWriter

PROFILE = replace(load_profile(ROOT / "profiles/rehearsal.toml"), languages=("en", "cy", "mi"))
ON = date(2026, 11, 24)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def checks(engine: Engine) -> WordingCheckStore:
    return WordingCheckStore(engine)


def a_draft(**changes) -> Draft:
    draft = Draft(
        key="k",
        referral_id="r",
        reference="K7PM-4T2Q",
        channel=Channel.EMAIL,
        purpose=Purpose.INFORMATION,
        state=MessageState.RESERVED,
        neutral=False,
        name="Siân",
        address_lines=("1 Example Street", "Cambridge"),
        postcode="CB1 2AB",
        language="cy-GB",
    )
    return replace(draft, **changes)


def mark(writer: MessageWriter, checks: WordingCheckStore, draft: Draft, by: str = "Megan") -> None:
    wording = writer.show(draft, ON).words.wording
    checks.mark(writer.files(wording), by=by, now=NOW)


def test_an_unchecked_translation_never_leaves_and_it_is_said(checks) -> None:
    writer = MessageWriter(PROFILE, checks=checks)
    written = writer.write(a_draft(), ON)
    assert written.text.startswith("Dear Siân")
    assert written.note == "Nobody has checked the words in Welsh yet: it was written in English."


def test_a_checked_translation_leaves(checks) -> None:
    writer = MessageWriter(PROFILE, checks=checks)
    mark(writer, checks, a_draft())
    written = writer.write(a_draft(), ON)
    assert written.text.startswith("Annwyl Siân")
    assert written.subject == "Neges gan The Hub"
    assert written.note == ""


def test_a_mark_stands_for_those_words_alone(checks) -> None:
    writer = MessageWriter(PROFILE, checks=checks)
    mark(writer, checks, a_draft())
    for other in (
        a_draft(neutral=True),
        a_draft(purpose=Purpose.CONTACT_UNANSWERED),
        a_draft(channel=Channel.LETTER),
        a_draft(language="mi"),
    ):
        assert writer.write(other, ON).note


def test_a_mark_is_lost_when_a_word_changes(checks, tmp_path: Path) -> None:
    own = tmp_path / "texts/information/service_exists.cy.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text("Helo {{ preferred_name }}")
    writer = MessageWriter(PROFILE, wording_folder=tmp_path, checks=checks)
    draft = a_draft(channel=Channel.TEXT)
    mark(writer, checks, draft)
    assert writer.write(draft, ON).text == "Helo Siân"
    own.write_text("Helo, {{ preferred_name }}!")
    import os

    os.utime(own, (1, 1))
    assert writer.write(draft, ON).text.startswith("Hello Siân")
    mark(writer, checks, draft, by="Gwen")
    assert writer.write(draft, ON).text == "Helo, Siân!"


def test_an_email_whose_subject_alone_was_changed_is_asked_about_again(checks) -> None:
    writer = MessageWriter(PROFILE, checks=checks)
    files = writer.files(writer.show(a_draft(), ON).words.wording)
    assert len(files) == 2
    subject = next(path for path in files if "subject" in path)
    checks.mark(files | {subject: "0" * 64}, by="Megan", now=NOW)
    assert writer.write(a_draft(), ON).note


def test_where_nothing_really_leaves_an_unchecked_translation_may_be_seen(checks) -> None:
    writer = MessageWriter(PROFILE, checks=checks, simulated=[Channel.EMAIL])
    assert writer.write(a_draft(), ON).text.startswith("Annwyl")
    assert writer.write(a_draft(channel=Channel.TEXT), ON).text.startswith("Hello")


def test_a_language_the_profile_does_not_have_is_not_used(checks) -> None:
    english_only = replace(PROFILE, languages=("en",))
    written = MessageWriter(english_only, simulated=tuple(Channel)).write(a_draft(), ON)
    assert (written.text[:9], written.note) == ("Dear Siân", "")
    of_nobody = MessageWriter(PROFILE, simulated=tuple(Channel)).write(a_draft(language="pl"), ON)
    assert of_nobody.text.startswith("Dear")


def test_the_service_writes_in_its_own_language_to_whoever_speaks_another(checks) -> None:
    # The first language of a profile is the one used when the person's own is not among them.
    maori = MessageWriter(replace(PROFILE, languages=("mi", "en")), simulated=tuple(Channel))
    assert maori.write(a_draft(language="pl"), ON).text.startswith("Tēnā koe")


def test_hours_are_said_in_the_language_of_the_message() -> None:
    text = MessageWriter(PROFILE, simulated=tuple(Channel)).write(a_draft(), ON).text
    assert "bob dydd, 24 awr y dydd" in text


def test_large_print_and_plain_words_are_made_for_whoever_needs_them() -> None:
    writer = MessageWriter(PROFILE)
    letter = a_draft(channel=Channel.LETTER, language="en", purpose=Purpose.CONTACT_UNANSWERED)
    usual = writer.write(letter, ON)
    large = writer.write(replace(letter, access=(Access.LARGE_PRINT,)), ON)
    easy = writer.write(replace(letter, access=(Access.EASY_READ,)), ON)
    assert (pages_of(usual.pdf), pages_of(large.pdf)) == (1, 2)
    assert large.text == usual.text
    assert "You can ring us." in easy.text
    email = writer.write(a_draft(language="en", access=(Access.LARGE_PRINT,)), ON)
    assert "font-size:24px" in email.html


def test_a_writer_that_nobody_told_of_checks_uses_english_alone() -> None:
    assert MessageWriter(PROFILE).write(a_draft(), ON).text.startswith("Dear")


def test_the_last_mark_of_a_file_stands(checks) -> None:
    checks.mark({"a": "1", "b": "2"}, by="Megan", now=NOW)
    checks.mark({"a": "3"}, by="Gwen", now=NOW)
    assert checks.of({"a": "1"}) is None
    assert [mark.by for mark in checks.of({"a": "3"})] == ["Gwen"]
    assert checks.of({"a": "3", "b": "2", "c": "4"}) is None


def test_a_preview_knows_nobody_and_needs_no_check() -> None:
    writer = MessageWriter(PROFILE)
    assert languages_of(writer) == ("en", "cy", "mi")
    for sample in samples(writer):
        found = preview(writer, sample, ON)
        assert found.wording.language == sample.language
        assert set(found.files) == set(found.wording.files)
    welsh = Sample(purpose=Purpose.INFORMATION, channel=Channel.TEXT, language="cy")
    assert preview(writer, welsh, ON).shown.written.text.startswith("Helo Ada")


def test_a_visit_is_announced_by_the_clock_on_the_wall_of_the_service() -> None:
    eta = datetime(2026, 7, 1, 13, 10, tzinfo=UTC)
    text = a_draft(purpose=Purpose.VISIT_EXPECTED, channel=Channel.TEXT, language="en", expected_at=eta)
    assert "at about 14:10. " in MessageWriter(PROFILE).write(text, eta.date()).text
    with pytest.raises(CannotBeWritten):  # nobody comes any more
        MessageWriter(PROFILE).write(replace(text, expected_at=None), eta.date())
