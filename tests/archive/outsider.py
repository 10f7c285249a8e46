"""A verifier of archives written from docs/archive-format.md alone, importing nothing of the app; tests come in."""

import base64
import hashlib
import hmac
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TROUBLES = (InvalidTag, zipfile.BadZipFile, struct.error, zlib.error, LookupError, RuntimeError, OSError)


def spelled(names: list[str], contents: list[bytes]) -> bytes:
    """The only zip that an archive of these members can be."""
    body, listing = b"", b""
    for name, content in zip(names, contents, strict=True):
        told = struct.pack("<HHLLL", 0, 0x21, zlib.crc32(content), len(content), len(content))
        entry = told + struct.pack("<HH", len(name), 0)
        listing += struct.pack("<4sHHHH", b"PK\x01\x02", 20, 20, 0, 0) + entry
        listing += struct.pack("<HHHLL", 0, 0, 0, 0, len(body)) + name.encode()
        body += struct.pack("<4sHHH", b"PK\x03\x04", 20, 0, 0) + entry + name.encode() + content
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, *[len(names)] * 2, len(listing), len(body), 0)
    return body + listing + end


def check(path: Path, secret: bytes, *, skip: str = "") -> dict[str, Any]:
    """Raise ValueError if anything is not as it was written; give every table's rows. `skip` plants flaws."""
    try:
        with zipfile.ZipFile(path) as file:
            names = [each.filename for each in file.infolist()]
            contents = [file.read(each) for each in file.infolist()]
        if [names[0], names[-1]] != ["header.json", "manifest.json"]:
            raise ValueError("first and last member")
        header = json.loads(contents[0])
        if header["key"]["from"] == "passphrase":
            cost = {name: header["key"][name] for name in ("n", "r", "p")}
            salt = base64.b64decode(header["salt"])
            secret = hashlib.scrypt(secret, salt=salt, dklen=32, maxmem=2**27, **cost)
        cipher = AESGCM(hmac.digest(secret, b"mendline-archive/1\n" + contents[0], hashlib.sha256))
        texts = [
            zlib.decompress(cipher.decrypt(content[:12], content[12:], name.encode()))
            for name, content in zip(names[1:], contents[1:], strict=True)
        ]
        manifest = json.loads(texts[-1])
    except TROUBLES as wrong:
        raise ValueError("does not open") from wrong
    assert_equal(spelled(names, contents), path.read_bytes(), "spelling", skip)
    parts = [part for table in manifest["tables"] for part in table["parts"]]
    assert_equal(["header.json", *(part["name"] for part in parts), "manifest.json"], names, "members", skip)
    chain = hashlib.sha256(contents[0]).digest()
    for part, content, text in zip(parts, contents[1:-1], texts[:-1], strict=False):
        digest = hashlib.sha256(content)
        assert_equal((part["sha256"], part["rows"]), (digest.hexdigest(), text.count(b"\n")), "parts", skip)
        chain = hashlib.sha256(chain + digest.digest()).digest()
    assert_equal(manifest["chain"], chain.hex(), "chain", skip)
    held = dict(zip(names[1:-1], texts[:-1], strict=True))
    tables = {}
    for table in manifest["tables"]:
        text = b"".join(held.get(part["name"], b"") for part in table["parts"])
        assert_equal(
            (table["sha256"], table["rows"]),
            (hashlib.sha256(text).hexdigest(), text.count(b"\n")),
            "rows",
            skip,
        )
        tables[table["name"]] = [json.loads(line) for line in text.splitlines()]
    return {"manifest": manifest, "tables": tables}


def assert_equal(told: Any, found: Any, what: str, skip: str) -> None:
    """One comparison, unless it is left out on purpose."""
    if told != found and what not in skip.split():
        raise ValueError(what)
