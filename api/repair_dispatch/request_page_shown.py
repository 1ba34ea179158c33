"""Repairs on the page of a referral: how each stands, and the form to ask for one.  Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.form_words import Choice, choices
from api.mending import FieldWords
from api.repair_dispatch.clock_shown import ClockShown, done_clock, on_site_clock
from api.repair_dispatch.plain_words import (
    ASKS,
    HOLDS,
    HOLDS_LIFTED_BY,
    KINDS,
    OFFER_STATES,
    PERMISSIONS,
    POLICE_RELEASES,
    STAGES,
    TENURES,
    URGENCIES,
    in_minutes,
    kinds_in_words,
)
from api.repair_dispatch.telling import telling_fields, telling_in_words
from api.times import Time, time_in_words
from domain.repair_dispatch.kinds import OfferState, RepairAsk, RepairKind, RepairStage, Urgency
from domain.repair_dispatch.policy import RepairPolicy
from store.referral_document import Document
from store.repair_dispatch.views import OfferView, RepairView

FORM = "repair"
FIELDS = {
    "kinds": FieldWords(name="What is to be done", ask="Choose what is to be done"),
    "urgency": FieldWords(name="How urgent it is", ask="Choose how urgent it is"),
    "address": FieldWords(name="The address", ask="Enter the address"),
    "address.lines": FieldWords(
        name="The address", ask="Enter the house and street: nobody knows where to go"
    ),
    "address.postcode": FieldWords(name="The postcode", ask="Shorten the postcode"),
    "suspect_tenure": FieldWords(name="Whether a suspect owns or rents", ask="Choose whether a suspect does"),
    "permission": FieldWords(name="Whether they agree", ask="Choose whether they agree"),
    "police_release": FieldWords(name="The scene", ask="Choose whether the scene may be touched"),
    "code_word": FieldWords(name="The word at the door", ask="Enter another word"),
    "access": FieldWords(name="How to get in", ask="Shorten how to get in"),
    "pets": FieldWords(name="Pets", ask="Shorten what is said of pets"),
    "who_may_be_home": FieldWords(name="Who may be at home", ask="Shorten who may be at home"),
    "estimate_pence": FieldWords(
        name="The estimate", ask="Enter the estimate as an amount, such as 120 or 120.50"
    ),
    "tells_victim": FieldWords(name="Telling the person", ask="Choose whether they want to be told"),
    "notes": FieldWords(name="The notes", ask="Shorten the notes"),
}
"""The fields of the form, by their paths."""

_COLOURS = {
    RepairStage.HELD: "govuk-tag--orange",
    RepairStage.ASKED: "govuk-tag--red",
    RepairStage.SECURE: "govuk-tag--green",
    RepairStage.CANCELLED: "govuk-tag--grey",
}
_ASKED_NOW = frozenset({OfferState.OFFERED, OfferState.CONFIRMED})
"""Offers that matter while a repair is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferShown:
    """Somebody who was asked."""

    who: str
    state: str
    answer_by: Time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairShown:
    """One repair of this referral."""

    address: str
    reference: str
    what: str
    urgency: str
    stage: str
    colour: str
    asked_at: Time
    asks: tuple[str, ...]
    holds: tuple[str, ...]
    offers: tuple[OfferShown, ...]
    code_word: str
    """While somebody may still come."""
    on_site: ClockShown | None
    done: ClockShown | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairForm:
    """The form, with what is likely filled in."""

    kinds: tuple[Choice, ...]
    wanted: tuple[str, ...]
    """What the referral asks for already."""
    urgencies: tuple[Choice, ...]
    urgency: str
    promise: str
    tenures: tuple[Choice, ...]
    permissions: tuple[Choice, ...]
    releases: tuple[Choice, ...]
    place: str
    """Where it is unless somebody says otherwise; empty if nobody knows."""
    code_word: str
    money: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """Everything about repairs on the page."""

    items: tuple[RepairShown, ...]
    form: RepairForm


def repairs_of(
    found: Sequence[RepairView],
    document: Document,
    *,
    policy: RepairPolicy,
    region: str,
    code_word: str,
    zone: ZoneInfo,
    now: datetime,
) -> Repairs:
    """Make what a page shows of repairs.

    Args:
        found: The repairs of the referral, newest first.
        document: The referral as last corrected.
        policy: For what is promised.
        region: Whose money is spoken of.
        code_word: A word for the door that is suggested.
        zone: In which times are read.
        now: An aware time.
    """
    return Repairs(
        items=tuple(shown(repair, warn_before=policy.warn_before, zone=zone, now=now) for repair in found),
        form=_form(document, policy=policy, region=region, code_word=code_word),
    )


def shown(repair: RepairView, *, warn_before: timedelta, zone: ZoneInfo, now: datetime) -> RepairShown:
    """Show one repair."""
    return RepairShown(
        address=f"/repairs/{repair.id}",
        reference=repair.reference,
        what=kinds_in_words(repair.kinds),
        urgency=URGENCIES[repair.urgency],
        stage=STAGES[repair.stage],
        colour=_COLOURS.get(repair.stage, "govuk-tag--blue"),
        asked_at=time_in_words(repair.asked_at, zone=zone, now=now),
        asks=tuple(ASKS[ask] for ask in repair.asks),
        holds=tuple(f"{HOLDS[hold]}. {HOLDS_LIFTED_BY[hold]}" for hold in repair.holds),
        offers=tuple(offers_shown(repair, zone=zone, now=now)),
        code_word=repair.job.code_word if repair.stage.is_live else "",
        on_site=on_site_clock(repair, warn_before=warn_before, zone=zone, now=now),
        done=done_clock(repair, warn_before=warn_before, zone=zone, now=now),
    )


def told_of_request(repair: RepairView, document: Document, *, zone: ZoneInfo, now: datetime) -> str:
    """Say to whoever has just asked for a repair what came of it, while the person is still on the line."""
    offers = list(offers_shown(repair, zone=zone, now=now))
    who_and_when = [
        f"{offer.who}{f' (until {offer.answer_by.text})' if offer.answer_by else ''}" for offer in offers
    ]
    came_of_it = [
        *([f"Asked: {', '.join(who_and_when)}."] if offers else []),
        *(f"{HOLDS[hold]}. {HOLDS_LIFTED_BY[hold]}" for hold in repair.holds),
        *(f"{ASKS[ask]}." for ask in repair.asks if ask is not RepairAsk.HOLD),
    ]
    word = f"Tell the person the word at the door: {repair.job.code_word}."
    telling = telling_in_words(telling_fields(repair.job, document))
    return " ".join(filter(None, [*(came_of_it or ["Somebody is being looked for."]), word, telling]))


def offers_shown(repair: RepairView, *, zone: ZoneInfo, now: datetime) -> Iterator[OfferShown]:
    """Those who are asked now, or have the job."""
    for offer in repair.offers:
        if offer.state in _ASKED_NOW:
            waits = offer.state is OfferState.OFFERED and offer.answer_by is not None
            yield OfferShown(
                who=who(offer),
                state=OFFER_STATES[offer.state],
                answer_by=time_in_words(offer.answer_by, zone=zone, now=now)
                if waits and offer.answer_by
                else None,
            )


def who(offer: OfferView) -> str:
    """Name a tradesperson with their firm."""
    return f"{offer.name} ({offer.firm})" if offer.firm and offer.firm != offer.name else offer.name


def _form(document: Document, *, policy: RepairPolicy, region: str, code_word: str) -> RepairForm:
    wanted = [kind for kind in document.get("requests", ()) if kind in set(RepairKind)]
    minutes = in_minutes(policy.on_site_within[Urgency.OPEN_PROPERTY])
    return RepairForm(
        kinds=choices(KINDS),
        wanted=tuple(wanted),
        urgencies=choices(URGENCIES),
        urgency=Urgency.OPEN_PROPERTY if RepairKind.BOARD_UP in wanted else "",
        promise=f"For an open property somebody is promised on site within {minutes}.",
        tenures=choices(TENURES),
        permissions=choices(PERMISSIONS),
        releases=choices(POLICE_RELEASES),
        place=_place(document),
        code_word=code_word,
        money="pounds" if region == "GB" else "dollars",
    )


def _place(document: Document) -> str:
    """The referral's address, if somebody can go to it."""
    address = document["victim"].get("address") or {}
    lines = address.get("lines") or ()
    return ", ".join([*lines, *([address["postcode"]] if address.get("postcode") else [])]) if lines else ""
