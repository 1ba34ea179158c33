from datetime import timedelta

import pytest

from domain.vocabulary import Answer, Weekday
from store.contact_plan import as_it_was_sent, has_run_out, says_duress_word, without_duress_word
from store.contact_plan_correction import corrected_by_referrer
from tests.builders import NOW
from tests.store.lives import Office, a_document

NUMBER = "+447700900123"
SIGNED = {"set_by": {"role": "coordinator", "name": "Jo"}, "set_at": NOW.isoformat()}
DAY = timedelta(days=1)


def with_plan(**victim):
    """A referral whose plan a coordinator has set."""
    changes = {f"victim__{name}": value for name, value in victim.items()}
    return a_document(**{"victim__contact_plan": SIGNED, **changes})


def test_a_change_of_the_plan_is_what_the_rules_read_from_then_on(office: Office) -> None:
    life = office.begins()
    until = NOW + DAY
    life.has_its_plan_changed(
        {
            "phones": [{"number": NUMBER, "safe": "no", "voicemail": "none"}],
            "contact_plan": {
                "until": until.isoformat(),
                "text_windows": [{"days": ["mon"], "from": "10:00", "to": "12:00"}],
            },
        }
    )
    facts = office.referrals.take_up(life.id).facts
    assert [phone.safe for phone in facts.phones] == [Answer.NO]
    assert facts.plan_until == until
    assert [window.days for window in facts.text_windows] == [(Weekday.MON,)]
    assert life.view.document["victim"]["contact_plan"]["set_by"]["name"] == "Jo Coordinator"


def test_a_plan_is_read_again_at_each_use_and_vouches_for_nothing_once_it_has_run_out(office: Office) -> None:
    life = office.begins()
    life.has_its_plan_changed({"contact_plan": {"until": (NOW + DAY).isoformat()}})
    facts = office.referrals.take_up(life.id).facts
    assert facts.as_of(NOW).phones[0].safe is Answer.YES
    assert facts.as_of(NOW + DAY).phones[0].safe is Answer.UNKNOWN
    assert not has_run_out(life.view.document, NOW)
    assert has_run_out(life.view.document, NOW + DAY)


def test_a_correction_after_a_change_of_the_plan_is_taken_in_with_care(office: Office) -> None:
    life = office.begins().has_its_plan_changed({"phones": [{"number": NUMBER, "safe": "no"}]})
    life.is_corrected({"victim": {"phones": [{"number": NUMBER, "safe": "yes"}]}})
    facts = office.referrals.take_up(life.id).facts
    assert [phone.safe for phone in facts.phones] == [Answer.NO]


@pytest.mark.parametrize(
    ("field", "planned", "corrected", "holds"),
    [
        ("safe", "no", "yes", "no"),
        ("safe", "unknown", "yes", "unknown"),
        ("safe", "yes", "no", "no"),
        ("safe", "yes", "yes", "yes"),
        ("texts", "no", "yes", "no"),
        ("voicemail", "none", "named", "none"),
        ("voicemail", "named", "neutral", "neutral"),
        ("withhold_number", "yes", "no", "yes"),
        ("withhold_number", "no", "yes", "yes"),
        ("who_may_answer", "my sister", "anybody", "my sister"),
    ],
)
def test_of_two_answers_about_a_number_the_more_careful_holds(field, planned, corrected, holds) -> None:
    document = with_plan(phones=[{"number": NUMBER, field: planned}])
    patch = {"victim": {"phones": [{"number": NUMBER, field: corrected}]}}
    (phone,) = corrected_by_referrer(document, patch)["victim"]["phones"]
    assert phone[field] == holds


def test_an_unsafe_number_is_remembered_wherever_a_referrer_puts_it(office: Office) -> None:
    document = with_plan(phones=[{"number": NUMBER, "safe": "no"}])
    guardian = {"given_name": "Bo", "phones": [{"number": NUMBER, "safe": "yes"}]}
    merged = corrected_by_referrer(document, {"victim": {"phones": [], "guardian": guardian}})
    assert merged["victim"]["guardian"]["phones"][0]["safe"] == "no"


def test_an_unsafe_e_mail_address_is_remembered_too() -> None:
    document = with_plan(emails=[{"address": "ada@example.org", "safe": "no"}])
    patch = {"victim": {"emails": [{"address": "other@example.org", "safe": "yes"}]}}
    emails = corrected_by_referrer(document, patch)["victim"]["emails"]
    assert [(one["address"], one["safe"]) for one in emails] == [
        ("other@example.org", "yes"),
        ("ada@example.org", "no"),
    ]


def test_a_guardian_who_is_taken_away_leaves_an_unsafe_number_behind() -> None:
    guardian = {"given_name": "Bo", "phones": [{"number": "+447700900456", "safe": "no"}]}
    document = with_plan(guardian=guardian)
    victim = corrected_by_referrer(document, {"victim": {"guardian": None}})["victim"]
    assert [phone["safe"] for phone in victim["phones"]] == ["yes", "no"]


def test_who_cannot_use_the_telephone_is_not_rung_because_a_referrer_forgot_it() -> None:
    document = with_plan(access=["no_phone"])
    assert corrected_by_referrer(document, {"victim": {"access": []}})["victim"]["access"] == ["no_phone"]


def test_what_was_corrected_is_a_document_of_its_own() -> None:
    document = with_plan(phones=[{"number": NUMBER, "safe": "yes"}])
    before = repr(document)
    corrected_by_referrer(document, {"victim": {"phones": [{"number": NUMBER, "safe": "no"}]}})
    assert repr(document) == before


def test_without_a_plan_a_referrers_last_word_holds() -> None:
    document = a_document(victim__phones=[{"number": NUMBER, "safe": "no"}])
    patch = {"victim": {"phones": [{"number": NUMBER, "safe": "yes"}]}}
    assert corrected_by_referrer(document, patch)["victim"]["phones"][0]["safe"] == "yes"


def test_the_duress_word_is_left_out_of_what_is_shown_and_still_heard() -> None:
    document = with_plan(contact_plan={**SIGNED, "duress_word": "Marigold", "safe_word": "bluebell"})
    shown = without_duress_word(document)
    assert "Marigold" not in repr(shown)
    assert shown["victim"]["contact_plan"]["safe_word"] == "bluebell"
    assert says_duress_word(document, "something about MARIGOLD")
    assert not says_duress_word(document, "bluebell")
    assert not says_duress_word(a_document(), "marigold")


def test_what_we_filled_in_and_what_may_be_over_is_nothing_anybody_sent() -> None:
    document = with_plan(contact_plan={**SIGNED, "until": "2020-01-01T00:00:00Z", "relay": "18001"})
    assert as_it_was_sent(document)["victim"]["contact_plan"] == {"relay": "18001"}
    assert "until" in document["victim"]["contact_plan"]


# Two corrections undo no "no" either.


def corrected(document, *patches):
    for patch in patches:
        document = corrected_by_referrer(document, {"victim": patch})
    return document["victim"]


LEFT_OUT = {"phones": [{"number": "+447700900999", "safe": "yes"}], "emails": [], "address": None}
OPEN = {"number": NUMBER, "safe": "yes", "texts": "yes", "voicemail": "named", "withhold_number": "no"}


def test_what_one_correction_leaves_out_the_next_does_not_give_back_as_safe() -> None:
    document = with_plan(
        phones=[
            {"number": NUMBER, "safe": "yes", "texts": "no", "voicemail": "none", "withhold_number": "yes"}
        ],
        emails=[{"address": "ada@example.org", "safe": "unknown"}],
        address={"lines": ["1 Example Street"], "postcode": "CB1 2AB", "safe": "no"},
    )
    given_back = {
        "phones": [OPEN],
        "emails": [{"address": "ADA@example.org", "safe": "yes"}],
        "address": {"lines": ["1 Example Street"], "postcode": "CB1 2AB", "safe": "yes"},
    }
    victim = corrected(document, LEFT_OUT, LEFT_OUT, given_back)
    (phone,) = victim["phones"]
    assert [phone[said] for said in ("safe", "texts", "voicemail", "withhold_number")] == [
        "yes",
        "no",
        "none",
        "yes",
    ]
    assert victim["emails"][0]["safe"] == "unknown"
    assert victim["address"]["safe"] == "no"


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ({"lines": ["1 Example Street"], "postcode": None}, "no"),
        ({"lines": ["Number 1, Example St."], "postcode": None}, "unknown"),
        ({"lines": ["1 Example Street, Cambridge"], "postcode": "CB1 2AC"}, "unknown"),
        ({"lines": ["Anywhere"], "postcode": "CB1 2AB"}, "no"),
        ({"lines": ["2 Refuge Road"], "postcode": "PE1 1AA"}, "yes"),
    ],
)
def test_an_address_that_may_be_the_unsafe_one_is_not_known_to_be_safe(address, holds) -> None:
    document = with_plan(address={"lines": ["1 Example Street"], "postcode": "CB1 2AB", "safe": "no"})
    assert corrected(document, {"address": {**address, "safe": "yes"}})["address"]["safe"] == holds
    assert corrected(document, {"address": None}, {"address": {**address, "safe": "yes"}})["address"][
        "safe"
    ] == (holds)


def test_a_guardians_unsafe_address_is_unsafe_as_the_victims_too() -> None:
    address = {"lines": ["1 Example Street"], "postcode": "CB1 2AB"}
    document = with_plan(address=None, guardian={"given_name": "Bo", "address": {**address, "safe": "no"}})
    victim = corrected(document, {"guardian": None, "address": {**address, "safe": "yes"}})
    assert victim["address"]["safe"] == "no"


def test_what_was_said_of_one_address_is_not_said_of_the_next() -> None:
    """A merge-patch that names no answer would carry the old one over to a place nobody has spoken of."""
    document = with_plan(address={"lines": ["1 Example Street"], "postcode": "CB1 2AB", "safe": "yes"})
    elsewhere = {"lines": ["2 Refuge Road"], "postcode": "PE1 1AA"}
    assert corrected(document, {"address": elsewhere})["address"]["safe"] == "unknown"


def test_a_referrer_writes_nothing_of_a_plan_that_is_the_persons() -> None:
    document = with_plan(preferred_name="Addie", access=["relay", "large_print"], language="pl")
    plan = {"safe_word": "other", "caller_display": "service", "on_ring_back": "Police"}
    victim = corrected(
        document,
        {
            "contact_plan": plan,
            "preferred_name": "Ada",
            "language": None,
            "interpreter": "her brother",
            "access": ["easy_read"],
        },
    )
    assert victim["contact_plan"] == SIGNED
    assert (victim["preferred_name"], victim["language"]) == ("Addie", "pl")
    assert "interpreter" not in victim
    assert victim["access"] == ["relay", "large_print", "easy_read"]


def test_staff_open_again_what_they_closed_and_no_referrer_what_staff_took_out(office: Office) -> None:
    life = office.begins().has_its_plan_changed({"phones": [{"number": NUMBER, "safe": "no"}]})
    life.is_corrected({"victim": {"phones": []}})
    life.has_its_plan_changed({"phones": [{"number": NUMBER, "safe": "yes"}]})
    life.is_corrected({"victim": {"phones": [{"number": NUMBER, "safe": "yes"}]}})
    assert [phone["safe"] for phone in life.view.document["victim"]["phones"]] == ["yes"]
    life.has_its_plan_changed({"phones": []})
    life.is_corrected({"victim": {"phones": [{"number": NUMBER, "safe": "yes"}]}})
    assert [phone["safe"] for phone in life.view.document["victim"]["phones"]] == ["unknown"]


def test_what_is_remembered_is_shown_nowhere() -> None:
    document = with_plan(phones=[{"number": NUMBER, "safe": "yes"}])
    now = corrected_by_referrer(document, {"victim": LEFT_OUT})
    assert NUMBER in repr(now)
    assert NUMBER not in repr(without_duress_word(now))
    assert NUMBER not in repr(as_it_was_sent(now))
