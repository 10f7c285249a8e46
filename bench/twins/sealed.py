"""Sealed text as the other stacks open it: keys in memory from the start, so that they pay for the cipher only."""

import base64
import secrets
from collections.abc import Iterable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.chart.keys import MasterKey, context_of


class Seals:
    """Opens and seals with the keys of every couple."""

    def __init__(self, master: str, rows: Iterable[tuple[object, object, object, bytes]]) -> None:
        key = MasterKey(base64.b64decode(master))
        self._by_id: dict[bytes, AESGCM] = {}
        self._by_couple: dict[str, tuple[bytes, AESGCM]] = {}
        for practice_id, key_id, couple_id, wrapped in rows:
            secret = key.unwrap(
                bytes(wrapped), context_of(str(practice_id), "data_key", str(key_id), "wrapped")
            )
            name, cipher = UUID(str(key_id)).bytes, AESGCM(secret)
            self._by_id[name] = cipher
            self._by_couple[str(couple_id)] = (name, cipher)

    def open(
        self, value: bytes | None, practice_id: object, table: str, row_id: object, column: str
    ) -> str | None:
        """The text of a sealed value."""
        if value is None:
            return None
        value = bytes(value)
        context = f"{practice_id}/{table}/{row_id}/{column}".encode()
        return self._by_id[value[1:17]].decrypt(value[17:29], value[29:], context).decode()

    def seal(
        self, text: str, couple_id: str, practice_id: object, table: str, row_id: object, column: str
    ) -> bytes:
        """A sealed value as the service writes it."""
        name, cipher = self._by_couple[couple_id]
        nonce = secrets.token_bytes(12)
        context = f"{practice_id}/{table}/{row_id}/{column}".encode()
        return b"\x01" + name + nonce + cipher.encrypt(nonce, text.encode(), context)
