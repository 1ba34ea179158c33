from dataclasses import replace

import pytest

from domain.errors import IdempotencyConflict
from store.idempotency import Claim
from tests.builders import DAY, NOW
from tests.store.lives import Office


def a_claim(office: Office, **changes) -> Claim:
    request = {"token_id": "t", "key": "k", "method": "POST", "path": "/referrals", "body": b"{}"}
    return office.idempotency.claim(**{**request, **changes})


def complete(office: Office, claim: Claim, *, status: int = 201, body: bytes = b"{}", at=NOW) -> None:
    office.idempotency.complete(claim, status=status, body=body, headers={"location": "/x"}, now=at)


def test_an_answer_is_kept_and_given_again(office: Office) -> None:
    claim = a_claim(office)
    assert office.idempotency.find(claim) is None
    complete(office, claim, body='{"name": "Zoë"}'.encode())
    kept = office.idempotency.find(claim)
    assert (kept.status, kept.headers, kept.body) == (201, {"location": "/x"}, '{"name": "Zoë"}'.encode())


def test_the_first_answer_kept_stays(office: Office) -> None:
    claim = a_claim(office)
    complete(office, claim, status=201)
    complete(office, claim, status=500)
    assert office.idempotency.find(claim).status == 201


@pytest.mark.parametrize("changes", [{"body": b"[]"}, {"path": "/other"}, {"method": "PUT"}])
def test_the_same_key_for_another_request_is_a_conflict(office: Office, changes: dict) -> None:
    complete(office, a_claim(office))
    with pytest.raises(IdempotencyConflict):
        office.idempotency.find(a_claim(office, **changes))


def test_keys_of_two_tokens_never_meet(office: Office) -> None:
    complete(office, a_claim(office))
    assert office.idempotency.find(a_claim(office, token_id="other", body=b"[]")) is None


def test_an_answer_completes_what_was_claimed(office: Office) -> None:
    claim = a_claim(office)
    reception = office.receives(claim=claim)
    complete(office, claim)
    kept = office.idempotency.find(claim)
    assert (kept.subject_kind, kept.subject_id, kept.status) == ("referral", reception.referral_id, 201)


def test_another_bodys_answer_is_not_kept_over_a_claim(office: Office) -> None:
    claim = a_claim(office)
    office.receives(claim=claim)
    complete(office, replace(claim, fingerprint="other"), status=400)
    assert office.idempotency.find(claim).status is None


def test_keys_are_forgotten_after_a_while(office: Office) -> None:
    old, new = a_claim(office), a_claim(office, key="new")
    complete(office, old)
    complete(office, new, at=NOW + 2 * DAY)
    assert office.idempotency.forget(NOW + DAY) == 1
    assert office.idempotency.find(old) is None
    assert office.idempotency.find(new) is not None
