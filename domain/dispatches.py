"""What a referral knows of the repairs and the practical help that were asked for on it.

Each has a heart and a workflow of its own, and outlives the referral.  Source: docs/repairs.md.
"""

from dataclasses import replace

from domain.channels import known_safe_texts
from domain.dispatch_events import HelpAsked, RepairAsked, VisitExpected
from domain.errands import TOO_LATE, tell_by_telephone
from domain.events import Event, Stopped
from domain.moves import send_errand
from domain.referral_state import MessageChange, ReferralState, Turn
from domain.vocabulary import Channel, MessageState, Purpose, Stage


def repair_asked(turn: Turn, event: RepairAsked) -> None:
    """A repair begins, in every stage: who asks has the victim on the line."""
    kinds = ", ".join(kind.replace("_", " ") for kind in event.request.kinds)
    turn.state = replace(turn.state, repairs=(*turn.state.repairs, event.repair_id))
    turn.begins = event
    turn.say(f"A repair was asked for: {kinds}.", _URGENCY[event.request.urgency], by_person=True)


def help_asked(turn: Turn, event: HelpAsked) -> None:
    """Practical help begins, in every stage."""
    turn.begins = event
    turn.say("Practical help was asked for.", by_person=True)


def visit_expected(turn: Turn, event: VisitExpected) -> None:
    """Tell the person when somebody comes, if the gate lets it: by a text to a number known to be safe.

    The time itself is read as the text is written, so that an old one never leaves.
    Source: docs/policy.md#expected-visits.
    """
    _recall_older(turn, event.repair_id)
    if event.expected_at <= turn.now:
        turn.say("The person was not told by text that somebody comes.", TOO_LATE)
        return
    safe = known_safe_texts(turn.state.facts.as_of(turn.now), closed=turn.state.closed_ways)
    why_not = send_errand(
        turn,
        Purpose.VISIT_EXPECTED,
        Channel.TEXT,
        address_id=safe[0].id if safe else "",
        about=event.repair_id,
        until=event.expected_at,
    )
    if why_not is not None:
        tell_by_telephone(turn, why_not)


def _recall_older(turn: Turn, repair_id: str) -> None:
    """A text with an earlier time that has not left does not leave any more."""
    older = [errand for errand in turn.state.errands if errand.about == repair_id and errand.is_waiting]
    kept = tuple(errand for errand in turn.state.errands if errand not in older)
    turn.state = replace(turn.state, errands=kept)
    why = "Another time is known now."
    turn.messages.extend(
        MessageChange(key=errand.key, state=MessageState.RECALLED, why=why) for errand in older
    )


def tell_of_stops(turn: Turn, before: ReferralState, event: Event) -> None:
    """Whoever sends tradespeople is told when everything is stopped or held: somebody may be on the way to the door.

    A stop that is pressed again is told again: since the first somebody may have let them go on.
    """
    is_news = set(turn.state.stopped_for) - set(before.stopped_for) or isinstance(event, Stopped)
    is_held = turn.state.stage is Stage.HELD and before.stage is not Stage.HELD
    if is_news or is_held:
        turn.stops_repairs = turn.state.repairs


_URGENCY = {
    "open_property": "The property is open.",
    "today": "It is wanted today.",
    "planned": "It can be planned.",
}
