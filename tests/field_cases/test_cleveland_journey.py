"""The whole sample over HTTP, on a real Temporal and a real Postgres: 118 referrals posted, rung and counted.

The profile is the rehearsal, so that a life takes seconds, but for the one kind of crime that the sample's service did
not take.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.field_cases.sample import EXCLUDED_KIND, HINDERED, Case, the_sample, those_of
from tests.journeys.people import Json, People, assert_it_balances, eventually, together
from tests.servers import REHEARSAL, REPOSITORY, Tree

CHANGES = {
    "excluded_kinds = []": f'excluded_kinds = ["{EXCLUDED_KIND}"]',
    'minimum_gap = "PT4S"': 'minimum_gap = "PT2S"',  # as much as clocks may differ: no call has to wait
}
REFERRER_ASKED = "safe_channel_asked"


@pytest.fixture(scope="module")
def people(make_tree: Callable[..., Tree], tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """Everybody at a service of the sample's own, so that its statistics are the sample's."""
    text = (REPOSITORY / REHEARSAL).read_text()
    for before, after in CHANGES.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    profile: Path = tmp_path_factory.mktemp("profile") / "rehearsal.toml"
    profile.write_text(text)
    tree = make_tree(profile=profile).start()
    everybody = People.of(tree)
    yield everybody
    everybody.leave()
    tree.discard()


@pytest.fixture(scope="module")
def lived(people: People) -> dict[str, str]:
    """All 118 posted and rung; the id of each.  First reports before second ones, as they came."""
    ids: dict[str, str] = {}
    for cases in ([c for c in the_sample() if not c.of], those_of("duplicate")):
        posted = together([lambda case=case: post(people, case) for case in cases])
        ids |= dict(zip((case.case for case in cases), posted, strict=True))
    together([lambda case=case: live(people, ids[case.case], case) for case in the_sample()])
    return ids


def post(people: People, case: Case) -> str:
    answer = people.force.post("/referrals", case.referral)
    assert answer.status_code == 201, f"{case.case}: {answer.text}"
    return answer.json()["id"]


def live(people: People, referral: str, case: Case) -> None:
    for step in case.then:
        if "call" in step:
            people.coordinator.ring(referral, step["call"])
        else:
            more = {"outcome": step["outcome"]} if "outcome" in step else {}
            people.coordinator.decide(referral, step["decision"], reason="As in the sample.", **more)


def ended(people: People, referral: str, case: Case) -> Json:
    return people.coordinator.wait_for(
        referral, stage=case.expected["stage"], outcome=case.expected.get("outcome")
    )


def to_the_victim(people: People, referral: str) -> list[Json]:
    return [
        message for message in people.coordinator.messages(referral) if message["purpose"] != REFERRER_ASKED
    ]


def test_everybody_ends_where_an_expert_would_put_them(people: People, lived: dict[str, str]) -> None:
    shown = {case.case: ended(people, lived[case.case], case) for case in the_sample()}
    for case in the_sample():
        hold = shown[case.case]["hold"]
        assert (hold["kind"] if hold else None) in (case.expected.get("holds") or [None]), case.case
    assert len(set(lived.values())) == len(shown) == 118


def test_nothing_written_leaves_for_the_28_and_one_message_for_each_of_the_32(
    people: People, lived: dict[str, str]
) -> None:
    for case in the_sample():
        referral = lived[case.case]
        ended(people, referral, case)
        messages = to_the_victim(people, referral)
        assert [message["channel"] for message in messages] == case.expected["written"], case.case
        assert {message["state"] for message in messages} <= {"sent"}, case.case


def test_the_force_is_asked_about_those_a_man_answered(people: People, lived: dict[str, str]) -> None:
    for case in those_of("a_man_answered"):
        referral = lived[case.case]
        sent = eventually(
            lambda referral=referral: [
                m for m in people.coordinator.messages(referral) if m["state"] == "sent"
            ],
            or_else=case.case,
        )
        assert [(message["channel"], message["purpose"]) for message in sent] == [("email", REFERRER_ASKED)]


def test_a_second_report_is_linked_and_shown_and_never_merged(people: People, lived: dict[str, str]) -> None:
    for case in those_of("duplicate"):
        first, again = lived[case.of], lived[case.case]
        for one, other in ((first, again), (again, first)):
            links = {link["id"]: link["kind"] for link in people.coordinator.see(one)["links"]}
            assert links[other] == "duplicate"
        assert people.coordinator.see(first)["outcome"] == "single_call"
        assert people.coordinator.see(again)["outcome"] == "duplicate"


def test_the_statistics_are_the_samples_own(people: People, lived: dict[str, str]) -> None:
    for case in the_sample():
        ended(people, lived[case.case], case)
    funnel = people.manager.funnel()
    assert_it_balances(funnel)
    held = sum(HINDERED[group] for group in HINDERED) - 1 - 5 - 2
    assert (funnel["received"], funnel["referred"], funnel["information"]) == (118, 118, 0)
    assert (funnel["single_call"], funnel["not_reached"], funnel["held"]) == (58, 32, held)
    assert funnel["diverted"] == Counter(excluded=1, duplicate=5, returned_to_referrer=2)
    assert (funnel["waiting"], funnel["undecided"], funnel["ongoing_support"], funnel["declined"]) == (
        0,
        0,
        0,
        0,
    )
    assert (funnel["letters_sent"], funnel["texts_sent"]) == (30, 2)
