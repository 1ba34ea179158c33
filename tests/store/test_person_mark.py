from datetime import timedelta

import pytest

from store.person_mark import LinkKind
from tests.builders import NOW
from tests.store.lives import Office, a_document, another_person

OTHER_CRIME = {"source__reference": "35/99999/26", "incident__occurred_at": "2026-06-01T10:00:00+00:00"}


def links(office: Office, referral_id: str) -> list[tuple[str, LinkKind]]:
    return [(link.referral_id, link.kind) for link in office.referrals.linked(referral_id)]


def test_the_same_person_of_the_same_crime_is_a_likely_duplicate(office: Office) -> None:
    first = office.receives().referral_id
    again = office.receives(a_document(source__person_reference="7")).referral_id
    assert links(office, again) == [(first, LinkKind.DUPLICATE)]
    assert links(office, first) == [(again, LinkKind.DUPLICATE)]


def test_one_incident_told_by_two_agencies_is_a_likely_duplicate(office: Office) -> None:
    first = office.receives().referral_id
    document = a_document(source={"kind": "health", "reference": "H-1", "organisation": "A hospital"})
    assert links(office, office.receives(document).referral_id) == [(first, LinkKind.DUPLICATE)]


def test_the_same_person_in_another_incident_is_a_repeat_victim(office: Office) -> None:
    first = office.receives(at=NOW - timedelta(days=300)).referral_id
    assert links(office, office.receives(a_document(**OTHER_CRIME)).referral_id) == [(first, LinkKind.REPEAT)]


def test_after_twelve_months_nobody_is_a_repeat_victim(office: Office) -> None:
    office.receives(at=NOW - timedelta(days=367))
    assert links(office, office.receives(a_document(**OTHER_CRIME)).referral_id) == []


def test_two_people_of_one_burglary_with_nothing_else_in_common_are_not_linked(office: Office) -> None:
    office.receives()
    other = another_person(2, source__reference="35/48213/26", source__person_reference="2")
    assert links(office, office.receives(other).referral_id) == []


def test_a_shared_telephone_alone_is_only_a_shared_contact(office: Office) -> None:
    # Two people of one household are not duplicates of each other.
    first = office.receives().referral_id
    document = another_person(
        2,
        source__reference="35/48213/26",
        source__person_reference="2",
        victim__phones=[{"number": "+447700900123"}],
    )
    assert links(office, office.receives(document).referral_id) == [(first, LinkKind.SAME_CONTACT)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"victim__given_name": "ADÁ", "victim__family_name": "example", "victim__phones": []},
            "Same name and date of birth, name and postcode, e-mail address.",
        ),
        (
            {"victim__given_name": "Bo", "victim__emails": [{"address": "ADA@example.org"}]},
            "Same telephone number, e-mail address.",
        ),
        (
            {
                "victim__date_of_birth": None,
                "victim__phones": [],
                "victim__emails": [],
                "victim__address__postcode": "cb12ab",
            },
            "Same name and postcode.",
        ),
    ],
    ids=["folded name", "e-mail in other case", "postcode without space"],
)
def test_what_is_alike_is_told_without_saying_it(office: Office, changes: dict, why: str) -> None:
    office.receives()
    other = office.receives(a_document(**OTHER_CRIME, **changes)).referral_id
    (link,) = office.referrals.linked(other)
    assert link.why == why


def test_a_guardians_number_links_the_children(office: Office) -> None:
    guardian = {"given_name": "Bo", "phones": [{"number": "+447700900777"}]}
    one, two = (
        office.receives(another_person(n, victim__phones=[], victim__guardian=guardian)).referral_id
        for n in (1, 2)
    )
    assert links(office, one) == [(two, LinkKind.SAME_CONTACT)]


def test_never_more_than_twenty_are_shown_the_nearest_in_time(office: Office) -> None:
    phones = [{"number": "+447700900123"}]
    made = [
        office.receives(another_person(n, victim__phones=phones), at=NOW - timedelta(days=n)).referral_id
        for n in range(25)
    ]
    shown = links(office, made[0])
    assert [referral_id for referral_id, _ in shown] == made[1:21]
    assert len(office.referrals.linked(made[0], limit=100)) == 20
    assert len(office.referrals.linked(made[0], limit=3)) == 3


def test_a_corrected_number_links_no_longer_by_the_old_one(office: Office) -> None:
    first = office.begins(another_person(1))
    number = [{"number": "+447700900123", "safe": "yes"}]
    second = office.begins(another_person(2, victim__phones=number))
    assert links(office, first.id) == []
    first.is_corrected({"victim": {"phones": number}})
    assert links(office, first.id) == [(second.id, LinkKind.SAME_CONTACT)]
    second.is_corrected({"victim": {"phones": []}})
    assert links(office, first.id) == []


def test_nobody_is_merged_or_held_for_being_alike(office: Office) -> None:
    office.begins()
    life = office.begins(a_document(source__person_reference="7"))
    assert life.state.holds == ()
