import pytest

from api.next_steps import next_steps
from domain.facts import Facts
from domain.vocabulary import ConsentStatus, IncidentKind, RiskLevel
from tests.builders import NOW, a_policy, some_facts


def rings(facts: Facts) -> str:
    return next_steps(facts, a_policy(), received_at=NOW, now=NOW).rings


def test_somebody_to_be_heard_at_a_marac_is_promised_the_call_of_a_high_risk() -> None:
    # The worklist runs that clock for them; another promise would be later than the call.
    assert rings(some_facts(marac=True)) == rings(some_facts(risk=RiskLevel.HIGH)) != rings(some_facts())


@pytest.mark.parametrize(
    "facts",
    [
        some_facts(incident=IncidentKind.ASSAULT, suspects=()),
        some_facts(incident=IncidentKind.SUICIDE),
        some_facts(incident=IncidentKind.DOMESTIC_ABUSE, consent=ConsentStatus.NOT_ASKED),
        some_facts(is_child=True, outward_code="NR1"),
        some_facts(phones=()),
    ],
)
def test_no_call_is_promised_that_a_person_has_to_allow_first(facts: Facts) -> None:
    assert rings(facts) == ""
    assert not next_steps(facts, a_policy(), received_at=NOW, now=NOW).is_elsewhere
