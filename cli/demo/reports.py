"""The people of the demo and what happened to them: all invented, and plainly so.

Telephone numbers come from the regulator's range for drama (07700 900000 to 900999), e-mail addresses from a
domain that is reserved for examples.  The same number is always the same person.
"""

from datetime import date
from typing import Any

from cli.demo.plan import Life, Story
from domain.vocabulary import IncidentKind as Kind

Json = dict[str, Any]

FORCE = "Example Constabulary"
"""Who refers."""

_GIVEN = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Femi", "Grace", "Hari", "Ines", "Jan", "Kofi", "Lena", "Mo")
_FAMILY = ("Example", "Sample", "Specimen", "Pattern", "Model", "Instance", "Trial", "Fiction", "Nobody")
"""Thirteen, nine, and the seventy postcodes below have no divisor in common: 8,190 people before two are alike."""
_STREETS = ("Example Street", "Sample Road", "Specimen Lane", "Pattern Close")
_PLACES = (
    ("CB1", "Cambridge"),
    ("CB4", "Cambridge"),
    ("CB7", "Ely"),
    ("PE1", "Peterborough"),
    ("PE13", "Wisbech"),
    ("PE29", "Huntingdon"),
    ("SG8", "Royston"),
)
_STRANGER = {"relationship": "stranger", "shares_address": "no"}
_ACQUAINTANCE = {"relationship": "acquaintance", "shares_address": "no"}
_EX_PARTNER = {"relationship": "ex_partner", "shares_address": "no"}
_PARTNER = {"relationship": "partner", "shares_address": "yes"}

_INCIDENTS: tuple[tuple[Kind, tuple[Json, ...]], ...] = (
    (Kind.BURGLARY, ()),
    (Kind.THEFT, ()),
    (Kind.ASSAULT, (_STRANGER,)),
    (Kind.CRIMINAL_DAMAGE, (_ACQUAINTANCE,)),
    (Kind.ROBBERY, (_STRANGER,)),
    (Kind.FRAUD, ()),
    (Kind.ANTISOCIAL_BEHAVIOUR, (_ACQUAINTANCE,)),
    (Kind.HATE_CRIME, (_STRANGER,)),
    (Kind.ROAD_CRASH, ()),
    (Kind.ARSON, ()),
)
"""Nothing here is sensitive, and of violence it is known who did it: nothing stands in the way of a call."""
_WITHOUT_ADDRESS = 12
"""Every so-manieth person can be written to by e-mail alone."""


def report(life: Life, *, run: str, today: date) -> Json:
    """What the police report.

    Args:
        life: Whom it is about and what is to become of it.
        run: Tells this demo from every other in the same database.
        today: Incidents lie shortly before, birthdays long before.
    """
    return {
        "source": {
            "kind": "police",
            "organisation": FORCE,
            "reference": f"demo/{run}/{life.number}",
            "officer": f"PC {1000 + life.number % 9000}",
        },
        "lane": "information" if life.story is Story.INFORMED else "contact",
        "consent": {"status": "informed" if life.person % 3 else "given"},
        **_about(life, today),
    }


def _about(life: Life, today: date) -> Json:
    """Who it is about and what happened, by story."""
    person = life.person
    victim, incident = _victim(person), _incident(person, today)
    ordinary, suspects = _INCIDENTS[person % len(_INCIDENTS)]
    incident["kind"] = ordinary
    told: Json = {"victim": victim, "incident": incident, "suspects": list(suspects)}
    consent = {"consent": {"status": "given", "asked_by": "the officer"}}
    match life.story:
        case Story.WITHOUT_CONSENT:
            victim["date_of_birth"] = _years_before(today, 16)
            incident["kind"] = Kind.SEXUAL_OFFENCE
            return told | {"consent": {"status": "not_asked"}}
        case Story.CHILD_PROTECTION:
            victim |= {"date_of_birth": _years_before(today, 9), "guardian": _guardian(victim)}
            incident["kind"] = Kind.ASSAULT
            return told | consent | {"flags": ["child"], "suspects": [{"relationship": "family"}]}
        case Story.NO_SAFE_WAY:
            unsafe = _address(person) | {"safe": "no"}
            victim |= {"access": ["no_phone"], "phones": [], "emails": [], "address": unsafe}
            incident["kind"] = Kind.DOMESTIC_ABUSE
            return told | consent | {"suspects": [_PARTNER]}
        case Story.SOMEBODY_ELSE_ANSWERED:
            incident["kind"] = Kind.DOMESTIC_ABUSE
            return told | consent | {"suspects": [_EX_PARTNER]}
        case Story.WRONG_NUMBER:
            victim |= {"emails": [], "address": None}
        case Story.NO_SAFE_NUMBER:
            victim |= {"emails": [], "address": None}
            victim["phones"][0]["safe"] = "no"
        case _:
            pass
    return told


def _victim(person: int) -> Json:
    given, family = _GIVEN[person % len(_GIVEN)], _FAMILY[person // len(_GIVEN) % len(_FAMILY)]
    writes_only = person % _WITHOUT_ADDRESS == 0
    return {
        "given_name": given,
        "family_name": family,
        "phones": [{"number": f"+447700900{person % 1000:03d}", "safe": "yes", "voicemail": "neutral"}],
        "emails": [{"address": f"{given}.{family}.{person}@example.org".lower(), "safe": "yes"}],
        "address": None if writes_only else _address(person),
    }


def _address(person: int) -> Json:
    outward, town = _PLACES[person % len(_PLACES)]
    street = _STREETS[person % len(_STREETS)]
    return {
        "lines": [f"{1 + person // len(_STREETS)} {street}", town],
        "postcode": f"{outward} {person % 10}AB",
        "safe": "yes",
    }


def _incident(person: int, today: date) -> Json:
    outward, _ = _PLACES[person % len(_PLACES)]
    day = date.fromordinal(today.toordinal() - 1 - person % 5)
    return {"occurred_at": f"{day.isoformat()}T12:00:00+00:00", "postcode": f"{outward} {person % 10}AB"}


def _guardian(victim: Json) -> Json:
    return {"given_name": "Somebody", "family_name": victim["family_name"], "is_suspect": "yes"}


def _years_before(today: date, years: int) -> str:
    return date(today.year - years, 1, 1).isoformat()
