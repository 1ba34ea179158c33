"""No number of corrections makes anything safer than the person or a coordinator said; with an oracle of its own."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.contact_plan_correction import corrected_by_referrer
from tests.builders import NOW
from tests.store.lives import a_document

SIGNED = {"set_by": {"role": "coordinator", "name": "Jo"}, "set_at": NOW.isoformat()}
ANSWERS = ("no", "unknown", "yes")
QUIET = ("none", "neutral", "named")
HIDDEN = ("yes", "unknown", "no")
NUMBERS = ("+447700900121", "+447700900122", "+447700900123")
EMAILS = ("ada@example.org", "ADA@example.org", "other@example.org")
HOME: tuple[dict[str, Any], ...] = (
    {"lines": ["1 Example Street", "Cambridge"], "postcode": "CB1 2AB"},
    {"lines": ["1, EXAMPLE ST.", "Cambridge"], "postcode": "cb12ab"},
    {"lines": ["1 Example Street", "Cambridge"]},
    {"lines": ["Number 1, Example St"], "postcode": "CB1 2AC"},
    {"lines": ["1 Example Street"], "postcode": "CB1 9ZZ"},
    {"postcode": "CB1 2AB"},
    {"lines": ["Example Street 1, CB1 2AB"]},
)
"""One place, as a referrer may write it."""
ELSEWHERE: dict[str, Any] = {"lines": ["2 Refuge Road"], "postcode": "PE1 1AA"}


def maybe(**said: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=said)


phones = st.lists(
    st.builds(
        lambda number, said: {"number": number, "safe": "unknown", "voicemail": "neutral", **said},
        st.sampled_from(NUMBERS),
        maybe(
            safe=st.sampled_from(ANSWERS),
            texts=st.sampled_from(ANSWERS),
            voicemail=st.sampled_from(QUIET),
            withhold_number=st.sampled_from(HIDDEN),
        ),
    ),
    max_size=3,
)
emails = st.lists(
    st.builds(
        lambda address, safe: {"address": address, "safe": safe},
        st.sampled_from(EMAILS),
        st.sampled_from(ANSWERS),
    ),
    max_size=3,
)
addresses = st.builds(
    lambda place, safe: {**place, "safe": safe},
    st.sampled_from((*HOME, ELSEWHERE)),
    st.sampled_from(ANSWERS),
)
a_guardian = st.builds(
    lambda said: {"given_name": "Bo", **said}, maybe(phones=phones, emails=emails, address=addresses)
)

as_planned = a_guardian.map(
    lambda bo: bo | ({"address": HOME[0] | {"safe": bo["address"]["safe"]}} if "address" in bo else {})
)
"""Whoever makes a plan writes one place in one way."""


def replaced(address: dict[str, Any] | None) -> dict[str, Any] | None:
    """An address sent whole, as a merge-patch: what it does not have goes."""
    return None if address is None else {"lines": None, "postcode": None, **address}


corrections = maybe(
    phones=phones,
    emails=emails,
    address=st.none() | addresses.map(replaced),
    guardian=st.none()
    | a_guardian.map(
        lambda bo: {**bo, "address": replaced(bo["address"])} if "address" in bo else {**bo, "address": None}
    ),
)
plans = st.builds(
    lambda said, home: {**said, **home},
    st.fixed_dictionaries({"phones": phones, "emails": emails}),
    maybe(address=st.builds(lambda safe: {**HOME[0], "safe": safe}, st.sampled_from(ANSWERS))),
)


def answers(victim: dict[str, Any]) -> dict[tuple[str, str], int]:
    """How far everything may be used: the higher the number the more; the least of all mentions."""
    found: dict[tuple[str, str], int] = {}

    def says(what: str, of: str, allowed: int) -> None:
        found[what, of] = min(found.get((what, of), allowed), allowed)

    for owner in (victim, victim.get("guardian") or {}):
        for phone in owner.get("phones", ()):
            ring = ANSWERS.index(phone.get("safe", "unknown"))
            says("ring", phone["number"], ring)
            says("text", phone["number"], min(ring, ANSWERS.index(phone.get("texts", phone.get("safe")))))
            says("voicemail", phone["number"], QUIET.index(phone.get("voicemail", "neutral")))
            says("show", phone["number"], HIDDEN.index(phone.get("withhold_number", "unknown")))
        for email in owner.get("emails", ()):
            says("email", email["address"].casefold(), ANSWERS.index(email["safe"]))
        address = owner.get("address") or {}
        if any(address.get(name) == ELSEWHERE[name] for name in ELSEWHERE):
            says("post", "elsewhere", ANSWERS.index(address.get("safe", "unknown")))
        elif address:
            says("post", "home", ANSWERS.index(address.get("safe", "unknown")))
    return found


@settings(max_examples=400, deadline=None)
@given(plan=plans, guardian=st.none() | as_planned, sequence=st.lists(corrections, min_size=1, max_size=5))
def test_no_sequence_of_corrections_makes_anything_safer_than_the_plan_says(
    plan: dict[str, Any], guardian: dict[str, Any] | None, sequence: list[dict[str, Any]]
) -> None:
    document = a_document(victim__contact_plan=SIGNED, victim__address=None, victim__guardian=guardian)
    document["victim"] |= plan
    said = answers(document["victim"])
    for patch in sequence:
        document = corrected_by_referrer(document, {"victim": patch})
        for way, allowed in answers(document["victim"]).items():
            # A place that only may be the one is not known to be safe, and need not be known to be unsafe.
            most = (
                max(said[way], 1) if way in said and way[0] == "post" and said[way] < 2 else said.get(way, 2)
            )
            assert allowed <= most, (way, patch)
        assert document["victim"]["contact_plan"] == SIGNED
