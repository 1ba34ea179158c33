from providers.patience import LEFT_ALONE_FOR, MOST_TIMEOUTS, Patience


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_slow_answer_is_no_outage() -> None:
    patience = Patience(Clock())
    for _ in range(MOST_TIMEOUTS - 1):
        patience.waited_in_vain()
    assert not patience.is_out


def test_a_system_that_hangs_is_left_alone_and_then_tried_again() -> None:
    clock = Clock()
    patience = Patience(clock)
    for _ in range(MOST_TIMEOUTS):
        patience.waited_in_vain()
    assert patience.is_out
    clock.now += LEFT_ALONE_FOR
    assert not patience.is_out
    patience.waited_in_vain()
    assert patience.is_out, "it hangs still"


def test_an_answer_forgives_everything() -> None:
    patience = Patience(Clock())
    for _ in range(10):
        patience.waited_in_vain()
        patience.answered()
    assert not patience.is_out
