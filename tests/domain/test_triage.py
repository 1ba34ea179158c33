"""What triage finds by rules, driven by the profile: who is contacted, asked about, or sent elsewhere."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Facts
from domain.triage import is_protected, lane_of, triage
from domain.vocabulary import (
    Answer,
    ConsentStatus,
    Flag,
    IncidentKind,
    Lane,
    Outcome,
    Relationship,
    RiskLevel,
    VictimRole,
)
from tests.builders import (
    PROTECTED,
    a_policy,
    a_suspect,
    bereaved_facts,
    child_facts,
    information_facts,
    sensitive_facts,
    some_facts,
)

POLICY = a_policy()


def found(facts: Facts, *, policy=POLICY, released=()):
    return triage(facts, policy, sensitive=facts.is_sensitive, released=released)


# --- what is sensitive

SENSITIVE_WORDS = ["domestic_abuse", "sexual_offence", "stalking", "honour_based", "exploitation"]
CLOSE = ["partner", "ex_partner", "family", "household", "carer"]


@pytest.mark.parametrize("word", SENSITIVE_WORDS)
def test_a_mark_or_a_kind_of_abuse_is_sensitive(word):
    assert some_facts(flags=(Flag(word),)).is_sensitive
    assert some_facts(incident=IncidentKind(word)).is_sensitive


@pytest.mark.parametrize("flag", [f for f in Flag if f not in SENSITIVE_WORDS])
def test_no_other_mark_is_sensitive_by_itself(flag):
    assert not some_facts(flags=(flag,)).is_sensitive


@pytest.mark.parametrize("kind", [k for k in IncidentKind if k not in SENSITIVE_WORDS])
def test_no_other_kind_is_sensitive_by_itself(kind):
    assert not some_facts(incident=kind).is_sensitive


@pytest.mark.parametrize("relationship", Relationship)
def test_a_close_relationship_is_sensitive_without_any_mark(relationship):
    facts = some_facts(incident=IncidentKind.ASSAULT, suspects=(a_suspect(relationship),))
    assert facts.is_sensitive is (relationship in CLOSE)


def test_one_close_suspect_among_several_is_enough():
    suspects = (a_suspect(), a_suspect(Relationship.CARER))
    assert some_facts(suspects=suspects).is_sensitive


@pytest.mark.parametrize("level", RiskLevel)
def test_only_high_risk_is_sensitive(level):
    assert some_facts(risk=level).is_sensitive is (level == "high")


def test_a_marac_is_high_risk():
    assert some_facts(marac=True).is_sensitive


# --- who may only be held


def test_sensitive_bereaved_and_child_are_protected_and_nobody_else():
    for facts in (build() for build in PROTECTED.values()):
        assert is_protected(facts, sensitive=facts.is_sensitive)
    assert not is_protected(some_facts(), sensitive=False)


def test_sensitive_stays_sensitive_whatever_the_facts_say_now():
    assert is_protected(some_facts(), sensitive=True)


@pytest.mark.parametrize("kind", ["homicide", "sudden_death", "suicide"])
def test_a_death_bereaves_whoever_is_referred(kind):
    assert some_facts(incident=IncidentKind(kind)).is_bereaved


def test_a_road_death_is_marked_by_role_or_flag():
    assert some_facts(incident=IncidentKind.ROAD_CRASH, role=VictimRole.BEREAVED).is_bereaved
    assert some_facts(incident=IncidentKind.ROAD_CRASH, flags=(Flag.BEREAVED,)).is_bereaved
    assert not some_facts(incident=IncidentKind.ROAD_CRASH).is_bereaved


@pytest.mark.parametrize("build", PROTECTED.values(), ids=PROTECTED)
def test_protected_people_never_take_the_information_lane_by_machine(build):
    facts = build(lane=Lane.INFORMATION)
    assert lane_of(facts, sensitive=facts.is_sensitive) == Lane.CONTACT


def test_everybody_else_takes_the_lane_the_referrer_chose():
    assert lane_of(information_facts(), sensitive=False) == Lane.INFORMATION
    assert lane_of(some_facts(), sensitive=False) == Lane.CONTACT


# --- named cases


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    facts: Facts
    holds: set[str] = field(default_factory=set)
    ends_as: str | None = None


NOT_ASKED, INFORMED, REFUSED = ConsentStatus.NOT_ASKED, ConsentStatus.INFORMED, ConsentStatus.REFUSED
ABUSE = IncidentKind.DOMESTIC_ABUSE
UNKNOWN_SUSPECT = (a_suspect(Relationship.UNKNOWN),)
CASES = [
    Case(name="an ordinary burglary goes on", facts=some_facts()),
    Case(name="ordinary consent may be unasked", facts=some_facts(consent=NOT_ASKED)),
    Case(name="information needs no consent", facts=information_facts(consent=INFORMED)),
    # consent by flag
    Case(name="domestic abuse with explicit consent goes on", facts=some_facts(incident=ABUSE)),
    Case(
        name="domestic abuse by kind needs explicit consent",
        facts=some_facts(incident=ABUSE, consent=INFORMED),
        holds={"consent"},
    ),
    Case(
        name="domestic abuse by mark needs explicit consent",
        facts=some_facts(flags=(Flag.DOMESTIC_ABUSE,), consent=NOT_ASKED),
        holds={"consent"},
    ),
    Case(
        name="a sexual offence needs explicit consent",
        facts=some_facts(incident=IncidentKind.SEXUAL_OFFENCE, consent=NOT_ASKED),
        holds={"consent"},
    ),
    Case(
        name="a bereaved person needs explicit consent",
        facts=bereaved_facts(consent=NOT_ASKED),
        holds={"consent"},
    ),
    Case(
        name="a bereavement by kind needs explicit consent",
        facts=some_facts(incident=IncidentKind.SUICIDE, consent=INFORMED, next_of_kin_informed=True),
        holds={"consent"},
    ),
    Case(name="a child needs explicit consent", facts=child_facts(consent=NOT_ASKED), holds={"consent"}),
    Case(name="stalking needs no explicit consent in this profile", facts=sensitive_facts(consent=NOT_ASKED)),
    Case(name="refused consent goes back", facts=some_facts(consent=REFUSED), ends_as="returned_to_referrer"),
    Case(
        name="refused consent of abuse goes back, for a person to confirm",
        facts=some_facts(incident=ABUSE, consent=REFUSED),
        ends_as="returned_to_referrer",
    ),
    # high risk without consent
    Case(name="high risk with consent goes on", facts=some_facts(risk=RiskLevel.HIGH)),
    Case(
        name="high risk without consent is for a specialist",
        facts=some_facts(risk=RiskLevel.HIGH, consent=NOT_ASKED),
        holds={"specialist"},
    ),
    Case(
        name="high risk that refused is for a specialist, not returned",
        facts=some_facts(risk=RiskLevel.HIGH, consent=REFUSED),
        holds={"specialist"},
    ),
    Case(
        name="high-risk abuse without consent is for a specialist",
        facts=some_facts(incident=ABUSE, risk=RiskLevel.HIGH, consent=INFORMED),
        holds={"specialist"},
    ),
    Case(
        name="a marac without consent is for a specialist",
        facts=some_facts(marac=True, consent=REFUSED),
        holds={"specialist"},
    ),
    # excluded and out of area
    Case(
        name="an excluded kind",
        facts=some_facts(incident=IncidentKind.ANTISOCIAL_BEHAVIOUR),
        ends_as="excluded",
    ),
    Case(name="out of area", facts=some_facts(outward_code="M1"), ends_as="out_of_area"),
    Case(name="in the area by its letters", facts=some_facts(outward_code="CB25")),
    Case(name="in the area by its outward code", facts=some_facts(outward_code="SG8")),
    Case(name="a neighbouring outward code", facts=some_facts(outward_code="SG80"), ends_as="out_of_area"),
    Case(
        name="one letter of the area is not the area",
        facts=some_facts(outward_code="C1"),
        ends_as="out_of_area",
    ),
    Case(name="nobody knows where", facts=some_facts(outward_code=None)),
    # bereavement
    Case(
        name="next of kin not yet told",
        facts=bereaved_facts(next_of_kin_informed=False),
        holds={"next_of_kin"},
    ),
    Case(name="next of kin told", facts=bereaved_facts()),
    Case(
        name="a suicide whose next of kin are not told",
        facts=some_facts(incident=IncidentKind.SUICIDE),
        holds={"next_of_kin"},
    ),
    # violence with unknown relationship
    Case(
        name="assault, nobody named",
        facts=some_facts(incident=IncidentKind.ASSAULT, suspects=()),
        holds={"confirm_safety"},
    ),
    Case(
        name="assault, relationship unknown",
        facts=some_facts(incident=IncidentKind.ASSAULT, suspects=UNKNOWN_SUSPECT),
        holds={"confirm_safety"},
    ),
    Case(
        name="assault, one of two unknown",
        facts=some_facts(incident=IncidentKind.ASSAULT, suspects=(a_suspect(), *UNKNOWN_SUSPECT)),
        holds={"confirm_safety"},
    ),
    Case(name="assault by a stranger", facts=some_facts(incident=IncidentKind.ASSAULT)),
    Case(
        name="assault by an ex-partner",
        facts=some_facts(incident=IncidentKind.ASSAULT, suspects=(a_suspect(Relationship.EX_PARTNER),)),
    ),
    Case(name="burglary, nobody named", facts=some_facts(suspects=())),
    # guardians and counter-allegations
    Case(name="a guardian who is a suspect", facts=child_facts(guardian_is_suspect=True), holds={"guardian"}),
    Case(
        name="the victim may be a suspect",
        facts=some_facts(flags=(Flag.COUNTER_ALLEGATION,)),
        holds={"counter_allegation"},
    ),
    # the information lane
    Case(
        name="information for a sensitive person",
        facts=sensitive_facts(lane=Lane.INFORMATION),
        holds={"proposal"},
    ),
    Case(name="information for a child", facts=child_facts(lane=Lane.INFORMATION), holds={"proposal"}),
    # duplicates and repeats are shown, never held
    Case(name="a repeat victim", facts=some_facts(flags=(Flag.REPEAT,))),
    # several at once
    Case(
        name="holds add up",
        facts=bereaved_facts(
            incident=IncidentKind.HOMICIDE,
            suspects=(),
            next_of_kin_informed=False,
            consent=NOT_ASKED,
            flags=(Flag.COUNTER_ALLEGATION,),
        ),
        holds={"counter_allegation", "next_of_kin", "confirm_safety", "consent"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_triage_of(case):
    findings = found(case.facts)
    assert set(findings.holds) == case.holds
    assert findings.ends_as == (case.ends_as and Outcome(case.ends_as))


def test_the_gravest_hold_comes_first():
    facts = some_facts(flags=(Flag.COUNTER_ALLEGATION,), incident=IncidentKind.ASSAULT, suspects=())
    assert found(facts).holds == ("counter_allegation", "confirm_safety")


def test_what_a_person_released_is_not_found_again():
    facts = some_facts(flags=(Flag.COUNTER_ALLEGATION,), incident=IncidentKind.ASSAULT, suspects=())
    assert found(facts, released=("counter_allegation",)).holds == ("confirm_safety",)


def test_an_ending_says_why():
    assert found(some_facts(outward_code="M1")).reason


def test_a_profile_that_serves_everywhere_refuses_nobody_by_place():
    policy = a_policy(triage=replace(POLICY.triage, areas=()))
    assert found(some_facts(outward_code="M1"), policy=policy).ends_as is None


def test_a_profile_that_asks_no_explicit_consent_holds_nobody_for_it():
    policy = a_policy(triage=replace(POLICY.triage, explicit_consent_for=()))
    assert found(child_facts(consent=NOT_ASKED), policy=policy).holds == ()


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        some_facts,
        incident=st.sampled_from(IncidentKind),
        role=st.sampled_from(VictimRole),
        is_child=st.booleans(),
        flags=st.lists(st.sampled_from(Flag), max_size=3, unique=True).map(tuple),
        risk=st.sampled_from(RiskLevel),
        marac=st.booleans(),
        consent=st.sampled_from(ConsentStatus),
        suspects=st.lists(st.sampled_from(Relationship).map(a_suspect), max_size=2).map(tuple),
        address_safe=st.sampled_from([None, *Answer]),
        next_of_kin_informed=st.booleans(),
        outward_code=st.sampled_from([None, "CB1", "M1"]),
    )
)
def test_high_risk_without_consent_is_always_held_and_never_sent_back(facts):
    findings = found(facts)
    high = facts.risk is RiskLevel.HIGH or facts.marac
    if high and facts.consent is not ConsentStatus.GIVEN:
        assert "specialist" in findings.holds
        assert findings.ends_as is not Outcome.RETURNED_TO_REFERRER
    assert len(set(findings.holds)) == len(findings.holds)
    assert findings.ends_as in {None, Outcome.EXCLUDED, Outcome.OUT_OF_AREA, Outcome.RETURNED_TO_REFERRER}
