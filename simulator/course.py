"""What happens to a message after it was taken: its reports, in the order the script wants them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from simulator.kept import Message
from simulator.script import Script, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to the service, signed and ready to be made."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that becomes known of a message."""

    status: str
    """What the provider says of it from then on, when asked."""
    rank: int
    """Its place in the course of nature: an earlier status never replaces a later one."""
    tell: Callable[[], Call] | None = None
    """Makes the call that reports it, signed as of now; `None`: nobody is told, one has to ask."""
    after: float = 0.0
    """Seconds after the step before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Everything that follows the taking of one message."""

    message: Message
    steps: tuple[Step, ...]
    overtakes: bool = False
    """Whether it happens before the provider answers the call."""


def course(
    message: Message,
    natural: Iterable[tuple[str, Callable[[], Call] | None]],
    troubles: frozenset[Trouble],
    script: Script,
) -> Course:
    """Arrange what would naturally follow as the script wants it.

    Args:
        message: Which was taken.
        natural: Statuses in their natural order, with the calls that report them.
        troubles: Of this message.
        script: Whose pace is kept.
    """
    late = script.delay if Trouble.DELAYED in troubles else 0.0
    steps = [
        Step(status=status, rank=rank, tell=tell, after=script.pace + (late if tell else 0.0))
        for rank, (status, tell) in enumerate(natural, start=1)
    ]
    telling = sum(step.tell is not None for step in steps)
    if Trouble.SILENT in troubles:
        steps = [replace(step, tell=None) for step in steps]
    if Trouble.REORDERED in troubles:
        steps.reverse()
    if Trouble.DUPLICATED in troubles:
        steps = [one for step in steps for one in _twice(step)]
    overtakes = Trouble.REORDERED in troubles and telling == 1
    if overtakes:
        steps = [replace(step, after=0.0) for step in steps]
    return Course(message=message, steps=tuple(steps), overtakes=overtakes)


def _twice(step: Step) -> tuple[Step, ...]:
    return (step, replace(step, after=0.0)) if step.tell else (step,)
