"""Sealing: sessions, their marks and addenda become links of the practice's chain; sessions and integrity come in.

What was signed is read back from the store and sealed as it stands there, so that a verification reads the same.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, and_, bindparam, or_, select

from app.chart import seals, signing
from app.chart.chart import Chart, Row
from app.chart.keys import stored
from app.chart.seals import SEALS
from app.sessions import entries
from app.sessions.tables import addendum, seal, session, session_version

INSIDE: Final = (session_version, *(shelf.kind.table for shelf in entries.SHELVES))
"""What belongs to a session besides its own row: how its draft stood before, and the entries made in it."""

SHOWN: Final = (*SEALS.covers, "digest", "signature")
BESIDE: Final = tuple(
    seal.c[name].label(f"seal_{name}")
    for name in ("id", "number", "kind", "digest", "signed_at", "signed_by")
)
"""Columns that a session is read with, once for each of its signers."""

SIGNATURES: Final = and_(
    seal.c.practice_id == session.c.practice_id,
    seal.c.session_id == session.c.id,
    or_(seal.c.kind == "session", seal.c.kind == "cosignature"),
)
_OF_SESSION = (
    select(*(seal.c[name] for name in SHOWN))
    .where(
        seal.c.session_id == bindparam("session", required=True),
        seal.c.number > bindparam("above", required=True),
    )
    .order_by(seal.c.number)
    .limit(bindparam("most", required=True))
)


@functools.cache
def _whole(table: Table, column: str) -> Select[Any]:
    """All columns of a table's rows in which a column holds one id."""
    return select(*table.c).where(table.c[column] == bindparam("of", required=True)).order_by(table.c.id)


# --- sealing ---


def seal_session(chart: Chart, couple_id: str, session_id: str, inside: entries.Inside | None = None) -> Row:
    """Seal a session as it was just signed, with everything in it; gives what the session shows of it.

    `inside`: the entries of a session that is new, so that nothing else needs to be looked for.
    """
    whole = {"session": _whole(session, "id")}
    whole |= {table.name: _whole(table, "session_id") for table in _holding(inside)}
    return _shown(_seal(chart, "session", couple_id, session_id, whole), [])


def _holding(inside: entries.Inside | None) -> Sequence[Table]:
    if inside is None:
        return INSIDE
    return [shelf.kind.table for shelf in entries.SHELVES if inside[shelf.name]]


def seal_mark(chart: Chart, couple_id: str, session_id: str) -> None:
    """Seal that a signed session was marked as entered in error."""
    _seal(chart, "entered_in_error", couple_id, session_id, {"session": _whole(session, "id")})


def seal_addendum(chart: Chart, couple_id: str, session_id: str, addendum_id: str) -> None:
    """Seal an addendum: it extends the chain like a signing of its own."""
    whole = {"addendum": _whole(addendum, "id")}
    _seal(chart, "addendum", couple_id, session_id, whole, addendum_id=addendum_id)


def seal_again(chart: Chart, couple_id: str, session_id: str, first: Row) -> Row:
    """A second person's signature of what a seal holds; gives what the session shows of it."""
    content = chart.one(_CONTENT, couple=couple_id, row=first["id"])["content_digest"]
    link = _link(chart, "cosignature", couple_id, session_id, content_digest=content, cosigned_id=first["id"])
    return _signer(link)


_CONTENT = select(seal.c.content_digest).where(seal.c.id == bindparam("row", required=True))


def _seal(
    chart: Chart,
    kind: str,
    couple_id: str,
    session_id: str,
    whole: Mapping[str, Select[Any]],
    **more: Any,
) -> Row:
    """Read by statement, as they now stand, what is to be sealed, and seal it."""
    of = more.get("addendum_id", session_id)
    chart.expect(*whole.values(), couple=couple_id, of=of)
    signing.expect_link(chart, SEALS)
    parts = {table: chart.rows(statement, couple=couple_id, of=of) for table, statement in whole.items()}
    nonce = seals.new_nonce()
    covers = {table: [row["id"] for row in rows] for table, rows in parts.items() if rows}
    return _link(
        chart,
        kind,
        couple_id,
        session_id,
        content_digest=seals.commitment(nonce, seals.content(kind, parts)),
        nonce=nonce,
        covers=seals.canonical(covers).decode(),
        **more,
    )


def _link(chart: Chart, kind: str, couple_id: str, session_id: str, **values: Any) -> Row:
    own = {"kind": kind, "couple_id": couple_id, "session_id": session_id}
    who = {"signed_at": chart.at, "signed_by": chart.actor.person_id}
    return signing.add_link(chart, SEALS, seal, {**own, **who, **values})


# --- showing ---


def gathered(rows: list[Row]) -> Row:
    """A session out of its rows, one for each signer."""
    found = [{name: row.pop(f"seal_{name}") for name in _BESIDE} for row in rows]
    return {**rows[0], "seal": _shown(found[0], found[1:]) if found[0]["id"] is not None else None}


_BESIDE = tuple(column.name.removeprefix("seal_") for column in BESIDE)


def _shown(first: Row, others: list[Row]) -> Row:
    return {
        "id": first["id"],
        "number": first["number"],
        "digest": first["digest"],
        "signed_at": first["signed_at"],
        "signed_by": first["signed_by"],
        "cosigned": [_signer(each) for each in others],
    }


def _signer(link: Row) -> Row:
    return {name: link[name] for name in ("id", "number", "digest", "signed_at", "signed_by")}


def listed(chart: Chart, row: Row, above: int, most: int) -> list[Row]:
    """A session's seals in the order of the chain: signings, co-signatures, addenda, its mark."""
    return chart.rows(_OF_SESSION, couple=row["couple_id"], session=row["id"], above=above, most=most)


def shaped(row: Row) -> Row:
    """A seal in its wire shape."""
    return {**row, "signature": stored(row["signature"]).hex()}
