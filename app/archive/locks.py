"""The lock of an archive: a key from a passphrase or a key file, and how members are closed and opened with it."""

import base64
import hashlib
import hmac
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.archive.zipped import Broken

FORMAT, VERSION = "mendline-archive", 1
CONTEXT = b"mendline-archive/1\n"
KEY_BYTES, NONCE_BYTES, SALT_BYTES = 32, 12, 16
SCRYPT = {"n": 32_768, "r": 8, "p": 3}
SHORTEST_PASSPHRASE = 12
KINDS = ("practice", "couple", "backup")
_MEMORY = 128 * 1024 * 1024


class NotOpened(OSError):
    """The passphrase or key file is not the one that the archive was closed with, or cannot be used."""


@dataclass(frozen=True)
class Secret:
    """What opens an archive: a passphrase, or the 32 bytes of a key file."""

    passphrase: str | None = None
    key: bytes | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the header tells of it, in the clear."""
        return {"from": "file"} if self.key is not None else {"from": "passphrase", "kdf": "scrypt", **SCRYPT}

    def root(self, salt: bytes, told: Mapping[str, Any]) -> bytes:
        """The 32 bytes that the archive's own key is derived from."""
        if told != self.parameters:
            raise NotOpened(f"this archive is opened with a {_wanted(told)}")
        if self.key is not None:
            return self.key
        words = (self.passphrase or "").encode()
        return hashlib.scrypt(words, salt=salt, maxmem=_MEMORY, dklen=KEY_BYTES, **SCRYPT)


def _wanted(told: Mapping[str, Any]) -> str:
    known = {"file": "key file", "passphrase": "passphrase"}
    return known.get(str(told.get("from")), "lock that this version does not know")


def from_file(path: Path) -> Secret:
    """The secret in a key file: base64 of 32 bytes."""
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise NotOpened(f"{path} is no key file: it holds base64 of 32 bytes (`openssl rand -base64 32`)")
    return Secret(key=key)


def from_passphrase(words: str) -> Secret:
    """The secret that a passphrase is."""
    if len(words) < SHORTEST_PASSPHRASE:
        raise NotOpened(f"a passphrase has {SHORTEST_PASSPHRASE} characters or more")
    return Secret(passphrase=words)


class Lock:
    """Closes and opens the members of one archive."""

    def __init__(self, secret: Secret, header: bytes) -> None:
        told = _header(header)
        root = secret.root(base64.b64decode(told["salt"]), told["key"])
        self.kind: str = told["kind"]
        self._cipher = AESGCM(hmac.digest(root, CONTEXT + header, hashlib.sha256))

    def close(self, name: str, content: bytes) -> bytes:
        """Compressed and encrypted; the name is part of what is authenticated."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(content), name.encode())

    def open(self, name: str, member: bytes) -> bytes:
        """The reverse; raises NotOpened."""
        try:
            packed = self._cipher.decrypt(member[:NONCE_BYTES], member[NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as wrong:
            raise NotOpened(f"{name} does not open: another passphrase or key, or it was changed") from wrong
        return zlib.decompress(packed)


def new_header(secret: Secret, kind: str) -> bytes:
    """The header of a new archive: the only member in the clear, it holds no word and no id of the record."""
    salt = base64.b64encode(secrets.token_bytes(SALT_BYTES)).decode()
    told = {
        "format": FORMAT,
        "version": VERSION,
        "kind": kind,
        "cipher": "AES-256-GCM",
        "salt": salt,
        "key": secret.parameters,
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _header(header: bytes) -> dict[str, Any]:
    try:
        told = json.loads(header)
        known = (told["format"], told["version"], told["cipher"]) == (FORMAT, VERSION, "AES-256-GCM")
        salted = len(base64.b64decode(told["salt"], validate=True)) == SALT_BYTES
        sound = known and salted and told["kind"] in KINDS and isinstance(told["key"], dict)
    except (ValueError, KeyError, TypeError) as wrong:
        raise Broken("the header is not readable") from wrong
    if not sound:
        raise Broken(f"this is no archive of format {FORMAT} {VERSION}")
    return dict(told)
