import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.form import FormError, Sent, Shown, document_of, errors_of, id_of
from api.problems import FieldError, Kind, Problem


def sent(**fields: list[str]) -> Sent:
    return Sent(fields=fields, once="once")


def test_the_names_of_fields_make_the_document_of_the_api() -> None:
    typed = sent(
        **{
            "source.kind": ["self"],
            "victim.phones[1].number": ["+447700900002"],
            "victim.phones[0].number": [" +447700900001 "],
            "victim.phones[2].number": ["  "],
            "victim.call_windows[0].days[]": ["mon", "tue"],
            "flags[]": [""],
            "notes": [""],
        }
    )
    assert document_of(typed) == {
        "source": {"kind": "self"},
        "victim": {
            "phones": [{"number": "+447700900001"}, {"number": "+447700900002"}],
            "call_windows": [{"days": ["mon", "tue"]}],
        },
    }


@pytest.mark.parametrize("name", ["a b", "victim..name", "__class__[", "a[x]", "a[123]", "A", "a.b[0]c", ""])
def test_a_name_that_is_no_field_of_ours_is_refused_or_ignored_in_words(name) -> None:
    with pytest.raises(Problem) as refused:
        document_of(sent(**{name: ["x"]}))
    assert refused.value.kind is Kind.REQUEST


def test_a_field_that_is_value_and_object_at_once_is_refused() -> None:
    with pytest.raises(Problem):
        document_of(sent(**{"victim": ["x"], "victim.name": ["y"]}))


@given(
    st.dictionaries(st.text(max_size=30), st.lists(st.text(max_size=10), min_size=1, max_size=3), max_size=8)
)
def test_whatever_a_browser_sends_is_a_document_or_a_problem(fields) -> None:
    with contextlib.suppress(Problem):
        assert isinstance(document_of(Sent(fields=fields, once="once")), dict)


def test_an_error_is_said_at_its_field_or_at_the_nearest_one_above() -> None:
    problem = Problem(
        Kind.VALIDATION,
        errors=[
            FieldError(path="victim.phones[0].number", reason="is empty"),
            FieldError(path="victim.phones[1].safe", reason="is wrong"),
            FieldError(path="elsewhere", reason="is unknown"),
        ],
    )
    labels = {"victim": "Name", "victim.phones": "Phone numbers", "victim.phones[0].number": "First number"}
    assert errors_of(problem, labels) == [
        FormError(field="victim.phones[0].number", text="First number is empty"),
        FormError(field="victim.phones", text="Phone numbers is wrong"),
        FormError(field="victim", text="Name is unknown"),
    ]


def test_the_summary_leads_to_the_field() -> None:
    shown = Shown(errors=(FormError(field="victim.phones[0].number", text="Enter a number"),))
    assert shown.summary == [{"text": "Enter a number", "href": f"#{id_of('victim.phones[0].number')}"}]
    assert shown.error("victim.phones[0].number") == {"text": "Enter a number"}
    assert shown.error("notes") is None
