"""Links of offers: nobody guesses one, and a text that is sent again carries the same."""

import uuid

from store.keyring import Keyring
from store.repair_dispatch.token import TOKEN_BYTES, may_be_token, offer_token, offer_token_hash

OFFER = "5b1d6f3e-0000-4000-8000-000000000001"
OLD, NEW = b"o" * 32, b"n" * 32


def test_a_link_is_the_same_however_often_it_is_texted_and_whatever_key_is_new() -> None:
    before, after = Keyring((OLD,)), Keyring((NEW, OLD))
    token = offer_token(before, OFFER)
    assert offer_token(before, OFFER) == token == offer_token(after, OFFER)
    assert offer_token_hash(before, token) == offer_token_hash(after, token)


def test_no_two_offers_and_no_two_services_share_a_link() -> None:
    keyring = Keyring((OLD,))
    tokens = {offer_token(keyring, str(uuid.UUID(int=number))) for number in range(1000)}
    assert len(tokens) == 1000
    assert offer_token(Keyring((NEW,)), OFFER) != offer_token(keyring, OFFER)
    assert TOKEN_BYTES * 8 >= 128


def test_what_is_kept_of_a_link_does_not_open_it() -> None:
    keyring = Keyring((OLD,))
    token = offer_token(keyring, OFFER)
    kept = offer_token_hash(keyring, token)
    assert token not in kept
    assert may_be_token(token)
    assert not may_be_token(kept)
    assert offer_token_hash(Keyring((NEW,)), token) != kept
