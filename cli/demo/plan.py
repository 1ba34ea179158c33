"""What is played: a share of the published year, and what the statistics have to say of it afterwards."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from domain.vocabulary import Outcome, Stage

Kind = TypeVar("Kind")
Json = dict[str, Any]


class Story(StrEnum):
    """What becomes of one referral, and which sample it stands for."""

    ONGOING_SUPPORT = "ongoing_support"
    SINGLE_CALL = "single_call"
    DECLINED = "declined"
    NOT_REACHED = "not_reached"

    EXCLUDED = "excluded"
    """The service does not take this kind; a coordinator closes it."""
    DUPLICATE = "duplicate"
    """Reported twice; a coordinator closes the second one."""
    WITHOUT_CONSENT = "without_consent"
    """A young person after a sexual offence whom nobody has asked."""
    CHILD_PROTECTION = "child_protection"
    """A child whose guardian is the suspect."""
    NO_SAFE_WAY = "no_safe_way"
    """Cannot use a telephone, and a letter would be read by the wrong person."""
    WRONG_NUMBER = "wrong_number"
    """The only number given is somebody else's."""
    NO_SAFE_NUMBER = "no_safe_number"
    """The only number given must not be rung."""
    SOMEBODY_ELSE_ANSWERED = "somebody_else_answered"
    """A man answered the victim's number on a sensitive referral."""

    INFORMED = "informed"
    """The information lane: one letter or e-mail, no call."""


PUBLISHED = {
    Story.ONGOING_SUPPORT: 2206,
    Story.SINGLE_CALL: 2105,
    Story.DECLINED: 1248,
    Story.NOT_REACHED: 1528,
}
"""The first year of the Cambridgeshire Victims' Hub: 7,087 referred, 5,559 of them contacted.  Source: docs/demo.md."""

DIVERTED = {
    Story.EXCLUDED: 1,
    Story.DUPLICATE: 5,
    Story.WITHOUT_CONSENT: 2,
    Story.CHILD_PROTECTION: 2,
    Story.NO_SAFE_WAY: 1,
    Story.WRONG_NUMBER: 2,
    Story.NO_SAFE_NUMBER: 1,
    Story.SOMEBODY_ELSE_ANSWERED: 14,
}
"""Of 118 police referrals in three days those that could not enter the ordinary loop.  Source: docs/demo.md."""

ANSWERED_AT = {1: 60, 2: 25, 3: 15}
"""At which call a person who is reached answers, in hundredths.  Nobody published it: the spread is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Where a life has to end."""

    stage: Stage
    outcome: Outcome | None = None


_HELD = Ending(stage=Stage.HELD)
_RETURNED = Ending(stage=Stage.CLOSED, outcome=Outcome.RETURNED_TO_REFERRER)
ENDINGS: Mapping[Story, Ending] = {
    Story.ONGOING_SUPPORT: Ending(stage=Stage.CLOSED, outcome=Outcome.SUPPORT_COMPLETED),
    Story.SINGLE_CALL: Ending(stage=Stage.CLOSED, outcome=Outcome.SINGLE_CALL),
    Story.DECLINED: Ending(stage=Stage.CLOSED, outcome=Outcome.DECLINED),
    Story.NOT_REACHED: Ending(stage=Stage.CLOSED, outcome=Outcome.NOT_REACHED),
    Story.EXCLUDED: Ending(stage=Stage.CLOSED, outcome=Outcome.EXCLUDED),
    Story.DUPLICATE: Ending(stage=Stage.CLOSED, outcome=Outcome.DUPLICATE),
    Story.WITHOUT_CONSENT: _HELD,
    Story.CHILD_PROTECTION: _HELD,
    Story.NO_SAFE_WAY: _HELD,
    Story.WRONG_NUMBER: _RETURNED,
    Story.NO_SAFE_NUMBER: _RETURNED,
    Story.SOMEBODY_ELSE_ANSWERED: _HELD,
    Story.INFORMED: Ending(stage=Stage.CLOSED, outcome=Outcome.INFORMED),
}
"""How every story ends in today's product, if nobody else interferes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One referral to be played."""

    number: int
    story: Story
    person: int
    """Whom it is about: their own number, or for a duplicate that of an earlier life."""
    answers_at: int = 1
    """At which call they answer, if they do."""


def plan(*, referrals: int, diverted: int, information: int) -> list[Life]:
    """Lay out the lives in the order in which they are reported, every story spread evenly over it.

    Args:
        referrals: How many share the published proportions.
        diverted: How many more must not run through the ordinary loop.
        information: How many more are in the information lane.
    """
    counts = shares(referrals, PUBLISHED) | shares(diverted, DIVERTED) | {Story.INFORMED: information}
    answers = {story: iter(_spread(shares(count, ANSWERED_AT))) for story, count in counts.items()}
    lives: list[Life] = []
    reported = 0
    for number, story in enumerate(_spread(counts), start=1):
        again = story is Story.DUPLICATE and reported > 0
        lives.append(
            Life(
                number=number,
                story=story,
                person=reported if again else number,
                answers_at=next(answers[story]),
            )
        )
        reported = number if story in PUBLISHED else reported
    return lives


def shares(total: int, weights: Mapping[Kind, int]) -> dict[Kind, int]:
    """Share a number out in given proportions by largest remainder: it adds up, and nobody is one off."""
    whole = sum(weights.values())
    given = {kind: total * weight // whole for kind, weight in weights.items()}
    nearest = sorted(weights, key=lambda kind: -(total * weights[kind] % whole))
    for kind in nearest[: total - sum(given.values())]:
        given[kind] += 1
    return given


def expected(lives: Iterable[Life]) -> Json:
    """What `GET /statistics` has to say when every life has ended."""
    of = Counter(life.story for life in lives)
    diverted: Counter[str] = Counter()
    for story in DIVERTED:
        outcome = ENDINGS[story].outcome
        if outcome is not None and of[story]:
            diverted[outcome] += of[story]
    held = sum(of[story] for story in DIVERTED if ENDINGS[story].stage is Stage.HELD)
    supported = of[Story.ONGOING_SUPPORT] + of[Story.SINGLE_CALL]
    return {
        "received": of.total(),
        "referred": of.total() - of[Story.INFORMED],
        "information": of[Story.INFORMED],
        "waiting": 0,
        "held": held,
        "undecided": 0,
        "contacted": supported + of[Story.DECLINED],
        "ongoing_support": of[Story.ONGOING_SUPPORT],
        "single_call": of[Story.SINGLE_CALL],
        "declined": of[Story.DECLINED],
        "supported": supported,
        "not_reached": of[Story.NOT_REACHED],
        "diverted": dict(diverted),
    }


def _spread(counts: Mapping[Kind, int]) -> Sequence[Kind]:
    """Put everything in one row, each kind at even distances."""
    row = [
        ((2 * place + 1) / count, order, kind)
        for order, (kind, count) in enumerate(counts.items())
        for place in range(count)
    ]
    return [kind for _, _, kind in sorted(row, key=lambda entry: entry[:2])]
