"""Changes of the plan that were made upon the same view of it."""

from copy import deepcopy

import pytest
from hypothesis import given, settings

from domain.events import PlanSent
from store.contact_plan import plan_part
from store.contact_plan_change import changed_by_staff
from tests.builders import NOW
from tests.store.lives import Office, a_document
from tests.store.test_contact_plan_properties import a_guardian, answers, plans

NUMBER = "+447700900123"
BESIDES = "+447700900124"
PLACE = {"lines": ["1 Example Street"], "postcode": "CB1 2AB"}
EVENING = {"days": ["mon", "tue"], "from": "18:00", "to": "20:00"}
MONDAY = {"days": ["mon"], "from": "18:00", "to": "20:00"}


def phone(number: str = NUMBER, **said: str) -> dict[str, str]:
    return {"number": number, "safe": "yes", "voicemail": "neutral", **said}


def both(base: dict, first: dict, second: dict) -> dict:
    """The plan after two changes that were both made upon `base`."""
    document = a_document(**{f"victim__{name}": said for name, said in base.items()})
    seen = plan_part(document)
    for change in (first, second):
        document = changed_by_staff(document, {"victim": deepcopy(change)}, seen)
    return document["victim"]


def test_a_change_of_something_else_does_not_open_the_number_that_was_closed_meanwhile() -> None:
    victim = both(
        {"phones": [phone()]},
        {"phones": [phone(safe="no")]},
        {"phones": [phone(voicemail="none")]},
    )
    assert victim["phones"] == [phone(safe="no", voicemail="none")]


def test_a_number_that_was_added_meanwhile_is_not_lost() -> None:
    victim = both(
        {"phones": [phone()]},
        {"phones": [phone(), phone(BESIDES, safe="no")]},
        {"phones": [phone(texts="no")]},
    )
    assert victim["phones"] == [phone(texts="no"), phone(BESIDES, safe="no")]


def test_a_number_taken_out_while_somebody_closed_it_stays_closed() -> None:
    assert both({"phones": [phone()]}, {"phones": [phone(safe="no")]}, {"phones": []})["phones"] == [
        phone(safe="no")
    ]
    assert both({"phones": [phone()]}, {"phones": []}, {"phones": [phone(texts="yes")]})["phones"] == []


@pytest.mark.parametrize(
    ("name", "base", "first", "second", "holds"),
    [
        ("phones", [phone(safe="unknown")], [phone(safe="no")], [phone(safe="yes")], [phone(safe="no")]),
        ("access", ["relay"], ["relay", "no_phone"], ["large_print"], ["no_phone", "large_print"]),
        ("call_windows", [], [MONDAY], [EVENING], [MONDAY]),
        ("call_windows", [EVENING], [MONDAY], [], [MONDAY]),
        ("preferred_name", "Ada", "Addie", "A.", "A."),
        (
            "address",
            {**PLACE, "safe": "yes"},
            {**PLACE, "safe": "no"},
            {"lines": ["1 Example St"]},
            {"lines": ["1 Example St"], "postcode": "CB1 2AB", "safe": "no"},
        ),
        (
            "address",
            {**PLACE, "safe": "unknown"},
            {"lines": ["2 Refuge Road"], "postcode": "PE1 1AA", "safe": "unknown"},
            {"safe": "yes"},
            {"lines": ["2 Refuge Road"], "postcode": "PE1 1AA", "safe": "unknown"},
        ),
        (
            "contact_plan",
            {"caller_display": "service", "until": "2027-01-01T00:00:00Z", "safe_word": "a"},
            {"caller_display": "withheld", "until": "2027-03-01T00:00:00Z", "relay": "18001"},
            {"caller_display": "neutral", "until": "2027-02-01T00:00:00Z", "safe_word": "b"},
            {
                "caller_display": "withheld",
                "until": "2027-02-01T00:00:00Z",
                "safe_word": "b",
                "relay": "18001",
            },
        ),
        ("contact_plan", {}, {"safe_word": "blue bell"}, {"duress_word": "bell"}, {"safe_word": "blue bell"}),
    ],
)
def test_of_two_new_answers_the_more_careful_one_holds(name, base, first, second, holds) -> None:
    assert both({name: base}, {name: first}, {name: second})[name] == holds


def test_a_guardian_who_is_taken_out_meanwhile_comes_back_with_no_change_of_their_numbers() -> None:
    document = a_document(victim__guardian={"given_name": "Bo", "phones": [phone(BESIDES)]})
    seen = plan_part(document)
    without = deepcopy(document)
    del without["victim"]["guardian"]
    change = {"victim": {"guardian": {"phones": [phone(BESIDES, safe="no")]}}}
    assert "guardian" not in changed_by_staff(without, change, seen)["victim"]


@settings(max_examples=200, deadline=None)
@given(base=plans, first=plans, second=plans, bo=a_guardian)
def test_whatever_either_made_less_safe_is_no_safer_in_the_end(base, first, second, bo) -> None:
    was = answers(base)
    victim = both(base | {"guardian": bo, "access": []}, first, second)
    for way, allowed in answers({**victim, "guardian": {}}).items():
        for change in (first, second):
            said = answers(change)
            if way in was and way in said and said[way] < was[way]:
                assert allowed <= said[way], way


def test_two_changes_on_their_way_at_once_are_put_together_when_they_are_applied(office: Office) -> None:
    """Temporal away: the second was made by somebody who could not see the first."""
    life = office.begins(a_document(victim__phones=[phone()]))
    seen = plan_part(life.view.document)
    signed = {"set_by": {"role": "coordinator", "name": "Jo"}, "set_at": NOW.isoformat()}
    waiting = [
        life.is_told(
            PlanSent(), patch={"victim": {"phones": [phone(**said)], "contact_plan": signed}}, base=seen
        )
        for said in ({"safe": "no"}, {"voicemail": "none"})
    ]
    for command in waiting:
        life.takes_in(command)
    assert life.view.document["victim"]["phones"] == [phone(safe="no", voicemail="none")]
    assert [number.safe for number in office.referrals.take_up(life.id).facts.phones] == ["no"]


def test_a_change_stored_by_an_older_version_is_applied_as_it_was_meant(office: Office) -> None:
    life = office.begins(a_document(victim__phones=[phone()]))
    life.has_its_plan_changed({"phones": [phone(safe="no")]})
    assert life.view.document["victim"]["phones"] == [phone(safe="no")]
