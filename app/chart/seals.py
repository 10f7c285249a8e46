"""Seals: canonical form, digests and the checking of chains, no database; chart, sessions and verifiers come in.

Two chains belong to a practice: `seals` (each signing is a link) and `trail` (each block of trail lines is a link). A
link names the one before it by digest, and its own digest is signed with the practice's Ed25519 key.
docs/proofs/seals.md describes the form well enough to write another verifier.
"""

import functools
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic_core import to_json

from app.chart.keys import stored

Row = Mapping[str, Any]
FORM: Final = 1
"""The canonical form described here; a later one gets the next number, and this one stays readable."""

START: Final = "0" * 64
"""What the first link of a chain names as the one before it."""

MARKS: Final = ("voided_at", "voided_by", "void_reason")
"""Set on a signed session when it is marked as entered in error; that act has a seal of its own."""


@dataclass(frozen=True)
class Chain:
    """A kind of chain: its name and the columns of a link that its digest covers."""

    name: str
    covers: tuple[str, ...]


SEALS: Final = Chain(
    "seals",
    (
        "practice_id",
        "id",
        "number",
        "previous",
        "kind",
        "form",
        "couple_id",
        "session_id",
        "addendum_id",
        "cosigned_id",
        "signed_at",
        "signed_by",
        "content_digest",
        "signing_key_id",
    ),
)
BLOCKS: Final = Chain(
    "trail",
    (
        "practice_id",
        "id",
        "number",
        "previous",
        "form",
        "sealed_at",
        "lines",
        "lines_digest",
        "last_id",
        "seals_number",
        "seals_digest",
        "signing_key_id",
    ),
)


@dataclass(frozen=True)
class Fault:
    """Something that does not fit: in which chain or table, at which link or row, and what."""

    where: str
    which: str
    what: str


# --- canonical form ---


def canonical(value: Any) -> bytes:
    """JSON as RFC 8785 writes it, for what the record holds: text, whole numbers, true, false, null, lists, objects.

    Names of objects are ASCII and sorted; there are no floats; text is UTF-8 exactly as it was stored.
    """
    _demand_plain(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _demand_plain(value: Any) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise TypeError("names are ASCII text")
            _demand_plain(part)
    elif isinstance(value, list):
        for part in value:
            _demand_plain(part)
    elif value is not None and not isinstance(value, str | int):
        raise TypeError(f"a {type(value).__name__} has no canonical form")


def told(row: Row, names: Iterable[str] | None = None) -> dict[str, Any]:
    """A row as it is sealed: the columns named (or all) but for empty ones, so that a new column changes nothing."""
    return {name: row[name] for name in (names or row) if row[name] is not None}


def content(kind: str, parts: Mapping[str, Sequence[Row]]) -> bytes:
    """The canonical content of a seal: rows by table, in order of id.

    `kind`: session (the session as signed, with its entries and earlier drafts), addendum, entered_in_error (the
    session's marks alone).
    """
    rows = {
        table: [_part(kind, table, row) for row in sorted(found, key=lambda row: str(row["id"]))]
        for table, found in parts.items()
        if found
    }
    return canonical({"form": FORM, "kind": kind, "rows": rows})


def _part(kind: str, table: str, row: Row) -> dict[str, Any]:
    if table != "session":
        return told(row)
    if kind == "entered_in_error":
        return told(row, ("practice_id", "id", "couple_id", *MARKS))
    return told(row, [name for name in row if name != "version" and name not in MARKS])


def new_nonce() -> str:
    """256 random bits, as hex: without them nobody can try texts against a seal's digest."""
    return secrets.token_hex(32)


def commitment(nonce: str, what: bytes) -> str:
    """The content digest of a seal: HMAC-SHA256 under the seal's nonce, as hex."""
    return hmac.digest(bytes.fromhex(nonce), what, hashlib.sha256).hex()


# --- links ---


def digest(chain: Chain, link: Row) -> str:
    """SHA-256 over the canonical form of what a link's digest covers, as hex."""
    head = {"chain": chain.name, **told(link, chain.covers)}
    return hashlib.sha256(canonical(head)).hexdigest()


def sign(key: Ed25519PrivateKey, chain: Chain, of: str) -> bytes:
    """The signature of a link's digest."""
    return key.sign(_statement(chain.name, of))


def signed(public: bytes, chain: str, of: str, signature: bytes) -> bool:
    """Whether this key signed this digest of this chain."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _statement(chain, of))
    except (InvalidSignature, ValueError):
        return False
    return True


def _statement(chain: str, of: str) -> bytes:
    return f"mendline/{chain}/{of}".encode()


# --- checking ---


def chain_faults(
    chain: Chain,
    links: Iterable[Row],
    keys: Mapping[str, bytes],
    *,
    checks: Sequence["Check"] | None = None,
    after: Row | None = None,
) -> Iterator[Fault]:
    """What does not fit in a chain, given all its links in order of number (or all `after` one) and the public keys."""
    number, previous = (after["number"], after["digest"]) if after else (0, START)
    for link in links:
        place = Place(chain, number + 1, previous, keys)
        for check in CHECKS if checks is None else checks:
            wrong = check(link, place)
            if wrong:
                yield Fault(chain.name, str(link["number"]), wrong)
        number, previous = link["number"], link["digest"]


@dataclass(frozen=True)
class Place:
    """Where a link stands: the number and the earlier digest that it must have."""

    chain: Chain
    number: int
    previous: str
    keys: Mapping[str, bytes]


Check = Callable[[Row, Place], str | None]


def _in_order(link: Row, place: Place) -> str | None:
    return None if link["number"] == place.number else f"number {place.number} is missing or out of order"


def _follows(link: Row, place: Place) -> str | None:
    return None if link["previous"] == place.previous else "does not name the digest of the one before it"


def _holds(link: Row, place: Place) -> str | None:
    return None if link["digest"] == digest(place.chain, link) else "its digest is not that of what it says"


def _by_the_practice(link: Row, place: Place) -> str | None:
    public = place.keys.get(str(link["signing_key_id"]))
    if public is None:
        return "names a signing key that is not the practice's"
    good = signed(public, place.chain.name, link["digest"], stored(link["signature"]))
    return None if good else "the signature is not the practice's"


CHECKS: Final[tuple[Check, ...]] = (_in_order, _follows, _holds, _by_the_practice)
ALONE: Final[tuple[Check, ...]] = (_holds, _by_the_practice)
"""What can be said of a link whose neighbours are not there, in the archive of one couple."""


def content_fault(seal: Row, parts: Mapping[str, Sequence[Row]]) -> Fault | None:
    """Whether the rows are what was sealed; `seal` with its nonce (openable only while the couple's key exists)."""
    known = commitment(seal["nonce"], content(seal["kind"], parts)) if seal["nonce"] else ""
    if hmac.compare_digest(known.encode(), seal["content_digest"].encode()):
        return None
    return Fault("seals", str(seal["number"]), f"the {seal['kind']} is not what was signed")


def covered(seal: Row) -> dict[str, list[str]]:
    """Ids of the rows that a seal's content holds, by table, from its `covers`."""
    return dict(json.loads(seal["covers"])) if seal["covers"] else {}


def cosignature_faults(seals: Sequence[Row]) -> Iterator[Fault]:
    """Co-signatures that are not of the same content, session and couple as the seal that they name."""
    by_id = {seal["id"]: seal for seal in seals}
    same = ("content_digest", "session_id", "couple_id")
    for seal in seals:
        if seal["kind"] != "cosignature":
            continue
        first = by_id.get(seal["cosigned_id"])
        if first is None or first["kind"] != "session" or any(seal[name] != first[name] for name in same):
            yield Fault("seals", str(seal["number"]), "co-signs nothing that was signed")


def replaced_key_faults(chain: Chain, links: Iterable[Row]) -> Iterator[Fault]:
    """A key that was replaced signs nothing any more: a chain never goes back to one that it left."""
    left, now = set[str](), None
    for link in links:
        key = str(link["signing_key_id"])
        if key in left:
            yield _by_a_replaced_key(chain, link)
        elif key != now:
            left |= {now} if now else set()
            now = key


def overtaken_key_faults(seals: Iterable[Row], blocks: Iterable[Row]) -> Iterator[Fault]:
    """The first block that a new key signs says how far the seals had come: what follows is not signed by an older."""
    left, now, turns = set[str](), None, list[tuple[int, set[str]]]()
    for block in blocks:
        key = str(block["signing_key_id"])
        if key != now and key not in left:
            left |= {now} if now else set()
            now = key
            turns.append((block["seals_number"], set(left)))
    for link in seals:
        if any(link["number"] > reached and link["signing_key_id"] in gone for reached, gone in turns):
            yield _by_a_replaced_key(SEALS, link)


def _by_a_replaced_key(chain: Chain, link: Row) -> Fault:
    return Fault(chain.name, str(link["number"]), "was signed with a key that had been replaced")


# --- anchors ---


def anchor(chain: Chain, link: Row) -> dict[str, Any]:
    """What is stored elsewhere of a chain's head, so that a tail cut off later is noticed."""
    return {
        "practice_id": link["practice_id"],
        "chain": chain.name,
        "number": link["number"],
        "digest": link["digest"],
        "signing_key_id": link["signing_key_id"],
        "signature": stored(link["signature"]).hex(),
    }


def anchor_faults(
    anchors: Iterable[Row], chain: Chain, digests: Mapping[int, str], keys: Mapping[str, bytes]
) -> Iterator[Fault]:
    """Anchors of this chain that the practice signed once and that its links no longer bear out."""
    for each in anchors:
        if each["chain"] != chain.name:
            continue
        public, which = keys.get(each["signing_key_id"]), str(each["number"])
        if public is None or not signed(public, chain.name, each["digest"], bytes.fromhex(each["signature"])):
            yield Fault("anchors", which, f"this anchor of the {chain.name} was not signed by the practice")
        elif each["number"] not in digests:
            yield Fault(chain.name, which, "an anchor knows this link, and it is gone")
        elif digests[each["number"]] != each["digest"]:
            yield Fault(chain.name, which, "is not the link that an anchor knows")


# --- the trail's lines ---


def stamp(key: bytes, line: Row) -> str:
    """The keyed hash of one line of the trail, over all its columns but the stamp itself."""
    return hmac.digest(key, canonical_line(line), hashlib.sha256).hex()


def canonical_line(line: Row) -> bytes:
    """A line's canonical form: ids, codes and numbers only, the empty ones and the stamp left out; every request's."""
    return to_json({name: line[name] for name in _names(tuple(line)) if line[name] is not None})


@functools.cache
def _names(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name for name in columns if name != "stamp"))


def lines_digest(lines: Iterable[Row]) -> str:
    """The digest of a block's lines in their order: SHA-256 over the SHA-256 of each line, stamp included."""
    whole = hashlib.sha256()
    for line in lines:
        whole.update(hashlib.sha256(canonical_line(line) + str(line["stamp"]).encode()).digest())
    return whole.hexdigest()
