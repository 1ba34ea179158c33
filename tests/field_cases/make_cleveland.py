"""Makes `cleveland.jsonl`: 118 invented referrals in the proportions of a published sample.

    .venv/bin/python -m tests.field_cases.make_cleveland

What was counted in the sample, and where it is published: docs/field-cases.md.  Nobody in here exists.  Numbers come
from the ranges the regulator keeps for drama, mailboxes are at example.org, and the postcodes end in letters that no
postcode of the United Kingdom ends in.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

Json = dict[str, Any]

WRITTEN_TO = Path(__file__).with_name("cleveland.jsonl")
SEED = 118
"""The same referrals every time."""
FORCE = "Example Constabulary"
A_DAY = date(2024, 7, 8)
"""The first of three days; far enough back that no machine takes it for the future."""

GIVEN = [
    "Abena",
    "Agata",
    "Aisling",
    "Amrit",
    "Asha",
    "Beatrix",
    "Bethan",
    "Carys",
    "Chidi",
    "Corin",
    "Dilys",
    "Dorota",
    "Edith",
    "Elif",
    "Emrys",
    "Farah",
    "Fergus",
    "Freya",
    "Gethin",
    "Grace",
    "Hamza",
    "Hana",
    "Harriet",
    "Idris",
    "Imogen",
    "Ines",
    "Jerzy",
    "Joan",
    "Kasia",
    "Kofi",
    "Leila",
    "Lorna",
    "Mabel",
    "Marek",
    "Mina",
    "Nadia",
    "Nell",
    "Olu",
    "Oscar",
    "Parveen",
    "Petra",
    "Quentin",
    "Rhian",
    "Rosa",
    "Samir",
    "Saoirse",
    "Stella",
    "Tariq",
    "Thora",
    "Una",
    "Viktor",
    "Wanda",
    "Yusuf",
    "Zofia",
]
FAMILY = [
    "Aldersey",
    "Barleymow",
    "Brackenfield",
    "Cadwallon",
    "Coldharbour",
    "Dunmere",
    "Eastlake",
    "Fenwold",
    "Farthinghoe",
    "Greyling",
    "Hallowby",
    "Hartsease",
    "Inglemoor",
    "Kestrelton",
    "Larkham",
    "Marshgate",
    "Merebrook",
    "Northcote",
    "Oakhanger",
    "Osierbank",
    "Pellgate",
    "Quarrington",
    "Reedsmith",
    "Saltmarsh",
    "Sedgewick",
    "Thornhithe",
    "Underhay",
    "Vellacote",
    "Willowmere",
    "Wrenfield",
    "Yaxham",
]
STREETS = (
    "Kestrel Walk",
    "Osier Close",
    "Lark Rise",
    "Sluice Lane",
    "Orchard Drove",
    "Heron Way",
    "Mill Row",
)
TOWNS = (
    ("Cambridge", "CB1"),
    ("Cambridge", "CB4"),
    ("Ely", "CB7"),
    ("Peterborough", "PE2"),
    ("Wisbech", "PE13"),
    ("March", "PE15"),
    ("St Neots", "PE19"),
    ("Huntingdon", "PE29"),
    ("Royston", "SG8"),
)
NO_POSTCODE_ENDS_SO = "CIKMOV"
CALM = ("burglary", "theft", "criminal_damage", "fraud", "antisocial_behaviour", "robbery", "arson")
"""Kinds that nothing has to be asked about first.  Fraud is the kind the sample's service did not take: see below."""
EXCLUDED = "fraud"


class Maker:
    """Invents one person after another; nobody twice."""

    def __init__(self) -> None:
        self.dice = Random(SEED)
        names = [(given, family) for given in GIVEN for family in FAMILY]
        self.dice.shuffle(names)
        self.names = iter(names)
        self.numbers = count(100)
        self.references = count(1)

    def referral(self, **changes: Any) -> Json:
        """Somebody burgled by a stranger, whom nothing hinders from being rung; `a__b=c` changes one field."""
        number, (given, family) = next(self.references), next(self.names)
        town, outward = self.dice.choice(TOWNS)
        postcode = self.postcode(outward)
        reported = A_DAY + timedelta(days=number * 3 // 119)
        made: Json = {
            "source": {
                "kind": "police",
                "organisation": FORCE,
                "reference": f"24/{40_000 + number}/C",
                "person_reference": "1",
                "officer": f"PC {self.dice.randrange(1000, 2000)}",
                "reply_to": "victim.referrals@force.example.org",
            },
            "incident": {
                "kind": self.dice.choice([kind for kind in CALM if kind != EXCLUDED]),
                "reported_at": f"{reported.isoformat()}T{self.dice.randrange(8, 20):02}:00:00+01:00",
                "postcode": postcode,
            },
            "victim": {
                "given_name": given,
                "family_name": family,
                "date_of_birth": self.born(1940, 1998),
                "phones": [self.phone()],
                "emails": [],
                "address": {
                    "lines": [f"{self.dice.randrange(1, 90)} {self.dice.choice(STREETS)}", town],
                    "postcode": postcode,
                    "safe": "yes",
                },
            },
            "suspects": [{"relationship": "stranger", "shares_address": "no"}],
            "risk": {"level": "standard"},
            "lane": "contact",
            "consent": {"status": "informed", "asked_by": "the attending officer"},
            "flags": [],
        }
        for path, value in changes.items():
            *above, name = path.split("__")
            part = made
            for step in above:
                part = part[step]
            part[name] = value
        return made

    def at_risk(self, **changes: Any) -> Json:
        """A woman in danger from somebody close, who agreed and gave a number she called safe."""
        how = self.dice.choice(
            [
                {"incident__kind": "domestic_abuse"},
                {"incident__kind": "assault", "flags": ["domestic_abuse"]},
                {"incident__kind": "stalking"},
                {"incident__kind": "harassment", "risk": {"level": "high", "tool": "DASH", "marac": False}},
                {"incident__kind": "criminal_damage"},
            ]
        )
        suspect = {
            "relationship": self.dice.choice(["partner", "ex_partner", "family"]),
            "shares_address": self.dice.choice(["no", "unknown", "yes"]),
            "whereabouts": self.dice.choice(["at_large", "bail", "unknown"]),
        }
        return self.referral(**{"suspects": [suspect], "consent": {"status": "given"}, **how, **changes})

    def phone(self, **changes: Any) -> Json:
        mobile = changes.pop("mobile", self.dice.random() < 0.8)
        start = "+447700900" if mobile else "+441632960"
        return {"number": f"{start}{next(self.numbers)}", "safe": "yes", "voicemail": "neutral", **changes}

    def postcode(self, outward: str) -> str:
        letters = "".join(self.dice.choice(NO_POSTCODE_ENDS_SO) for _ in range(2))
        return f"{outward} {self.dice.randrange(10)}{letters}"

    def born(self, since: int, until: int) -> str:
        return date(
            self.dice.randrange(since, until), self.dice.randrange(1, 13), self.dice.randrange(1, 29)
        ).isoformat()


def call(outcome: str) -> Json:
    return {"call": outcome}


SILENCE = [call("no_answer")] * 3
HELD_FOR_THE_MAN = {"stage": "held", "holds": ["third_party_answered"], "written": []}


def hindered(make: Maker) -> Iterator[Json]:
    """The 28 that cannot enter the ordinary calls."""
    yield {
        "group": "excluded",
        "referral": make.referral(incident__kind=EXCLUDED),
        "expected": {"stage": "closed", "outcome": "excluded", "written": []},
    }
    for _ in range(2):
        yield {
            "group": "young_without_consent",
            "referral": make.referral(
                incident__kind="sexual_offence",
                victim__date_of_birth=make.born(2010, 2012),
                victim__phones=[make.phone(mobile=True)],
                suspects=[{"relationship": "acquaintance", "shares_address": "no"}],
                consent={"status": "not_asked"},
                flags=["sexual_offence", "child"],
            ),
            "expected": {"stage": "held", "holds": ["consent"], "written": []},
        }
    for is_suspect, status in (("yes", "given"), ("unknown", "not_asked")):
        yield {
            "group": "child_protection",
            "referral": make.referral(
                incident__kind="domestic_abuse",
                victim__date_of_birth=make.born(2014, 2018),
                victim__phones=[],
                victim__guardian={
                    "given_name": "Guardian",
                    "relationship": "parent",
                    "is_suspect": is_suspect,
                    "phones": [make.phone()],
                },
                suspects=[{"relationship": "family", "shares_address": "yes"}],
                consent={"status": status},
                flags=["child", "domestic_abuse"],
            ),
            "expected": {
                "stage": "held",
                "holds": ["guardian"] if status == "given" else ["consent", "guardian"],
                "written": [],
            },
        }
    yield {
        "group": "no_phone_and_post_unsafe",
        "referral": make.at_risk(
            victim__access=["no_phone"],
            suspects=[{"relationship": "partner", "shares_address": "yes"}],
            risk={"level": "medium"},
        ),
        "expected": {
            "stage": "held",
            "holds": ["proposal"],
            "proposes": "returned_to_referrer",
            "written": [],
        },
    }
    for _ in range(2):
        yield {
            "group": "wrong_number",
            "referral": make.referral(victim__address=None),
            "then": [call("wrong_number")],
            "expected": {"stage": "closed", "outcome": "returned_to_referrer", "written": []},
        }
    yield {
        "group": "no_safe_number",
        "referral": make.at_risk(
            victim__phones=[make.phone(safe="no"), make.phone(safe="unknown")],
            victim__address=None,
            risk={"level": "medium"},
        ),
        "expected": {
            "stage": "held",
            "holds": ["proposal"],
            "proposes": "returned_to_referrer",
            "written": [],
        },
    }
    for number in range(14):
        yield {
            "group": "a_man_answered",
            "referral": make.at_risk(victim__phones=[make.phone()]),
            "then": [*([call("no_answer")] * (number % 3)), call("third_party_answered")],
            "expected": HELD_FOR_THE_MAN,
        }


def free(make: Maker) -> Iterator[Json]:
    """The 90 that nothing hinders: 58 spoken to, two who are sent a text, 30 a letter."""
    spoken_to = {"stage": "closed", "outcome": "single_call", "written": []}
    for number in range(58):
        told = [call("no_answer")] * (number % 2)
        yield {
            "group": "by_phone",
            "referral": rung(make, number),
            "then": [*told, call("answered"), {"decision": "single_call"}],
            "expected": spoken_to,
        }
    for _ in range(2):
        yield {
            "group": "by_text",
            "referral": make.referral(victim__address=None, victim__phones=[make.phone(mobile=True)]),
            "then": SILENCE,
            "expected": {"stage": "closed", "outcome": "not_reached", "written": ["text"]},
        }
    for number in range(30):
        has_number = number % 5 < 2
        phones = [make.phone()] if has_number else []
        yield {
            "group": "by_letter",
            "referral": make.referral(
                victim__phones=phones, victim__address__safe="yes" if number % 2 else "unknown"
            ),
            "then": SILENCE if has_number else [],
            "expected": {"stage": "closed", "outcome": "not_reached", "written": ["letter"]},
        }


def rung(make: Maker, number: int) -> Json:
    """Those who are rung: ordinary crime for the most part, and all who need care but whom nothing hinders."""
    match number % 8:
        case 0:
            return make.at_risk()
        case 1:
            return make.referral(
                incident__kind="assault",
                suspects=[{"relationship": "acquaintance", "shares_address": "no"}],
            )
        case 2 if number % 16 == 2:
            return make.referral(
                incident__kind="road_crash",
                victim__role="bereaved",
                consent={"status": "given"},
                flags=["bereaved"],
                next_of_kin_informed_at="2024-07-08T12:00:00+01:00",
            )
        case 2:
            return make.referral(
                victim__date_of_birth=make.born(2012, 2016),
                victim__phones=[],
                victim__guardian={
                    "given_name": "Guardian",
                    "relationship": "parent",
                    "is_suspect": "no",
                    "phones": [make.phone()],
                },
                consent={"status": "given"},
                flags=["child"],
            )
        case 3:
            return make.referral(
                victim__phones=[make.phone(safe="unknown"), make.phone(safe="unknown")],
                risk={"level": "unknown"},
                consent={"status": "not_asked"},
            )
        case 4:
            return make.referral(
                victim__call_windows=[
                    {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "17:30", "to": "19:30"},
                    {"days": ["sat"], "from": "10:00", "to": "12:00"},
                ]
            )
        case _:
            return make.referral()


def the_same_again(case: Json) -> Json:
    """A second report of the same person and incident; a coordinator sees it and closes it."""
    again: Json = json.loads(json.dumps(case["referral"]))
    again["source"]["person_reference"] = "2"
    again["source"]["officer"] = "PC 2000"
    return {
        "group": "duplicate",
        "of": case["case"],
        "referral": again,
        "then": [{"decision": "close", "outcome": "duplicate"}],
        "expected": {"stage": "closed", "outcome": "duplicate", "written": []},
    }


def cases() -> list[Json]:
    """All 118, the hindered first, the five second reports last: the first reports have come by then."""
    make, made, in_group = Maker(), [], dict[str, int]()
    for case in (*hindered(make), *free(make)):
        in_group[case["group"]] = number = in_group.get(case["group"], 0) + 1
        made.append({"case": f"{case['group']}-{number}", **case})
    twice = [
        case for case in made if case["group"] == "by_phone" and int(case["case"].split("-")[1]) % 8 == 6
    ][:5]
    made += [{"case": f"duplicate-{number}", **the_same_again(case)} for number, case in enumerate(twice, 1)]
    return made


def as_lines() -> str:
    """One case a line."""
    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases())


if __name__ == "__main__":
    WRITTEN_TO.write_text(as_lines())
