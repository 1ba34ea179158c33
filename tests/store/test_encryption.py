import os
import uuid

import pytest

from domain.errors import CannotBeOpened, KeyNotFound
from store.encryption import PersonCipher, cipher_of, new_person_key
from store.keyring import Keyring

OLD, NEW = os.urandom(32), os.urandom(32)


def test_a_value_moved_to_another_column_or_row_does_not_open() -> None:
    # Otherwise whoever can write to the tables could show one person's words under another's name.
    cipher = PersonCipher(os.urandom(32))
    sealed = cipher.seal_text("timeline.what_enc", "row-1", "Call: no answer.")
    assert cipher.open_text("timeline.what_enc", "row-1", sealed) == "Call: no answer."
    for column, row in (("timeline.why_enc", "row-1"), ("timeline.what_enc", "row-2")):
        with pytest.raises(CannotBeOpened):
            cipher.open_text(column, row, sealed)


def test_a_changed_value_does_not_open() -> None:
    cipher = PersonCipher(os.urandom(32))
    sealed = bytearray(cipher.seal("message.pdf_enc", "key", b"content"))
    for place in range(len(sealed)):
        sealed[place] ^= 1
        with pytest.raises(CannotBeOpened):
            cipher.open("message.pdf_enc", "key", bytes(sealed))
        sealed[place] ^= 1


def test_another_persons_key_opens_nothing() -> None:
    keyring = Keyring((NEW,))
    one, other = str(uuid.uuid4()), str(uuid.uuid4())
    cipher, wrapped = new_person_key(keyring, one)
    sealed = cipher.seal_text("command.why_enc", "1", "because")
    assert cipher_of(keyring, one, wrapped).open_text("command.why_enc", "1", sealed) == "because"
    with pytest.raises(CannotBeOpened):
        cipher_of(keyring, other, wrapped)


def test_the_same_words_are_never_sealed_alike() -> None:
    # Otherwise equal notes could be told from the tables alone.
    cipher = PersonCipher(os.urandom(32))
    assert cipher.seal_text("a.b", 1, "same") != cipher.seal_text("a.b", 1, "same")


def test_after_a_rotation_old_data_opens_and_new_data_needs_the_new_key() -> None:
    before, rotated = Keyring((OLD,)), Keyring((NEW, OLD))
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    _, wrapped_before = new_person_key(before, one)
    _, wrapped_after = new_person_key(rotated, two)
    cipher_of(rotated, one, wrapped_before)
    cipher_of(rotated, two, wrapped_after)
    with pytest.raises(KeyNotFound):
        cipher_of(before, two, wrapped_after)
    with pytest.raises(KeyNotFound):
        cipher_of(Keyring((NEW,)), one, wrapped_before)


def test_a_rotation_does_not_break_lookups() -> None:
    # Otherwise every repeat victim would be unknown on the day after a rotation.
    before, rotated = Keyring((OLD,)), Keyring((NEW, OLD))
    assert before.lookup_hash("phone", "+447700900123") == rotated.lookup_hash("phone", "+447700900123")
    assert before.fingerprint(b"body") == rotated.fingerprint(b"body")


def test_a_lookup_hash_tells_nothing_without_the_key_and_differs_by_kind() -> None:
    one, other = Keyring((OLD,)), Keyring((NEW,))
    assert one.lookup_hash("phone", "x") != other.lookup_hash("phone", "x")
    assert one.lookup_hash("phone", "x") != one.lookup_hash("email", "x")


def test_keys_for_two_purposes_are_never_the_same() -> None:
    keyring = Keyring((NEW, OLD))
    purposes = ("person key", "lookup", "fingerprint", "payload")
    keys = {derived.key for purpose in purposes for derived in keyring.derive(purpose)}
    assert len(keys) == 2 * len(purposes)
    assert not keys & {NEW, OLD}


@pytest.mark.parametrize("keys", [(), (b"short",), (b"x" * 33,)], ids=["none", "too short", "too long"])
def test_a_keyring_without_whole_keys_is_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(KeyNotFound):
        Keyring(keys)


def test_neither_a_key_nor_a_cipher_shows_itself() -> None:
    # They end up in tracebacks and logs otherwise.
    keyring = Keyring((OLD,))
    shown = repr(keyring) + repr(keyring.derive("lookup")) + repr(PersonCipher(OLD))
    assert OLD.hex() not in shown
    assert "\\x" not in shown
