"""The contact plan as it is sent: what a victim, or whoever spoke with them, says about safe contact."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, model_validator

from api.call_window import CallWindow
from api.fields import Body, Line, ShortLine, Until, wrong
from domain.vocabulary import CallerDisplay, InterpreterGender
from store.contact_plan import is_a_word, says

MOST_WINDOWS = 21
"""Of one channel, as of calls."""


def _needed(value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise wrong("is empty: say which language")
    return value


class InterpreterNeeded(Body):
    """Through whom the person can speak; never through a relative, unless they asked for that."""

    language: Annotated[ShortLine, BeforeValidator(_needed)] = Field(examples=["Polish"])
    not_a_relative: StrictBool = True
    gender: InterpreterGender = InterpreterGender.ANY


def _can_be_said(word: str | None) -> str | None:
    if word is not None and not is_a_word(word):
        raise wrong("has neither a letter nor a digit")
    return word


AgreedWord = Annotated[ShortLine, AfterValidator(_can_be_said)]
"""A word that was agreed on; case, accents, spaces and marks do not matter."""


class ContactPlan(Body):
    """What was agreed about safe contact beyond each number and address; nothing of it is needed."""

    if_someone_else_answers: Line = Field(default=None, description="What we say then.")
    on_ring_back: Line = Field(
        default=None, description="What whoever rings our number back is told, or hears."
    )
    safe_word: AgreedWord = Field(default=None, description="By which we know that it is the person.")
    duress_word: AgreedWord = Field(
        default=None,
        description="Said when somebody listens: everything goes on as usual, and a supervisor is asked to look. "
        "Staff read it on the page of the plan alone; no answer of this API has it.",
    )
    interpreter_needed: InterpreterNeeded | None = None
    relay: Line = Field(
        default=None, description="How a relay service or a sign language interpreter is reached."
    )
    text_windows: list[CallWindow] | None = Field(
        default=None, max_length=MOST_WINDOWS, description="When texts may come; absent: by day."
    )
    email_windows: list[CallWindow] | None = Field(
        default=None, max_length=MOST_WINDOWS, description="When e-mails may come; absent: at any time."
    )
    caller_display: CallerDisplay | None = Field(
        default=None,
        description="What may be seen of us when we ring; a number that asks to hide ours is rung with it withheld.",
    )
    until: Until | None = Field(
        default=None,
        description="Until when all this holds, in the future: after that, every yes counts as unknown.",
    )

    @model_validator(mode="after")
    def _words_differ(self) -> Self:
        if self.safe_word and self.duress_word and says(self.duress_word, self.safe_word):
            raise wrong("has a duress word that is also in the safe word: the two have to differ")
        return self


def saying_something(plan: ContactPlan | None) -> ContactPlan | None:
    """Leave out a plan that says nothing."""
    return plan if plan is not None and plan.model_dump(exclude_defaults=True) else None
