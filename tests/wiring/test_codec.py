"""What Temporal keeps: nothing in it can be read without the keys, and old keys still open what they closed."""

import base64
import json
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.errors import KeyNotFound
from domain.events import AttemptMade, Command
from domain.referral_state import ReferralState
from store.keyring import Keyring
from tests.builders import NOW, a_referral, sensitive_facts
from tests.workflows.lives import a_desk
from wiring.codec import ENCODING, encrypting_converter

OLD, NEW, OTHER = (bytes([n]) * 32 for n in (1, 2, 3))
TELLING = ("stalking", "sensitive", "no_answer", "answer", "phone-1", "moved_away", "reached", "letter")
"""Words of what happened; none of them may be found in a history."""


def a_converter(*keys: bytes) -> Any:
    return encrypting_converter(Keyring(keys))


async def test_a_state_comes_back_as_it_went_in() -> None:
    converter = a_converter(NEW)
    state = a_referral(sensitive_facts())
    (payload,) = await converter.encode([state])
    assert payload.metadata["encoding"] == ENCODING
    assert await converter.decode([payload], [ReferralState]) == [state]


async def test_what_an_older_key_closed_still_opens() -> None:
    payloads = await a_converter(OLD).encode(["a word"])
    assert await a_converter(NEW, OLD).decode(payloads, [str]) == ["a word"]


async def test_the_newest_key_closes() -> None:
    payloads = await a_converter(NEW, OLD).encode(["a word"])
    assert await a_converter(NEW).decode(payloads, [str]) == ["a word"]


async def test_a_key_that_is_not_configured_is_said_to_be_missing() -> None:
    payloads = await a_converter(OLD).encode(["a word"])
    with pytest.raises(KeyNotFound):
        await a_converter(NEW, OTHER).decode(payloads)


async def test_a_payload_that_was_tampered_with_does_not_open() -> None:
    converter = a_converter(NEW)
    (payload,) = await converter.encode(["a word"])
    payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
    with pytest.raises(KeyNotFound):
        await converter.decode([payload])


async def test_the_same_word_never_looks_the_same_twice() -> None:
    converter = a_converter(NEW)
    one, two = await converter.encode(["burglary", "burglary"])
    assert one.data != two.data


async def test_what_is_not_ours_is_left_alone() -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"a word"')
    assert await a_converter(NEW).decode([plain], [str]) == ["a word"]


async def test_an_event_of_a_command_keeps_its_kind() -> None:
    converter = a_converter(NEW)
    command = Command(id="c", ordinal=1, event=AttemptMade(outcome="no_answer", made_at=NOW))
    (back,) = await converter.decode(await converter.encode([command]), [Command])
    assert isinstance(back.event, AttemptMade)


async def test_a_failure_hides_its_words() -> None:
    converter = a_converter(NEW)
    failure = Failure()
    await converter.encode_failure(ApplicationError("Ada Example did not answer"), failure)
    assert b"Ada" not in failure.SerializeToString()
    assert "Ada Example" in str(await converter.decode_failure(failure))


async def test_nothing_in_a_history_says_what_happened(temporal_env: WorkflowEnvironment) -> None:
    async with a_desk(temporal_env) as desk:
        life = await desk.begins(sensitive_facts())
        await life.rings("no_answer")
        await life.decides("hold", hold_kind="other")
        await life.is_corrected(address_safe=None)
        assert not (await life.decides("reopen")).applied
        desk.tables.outages = 2
        await life.decides("close", outcome="moved_away")
        await life.ends()
        (history,) = await desk.histories()
    seen = readable(json.loads(history.to_json()))
    assert f"referral-{life.id}" in seen, "the search sees nothing at all"
    assert [word for word in TELLING if word in seen] == []


def readable(node: Any) -> str:
    """Everything in a history that somebody could read, base64 undone."""
    if isinstance(node, dict):
        return "\n".join(f"{name}\n{readable(value)}" for name, value in node.items() if name != "eventType")
    if isinstance(node, list):
        return "\n".join(map(readable, node))
    text = str(node)
    try:
        return text + "\n" + base64.b64decode(text, validate=True).decode("latin-1")
    except ValueError:
        return text
