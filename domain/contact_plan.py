"""The contact plan: what a victim, or a coordinator who spoke to them, said about reaching them safely; and its end.

Source: rule 1 of docs/policy.md; docs/policy.md#contact-plan.
"""

from dataclasses import replace

from domain.change_words import what_changed
from domain.closure import forget_released, hold_what_is_new
from domain.events import PlanChanged
from domain.moves import hold
from domain.referral_state import Turn
from domain.routing import route_after_correction
from domain.vocabulary import Stage

_WORKING = frozenset({Stage.CONTACTING, Stage.WRITING})
_RUN_OUT = "The contact plan has run out: ask again whether contact is safe."


def change_plan(turn: Turn, event: PlanChanged) -> None:
    """Somebody said how to reach the person: triage and gate run again at once.  Sensitive stays sensitive."""
    before = turn.state
    facts = event.facts.as_of(turn.now)
    turn.state = replace(before, facts=facts, sensitive=before.sensitive or facts.is_sensitive)
    forget_released(turn)
    turn.say("The contact plan was changed.", what_changed(before, turn.state), by_person=True)
    if before.stage in _WORKING:
        route_after_correction(turn)
    elif before.stage in {Stage.HELD, Stage.SUPPORTING}:
        hold_what_is_new(turn, before)


def run_out(turn: Turn) -> None:
    """A plan that has run out vouches for nothing: on a sensitive referral somebody asks again before anything."""
    state = turn.state
    until = state.facts.plan_until
    if not state.is_live or until is None or turn.now < until:
        return
    turn.state = replace(state, facts=state.facts.as_of(turn.now))
    turn.say("The contact plan has run out.", "What it vouched for counts as unknown from now on.")
    if state.sensitive and state.stage in _WORKING:
        hold(turn, "confirm_safety", why=_RUN_OUT)
    elif state.stage in _WORKING:
        route_after_correction(turn)
