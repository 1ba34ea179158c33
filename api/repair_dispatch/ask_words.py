"""What a repair asks of a coordinator: which question first, and what to do about each.

The questions themselves are in `api/repair_dispatch/plain_words.py`.  Source: docs/repairs.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from api.repair_dispatch.plain_words import ASKS
from domain.repair_dispatch.kinds import RepairAsk

NEXT_STEPS = {
    RepairAsk.CONTACT_STOPPED: "Read the referral first. Ring the tradesperson: either they still go, and you say so "
    "on the page of the repair, or take the job back.",
    RepairAsk.NOT_SECURE: "Somebody is being looked for again, before everybody else. Stay in touch with the person.",
    RepairAsk.REPORTED_WITHOUT_JOB: "Ring them now: they may stand at the door with a word that is not the word any "
    "more. Say that the job is not theirs, and ring the person if somebody has been there.",
    RepairAsk.CANCEL_NOT_TOLD: "Ring them now: they may be on their way to a door where nobody expects them.",
    RepairAsk.NOT_TOLD: "They said yes and do not know that they have it. Ring them with the address.",
    RepairAsk.TELL_VICTIM: "Ring the person by the safe way of the referral: when somebody comes now, or that nobody "
    "does yet, and the word at the door as it stands on the page of the repair. The old word is not to be believed.",
    RepairAsk.NOBODY_LEFT: "Everybody suitable was asked. Ring somebody and choose them on the page of the repair, "
    "or look again: somebody's day may have begun.",
    RepairAsk.PLACE_UNKNOWN: "The postcode is in no list of ours, so nobody can be ranked by distance. Choose on the "
    "page of the repair whom to ask.",
    RepairAsk.ARRIVAL_LATE: "Ring whoever has the job, then tell the person how long it takes. If nobody is coming, "
    "choose somebody else.",
    RepairAsk.OVERDUE: "Ring the tradesperson. If they do not come, give the job to somebody else.",
    RepairAsk.ARRIVAL_NEAR: "Look whether somebody is on the way. If not, choose somebody now.",
    RepairAsk.GIVEN_BACK: "Somebody else is being asked. Tell the person that it takes longer.",
    RepairAsk.ACCESS_FAILED: "Ring the person: is somebody at home, and is all well? Then look again, or cancel.",
    RepairAsk.REFUSED_ON_SITE: "Ring the person, and the tradesperson: what happened? Think of danger first.",
    RepairAsk.HOLD: "Read what holds it, and lift it when that is so.",
    RepairAsk.SPEND: "A manager approves the money. The work is not held up meanwhile.",
    RepairAsk.DONE_LATE: "Ring the tradesperson: what is missing? Tell the person.",
    RepairAsk.DONE_NEAR: "Ring the tradesperson: will it be done in time?",
    RepairAsk.FOLLOW_UP: "Ring the person by the safe way of the referral. Write down on the page of the repair "
    "what they say.",
}
"""What to do about each question, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskShown:
    """One question, and what to do about it."""

    kind: str
    words: str
    next_step: str


def gravest_first(asks: Iterable[RepairAsk]) -> tuple[RepairAsk, ...]:
    """Put questions in the order in which they are answered."""
    order = list(NEXT_STEPS)
    return tuple(sorted(asks, key=order.index))


def asks_shown(asks: Iterable[RepairAsk]) -> tuple[AskShown, ...]:
    """Say what a coordinator is asked."""
    return tuple(
        AskShown(kind=ask, words=ASKS[ask], next_step=NEXT_STEPS[ask]) for ask in gravest_first(asks)
    )
