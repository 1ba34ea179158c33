"""Whatever a referral looks like, it is taken in or refused by name; never a 500, never an echo."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.json_body import without_nulls
from api.problems import Problem
from api.referral_in import ReferralIn, read_referral
from store.referral_document import facts_of
from tests.api.people import a_referral

SECRET = "Zebulon Quimby"
SECRETS = st.sampled_from([SECRET, "07700900999", "zebulon@quimby.example", "13 Quimby Row"])
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    SECRETS,
    st.sampled_from(
        ["\x00", "\ud800", "2026-11-20T22:10:00Z", "1980-02-29", "+447700900123", "24:00", "yes", ""]
    ),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["number", "safe", "kind", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)
KNOWN = sorted({"phones", "emails", "address", "guardian", "call_windows", *ReferralIn.model_fields})


@st.composite
def bent_referrals(draw):
    """A good referral with a few parts replaced by something odd."""
    document = a_referral()
    for _ in range(draw(st.integers(0, 4))):
        part = document
        for _ in range(draw(st.integers(0, 2))):
            below = [value for value in part.values() if isinstance(value, dict)]
            if below:
                part = draw(st.sampled_from(below))
        part[draw(st.sampled_from([*part, *KNOWN, SECRET]))] = draw(VALUES)
    return document


def read_or_refuse(document: dict[str, Any]) -> dict[str, Any] | Problem:
    try:
        return read_referral(document, region="GB")
    except Problem as problem:
        return problem


def echoes(text: str) -> bool:
    return any(secret in text for secret in ("Zebulon", "Quimby", "quimby", "07700900999"))


@settings(max_examples=400, deadline=None)
@given(bent_referrals())
def test_a_bent_referral_is_read_or_refused_without_an_echo(document):
    read = read_or_refuse(document)
    if isinstance(read, Problem):
        assert read.errors
        assert not echoes(read.response().body.decode())
    else:
        assert read_referral(read, region="GB") == read == without_nulls(read)
        assert json.dumps(read, ensure_ascii=False).encode()


@settings(max_examples=60, deadline=None)
@given(document=bent_referrals())
def test_what_is_taken_in_can_be_judged_by_the_rules(document):
    read = read_or_refuse(document)
    if not isinstance(read, Problem):
        facts_of(read, number_id=str, received_at=datetime.now(UTC))


async def test_a_bent_referral_is_never_a_500(officer):
    seen: list[tuple[dict, int]] = []

    async def post(document) -> None:
        raw = json.dumps(document).encode()
        answer = await officer.client.post(
            "/api/v1/referrals", headers=officer.headers | {"Content-Type": "application/json"}, content=raw
        )
        seen.append((document, answer.status_code))
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert not echoes(answer.text)

    documents: list[dict] = []

    @settings(max_examples=80, database=None)
    @given(bent_referrals())
    def gather(document) -> None:
        documents.append(document)

    gather()
    await asyncio.gather(*(post(document) for document in documents))
    assert {status for _, status in seen} <= {200, 201, 409, 422}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_a_telephone_number_fail_otherwise_than_by_name(text):
    document = a_referral(victim__phones=[{"number": text}])
    read = read_or_refuse(document)
    if isinstance(read, Problem):
        assert read.errors[0].path.startswith("victim.phones")
    else:
        number = read["victim"]["phones"][0]["number"]
        assert number[0] == "+"
        assert number[1:].isdecimal()
