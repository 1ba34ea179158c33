from datetime import UTC, datetime, time

import pytest

from domain.facts import Facts
from domain.vocabulary import Answer, ConsentStatus, IncidentKind, Lane, Relationship, SourceKind, Weekday
from store.document_change import canonical, correct, merge_patch
from store.referral_document import facts_of, folded, outward_code
from tests.store.lives import a_document

RECEIVED_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def facts(**changes) -> Facts:
    return facts_of(
        a_document(**changes), number_id=lambda number: f"id-{number[-3:]}", received_at=RECEIVED_AT
    )


def test_the_contracts_example_folds_to_categories_and_opaque_ids() -> None:
    folded_facts = facts()
    assert folded_facts.source is SourceKind.POLICE
    assert folded_facts.incident is IncidentKind.BURGLARY
    assert [phone.id for phone in folded_facts.phones] == ["id-123"]
    assert folded_facts.email_safe is Answer.UNKNOWN
    assert folded_facts.address_safe is Answer.YES
    assert folded_facts.outward_code == "CB1"
    assert folded_facts.suspects[0].relationship is Relationship.STRANGER
    assert folded_facts.consent is ConsentStatus.GIVEN
    assert not folded_facts.is_child
    for personal in ("Ada", "Example", "7700900123", "ada@", "1234", "1980"):
        assert personal not in repr(folded_facts)


def test_the_least_a_referral_can_say_is_enough() -> None:
    least = {
        "source": {"kind": "self"},
        "incident": {"kind": "unknown"},
        "victim": {"preferred_name": "Ada"},
        "lane": "information",
    }
    found = facts_of(least, number_id=str, received_at=RECEIVED_AT)
    assert found == Facts(source=SourceKind.SELF, incident=IncidentKind.UNKNOWN, lane=Lane.INFORMATION)


@pytest.mark.parametrize(
    ("born", "under", "is_child"),
    [
        ("2008-11-21", 18, False),
        ("2008-11-22", 18, True),
        ("2010-11-21", 16, False),
        ("2010-11-22", 16, True),
        ("1926-01-01", 18, False),
    ],
)
def test_a_child_is_told_by_the_age_on_the_day_of_receipt(born: str, under: int, is_child: bool) -> None:
    document = a_document(victim__date_of_birth=born)
    found = facts_of(document, number_id=str, received_at=RECEIVED_AT, child_under=under)
    assert found.is_child is is_child


def test_the_flag_makes_a_child_without_a_date_of_birth() -> None:
    assert facts(flags=["child"], victim__date_of_birth=None).is_child


@pytest.mark.parametrize(
    ("safe", "best"),
    [(["no", "unknown"], "unknown"), (["no", "yes"], "yes"), (["no"], "no"), ([], None)],
)
def test_of_several_email_addresses_the_safest_counts(safe: list[str], best: str | None) -> None:
    emails = [{"address": f"a{n}@example.org", "safe": answer} for n, answer in enumerate(safe)]
    assert facts(victim__emails=emails).email_safe == best


@pytest.mark.parametrize("address", [None, {}, {"lines": [], "safe": "yes"}])
def test_an_address_without_lines_and_postcode_is_none(address: dict | None) -> None:
    assert facts(victim__address=address).address_safe is None


def test_a_number_given_twice_is_as_safe_as_its_worst_entry() -> None:
    # Otherwise the guardian's "yes" would ring the phone the victim said is unsafe.
    number = "+447700900123"
    found = facts(
        victim__phones=[{"number": number, "safe": "no"}],
        victim__guardian={"given_name": "Bo", "phones": [{"number": number, "safe": "yes"}]},
    )
    assert [phone.safe for phone in found.phones] == [Answer.NO]


def test_a_guardians_number_is_marked_as_the_guardians() -> None:
    found = facts(victim__guardian={"given_name": "Bo", "phones": [{"number": "+447700900456"}]})
    assert [(phone.id, phone.of_guardian) for phone in found.phones] == [("id-123", False), ("id-456", True)]


@pytest.mark.parametrize(
    ("guardian", "suspect", "is_suspect"),
    [
        ({"given_name": "Bo", "family_name": "Example", "is_suspect": "yes"}, None, True),
        ({"given_name": "Bo", "family_name": "Example", "is_suspect": "no"}, None, False),
        ({"given_name": "Bo", "family_name": "Example", "is_suspect": "unknown"}, None, True),
        ({"given_name": "Bo", "family_name": "Example"}, "example, BO", True),
        ({"given_name": "Bo", "family_name": "Example"}, "B. Example", True),
        ({"given_name": "Bo", "family_name": "Example", "is_suspect": "no"}, "B. Example", False),
        ({"given_name": "Bo", "family_name": "Example", "is_suspect": "no"}, "Bo Example", True),
        ({"given_name": "Béa", "family_name": "O'Example-Smith"}, "bea oexample smith", True),
        ({"given_name": "Robert", "preferred_name": "Bo", "family_name": "Example"}, "BO EXAMPLE", True),
        ({"given_name": "Bo", "family_name": "Example"}, "Cy Other", False),
        ({}, "", False),
    ],
)
def test_a_guardian_who_may_be_the_suspect_is_known_by_mark_or_name(guardian, suspect, is_suspect) -> None:
    suspects = [{"relationship": "family", **({"name": suspect} if suspect else {})}]
    assert facts(victim__guardian=guardian or None, suspects=suspects).guardian_is_suspect is is_suspect


@pytest.mark.parametrize(
    ("postcode", "code"),
    [
        ("CB1 2AB", "CB1"),
        ("cb12ab", "CB1"),
        (" sg8  9zz ", "SG8"),
        ("EC1A 1BB", "EC1A"),
        ("W1A 0AX", "W1A"),
        ("M1 1AE", "M1"),
        ("3204", None),
        ("CB1", None),
        ("", None),
        (None, None),
        ("nonsense", None),
    ],
)
def test_the_outward_code_is_read_however_it_is_written(postcode: str | None, code: str | None) -> None:
    assert outward_code(postcode) == code


def test_where_the_victim_lives_goes_before_where_it_happened() -> None:
    assert facts(victim__address={"lines": ["1"], "postcode": "PE1 1AA"}).outward_code == "PE1"
    assert facts(victim__address=None).outward_code == "CB1"


def test_a_call_window_without_days_means_every_day() -> None:
    (window,) = facts(victim__call_windows=[{"days": [], "from": "18:00", "to": "00:00"}]).windows
    assert window.days == tuple(Weekday)
    assert (window.opens, window.closes) == (time(18), time(0))


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_follows_rfc_7396(target: dict, patch: dict, result: dict) -> None:
    assert merge_patch(target, patch) == result


def test_a_merge_patch_leaves_what_it_was_given() -> None:
    target = {"victim": {"phones": [1]}}
    merge_patch(target, {"victim": {"phones": [2]}})
    assert target == {"victim": {"phones": [1]}}


SAID = {"texts": "no", "withhold_number": "yes", "who_may_answer": "her mother"}
KNOWN = {"number": "+447700900123", "safe": "yes"} | SAID
AGAIN = {"number": "+447700900123", "safe": "no"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, SAID),
        ({"texts": "yes"}, SAID | {"texts": "yes"}),
        (
            {"withhold_number": "no", "who_may_answer": "nobody"},
            {"texts": "no", "withhold_number": "no", "who_may_answer": "nobody"},
        ),
    ],
)
def test_what_was_said_of_a_number_stays_until_something_else_is_said(said: dict, kept: dict) -> None:
    document = {"victim": {"phones": [KNOWN]}}
    assert correct(document, {"victim": {"phones": [AGAIN | said]}}) == {"victim": {"phones": [AGAIN | kept]}}
    assert document == {"victim": {"phones": [KNOWN]}}


def test_a_number_that_turns_out_to_be_the_guardians_is_not_texted_either() -> None:
    patch = {"victim": {"phones": [], "guardian": {"phones": [AGAIN]}}}
    made = correct({"victim": {"phones": [KNOWN]}}, patch)
    assert made == {"victim": {"phones": [], "guardian": {"phones": [AGAIN | SAID]}}}


def test_a_correction_of_something_else_leaves_the_numbers_as_they_are() -> None:
    victim = {"phones": [AGAIN], "guardian": {"phones": [KNOWN]}}
    assert correct({"victim": victim}, {"notes": "x"}) == {"victim": victim, "notes": "x"}


def test_another_number_says_nothing_of_this_one() -> None:
    other = {"number": "+447700900124"}
    made = correct({"victim": {"phones": [KNOWN]}}, {"victim": {"phones": [other]}})
    assert made == {"victim": {"phones": [{"number": "+447700900124"}]}}


def test_null_absent_and_empty_are_the_same_content() -> None:
    assert canonical({"a": 1, "b": None, "c": [], "d": {"e": None}}) == canonical({"a": 1})
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert canonical({"a": False}) != canonical({})


@pytest.mark.parametrize("name", ["Zoë Ó Briain", "ZOE O'BRIAIN", "zoe  o-briain"])
def test_a_name_is_folded_whatever_its_case_accents_and_spaces(name: str) -> None:
    assert folded(name) == "zoeobriain"
