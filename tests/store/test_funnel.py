"""Rule 7 of docs/policy.md: the funnel balances, at every moment."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.message_ports import Beginning
from domain.vocabulary import AttemptOutcome, Channel, DecisionKind, MessageState, Outcome
from store.funnel import Funnel
from store.message import MessageStore
from tests.builders import DAY, NOW
from tests.store.lives import KeptLife, Office, another_person

PLACES = (
    "information",
    "waiting",
    "held",
    "undecided",
    "ongoing_support",
    "single_call",
    "declined",
    "not_reached",
)


def balances(funnel: Funnel) -> bool:
    return (
        funnel.received == funnel.referred + funnel.information
        and funnel.referred
        == funnel.waiting
        + funnel.held
        + funnel.undecided
        + funnel.contacted
        + funnel.not_reached
        + sum(funnel.diverted.values())
        and funnel.contacted == funnel.ongoing_support + funnel.single_call + funnel.declined
        and funnel.supported == funnel.ongoing_support + funnel.single_call
    )


def sends(life: KeptLife) -> KeptLife:
    from domain.events import MessageSettled

    life.reaches_cut_off()
    assert life.begins_to_leave()[0] is Beginning.BEGUN
    life.office.messages.settle(life.key, MessageState.SENT, why="", provider_id="", now=life.now)
    return life.happens(MessageSettled(key=life.key, state=MessageState.SENT))


def begun(**changes) -> Callable[[Office], KeptLife]:
    return lambda office: office.begins(another_person(1, **changes))


CASES: dict[str, tuple[str, Callable[[Office], object]]] = {
    "just received": ("waiting", lambda office: office.receives()),
    "just received for information": (
        "information",
        lambda o: o.receives(another_person(1, lane="information")),
    ),
    "being called": ("waiting", lambda o: o.begins().rings("no_answer")),
    "held by triage": ("held", begun(incident__kind="assault", suspects=[])),
    "spoken to": ("undecided", lambda o: o.begins().rings("answered")),
    "spoken to, then held": ("held", lambda o: o.begins().rings("answered").decides("hold")),
    "a letter waits": ("waiting", lambda o: o.begins().is_silent()),
    "a letter has left": ("waiting", lambda o: sends(o.begins().is_silent())),
    "not reached": ("not_reached", lambda o: sends(o.begins().is_silent()).waits(15 * DAY)),
    "a single call": ("single_call", lambda o: o.begins().rings("answered").decides("single_call")),
    "declined": ("declined", lambda o: o.begins().rings("answered").decides("declined")),
    "declined by a guardian": (
        "declined",
        lambda o: o.begins().rings("answered").decides("declined", declined_by="guardian"),
    ),
    "supported": ("ongoing_support", lambda o: o.begins().rings("answered").decides("ongoing_support")),
    "supported, then held": (
        "ongoing_support",
        lambda o: o.begins().rings("answered").decides("ongoing_support").decides("hold"),
    ),
    "supported, then disengaged": (
        "ongoing_support",
        lambda o: (
            o.begins().rings("answered").decides("ongoing_support").decides("close", outcome="disengaged")
        ),
    ),
    "reopened after a single call": (
        "waiting",
        lambda o: o.begins().rings("answered").decides("single_call").decides("reopen"),
    ),
    "information on its way": ("information", begun(lane="information")),
    "informed": ("information", lambda o: sends(begun(lane="information")(o)).waits(15 * DAY)),
    "information, promoted": ("waiting", lambda o: begun(lane="information")(o).decides("promote")),
    "information, spoken to": ("undecided", lambda o: begun(lane="information")(o).rings("answered")),
    "out of area": ("diverted", begun(victim__address={"lines": ["1"], "postcode": "PE1 1AA"})),
    "excluded": ("diverted", begun(incident__kind="antisocial_behaviour")),
    "returned": ("diverted", begun(consent={"status": "refused"})),
}


@pytest.mark.parametrize("case", CASES)
def test_every_referral_is_counted_in_the_first_place_that_fits(office: Office, case: str) -> None:
    place, story = CASES[case]
    story(office)
    funnel = office.statistics.funnel()
    counted = {name for name in PLACES if getattr(funnel, name)} | (
        {"diverted"} if funnel.diverted else set()
    )
    assert counted == {place}
    assert funnel.received == 1
    assert balances(funnel)


def test_diverted_is_told_by_outcome(office: Office) -> None:
    office.begins(another_person(1, incident__kind="antisocial_behaviour"))
    office.begins(another_person(2, consent={"status": "refused"}))
    office.begins(another_person(3)).decides("close", outcome="moved_away")
    assert office.statistics.funnel().diverted == {"excluded": 1, "returned_to_referrer": 1, "moved_away": 1}


def test_messages_are_counted_once_they_left_and_never_when_recalled(office: Office) -> None:
    no_post = {"victim__address": {"lines": ["1"], "safe": "no"}}
    sends(office.begins(another_person(1)).is_silent())
    sends(office.begins(another_person(2, **no_post)).is_silent())
    sends(office.begins(another_person(3, **no_post, victim__emails=[])).is_silent())
    office.begins(another_person(4)).is_silent()
    office.begins(another_person(5)).is_silent().rings("answered")
    office.begins(another_person(6)).is_silent().reaches_cut_off().begins_to_leave()
    funnel = office.statistics.funnel()
    assert (funnel.letters_sent, funnel.emails_sent, funnel.texts_sent) == (1, 1, 1)


def test_what_was_simulated_is_counted_as_sent_and_told_apart(office: Office) -> None:
    # A provider may be configured later: what was simulated before has still not left.
    sends(office.begins(another_person(1)).is_silent())
    really = office.messages
    office.messages = MessageStore(office.engine, office.keyring, simulated={Channel.LETTER})
    sends(office.begins(another_person(2)).is_silent())
    office.messages = really
    funnel = office.statistics.funnel()
    assert (funnel.letters_sent, funnel.simulated) == (2, {Channel.LETTER: 1})


def test_the_range_is_when_it_was_received_the_end_left_out(office: Office) -> None:
    for day in range(4):
        office.receives(another_person(day), at=NOW + day * DAY)
    sends(office.begins(another_person(9), at=NOW).is_silent())

    def received(**bounds) -> int:
        return office.statistics.funnel(**bounds).received

    assert received() == 5
    assert received(received_from=NOW + DAY, received_to=NOW + 3 * DAY) == 2
    assert received(received_to=NOW) == 0
    assert office.statistics.funnel(received_from=NOW + DAY).letters_sent == 0


def test_an_empty_service_counts_nothing(office: Office) -> None:
    funnel = office.statistics.funnel()
    assert funnel.received == 0
    assert funnel.as_of.utcoffset() == timedelta()


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rings"), st.sampled_from(list(AttemptOutcome))),
        st.tuples(st.just("decides"), st.sampled_from(list(DecisionKind))),
        st.tuples(st.just("closes"), st.sampled_from(list(Outcome))),
        st.tuples(st.just("waits"), st.sampled_from([timedelta(hours=4), 3 * DAY, 20 * DAY])),
        st.tuples(
            st.just("is_corrected"), st.sampled_from([{"flags": ["stalking"]}, {"lane": "information"}])
        ),
    ),
    max_size=12,
)


def test_the_funnel_balances_after_every_step_of_every_life(office: Office) -> None:
    numbers = iter(range(1000, 100_000))

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(steps=_STEPS, lane=st.sampled_from(["contact", "information"]))
    def live(steps, lane) -> None:
        before = office.statistics.funnel().received
        life = office.begins(another_person(next(numbers), lane=lane))
        for name, what in steps:
            if name == "closes":
                life.decides("close", outcome=what)
            else:
                getattr(life, name)(what)
            funnel = office.statistics.funnel()
            assert balances(funnel)
            assert funnel.received == before + 1

    live()


def test_the_funnel_balances_while_referrals_move(office: Office) -> None:
    # Counted in several statements it would see one referral in two places, or in none.
    lives = [office.begins(another_person(number)) for number in range(8)]
    done = threading.Event()
    funnels: list[Funnel] = []

    def count() -> None:
        while not done.is_set():
            funnels.append(office.statistics.funnel())

    counting = threading.Thread(target=count)
    counting.start()
    moving = [
        threading.Thread(target=lambda life=life: life.is_silent().rings("answered").decides("single_call"))
        for life in lives
    ]
    for thread in moving:
        thread.start()
    for thread in moving:
        thread.join()
    done.set()
    counting.join()
    assert all(balances(funnel) and funnel.received == 8 for funnel in funnels)
    assert office.statistics.funnel().single_call == 8
