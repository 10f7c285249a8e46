"""Keys and sealed text: the master key wraps data keys, those seal text; the chart and whoever opens the store come in.

A sealed value is 0x01 ‖ key id (16 bytes) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag. The associated data name
practice, table, row and column, so that a value moved elsewhere does not open.
"""

import base64
import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved to another row, or its key is gone."""


class NoMasterKey(ValueError):
    """What was given as a master key is none; says where it was found, and nothing of what it holds."""


class MasterKey:
    """The key above all keys. Never stored in the database nor in its backups."""

    def __init__(self, secret: bytes, former: "MasterKey | None" = None) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("the master key must be 32 bytes, base64-encoded")
        self._wrapping = AESGCM(secret)
        self._secret = secret
        self.former = former  # while keys are rotated: opens what it wrapped, and wraps nothing any more

    def derive(self, purpose: str) -> bytes:
        """A key of its own for another purpose, such as signing cursors."""
        return hmac.digest(self._secret, purpose.encode(), hashlib.sha256)

    def file_key(self) -> str:
        """The raw key of an SQLite file that is encrypted as a whole, in hexadecimal digits."""
        drawn = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"mendline sqlite file")
        return drawn.derive(self._secret).hex()

    def wrap(self, key: bytes, context: str) -> bytes:
        """Encrypt a lower key for storing."""
        return seal_bytes(self._wrapping, key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Open a stored lower key; raises SealBroken when neither this key nor the former one wrapped it."""
        if self.former is None or self.wraps(wrapped, context):
            return open_bytes(self._wrapping, wrapped, context)
        return self.former.unwrap(wrapped, context)

    def wraps(self, wrapped: bytes, context: str) -> bool:
        """Whether it is this key, not the former one, that wrapped a lower key."""
        try:
            open_bytes(self._wrapping, wrapped, context)
        except SealBroken:
            return False
        return True


def load_master_key(encoded: str, path: Path) -> tuple[MasterKey, bool]:
    """The master key from the environment or its file, made when missing; the flag says that it was made now."""
    if encoded:
        return MasterKey(_secret_in(encoded, "MENDLINE_MASTER_KEY")), False
    if path.exists():
        return MasterKey(_secret_in(path.read_bytes().strip(), str(path))), False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = secrets.token_bytes(KEY_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was quicker
        return load_master_key("", path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:  # a full disk: half a key would stand in the way of a whole one
        path.unlink()
        raise
    return MasterKey(secret), True


def with_former(master: MasterKey, encoded: str, path: Path | None) -> MasterKey:
    """The master key in use, knowing the former one while keys are rotated."""
    if not encoded and path is None:
        return master
    if encoded:
        return MasterKey(master._secret, MasterKey(_secret_in(encoded, "MENDLINE_FORMER_MASTER_KEY")))
    assert path is not None
    return MasterKey(master._secret, MasterKey(_secret_in(path.read_bytes().strip(), str(path))))


def _secret_in(given: str | bytes, where: str) -> bytes:
    """The bytes of a key as it is written down."""
    try:
        secret = base64.b64decode(given, validate=True)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise NoMasterKey(f"{where} is not base64 of 32 bytes")
    return secret


class DataKey:
    """One data key, ready for use: seals and opens text under a context (practice, table, row, column)."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.id = key_id
        self._prefix = FORMAT + UUID(key_id).bytes
        self._cipher = AESGCM(secret)

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt text; two calls never give the same bytes."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), context.encode())
        return self._prefix + nonce + sealed

    def open(self, value: bytes, context: str) -> str:
        """Decrypt; raises SealBroken when value, place or key do not fit together."""
        body = value[17:]
        try:
            return self._cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError) as broken:
            raise SealBroken(context) from broken


def stored(value: Any) -> bytes:
    """What a column of bytes holds; SQLite would keep a word or a number that somebody else put there."""
    if not isinstance(value, bytes | memoryview):
        raise SealBroken("not bytes")
    return bytes(value)


def key_id_of(value: bytes) -> str:
    """The id of the data key that sealed a value."""
    if value[:1] != FORMAT or len(value) < 17 + NONCE_BYTES:
        raise SealBroken("not a sealed value")
    return _spelled(bytes(value[1:17]))


@functools.lru_cache(maxsize=65_536)
def _spelled(key_id: bytes) -> str:
    return str(UUID(bytes=key_id))


def context_of(practice_id: str, table: str, row_id: str, column: str) -> str:
    """The associated data of one sealed column of one row."""
    return f"{practice_id}/{table}/{row_id}/{column}"


def seal_bytes(cipher: AESGCM, secret: bytes, context: str) -> bytes:
    """Encrypt bytes under a fresh nonce, which stands in front."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, secret, context.encode())


def open_bytes(cipher: AESGCM, wrapped: bytes, context: str) -> bytes:
    """The reverse of seal_bytes; raises SealBroken."""
    try:
        return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as broken:  # too short for a nonce is no less broken
        raise SealBroken(context) from broken


def new_secret() -> bytes:
    """Fresh key material."""
    return secrets.token_bytes(KEY_BYTES)
