"""Times of day at which a person may be reached, as people name them."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_serializer, model_validator

from api.fields import Body, once_each, wrong
from domain.vocabulary import Weekday

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
MIDNIGHT = "24:00"
"""The end of a day; allowed only as the end of a window."""


def _clock(value: object) -> object:
    if not isinstance(value, str) or not (_CLOCK.fullmatch(value) or value == MIDNIGHT):
        raise wrong("has to be a time of day such as 18:00")
    return value


class CallWindow(Body):
    """When the person can be rung, in the service's local time; a window may cross midnight."""

    days: Annotated[list[Weekday], AfterValidator(once_each)] = Field(
        default=[], max_length=7, description="Empty: every day."
    )
    opens: Annotated[str, BeforeValidator(_clock)] = Field(alias="from", examples=["18:00"])
    closes: Annotated[str, BeforeValidator(_clock)] = Field(alias="to", examples=["20:00"])

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.opens == self.closes != "00:00":
            raise wrong("is empty: from and to are the same; 00:00 to 24:00 is the whole day")
        if self.opens == MIDNIGHT:
            raise wrong("starts at 24:00; write 00:00 of the day after")
        return self

    @field_serializer("closes")
    def _as_kept(self, closes: str) -> str:
        """A window that closes at midnight is kept as one that closes when the next day begins."""
        return "00:00" if closes == MIDNIGHT else closes
