"""The Jinja environment of the room."""

import jinja2
import pytest

from templates.gsm7 import parts
from templates.passages import Passage, one_line, passages
from templates.render import environment, has_template, render


def test_a_fact_that_was_not_given_is_an_error_and_not_a_gap():
    with pytest.raises(jinja2.UndefinedError):
        render("texts/contact/unanswered.txt.j2", preferred_name="Ada")


def test_only_html_is_escaped():
    escape = environment().autoescape
    assert [escape(name) for name in ("a.html", "a.html.j2", "a.txt.j2", "a.txt")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_template_that_is_not_there_is_not_there():
    assert has_template("texts/contact/unanswered.txt.j2")
    assert not has_template("texts/contact/gloating.txt.j2")
    assert not has_template("../pyproject.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
        ("ē" * 70, 1), ("ē" * 71, 2), ("ē" + "a" * 140, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("", 1),
    ],
)  # fmt: skip
def test_the_parts_of_a_text_are_counted_as_they_are_paid_for(text, expected):
    assert parts(text) == expected


def test_plain_words_are_cut_into_paragraphs_and_lists():
    assert passages("One\nstill one.\n\n- a\n- b\n\n\nTwo - too.") == (
        Passage(text="One still one."),
        Passage(points=("a", "b")),
        Passage(text="Two - too."),
    )


def test_what_prints_nothing_is_dropped_and_what_spells_a_name_is_kept():
    assert one_line("A\u202eda\x00\t\u200b  Lovelace\n") == "Ada Lovelace"
    assert one_line("क्\N{ZERO WIDTH JOINER}ष") == "क्\N{ZERO WIDTH JOINER}ष"
    assert one_line("e\u0304") == "ē"
