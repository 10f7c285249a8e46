"""Ciphertexts in each other's places: each must be refused on reading and named by verification; the proof comes in.

A place is one sealed column of one row, or one wrapped key. Whoever may write to the database puts there what stands in
another place: of another row, column, couple or practice.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from sqlalchemy import Select, Table, bindparam, select

from app.chart import texts, whole
from app.chart.base import metadata
from app.chart.chart import Chart, Store
from app.chart.keys import DataKey, MasterKey, SealBroken, context_of
from app.main import create_app
from app.practice import service as practice
from app.retention import service as retention
from app.retention.service import Order
from app.settings import Settings
from bench.sealing.record import MASTER, Record
from bench.sealing.tampering import Hand, is_sqlite, switch_guards_off, tampered
from tests.archive.places import a_full_practice
from tests.imports import sending
from tests.people import DAY_ZERO, Caller, Json, Watch, World, a_couple

KINDS = ("row", "column", "couple", "practice", "key of another couple", "key of another practice")


@dataclass(frozen=True)
class Place:
    """Where a sealed value stands."""

    practice_id: str
    table: str
    row: str
    column: str
    couple_id: str | None
    value: bytes = field(repr=False)

    @property
    def is_key(self) -> bool:
        return self.column == "wrapped"


@dataclass
class Swaps:
    """What came of it, a figure for each kind; `silent` were read as if nothing had happened, or not named."""

    refused: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)
    columns: set[tuple[str, str]] = field(default_factory=set)

    @property
    def tried(self) -> int:
        return self.refused.total() + self.silent.total()

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


def sealed_columns() -> set[tuple[str, str]]:
    """Every column of every table that holds sealed text or a wrapped key."""
    return {(table.name, column) for table in whole.tables() for column in texts.shut_columns(table)}


@contextmanager
def two_practices(url: str, folder: Path) -> Iterator[list[Record]]:
    """Two practices with an entry of every kind in one database, the triggers off."""
    with start_blocking_portal() as portal:
        store, watch = Store(url, MasterKey(MASTER), threads=4), Watch()
        settings = Settings(data_dir=folder, database_url=url, rate_limit="1000000/minute")
        app = create_app(settings, store=store, clock=watch)
        made = []
        for _ in range(2):
            world = World(app, store, watch, portal, url)
            watch.now = DAY_ZERO  # the examples belong to a certain day
            a_full_practice(world)
            _more(world)
            made.append(Record(store, world.practices[0], watch, []))
        switch_guards_off(made[0])
        for each in made:
            _fill(each)
        yield made
        store.close()


def _more(world: World) -> None:
    """What the service itself keeps: a remembered answer, a stored result, an earlier draft."""
    caller = world.somebody()
    _rarely_filled(world, caller)  # to destroy a record makes the practice forget all remembered answers
    couple = a_couple(caller, label="C-77")["id"]
    body = {
        "kind": "conjoint",
        "starts_at": "2026-03-01T16:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
        "note": {"format": "narrative", "text": "Both came."},
    }
    once = {"Idempotency-Key": "once"}
    session = caller.post(f"/v1/couples/{couple}/sessions", body, headers=once)
    tag = {"If-Match": session.headers["ETag"]}
    assert (
        caller.patch(f"/v1/sessions/{session.json()['id']}", {"note": None}, headers=tag).status_code == 200
    )
    assert caller.get("/v1/caseload").status_code == 200


def _rarely_filled(world: World, caller: Caller) -> None:
    """Tables in which an ordinary case leaves no row: a start set by hand, a decided request, an import, an ended and
    a destroyed case."""
    home = f"/v1/couples/{a_couple(caller, label='C-78')['id']}"
    caller.made(
        f"{home}/repair-starts", {"starts_on": "2025-05-01", "reason": "The first session after the move."}
    )
    partner_id = caller.get(home).json()["partners"][0]["id"]
    asked = {"partner_id": partner_id, "jurisdictions": ["us"], "received_on": "2026-03-01"}
    request = f"/v1/access-requests/{caller.made(f'{home}/access-requests', asked)['id']}"
    decided = {"part": "own_individual", "decision": "give", "words": "All of it."}
    _changed(caller, request, f"{request}/decisions", decided)
    assert sending.fates(sending.told(caller, sending.couple("old"))) == (1, 0, 0)
    _ended(caller, "C-79")
    destroyed = _ended(caller, "C-80")
    with practice.operating(world.store, world.home(), world.watch(), "destroyCouple") as chart:
        retention.destroy(chart, destroyed, Order(caller.person_id, "client_erasure", "File 12"))
        chart.sign(200)


def _ended(caller: Caller, label: str) -> str:
    couple = a_couple(caller, label=label)["id"]
    closing = {"outcome": "parted_with_clarity", "effective_on": "2026-03-01", "words": "Both agree."}
    _changed(caller, f"/v1/couples/{couple}", f"/v1/couples/{couple}/close", closing)
    return str(couple)


def _changed(caller: Caller, read: str, path: str, body: Json) -> None:
    answer = caller.post(path, body, headers={"If-Match": caller.get(read).headers["ETag"]})
    assert answer.status_code == 200, answer.text


def _fill(made: Record) -> None:
    """Something sealed in every column that the practice left empty, so that each is a place."""
    with made.chart() as chart:
        if not is_sqlite(made):
            chart.journey.send("SET LOCAL ROLE none", {})
            chart.journey.send("SET LOCAL session_replication_role = replica", {})
        hand = Hand(chart, is_sqlite(made), random.Random(0))
        for table in whole.tables():
            for row in list(whole.rows(chart, table)) if texts.shut_columns(table) else ():
                for column in texts.shut_columns(table):
                    if row[column] is None:
                        _seal_into(hand, table, row, column)


def _seal_into(hand: Hand, table: Table, row: dict[str, Any], column: str) -> None:
    chart, couple = hand.chart, row["id"] if table.name == "couple" else row.get("couple_id")
    context = context_of(chart.actor.practice_id, table.name, row["id"], column)
    value = chart.seal(couple, context, f"{column} of {row['id']}", str(table.info.get("key", "record")))
    hand.run(
        f"UPDATE {table.name} SET {column} = {hand.literal(value)}"  # noqa: S608 - our own names
        f" WHERE practice_id = '{chart.actor.practice_id}' AND id = '{row['id']}'"
    )


def places(made: Record) -> list[Place]:
    """Every sealed value and wrapped key of a practice."""
    found = []
    with made.chart() as chart:
        for table in whole.tables():
            for row in whole.rows(chart, table) if texts.shut_columns(table) else ():
                couple = row["id"] if table.name == "couple" else row.get("couple_id")
                found += [
                    Place(made.practice_id, table.name, row["id"], column, couple, bytes(row[column]))
                    for column in texts.shut_columns(table)
                    if row[column] is not None
                ]
    return found


def run(practices: Sequence[Record], times: int, seed: int, *, each: bool = False) -> Swaps:
    """Put another place's value into a place of the first practice so many times; each is taken back.

    With `each`, every sealed column is a target of every kind of swap that it allows, before chance chooses the rest.
    """
    dice, told = random.Random(seed), Swaps()
    here, there = places(practices[0]), places(practices[1])
    by_column: dict[tuple[str, str], list[Place]] = {}
    for place in here:
        by_column.setdefault((place.table, place.column), []).append(place)
    by_table: dict[str, list[Place]] = {}
    for place in here:
        by_table.setdefault(place.table, []).append(place)

    def swapped(targets: Sequence[Place], kind: str) -> None:
        found = [(one, other) for one in targets for other in _candidates(kind, one, here, there)]
        found = [(one, other) for one, other in found if one.value != other.value]
        if found:
            target, source = dice.choice(found)
            refused = _refused(practices[0], target, source, dice)
            (told.refused if refused else told.silent)[kind] += 1
            told.columns.add((target.table, target.column))

    for column in sorted(by_column) if each else ():
        for kind in KINDS:
            swapped(by_column[column], kind)
    while told.tried < times:
        swapped([dice.choice(by_table[dice.choice(sorted(by_table))])], dice.choice(KINDS))
    return told


def _candidates(kind: str, target: Place, here: list[Place], there: list[Place]) -> list[Place]:
    if target.is_key != kind.startswith("key"):
        return []
    if kind in ("practice", "key of another practice"):
        return [each for each in there if (each.table, each.column) == (target.table, target.column)]
    if kind == "column":
        return [each for each in here if each.row == target.row and not each.is_key]
    alike = [each for each in here if (each.table, each.column) == (target.table, target.column)]
    if kind == "row":
        return [each for each in alike if each.couple_id == target.couple_id]
    return [each for each in alike if each.couple_id != target.couple_id]


def _refused(made: Record, target: Place, source: Place, dice: random.Random) -> bool:
    def put(hand: Hand) -> str:
        hand.run(
            f"UPDATE {target.table} SET {target.column} = {hand.literal(source.value)}"  # noqa: S608 - our own names
            f" WHERE practice_id = '{target.practice_id}' AND id = '{target.row}'"
        )
        return target.table

    made.store._keys.clear()  # as a process that starts: nothing opened earlier is remembered
    with tampered(made, put, dice) as (chart, _):
        named = any(
            (fault.where, fault.which) == (target.table, target.row)
            for fault in texts.faults(chart, texts.Counted())
        )
        return named and not _reads(chart, target)


def _reads(chart: Chart, target: Place) -> bool:
    """Whether the Chart hands the text out; a key, or a row of one person's own, is no operator's to read."""
    table = metadata.tables[target.table]
    if target.is_key or "private" in table.info:
        return False
    try:
        chart.rows(_reading(table, target.column), couple=target.couple_id, row=target.row)
    except SealBroken:
        return False
    return True


@cache
def _reading(table: Table, column: str) -> Select[Any]:
    return select(table.c.id, table.c[column]).where(table.c.id == bindparam("row", required=True))


@contextmanager
def without_associated_data() -> Iterator[None]:
    """The planted flaw: a value is bound to no place, so it opens wherever it is put."""
    kept = DataKey.seal, DataKey.open, MasterKey.wrap, MasterKey.unwrap
    seal, unseal, wrap, unwrap = kept
    patched: Any = (DataKey, MasterKey)
    patched[0].seal = lambda key, text, _: seal(key, text, "")
    patched[0].open = lambda key, value, _: unseal(key, value, "")
    patched[1].wrap = lambda key, secret, _: wrap(key, secret, "")
    patched[1].unwrap = lambda key, wrapped, _: unwrap(key, wrapped, "")
    try:
        yield
    finally:
        patched[0].seal, patched[0].open, patched[1].wrap, patched[1].unwrap = kept
