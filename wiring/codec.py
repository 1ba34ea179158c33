"""Everything that Temporal keeps is encrypted: payloads, and failures with their messages and traces.

Source: docs/decisions.
"""

import dataclasses
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
)
from typing_extensions import override

from domain.errors import KeyNotFound
from store.keyring import Keyring

_JSON = PydanticJSONPlainPayloadConverter()
"""One for the process: it keeps the schemas it has built."""

ENCODING = b"binary/encrypted"
"""Marks a payload of ours in Temporal's metadata."""
_NONCE = 12


class OneSchemaForAll(CompositePayloadConverter):
    """Temporal's pydantic converter, with its schemas built once for the process.

    Temporal makes a converter for every workflow run; each would build the schema of a referral's state anew, which
    costs more than everything else in a turn (see docs/decisions/0004-steps-and-one-schema.md).
    """

    def __init__(self) -> None:
        super().__init__(
            *(
                _JSON if isinstance(converter, JSONPlainPayloadConverter) else converter
                for converter in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


class EncryptingCodec(PayloadCodec):
    """AES-GCM with a key derived from the service's newest key; opens what any configured key closed."""

    def __init__(self, keyring: Keyring) -> None:
        derived = keyring.derive("temporal payloads")
        self._newest = derived[0].id
        self._ciphers = {key.id: AESGCM(key.key) for key in derived}

    @override
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Close every payload."""
        return [self._close(payload) for payload in payloads]

    @override
    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open what is ours; leave the rest as it is.

        Raises:
            KeyNotFound: It was closed with a key that is not configured, or was tampered with.
        """
        return [self._open(payload) for payload in payloads]

    def _close(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, payload.SerializeToString(), ENCODING)
        return Payload(metadata={"encoding": ENCODING, "key": self._newest}, data=nonce + sealed)

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        cipher = self._ciphers.get(payload.metadata.get("key", b""))
        if cipher is None:
            raise KeyNotFound("a payload was encrypted with a key that is not configured")
        try:
            opened = cipher.decrypt(payload.data[:_NONCE], payload.data[_NONCE:], ENCODING)
        except InvalidTag:
            raise KeyNotFound("a payload does not open with its key") from None
        return Payload.FromString(opened)


def encrypting_converter(keyring: Keyring) -> DataConverter:
    """The one data converter of clients, workers and tests."""
    return dataclasses.replace(
        DataConverter.default,
        payload_converter_class=OneSchemaForAll,
        payload_codec=EncryptingCodec(keyring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
