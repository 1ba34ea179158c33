import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import IdempotencyConflict, ReferenceTaken
from domain.vocabulary import NextActionKind, Stage
from store.reception import Received, Reception, ReceptionResult
from store.tokens import Maker
from tests.builders import NOW
from tests.store.lives import JO, POLICE, Office, a_document, another_person

FRONT_DOOR = Maker(token_id="t-web", role="system", name="Web form")


def test_a_referral_is_kept_with_its_outbox_row_and_first_line(office: Office) -> None:
    reception = office.receives()
    assert reception.result is ReceptionResult.CREATED
    view = office.view(reception.referral_id)
    assert view.document == a_document()
    assert view.stage is Stage.RECEIVED
    assert view.owner == "organisation:Cambridgeshire Constabulary"
    assert view.next_action is not None
    assert view.next_action.kind is NextActionKind.WAIT
    assert office.words(view.id) == ["The referral was received."]
    due = office.outbox.claim(now=NOW + timedelta(minutes=1), lease=timedelta(seconds=5), limit=10)
    assert [waiting.referral_id for waiting in due] == [view.id]


def test_the_same_content_again_is_the_same_referral(office: Office) -> None:
    first = office.receives()
    again = office.receives(a_document(victim__interpreter=None, victim__access=[]))
    assert again == Reception(
        result=ReceptionResult.SAME, referral_id=first.referral_id, reference=first.reference
    )


def test_the_same_content_is_the_same_after_a_correction_too(office: Office) -> None:
    # A force system may repeat a message that was answered long ago.
    life = office.begins()
    life.is_corrected({"victim": {"given_name": "Adah"}})
    assert office.receives().referral_id == life.id


def test_other_content_under_the_same_reference_is_a_conflict(office: Office) -> None:
    office.receives()
    conflict = office.receives(a_document(victim__given_name="Bo"))
    assert conflict == Reception(result=ReceptionResult.CONFLICT, referral_id="", reference="")


def test_somebody_elses_referral_is_a_conflict_and_never_shown(office: Office) -> None:
    office.receives()
    conflict = office.receives(by=FRONT_DOOR)
    assert conflict.result is ReceptionResult.CONFLICT
    assert conflict.referral_id == ""


def test_two_people_of_one_crime_are_two_referrals(office: Office) -> None:
    one = office.receives()
    other = office.receives(a_document(source__person_reference="2", victim__given_name="Bo"))
    assert other.result is ReceptionResult.CREATED
    assert other.referral_id != one.referral_id


def test_without_a_reference_nothing_is_unique(office: Office) -> None:
    results = {office.receives(a_document(source__reference=None)).result for _ in range(2)}
    assert results == {ReceptionResult.CREATED}


def test_without_an_organisation_a_reference_is_unique_among_the_owners_own(office: Office) -> None:
    # Two small agencies may both number their referrals from 1; neither is refused for the other.
    document = a_document(source__organisation=None, source__reference="1")
    assert office.receives(document, by=FRONT_DOOR).result is ReceptionResult.CREATED
    assert office.receives(document, by=JO).result is ReceptionResult.CREATED
    assert office.receives(document, by=FRONT_DOOR).result is ReceptionResult.SAME


def test_every_token_of_an_organisation_owns_its_referrals(office: Office) -> None:
    first = office.receives()
    again = office.receives(by=replace(POLICE, token_id="t-other", name="Another officer"))
    assert again.referral_id == first.referral_id


def test_a_reference_that_is_taken_is_drawn_again(office: Office) -> None:
    first = office.receives()
    received = Received(
        referral_id=str(uuid.uuid4()),
        reference=first.reference,
        document=another_person(2),
        received_at=NOW,
        by=POLICE,
    )
    with pytest.raises(ReferenceTaken):
        office.referrals.receive(received)
    assert office.referrals.view(received.referral_id) is None


def test_of_many_who_post_the_same_at_once_one_creates_it(office: Office) -> None:
    # A police system that times out posts again while the first request is still at work.
    receptions: list[Reception] = []
    together = threading.Barrier(8)

    def post() -> None:
        together.wait()
        receptions.append(office.receives())

    _in_threads(post, times=8)
    assert sorted(reception.result for reception in receptions) == ["created", *["same"] * 7]
    assert len({reception.referral_id for reception in receptions}) == 1
    assert len(office.referrals.list_views()) == 1


def test_an_idempotency_key_used_twice_makes_one_referral(office: Office) -> None:
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/r", body=b"1")
    document = a_document(source__reference=None)
    first = office.receives(document, claim=claim)
    again = office.receives(document, claim=claim)
    assert again == replace(first, result=ReceptionResult.REPLAYED)
    kept = office.idempotency.find(claim)
    assert kept is not None
    assert (kept.subject_kind, kept.subject_id, kept.status) == ("referral", first.referral_id, None)


def test_an_idempotency_key_used_at_once_by_many_makes_one_referral(office: Office) -> None:
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/r", body=b"1")
    receptions: list[Reception] = []
    _in_threads(
        lambda: receptions.append(office.receives(a_document(source__reference=None), claim=claim)), times=6
    )
    assert sorted(reception.result for reception in receptions) == ["created", *["replayed"] * 5]
    assert len({reception.referral_id for reception in receptions}) == 1


def test_an_idempotency_key_with_another_body_is_refused_and_stores_nothing(office: Office) -> None:
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/r", body=b"1")
    office.receives(claim=claim)
    with pytest.raises(IdempotencyConflict):
        office.receives(another_person(2), claim=replace(claim, fingerprint="other"))
    assert len(office.referrals.list_views()) == 1


def test_a_claim_on_a_repetition_names_the_referral_there_already(office: Office) -> None:
    first = office.receives()
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/r", body=b"1")
    assert office.receives(claim=claim).result is ReceptionResult.SAME
    assert office.receives(claim=claim).referral_id == first.referral_id


def test_a_conflict_leaves_no_claim(office: Office) -> None:
    office.receives()
    claim = office.idempotency.claim(token_id="t", key="k", method="POST", path="/r", body=b"1")
    assert office.receives(a_document(notes="other"), claim=claim).result is ReceptionResult.CONFLICT
    assert office.idempotency.find(claim) is None


@pytest.mark.parametrize(
    ("changes", "lane"),
    [({}, "information"), ({"flags": ["stalking"]}, "contact"), ({"flags": ["child"]}, "contact")],
    ids=["ordinary", "sensitive", "child"],
)
def test_before_triage_a_referral_stands_in_the_lane_triage_will_give_it(
    office: Office, changes: dict, lane: str
) -> None:
    # Otherwise the funnel would count it twice in a day: first here, then there.
    assert office.view(office.receives(a_document(lane="information", **changes)).referral_id).lane == lane


def _in_threads(work, *, times: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
