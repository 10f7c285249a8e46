"""A practice's own keys and chains: made at its founding, opened to stamp and link; chart and services come in."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Table, bindparam, select, update

from app.chart import seals
from app.chart.keys import SealBroken, context_of, stored
from app.chart.seals import BLOCKS, SEALS, START, Chain
from app.chart.tables import chain_head, data_key, signing_key

if TYPE_CHECKING:
    from app.chart.chart import Chart, Row

TRAIL = "trail"
REPLACED: Final = b"replaced"
"""What stands wrapped before the public half of a key that was replaced: its private half is there no more."""

_STAMPING = select(data_key.c.id, data_key.c.wrapped).where(
    data_key.c.couple_id.is_(None), data_key.c.purpose == TRAIL
)
_STAMPS_SINCE = select(data_key.c.created_at).where(
    data_key.c.couple_id.is_(None), data_key.c.purpose == TRAIL
)
_SIGNING = (
    select(signing_key.c.id, signing_key.c.wrapped)
    .where(signing_key.c.retired_at.is_(None))
    .order_by(signing_key.c.id.desc())
    .limit(1)
)
_RETIRE = (
    update(signing_key)
    .where(signing_key.c.id == bindparam("key", required=True))
    .values(retired_at=bindparam("at", required=True), wrapped=bindparam("only_public", required=True))
)
_STANDING = select(data_key.c.id).where(
    data_key.c.couple_id == bindparam("owner", required=True),
    data_key.c.purpose == "record",
    data_key.c.retired_at.is_(None),
)
_PUBLIC = select(
    signing_key.c.id, signing_key.c.public, signing_key.c.created_at, signing_key.c.retired_at
).order_by(signing_key.c.id)
_WHOLE_KEYS = select(signing_key.c.id, signing_key.c.public, signing_key.c.wrapped)
_HEAD = select(chain_head.c.id, chain_head.c.number, chain_head.c.digest).where(
    chain_head.c.chain == bindparam("chain", required=True)
)
_HELD = _HEAD.with_for_update(of=chain_head)
_MOVE = (
    update(chain_head)
    .where(chain_head.c.id == bindparam("row", required=True))
    .values(number=bindparam("number", required=True), digest=bindparam("digest", required=True))
)


def found(chart: "Chart") -> None:
    """Give a new practice its keys for stamping and signing, and its two chains with nothing in them."""
    chart.new_key(None, TRAIL)
    new_signing_key(chart)
    for chain in (SEALS, BLOCKS):
        chart.add(chain_head, chain=chain.name, number=0, digest=START)


def new_signing_key(chart: "Chart") -> tuple[str, bytes]:
    """Make an Ed25519 key; what it signs from now on names it. Gives its id and its public half."""
    from app.chart.chart import new_id

    key, key_id = Ed25519PrivateKey.generate(), new_id()
    secret, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    chart.add(
        signing_key,
        id=key_id,
        public=public,
        wrapped=chart.store.master.wrap(secret, _context(chart, signing_key, key_id)),
        created_at=chart.at,
    )
    return key_id, public


def rotate(chart: "Chart") -> "Row":
    """Put a new signing key in the place of the one in use; what that one signed is checked with its public half.

    Whoever is signing is waited for, whoever comes later signs with the new key: no chain goes back to a key it left.
    """
    for chain in (SEALS, BLOCKS):
        hold(chart, chain)
    in_use = [row for row in chart.rows(_PUBLIC) if row["retired_at"] is None][-1:]
    for row in in_use:
        kept = REPLACED + stored(row["public"])
        only_public = chart.store.master.wrap(kept, _context(chart, signing_key, row["id"]))
        chart.run(_RETIRE, key=row["id"], at=chart.at, only_public=only_public)
    key_id, public = new_signing_key(chart)
    return {"id": key_id, "public_key": public.hex(), "replaced": [row["id"] for row in in_use]}


def stamping_key(chart: "Chart") -> bytes:
    """The key of the trail's stamps; asked of the store once a process."""
    key = chart.store.stamping.get(chart.actor.practice_id)
    if key is None:
        found = chart.tuples(_STAMPING)
        if not found:
            raise SealBroken("no key for the trail")
        key_id, wrapped = found[0]
        key = chart.store.master.unwrap(stored(wrapped), _context(chart, data_key, key_id))
        if not chart.has_made(None, TRAIL):  # before the commit nobody else may stamp with it
            chart.store.stamping[chart.actor.practice_id] = key
    return key


def signer(chart: "Chart") -> tuple[str, Ed25519PrivateKey]:
    """The signing key in use, and its id."""
    found = chart.tuples(_SIGNING)
    if not found:
        raise SealBroken("no signing key")
    key_id, wrapped = found[0]
    secret = chart.store.master.unwrap(stored(wrapped), _context(chart, signing_key, key_id))
    return key_id, Ed25519PrivateKey.from_private_bytes(secret)


def text_opens(chart: "Chart", couple_id: str) -> bool:
    """Whether a couple's data key is still there; destroying it is how a record is destroyed."""
    return bool(chart.tuples(_STANDING, owner=couple_id))


def public_keys(chart: "Chart") -> "list[Row]":
    """All public keys that the practice ever signed with."""
    return chart.rows(_PUBLIC)


def key_faults(chart: "Chart") -> Iterator[seals.Fault]:
    """Public keys that somebody put in place of the practice's own: they do not belong to what the master key opens."""
    for row in chart.rows(_WHOLE_KEYS):
        secret, public = _wrapped_secret(chart, row), _public(row)
        if secret is None or public not in (secret, _public_of(secret), secret.removeprefix(REPLACED)):
            yield seals.Fault("signing_key", row["id"], "is not a key that the practice made")


def adopted(chart: "Chart") -> set[str]:
    """Keys whose seals came with a single couple's archive: only their public half did, and the master key wraps it."""
    return {row["id"] for row in chart.rows(_WHOLE_KEYS) if _wrapped_secret(chart, row) == _public(row)}


def stamps_since(chart: "Chart") -> str:
    """From when on this place stamped the trail itself; lines that came with a couple's archive are older."""
    return str(chart.tuples(_STAMPS_SINCE)[0][0])


def _wrapped_secret(chart: "Chart", row: "Row") -> bytes | None:
    try:
        return chart.store.master.unwrap(stored(row["wrapped"]), _context(chart, signing_key, row["id"]))
    except (SealBroken, ValueError):
        return None


def _public(row: "Row") -> bytes:
    """A public key as it is stored; nothing, where something else was put in its place."""
    try:
        return stored(row["public"])
    except SealBroken:
        return b""


def _public_of(secret: bytes) -> bytes | None:
    try:
        return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    except ValueError:
        return None


def keys_by_id(chart: "Chart") -> dict[str, bytes]:
    """The public keys as a verification takes them."""
    return {row["id"]: _public(row) for row in public_keys(chart)}


def head(chart: "Chart", chain: Chain) -> "Row | None":
    """How far a chain has come."""
    return chart.find(_HEAD, chain=chain.name)


def hold(chart: "Chart", chain: Chain) -> "Row":
    """How far a chain has come; nobody else adds to it until this transaction is done."""
    return chart.one(_HELD, chain=chain.name)


def expect_link(chart: "Chart", chain: Chain) -> None:
    """Ask ahead what adding a link will ask."""
    chart.expect(_HELD, chain=chain.name)
    chart.expect(_SIGNING)


def add_link(chart: "Chart", chain: Chain, table: Table, values: Mapping[str, Any]) -> "Row":
    """Add a link at the end of a chain; whoever else would add one waits until this transaction is done."""
    from app.chart.chart import new_id

    at_head = hold(chart, chain)
    key_id, key = signer(chart)
    link = {
        **{str(column.name): None for column in table.c},
        **values,
        "practice_id": chart.actor.practice_id,
        "id": new_id(),
        "number": at_head["number"] + 1,
        "previous": at_head["digest"],
        "form": seals.FORM,
        "signing_key_id": key_id,
    }
    link["digest"] = seals.digest(chain, link)
    link["signature"] = seals.sign(key, chain, link["digest"])
    chart.add(table, **link)
    chart.run(_MOVE, row=at_head["id"], number=link["number"], digest=link["digest"])
    return link


def _context(chart: "Chart", table: Table, row_id: str) -> str:
    return context_of(chart.actor.practice_id, table.name, row_id, "wrapped")
