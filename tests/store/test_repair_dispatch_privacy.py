"""Rule 8 of docs/policy.md, for repairs: the word at the door lies nowhere in clear."""

import pytest

from domain.repair_dispatch.kinds import NoticeKind, NoticeVerdict, TradeAnswer
from domain.repair_dispatch.ports import Told
from tests.store.lives import Office
from tests.store.repair_lives import SAM, Depot, KeptRepair
from tests.store.test_privacy import SECRETS, appears, dump, planted_document

PLANTED = {
    "address": {"lines": ["5 Refuge Terrace", "Hidington"], "postcode": "CB1 3XQ"},
    "access": "KeyUnderTheGnome",
    "code_word": "CodeWordMarmalade",
    "who_may_be_home": "UncleTheodore",
    "pets": "AlsatianRex",
    "notes": "NotesOfTheDesk",
}
OF_REPAIRS = (
    "Refuge Terrace",
    "Hidington",
    "CB1 3XQ",
    "KeyUnderTheGnome",
    "CodeWordMarmalade",
    "UncleTheodore",
    "AlsatianRex",
    "NotesOfTheDesk",
    "ReasonOfTheManager",
    "WordsOfTheText",
    "Joiner and Daughters",
    "Patricia Joiner",
    "7700900666",
)


@pytest.fixture
def lived(office: Office) -> KeptRepair:
    """A repair in which everything that can be said was said."""
    depot = Depot(office)
    life = office.begins(planted_document())
    repair = depot.repairs(life, job=PLANTED)
    offer = repair.is_accepted(depot.engages("Patricia Joiner", phone="+447700900666"))
    for notice in repair.state.notices:
        told = depot.tables.notice(repair.id, notice.key)
        if notice.kind is NoticeKind.CONFIRMATION:
            assert told is not None
            assert told.code_word == "CodeWordMarmalade"
        shown = Told(
            verdict=NoticeVerdict.TOLD, why="Handed over.", provider_id="SM1", shown="WordsOfTheText"
        )
        depot.tables.notice_told(notice.key, shown, at=repair.now)
    repair.answers(offer, TradeAnswer.ON_THE_WAY, eta_at=repair.now)
    repair.answers(offer, TradeAnswer.COMPLETED, cost_pence=10_000, invoice_reference="INV-1")
    return repair.decides("correct_spend", by=SAM, pence=-500, reason="ReasonOfTheManager")


def test_no_address_word_name_or_number_of_a_repair_lies_in_clear_in_any_table(
    office: Office, lived: KeptRepair
) -> None:
    written = dump(office)
    assert lived.id.encode() in written, "the dump has to show what lies there"
    assert [secret for secret in (*SECRETS, *OF_REPAIRS) if appears(secret, written)] == []


def test_all_of_it_can_be_read_again_by_who_has_the_key(office: Office, lived: KeptRepair) -> None:
    # Without this the test above would pass on tables that keep nothing.
    job, depot = lived.view.job, lived.depot
    assert job.address_lines == ("5 Refuge Terrace", "Hidington")
    assert (job.code_word, job.pets, job.notes) == ("CodeWordMarmalade", "AlsatianRex", "NotesOfTheDesk")
    assert lived.view.offers[0].name == "Patricia Joiner"
    assert "WordsOfTheText" in {depot.views.shown(notice.key) for notice in lived.view.notices}
    assert depot.ledger.of_repair(lived.id)[-1].reason == "ReasonOfTheManager"


def test_the_area_says_no_more_than_an_outward_code(lived: KeptRepair) -> None:
    # It is all that those see who are asked and say no.
    assert lived.view.area == "CB1"
