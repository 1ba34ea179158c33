"""The lines behind the window."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.letter_address import (
    LONG_LINE,
    LONGEST_LINE,
    MOST_LINES,
    address_lines,
    folded,
    printed_postcode,
)

LONG = (
    "Flat 12",
    "The Old Maltings",
    "Rear of 144",
    "Long Street",
    "Little Snoring",
    "Great Wymondley",
    "Cambs",
)


def test_a_british_postcode_gets_its_space_and_another_is_left_alone():
    assert [printed_postcode(code) for code in ("cb12ab", " CB1  2AB ", "8011", "D02 AF30", "")] == [
        "CB1 2AB", "CB1 2AB", "8011", "D02 AF30", "",
    ]  # fmt: skip


def test_empty_lines_are_left_out_and_the_postcode_is_printed_once():
    assert address_lines("Ada Example", ["1 Example Street", " ", "Cambridge", "cb1 2ab"], "CB12AB") == (
        "Ada Example",
        "1 Example Street",
        "Cambridge",
        "CB1 2AB",
    )


def test_an_address_without_a_postcode_ends_with_its_last_line():
    assert address_lines("Ada", ["Narrowboat Ada", "Jesus Lock", "Cambridge"], "")[-1] == "Cambridge"


def test_a_long_address_keeps_its_name_and_postcode_alone_and_loses_nothing():
    lines = folded(address_lines("Ada Example", LONG, "CB1 2AB"))
    assert len(lines) == MOST_LINES
    assert (lines[0], lines[-1]) == ("Ada Example", "CB1 2AB")
    assert ", ".join(lines[1:-1]) == ", ".join(LONG)


def test_a_line_too_long_for_the_window_is_broken_where_it_hurts_least():
    line = "Flat 12 on the third floor of the Old Maltings, 144 Upper Long Street"
    assert folded(["Ada", line, "CB1 2AB"])[1:3] == (
        "Flat 12 on the third floor of the Old Maltings",
        "144 Upper Long Street",
    )


@pytest.mark.parametrize("lines", [[], ["Ada"], ["x" * 200], ["Ada", "x" * 70, "y" * 70]])
def test_what_cannot_be_folded_stays_as_it_is(lines):
    assert folded(lines) == tuple(lines)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("abc ,éŵ", min_size=1, max_size=70).map(str.strip).filter(bool), max_size=12))
def test_folding_never_loses_a_word_and_never_joins_into_a_line_too_long(lines):
    before = folded(lines)
    assert "".join(before).replace(",", "").replace(" ", "") == "".join(lines).replace(",", "").replace(
        " ", ""
    )
    assert all(len(line) <= max(LONGEST_LINE, LONG_LINE, *map(len, lines)) for line in before)
    assert len(before) <= max(MOST_LINES, len(lines))
