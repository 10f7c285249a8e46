"""Hands that tamper: one change at a time, with the owner's rights, the triggers off; the proof comes in.

Nobody here holds the master key, except where a tampering says so: those re-seal text as only the service could.
"""

import hashlib
import hmac
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table

from app.chart import seals
from app.chart.base import Day, Id, Instant, Sealed, metadata
from app.chart.chart import Chart
from app.chart.keys import context_of
from app.chart.seals import BLOCKS, SEALS, Chain
from bench.sealing.record import Record

ENTRIES = ("marker", "cessation", "session_version")
FREE = {"session": {"version"}}
"""What may change in a signed row by design."""


class Takeback(Exception):
    """Ends a transaction without effect."""


class NothingDone(Exception):
    """This change does not fit this record; another is tried."""


def switch_guards_off(made: Record) -> None:
    """On SQLite the triggers go once and for all; on PostgreSQL each hand goes past them."""
    if is_sqlite(made):
        with made.chart() as chart:
            for (name,) in chart.journey.fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'", {}):
                chart.journey.send(f"DROP TRIGGER {name}", {})


def is_sqlite(made: Record) -> bool:
    """Which of the two databases this is."""
    return made.store.database.dialect.name == "sqlite"


@dataclass
class Hand:
    """Raw SQL in one transaction that is taken back in the end."""

    chart: Chart
    sqlite: bool
    dice: random.Random

    def run(self, sql: str) -> None:
        """Change something."""
        self.chart.journey.send(sql, {})

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        """Look something up."""
        return self.chart.journey.fetch(sql, {})

    def literal(self, value: Any) -> str:
        """A value as SQL."""
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(int(value)) if self.sqlite else str(value)
        if isinstance(value, bytes):
            return f"X'{value.hex()}'" if self.sqlite else f"'\\x{value.hex()}'::bytea"
        if isinstance(value, int):
            return str(value)
        return "'" + str(value).replace("'", "''") + "'"

    def ids(self, table: str, where: str = "1 = 1", order: str = "id") -> list[str]:
        """Ids of rows."""
        return [row[0] for row in self.look(f"SELECT id FROM {table} WHERE {where} ORDER BY {order}")]  # noqa: S608

    def one(self, table: str, where: str = "1 = 1") -> str:
        """Some row."""
        found = self.ids(table, where)
        if not found:
            raise NothingDone
        return self.dice.choice(found)

    def value(self, table: str, row: str, column: str) -> Any:
        """What stands in a row."""
        ((value,),) = self.look(f"SELECT {column} FROM {table} WHERE id = '{row}'")  # noqa: S608
        return bytes(value) if isinstance(value, memoryview) else value

    def put(self, table: str, row: str, **values: Any) -> None:
        """Change columns of a row."""
        pairs = ", ".join(f"{name} = {self.literal(value)}" for name, value in values.items())
        self.run(f"UPDATE {table} SET {pairs} WHERE id = '{row}'")  # noqa: S608

    def copy(self, table: str, row: str, **changed: Any) -> str:
        """Put a row in that is like another but for what is said."""
        made = {"id": self.an_id(), **changed}
        names = [column.name for column in metadata.tables[table].columns]
        told = ", ".join(self._typed(table, name, made[name]) if name in made else name for name in names)
        self.run(f"INSERT INTO {table} ({', '.join(names)}) SELECT {told} FROM {table} WHERE id = '{row}'")  # noqa: S608
        return str(made["id"])

    def _typed(self, table: str, name: str, value: Any) -> str:
        kind = metadata.tables[table].c[name].type
        return (
            f"CAST({self.literal(value)} AS uuid)" if kind is Id and not self.sqlite else self.literal(value)
        )

    def an_id(self) -> str:
        """An id that stands nowhere."""
        return str(UUID(int=self.dice.getrandbits(128), version=4))


@contextmanager
def tampered(made: Record, change: Callable[[Hand], str], dice: random.Random) -> Iterator[tuple[Chart, str]]:
    """The record after a change, seen with the service's own rights; then the change is taken back."""
    sqlite = is_sqlite(made)
    try:
        with made.chart() as chart:
            hand = Hand(chart, sqlite, dice)
            if sqlite:
                hand.run("PRAGMA defer_foreign_keys = ON")
            else:
                hand.run("SET LOCAL ROLE none")
                hand.run("SET LOCAL session_replication_role = replica")
            what = change(hand)
            if not sqlite:
                chart.journey.fetch("SET LOCAL ROLE mendline_service", {})
            yield chart, what
            raise Takeback
    except Takeback:
        pass


# --- one value for another ---


def other(hand: Hand, column: "Column[Any]", value: Any) -> Any:
    """Another value that the column can hold."""
    if value is not None and column.nullable and hand.dice.random() < 0.15:
        return None
    kind = column.type
    if kind is Id:
        return hand.an_id()
    if kind is Day:
        return "2026-01-15" if value != "2026-01-15" else "2026-01-16"
    if kind is Instant:
        moment = (
            datetime.fromisoformat(value) if value else datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        )
        changed = moment + timedelta(microseconds=hand.dice.choice((1, -1, 86_400_000_000)))
        return changed.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(kind, Boolean):
        return not value
    if isinstance(kind, Integer):
        return (value or 0) + hand.dice.choice((1, -1, 60))
    if isinstance(kind, LargeBinary | Sealed):
        return _flipped(hand, value)
    return _respelled(hand, value)


def _flipped(hand: Hand, value: bytes | None) -> bytes:
    if not value:
        return bytes(64)
    changed = bytearray(value)
    changed[hand.dice.randrange(len(changed))] ^= 1 << hand.dice.randrange(8)
    return bytes(changed)


def _respelled(hand: Hand, value: str | None) -> str:
    if not value:
        return "x"
    place = hand.dice.randrange(len(value))
    letter = "0" if value[place] != "0" else "1"
    return value[:place] + letter + value[place + 1 :]


def edit(hand: Hand, table: str, row: str, columns: Sequence[str] = ()) -> str:
    """Another value in one column of a row."""
    shape: Table = metadata.tables[table]
    names = columns or [c.name for c in shape.columns if c.name not in FREE.get(table, set())]
    name = hand.dice.choice(list(names))
    hand.put(table, row, **{name: other(hand, shape.c[name], hand.value(table, row, name))})
    return f"edit {table}.{name}"


# --- signed sessions ---

SIGNED = "state = 'signed'"
IN_SIGNED = "session_id IN (SELECT id FROM session WHERE state = 'signed') AND {}"
FIRST = {"marker": "supersedes_id IS NULL", "cessation": "supersedes_id IS NULL", "session_version": "1 = 1"}


def an_entry(hand: Hand) -> tuple[str, str]:
    """Something that was signed as part of a session."""
    table = hand.dice.choice(ENTRIES)
    return table, hand.one(table, IN_SIGNED.format(FIRST[table]))


def session_edited(hand: Hand) -> str:
    return edit(hand, "session", hand.one("session", SIGNED))


def entry_edited(hand: Hand) -> str:
    return edit(hand, *an_entry(hand))


def addendum_edited(hand: Hand) -> str:
    return edit(hand, "addendum", hand.one("addendum"))


def text_written_anew(hand: Hand) -> str:
    """By somebody who holds the couple's key: the text opens, and is not what was signed."""
    table, column, where = hand.dice.choice(
        (
            ("session", "note", SIGNED),
            ("session", "others_present", SIGNED),
            ("session", "void_reason", "voided_at IS NOT NULL AND state = 'signed'"),
            ("addendum", "text", "1 = 1"),
            ("marker", "words", IN_SIGNED.format("supersedes_id IS NULL")),
            ("seal", "nonce", "nonce IS NOT NULL"),
            ("seal", "covers", "covers IS NOT NULL"),
        )
    )
    row = hand.one(table, where)
    context = context_of(hand.chart.actor.practice_id, table, row, column)
    text = {"nonce": seals.new_nonce(), "covers": "{}"}.get(column, "Neither came.")
    hand.put(table, row, **{column: hand.chart.seal(hand.value(table, row, "couple_id"), context, text)})
    return f"write {table}.{column} anew"


def text_swapped(hand: Hand) -> str:
    one, two = _two(hand, "session", SIGNED)
    a, b = hand.value("session", one, "note"), hand.value("session", two, "note")
    hand.put("session", one, note=b)
    hand.put("session", two, note=a)
    return "swap two notes"


def author_changed(hand: Hand) -> str:
    people = hand.ids("person")
    table, column, where = hand.dice.choice(
        (
            ("session", "signed_by", SIGNED),
            ("session", "recorded_by", SIGNED),
            ("session", "voided_by", "voided_at IS NOT NULL AND state = 'signed'"),
            ("addendum", "recorded_by", "1 = 1"),
            ("marker", "recorded_by", IN_SIGNED.format("supersedes_id IS NULL")),
            ("seal", "signed_by", "1 = 1"),
        )
    )
    row = hand.one(table, where)
    old = hand.value(table, row, column)
    hand.put(table, row, **{column: next(each for each in people if each != old)})
    return f"other author in {table}.{column}"


def moved(hand: Hand) -> str:
    """To another session, or another couple."""
    table, column, target, where = hand.dice.choice(
        (
            ("marker", "session_id", "session", IN_SIGNED.format("supersedes_id IS NULL")),
            ("addendum", "session_id", "session", "1 = 1"),
            ("seal", "session_id", "session", "1 = 1"),
            ("session", "couple_id", "couple", SIGNED),
            ("marker", "couple_id", "couple", IN_SIGNED.format("supersedes_id IS NULL")),
            ("addendum", "couple_id", "couple", "1 = 1"),
            ("seal", "couple_id", "couple", "1 = 1"),
        )
    )
    row = hand.one(table, where)
    old = hand.value(table, row, column)
    hand.put(table, row, **{column: hand.dice.choice([each for each in hand.ids(target) if each != old])})
    return f"move {table}.{column}"


def seal_edited(hand: Hand) -> str:
    return edit(hand, "seal", hand.one("seal"))


def head_edited(hand: Hand) -> str:
    return edit(hand, "chain_head", hand.one("chain_head"), ("number", "digest"))


def public_key_replaced(hand: Hand) -> str:
    row = hand.one("signing_key")
    hand.put("signing_key", row, public=Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    return "replace a public key"


def session_deleted(hand: Hand) -> str:
    """With everything in it but its seals."""
    row = hand.one("session", SIGNED)
    for table in (*ENTRIES, "addendum"):
        hand.run(f"DELETE FROM {table} WHERE session_id = '{row}'")  # noqa: S608
    hand.run(f"DELETE FROM session WHERE id = '{row}'")  # noqa: S608
    return "delete a session"


def session_deleted_with_seals(hand: Hand) -> str:
    row = hand.one("session", SIGNED)
    for table in (*ENTRIES, "addendum", "seal"):
        hand.run(f"DELETE FROM {table} WHERE session_id = '{row}'")  # noqa: S608
    hand.run(f"DELETE FROM session WHERE id = '{row}'")  # noqa: S608
    return "delete a session and its seals"


def record_wiped(hand: Hand) -> str:
    """All sessions of a couple are gone, as if the record had been destroyed; perhaps with a tombstone of one's own."""
    couple = hand.one("couple")
    for table in (*ENTRIES, "addendum", "session"):
        hand.run(f"DELETE FROM {table} WHERE couple_id = '{couple}'")  # noqa: S608
    if hand.dice.random() < 0.5:
        return "wipe a couple's record"
    _bury(hand, couple)
    return "wipe a couple's record and forge its tombstone"


def tombstone_forged(hand: Hand) -> str:
    """So that nobody looks at what was changed below it."""
    couple = hand.one("couple")
    _bury(hand, couple)
    hand.run(f"UPDATE session SET note = NULL WHERE couple_id = '{couple}'")  # noqa: S608
    return "forge a tombstone"


def _bury(hand: Hand, couple: str) -> None:
    days = ("opened_on", "last_service_on", "kept_until")
    values = {
        "practice_id": hand.chart.actor.practice_id,
        "id": hand.an_id(),
        "couple_id": couple,
        "destroyed_at": "2026-03-02T10:00:00.000000Z",
        "destroyed_by": hand.one("person"),
        "basis": "retention_expired",
        "keys_destroyed": 1,
        **dict.fromkeys(days, "2026-03-01"),
    }
    told = ", ".join(map(hand.literal, values.values()))
    hand.run(f"INSERT INTO tombstone ({', '.join(values)}) VALUES ({told})")  # noqa: S608


def entry_deleted(hand: Hand) -> str:
    table, row = an_entry(hand)
    hand.run(f"DELETE FROM {table} WHERE id = '{row}'")  # noqa: S608
    return f"delete a {table}"


def addendum_deleted(hand: Hand) -> str:
    hand.run(f"DELETE FROM addendum WHERE id = '{hand.one('addendum')}'")  # noqa: S608
    return "delete an addendum"


def seal_deleted(hand: Hand) -> str:
    hand.run(f"DELETE FROM seal WHERE id = '{hand.one('seal')}'")  # noqa: S608
    return "delete a seal"


def entry_put_in(hand: Hand) -> str:
    table, row = an_entry(hand)
    if table == "session_version":
        hand.copy(table, row, number=77)
    else:
        _copied(hand, table, row)
    return f"put an entry into {table}"


def _copied(hand: Hand, table: str, row: str) -> str:
    """A copy whose own text opens, as somebody with the couple's key could make it."""
    made = hand.an_id()
    texts = [c.name for c in metadata.tables[table].columns if isinstance(c.type, Sealed)]
    couple, practice = hand.value(table, row, "couple_id"), hand.chart.actor.practice_id
    anew = {
        name: hand.chart.seal(couple, context_of(practice, table, made, name), "x")
        for name in texts
        if hand.value(table, row, name) is not None
    }
    return hand.copy(table, row, id=made, **anew)


def session_put_in(hand: Hand) -> str:
    _copied(hand, "session", hand.one("session", f"{SIGNED} AND voided_at IS NULL"))
    return "put a signed session in"


def addendum_put_in(hand: Hand) -> str:
    _copied(hand, "addendum", hand.one("addendum"))
    return "put an addendum in"


def seal_put_in(hand: Hand) -> str:
    """At the end of the chain, and the head says so."""
    last = hand.ids("seal", order="number")[-1]
    number, digest = hand.value("seal", last, "number") + 1, hand.value("seal", last, "digest")
    _copied_seal = _copied(hand, "seal", last)
    hand.put("seal", _copied_seal, number=number, previous=digest)
    hand.run(f"UPDATE chain_head SET number = {number} WHERE chain = 'seals'")  # noqa: S608
    return "put a seal in"


def marked_or_unmarked(hand: Hand) -> str:
    row = hand.one("session", SIGNED)
    if hand.value("session", row, "voided_at") is None:
        hand.put(
            "session",
            row,
            voided_at="2026-03-02T10:00:00.000000Z",
            voided_by=hand.value("session", row, "signed_by"),
        )
        return "mark a session"
    hand.put("session", row, voided_at=None, voided_by=None, void_reason=None)
    return "take a mark away"


def signed_by_hand(hand: Hand) -> str:
    """A draft that nobody signed."""
    row = hand.one("session", "state = 'draft'")
    hand.put(
        "session", row, state="signed", signed_at="2026-03-02T10:00:00.000000Z", signed_by=hand.one("person")
    )
    return "sign a draft by hand"


def seals_in_other_order(hand: Hand) -> str:
    one, two = _two(hand, "seal")
    column = hand.dice.choice(("number", "previous", "signed_at", "digest", "content_digest"))
    a, b = hand.value("seal", one, column), hand.value("seal", two, column)
    if a == b:
        raise NothingDone
    if column == "number":
        hand.put("seal", one, number=-1)
    hand.put("seal", two, **{column: a})
    hand.put("seal", one, **{column: b})
    return f"swap seal.{column}"


def seals_cut_off(hand: Hand) -> str:
    """The newest seals are gone, what they sealed too, and the head is set back."""
    _cut(hand, "seal", "seals", hand.dice.randint(1, 4))
    return "cut seals off"


def _cut(hand: Hand, table: str, chain: str, count: int) -> None:
    rows = hand.ids(table, order="number")
    for row in rows[-count:]:
        hand.run(f"DELETE FROM {table} WHERE id = '{row}'")  # noqa: S608
    last = rows[-count - 1]
    number, digest = hand.value(table, last, "number"), hand.value(table, last, "digest")
    hand.run(f"UPDATE chain_head SET number = {number}, digest = '{digest}' WHERE chain = '{chain}'")  # noqa: S608


def seals_made_anew(hand: Hand) -> str:
    """Another author, and all digests and signatures after it made to fit, with a key of one's own."""
    row = hand.one("seal")
    old = hand.value("seal", row, "signed_by")
    hand.put("seal", row, signed_by=next(each for each in hand.ids("person") if each != old))
    _recompute(hand, "seal", SEALS)
    return "make the chain of seals anew"


def _recompute(hand: Hand, table: str, chain: Chain) -> None:
    key = Ed25519PrivateKey.generate()
    if hand.dice.random() < 0.5:
        hand.put("signing_key", hand.one("signing_key"), public=key.public_key().public_bytes_raw())
    previous = seals.START
    for row in hand.ids(table, order="number"):
        link = {name: hand.value(table, row, name) for name in chain.covers} | {"previous": previous}
        previous = seals.digest(chain, link)
        hand.put(
            table, row, previous=link["previous"], digest=previous, signature=seals.sign(key, chain, previous)
        )
    hand.run(f"UPDATE chain_head SET digest = '{previous}' WHERE chain = '{chain.name}'")  # noqa: S608


def _two(hand: Hand, table: str, where: str = "1 = 1") -> tuple[str, str]:
    found = hand.ids(table, where)
    if len(found) < 2:
        raise NothingDone
    one, two = hand.dice.sample(found, 2)
    return one, two


# --- the trail ---


def line_edited(hand: Hand) -> str:
    return edit(hand, "trail", hand.one("trail"))


def line_deleted(hand: Hand) -> str:
    hand.run(f"DELETE FROM trail WHERE id = '{hand.one('trail')}'")  # noqa: S608
    return "delete a line"


def line_put_in(hand: Hand) -> str:
    hand.copy("trail", hand.one("trail"))
    return "put a line in"


def line_stamped_by_hand(hand: Hand) -> str:
    """A line with a stamp under a key of one's own."""
    row = hand.copy("trail", hand.one("trail"), action="getCouple")
    hand.put("trail", row, stamp=hmac.digest(b"guessed", row.encode(), hashlib.sha256).hex())
    return "put a stamped line in"


def lines_swapped(hand: Hand) -> str:
    one, two = _two(hand, "trail")
    column = hand.dice.choice(
        ("at", "person_id", "action", "request_id", "couple_id", "target_id", "status", "stamp")
    )
    a, b = hand.value("trail", one, column), hand.value("trail", two, column)
    if a == b:
        raise NothingDone
    hand.put("trail", one, **{column: b})
    hand.put("trail", two, **{column: a})
    return f"swap trail.{column}"


def places_swapped(hand: Hand) -> str:
    """Two whole lines change places: each takes the other's id."""
    one, two = _two(hand, "trail")
    between = hand.an_id()
    hand.put("trail", one, id=between)
    hand.put("trail", two, id=one)
    hand.put("trail", between, id=two)
    return "swap two lines"


def block_edited(hand: Hand) -> str:
    return edit(hand, "trail_block", hand.one("trail_block"))


def block_deleted(hand: Hand) -> str:
    hand.run(f"DELETE FROM trail_block WHERE id = '{hand.one('trail_block')}'")  # noqa: S608
    return "delete a block"


def block_put_in(hand: Hand) -> str:
    last = hand.ids("trail_block", order="number")[-1]
    hand.copy("trail_block", last, number=hand.value("trail_block", last, "number") + 1)
    return "put a block in"


def blocks_swapped(hand: Hand) -> str:
    one, two = _two(hand, "trail_block")
    column = hand.dice.choice(("number", "previous", "members", "lines_digest", "digest", "sealed_at"))
    a, b = hand.value("trail_block", one, column), hand.value("trail_block", two, column)
    if column == "number":
        hand.put("trail_block", one, number=-1)
    hand.put("trail_block", two, **{column: a})
    hand.put("trail_block", one, **{column: b})
    return f"swap trail_block.{column}"


def tail_cut(hand: Hand) -> str:
    """The newest blocks are gone with their lines, and the head is set back: only an anchor knows better."""
    count = hand.dice.randint(1, 2)
    for row in hand.ids("trail_block", order="number")[-count:]:
        members = hand.value("trail_block", row, "members")
        for start in range(0, len(members), 16):
            hand.run(f"DELETE FROM trail WHERE id = '{UUID(bytes=members[start : start + 16])}'")  # noqa: S608
    _cut(hand, "trail_block", "trail", count)
    return "cut the trail's tail off"


def trail_made_anew(hand: Hand) -> str:
    """A line is changed, and stamps, blocks and signatures are all made to fit, with keys of one's own."""
    hand.put("trail", hand.one("trail"), action="getCouple", status=404)
    own = hand.dice.randbytes(32)
    names = [column.name for column in metadata.tables["trail"].columns]
    for row in hand.ids("trail"):
        line = {name: hand.value("trail", row, name) for name in names}
        hand.put("trail", row, stamp=seals.stamp(own, line))
    for row in hand.ids("trail_block", order="number"):
        members = hand.value("trail_block", row, "members")
        ids = [str(UUID(bytes=members[start : start + 16])) for start in range(0, len(members), 16)]
        lines = [{name: hand.value("trail", each, name) for name in names} for each in ids]
        hand.put("trail_block", row, lines_digest=seals.lines_digest(lines))
    _recompute(hand, "trail_block", BLOCKS)
    return "make the whole trail anew"


Change = Callable[[Hand], str]
SEAL_CHANGES: tuple[tuple[int, Change], ...] = (
    (14, session_edited),
    (12, entry_edited),
    (6, addendum_edited),
    (10, text_written_anew),
    (3, text_swapped),
    (12, author_changed),
    (8, moved),
    (10, seal_edited),
    (2, head_edited),
    (1, public_key_replaced),
    (2, session_deleted),
    (2, session_deleted_with_seals),
    (2, record_wiped),
    (1, tombstone_forged),
    (3, entry_deleted),
    (2, addendum_deleted),
    (2, seal_deleted),
    (3, entry_put_in),
    (2, session_put_in),
    (2, addendum_put_in),
    (2, seal_put_in),
    (4, marked_or_unmarked),
    (2, signed_by_hand),
    (8, seals_in_other_order),
    (3, seals_cut_off),
    (2, seals_made_anew),
)
TRAIL_CHANGES: tuple[tuple[int, Change], ...] = (
    (30, line_edited),
    (14, line_deleted),
    (8, line_put_in),
    (4, line_stamped_by_hand),
    (12, lines_swapped),
    (6, places_swapped),
    (10, block_edited),
    (4, block_deleted),
    (2, block_put_in),
    (5, blocks_swapped),
    (4, tail_cut),
    (1, trail_made_anew),
)
