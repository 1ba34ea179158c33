from concurrent.futures import ThreadPoolExecutor

from providers.patience import LEFT_ALONE_FOR, MOST_TIMEOUTS, Patience


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def hanging(clock: Clock) -> Patience:
    patience = Patience(clock)
    for _ in range(MOST_TIMEOUTS):
        patience.waited_in_vain()
    return patience


def test_one_slow_answer_is_no_outage() -> None:
    patience = Patience(Clock())
    for _ in range(MOST_TIMEOUTS - 1):
        patience.waited_in_vain()
    assert patience.may_try()


def test_a_system_that_hangs_is_left_alone_and_then_tried_again() -> None:
    clock = Clock()
    patience = hanging(clock)
    assert not patience.may_try()
    clock.now += LEFT_ALONE_FOR
    assert patience.may_try()
    patience.waited_in_vain()
    assert not patience.may_try(), "it hangs still"


def test_after_the_pause_exactly_one_try_finds_out_and_the_others_wait_for_it() -> None:
    clock = Clock()
    patience = hanging(clock)
    clock.now += LEFT_ALONE_FOR
    with ThreadPoolExecutor(8) as threads:
        tries = list(threads.map(lambda _: patience.may_try(), range(40)))
    assert tries.count(True) == 1
    patience.answered()
    assert all(patience.may_try() for _ in range(3)), "it answers again: everybody may"


def test_a_try_that_is_never_heard_of_again_does_not_block_the_way_for_ever() -> None:
    clock = Clock()
    patience = hanging(clock)
    clock.now += LEFT_ALONE_FOR
    assert patience.may_try()
    assert not patience.may_try()
    clock.now += LEFT_ALONE_FOR
    assert patience.may_try()


def test_an_answer_forgives_everything() -> None:
    patience = Patience(Clock())
    for _ in range(10):
        patience.waited_in_vain()
        patience.answered()
    assert patience.may_try()
