import threading
from datetime import timedelta

from tests.builders import NOW
from tests.store.lives import Office, another_person

LEASE = timedelta(seconds=5)
LATER = NOW + timedelta(minutes=1)


def test_the_front_doors_own_try_goes_first(office: Office) -> None:
    office.receives()
    assert office.outbox.claim(now=NOW + timedelta(seconds=1), lease=LEASE, limit=10) == []
    assert len(office.outbox.claim(now=NOW + timedelta(seconds=5), lease=LEASE, limit=10)) == 1


def test_the_longest_waiting_are_taken_first_and_by_one_relay_only(office: Office) -> None:
    made = [office.receives(another_person(n), at=NOW - n * LEASE).referral_id for n in range(4)]
    taken = office.outbox.claim(now=LATER, lease=LEASE, limit=2)
    assert [waiting.referral_id for waiting in taken] == [made[3], made[2]]
    assert {waiting.tries for waiting in taken} == {1}
    others = office.outbox.claim(now=LATER, lease=LEASE, limit=10)
    assert {waiting.referral_id for waiting in others} == {made[0], made[1]}


def test_relays_at_work_at_once_never_take_the_same(office: Office) -> None:
    for number in range(40):
        office.receives(another_person(number))
    taken: list[str] = []

    def relay() -> None:
        taken.extend(waiting.referral_id for waiting in office.outbox.claim(now=LATER, lease=LEASE, limit=15))

    threads = [threading.Thread(target=relay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken))


def test_what_could_not_be_started_is_taken_again(office: Office) -> None:
    referral_id = office.receives().referral_id
    (waiting,) = office.outbox.claim(now=LATER, lease=LEASE, limit=1)
    assert office.outbox.claim(now=LATER + LEASE, lease=LEASE, limit=1)[0].tries == 2
    office.outbox.failed(referral_id, retry_at=LATER + 10 * LEASE)
    assert office.outbox.claim(now=LATER + 9 * LEASE, lease=LEASE, limit=1) == []
    assert office.outbox.claim(now=LATER + 10 * LEASE, lease=LEASE, limit=1)[0].tries == 3
    assert waiting.made_at == NOW


def test_what_was_started_is_not_taken_again(office: Office) -> None:
    referral_id = office.receives().referral_id
    office.outbox.done(referral_id)
    assert office.outbox.claim(now=LATER, lease=LEASE, limit=1) == []
