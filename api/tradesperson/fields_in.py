"""An entry of the register as it is sent, and as the register keeps it."""

from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)

from api.call_window import MIDNIGHT, CallWindow
from api.fields import Body, Day, Email, Line, PhoneNumber, once_each, wrong
from api.json_body import validated, without_nulls
from api.referral_out import Json
from api.services import Services
from domain.policy import Period
from domain.repair_dispatch.kinds import Skill, TradeChannel
from domain.tradesperson import (
    FARTHEST_KM,
    MOST_CAPACITY,
    Paper,
    Tradesperson,
    firm_code,
    firm_code_idle,
    firm_code_missing,
    language_tag,
    place_code,
)
from domain.tradesperson_hours import in_order

MOST_AREAS = 300
"""All outward codes of the largest postcode area are fewer."""
MOST_PERIODS = 21
"""Of one week: three a day."""
_PLACE = "is not an outward code such as CT1 or a New Zealand postcode such as 8011"
_LANGUAGE = "is not a language tag such as en or pl"
_FIRM = "has to be letters, digits, dots and hyphens, such as firm-01"


def _read_by(read: Callable[[str], str | None], reason: str) -> Callable[[object], object]:
    def checked(value: object) -> object:
        if not isinstance(value, str):
            return value
        found = read(value)
        if found is None:
            raise wrong(reason)
        return found

    return checked


def _somebody(name: str | None) -> str:
    if name is None:
        raise wrong("is empty")
    return name


def _in_order(skills: Sequence[Skill]) -> list[Skill]:
    return [skill for skill in Skill if skill in skills]


PlaceCode = Annotated[str, BeforeValidator(_read_by(place_code, _PLACE))]
"""An outward code or New Zealand postcode."""
LanguageTag = Annotated[str, BeforeValidator(_read_by(language_tag, _LANGUAGE))]
"""A language as BCP 47 writes it."""
FirmCode = Annotated[str, BeforeValidator(_read_by(firm_code, _FIRM))]
"""What the tradesperson API calls a firm."""


class TradespersonIn(Body):
    """Somebody who can be sent to a home."""

    name: Annotated[Line, AfterValidator(_somebody)] = Field(
        description="Who comes to the door.", examples=["Sam Example"]
    )
    firm: Line = None
    phone: PhoneNumber = Field(description="Unique in the register.", examples=["+447700900001"])
    email: Email = None
    channel: TradeChannel = Field(
        description="How they are asked: by the tradesperson API, or by text with a link."
    )
    firm_id: FirmCode | None = Field(
        default=None,
        validate_default=True,
        description="What the API calls them; given for the channel `api`, and only then. Unique in the register.",
        examples=["firm-01"],
    )
    skills: Annotated[list[Skill], AfterValidator(_in_order)] = Field(min_length=1, max_length=len(Skill))
    base: PlaceCode = Field(description="From where distances are measured.", examples=["CT1", "8011"])
    areas: Annotated[list[PlaceCode], AfterValidator(once_each)] = Field(
        default=[], max_length=MOST_AREAS, description="Where they go; empty: wherever is within `most_km`."
    )
    most_km: StrictInt = Field(ge=1, le=FARTHEST_KM)
    hours: list[CallWindow] = Field(
        default=[], max_length=MOST_PERIODS, description="Working hours, in the service's local time."
    )
    on_call: list[CallWindow] = Field(
        default=[],
        validate_default=True,
        max_length=MOST_PERIODS,
        description="Beyond them, for an open property only.",
    )
    vetting_until: Day | None = Field(default=None, description="The last day; absent: never seen.")
    insurance_until: Day | None = None
    safeguarding_until: Day | None = None
    capacity: StrictInt = Field(
        default=1, ge=1, le=MOST_CAPACITY, description="Repairs at a time, offers included."
    )
    languages: Annotated[list[LanguageTag], AfterValidator(once_each)] = Field(
        default=["en"], min_length=1, max_length=20
    )
    active: StrictBool = True

    @field_validator("firm_id")
    @classmethod
    def _fits_the_channel(cls, firm_id: str | None, info: ValidationInfo) -> str | None:
        channel = info.data.get("channel")
        if channel is not None and firm_code_missing(channel, firm_id or ""):
            raise wrong("is required for the channel api: it is what the API calls them")
        if channel is not None and firm_code_idle(channel, firm_id or ""):
            raise wrong("has to be empty for the channel text: only the API uses it")
        return firm_id

    @field_validator("on_call")
    @classmethod
    def _may_be_asked_at_some_time(cls, on_call: list[CallWindow], info: ValidationInfo) -> list[CallWindow]:
        if not on_call and info.data.get("hours") == []:
            raise wrong("is empty, and so are the working hours: say when they may be asked")
        return on_call


def read_tradesperson(services: Services, document: Json, *, entry_id: str = "") -> Tradesperson:
    """Read an entry.  Raises a `Problem` that names the fields."""
    asked = validated(TradespersonIn, without_nulls(document), region=services.region)
    return Tradesperson(
        id=entry_id,
        name=asked.name or "",
        firm=asked.firm or "",
        channel=asked.channel,
        phone=asked.phone,
        email=asked.email or "",
        firm_id=asked.firm_id or "",
        skills=tuple(asked.skills),
        base=asked.base,
        areas=tuple(asked.areas),
        most_km=asked.most_km,
        hours=_periods(asked.hours),
        on_call=_periods(asked.on_call),
        papers=_papers(asked),
        capacity=asked.capacity,
        languages=tuple(asked.languages),
        active=asked.active,
    )


def document_of(who: Tradesperson) -> Json:
    """An entry in the form in which it is sent."""
    return {
        "name": who.name,
        "firm": who.firm or None,
        "phone": who.phone,
        "email": who.email or None,
        "channel": who.channel,
        "firm_id": who.firm_id or None,
        "skills": list(who.skills),
        "base": who.base,
        "areas": list(who.areas),
        "most_km": who.most_km,
        "hours": windows_of(who.hours),
        "on_call": windows_of(who.on_call),
        **{until_of(paper): _day(who.valid_until(paper)) for paper in Paper},
        "capacity": who.capacity,
        "languages": list(who.languages),
        "active": who.active,
    }


def windows_of(periods: Sequence[Period]) -> list[Json]:
    """Periods in the form in which they are sent."""
    return [
        {
            "days": list(period.days),
            "from": f"{period.opens:%H:%M}",
            "to": MIDNIGHT if period.closes == time(0) else f"{period.closes:%H:%M}",
        }
        for period in periods
    ]


def until_of(paper: Paper) -> str:
    """The field that holds the last day of a paper."""
    return f"{paper}_until"


def _periods(windows: Sequence[CallWindow]) -> tuple[Period, ...]:
    return tuple(
        Period(
            days=in_order(window.days),
            opens=time.fromisoformat(window.opens),
            closes=time(0) if window.closes == MIDNIGHT else time.fromisoformat(window.closes),
        )
        for window in windows
    )


def _papers(asked: TradespersonIn) -> tuple[tuple[Paper, date], ...]:
    found: dict[Paper, Any] = {paper: getattr(asked, until_of(paper)) for paper in Paper}
    return tuple((paper, until) for paper, until in found.items() if until is not None)


def _day(until: date | None) -> str | None:
    return until.isoformat() if until else None
