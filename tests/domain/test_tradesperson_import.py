import itertools
from dataclasses import replace

from domain.tradesperson import Tradesperson
from domain.tradesperson_import import Known, RowChange, RowFault, SheetRow, plan_import
from tests.tradespeople import a_tradesperson


def planned(known: list[Tradesperson], *rows: SheetRow):
    ids = (f"new-{number}" for number in itertools.count(1))
    return plan_import([Known(who=who, revision=3) for who in known], rows, new_ids=ids)


def row(line: int, who: Tradesperson, *, revision: int | None = None, own_id: bool = True) -> SheetRow:
    return SheetRow(line=line, who=who if own_id else replace(who, id=""), revision=revision)


def test_a_row_means_the_entry_of_its_id_or_of_its_number_or_somebody_new() -> None:
    one, two, three = a_tradesperson(1), a_tradesperson(2), a_tradesperson(3)
    plan = planned(
        [one, two],
        row(2, replace(one, phone="+447700900899")),
        row(3, replace(two, capacity=9), own_id=False),
        row(4, three, own_id=False),
    )
    assert plan.faults == ()
    assert [(step.change, step.who.id, step.columns) for step in plan.steps] == [
        (RowChange.CHANGED, one.id, ("phone",)),
        (RowChange.CHANGED, two.id, ("capacity",)),
        (RowChange.ADDED, "new-1", ()),
    ]


def test_a_register_moves_to_another_house_with_its_ids() -> None:
    [step] = planned([], row(2, a_tradesperson(1), revision=7)).steps
    assert (step.change, step.who, step.revision) == (RowChange.ADDED, a_tradesperson(1), 0)


def test_a_row_that_says_what_stands_changes_nothing_however_old_the_sheet_is() -> None:
    [step] = planned([a_tradesperson(1)], row(2, a_tradesperson(1), revision=1)).steps
    assert step.change is RowChange.SAME


def test_an_old_sheet_does_not_undo_what_was_changed_since() -> None:
    # It could give somebody back the vetting they lost.
    changed = replace(a_tradesperson(1), papers=())
    plan = planned([changed], row(2, a_tradesperson(1), revision=2))
    assert [(fault.line, fault.column) for fault in plan.faults] == [(2, "revision")]
    assert planned([changed], row(2, a_tradesperson(1), revision=3)).faults == ()


def test_two_rows_about_one_person_are_refused() -> None:
    one = a_tradesperson(1)
    plan = planned([one], row(2, one), row(3, replace(one, capacity=5), own_id=False))
    assert plan.faults == (RowFault(line=3, column="", reason="is about the same person as line 2"),)
    new = planned([], row(2, one, own_id=False), row(3, one, own_id=False))
    assert [(fault.line, fault.column) for fault in new.faults] == [(3, "phone")]


def test_a_number_of_somebody_the_sheet_leaves_alone_is_taken() -> None:
    one, two = a_tradesperson(1), a_tradesperson(2)
    plan = planned([one, two], row(2, replace(one, phone=two.phone)))
    assert [(fault.line, fault.column) for fault in plan.faults] == [(2, "phone")]


def test_two_entries_may_exchange_their_numbers() -> None:
    one, two = a_tradesperson(1), a_tradesperson(2)
    plan = planned([one, two], row(2, replace(one, phone=two.phone)), row(3, replace(two, phone=one.phone)))
    assert plan.faults == ()
    assert [step.columns for step in plan.steps] == [("phone",), ("phone",)]
