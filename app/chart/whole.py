"""Whole tables as they stand, read page by page, put back or destroyed: archive, backup and retention come in.

Everything is driven by the tables themselves, so that a table added tomorrow is carried tomorrow. Rows come out as the
chart's own reads give them, except that booleans are booleans and sealed values are still sealed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Insert, LargeBinary, Table, bindparam, delete, insert, select, tuple_
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.expression import ClauseElement

from app.chart.base import Id, Sealed, metadata
from app.chart.chart import Actor, Chart, Row, Store, Visit
from app.chart.database import engine_for
from app.chart.tables import data_key, remembered_answer

PAGE = 500
"""Rows fetched at a time: notes are long, and everything here promises a small memory."""

ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""What PostgreSQL needs to hear; a read of SQLite sees one moment as it is."""

_SCRUBBING = {
    "sqlite": ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"),
    "postgresql": ("VACUUM FULL data_key", "VACUUM"),
}


_OTHERS_TABLES = """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT pg_has_role(c.relowner, 'USAGE')"""


class NotTheOwner(OSError):
    """PostgreSQL rewrites pages for a table's owner alone, and lists practices to nobody else; others hear nothing."""


class PagesHeld(OSError):
    """SQLite left pages as they are, because somebody still reads what stood on them."""


class UnknownTables(OSError):
    """The database holds tables that this version does not know: a copy would not be whole."""


def tables() -> list[Table]:
    """All tables, each behind those that it refers to; data keys first, because everything sealed needs them."""
    return [data_key, *(table for table in metadata.sorted_tables if table is not data_key)]


def column_kind(column: Any) -> str:
    """`key` (wrapped by the master key), `sealed`, `bytes`, `boolean` or `plain`."""
    if column.name == "wrapped":
        return "key"
    kinds = ((Sealed, "sealed"), (LargeBinary, "bytes"), (Boolean, "boolean"))
    return next((name for kind, name in kinds if isinstance(column.type, kind)), "plain")


# --- reading ---


@contextmanager
def snapshot(store: Store, actor: Actor, now: datetime, visit: Visit) -> Iterator[Chart]:
    """A chart whose every read sees the record as it stood at one moment, whatever is written meanwhile."""
    with store.chart(actor, now, visit, writing=False) as chart:
        if is_postgres(chart):
            chart.journey.send(ONE_MOMENT, {})
        demand_known_tables(chart)
        yield chart


def is_postgres(chart: Chart) -> bool:
    """Which of the two databases this is."""
    return chart.store.database.dialect.name == "postgresql"


def demand_known_tables(chart: Chart) -> None:
    """Refuse to call a copy whole that lacks a table."""
    sql = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
        if is_postgres(chart)
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    held = {str(row[0]) for row in chart.journey.fetch(sql, {})} - {"alembic_version"}
    known = {table.name for table in tables()}
    if held != known:
        raise UnknownTables(f"tables that database and this version do not share: {sorted(held ^ known)}")


def turn_to(chart: Chart, practice_id: str) -> Chart:
    """The same transaction in the name of another practice, for copies of a whole database."""
    if is_postgres(chart):
        chart.journey.send(f"SET LOCAL app.practice = '{UUID(practice_id)}'", {})
    actor = Actor(practice_id, "", chart.actor.role, chart.actor.scopes, everything=True)
    return Chart(chart.store, chart.journey, actor, chart.now, chart.visit)


def rows(chart: Chart, table: Table, couple_id: str | None = None) -> Iterator[Row]:
    """A table's rows in the order of their keys: the practice's, or those that belong to one couple."""
    if "private" not in table.info:
        yield from _rows(chart, table, couple_id)
        return
    for person_id in people(chart):
        name_person(chart, person_id)
        yield from _rows(chart, table, couple_id, person_id)


def people(chart: Chart) -> list[str]:
    """Everybody who ever belonged to the practice."""
    return [row["id"] for row in _rows(chart, metadata.tables["person"], None)]


def name_person(chart: Chart, person_id: str) -> None:
    """Reach the rows that belong to one person alone; for sealed copies, checks that tell no text, and destruction."""
    chart.journey.name_person(person_id, chart.at)


def author_of(table: Table) -> str:
    """The column of a private table that says whose a row is."""
    return str(table.info["private"]["persons"][0])


def _rows(chart: Chart, table: Table, couple_id: str | None, person_id: str | None = None) -> Iterator[Row]:
    own = {"practice": chart.actor.practice_id, "couple": couple_id, "person": person_id}
    named = couple_id is not None and couple_column(table) is not None
    first, further = _pages(chart.store.database.dialect, table, named)
    found = chart.journey.fetch(first, own)
    while found:
        page = [_row(table, values) for values in found]
        yield from page
        if len(page) < PAGE:
            return
        bounds = {f"above_{name}": page[-1][name] for name in _keys(table)}
        found = chart.journey.fetch(further, own | bounds)


def _row(table: Table, values: tuple[Any, ...]) -> Row:
    row = dict(zip(table.c.keys(), values, strict=True))
    for name in _booleans(table):
        row[name] = None if row[name] is None else bool(row[name])
    return row


@cache
def _booleans(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if column_kind(column) == "boolean")


def couple_column(table: Table) -> Any:
    """The column that says which couple a row belongs to or tells of; None for the practice's own."""
    return table.c.get("id" if table.name == "couple" else "couple_id")


def _keys(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key if column.name != "practice_id")


@cache
def _pages(dialect: Dialect, table: Table, one_couple: bool) -> tuple[str, str]:
    """The first page and any other one, as SQL. What narrows them stands here: they go past the chart's walls."""
    keys = [table.c[name] for name in _keys(table)]
    first = _narrowed(select(table), table, one_couple).order_by(*keys)
    if not keys:
        return _sql(first, dialect), _sql(first, dialect)
    bounds = [bindparam(f"above_{key.name}", type_=key.type, required=True) for key in keys]
    further = first.where(tuple_(*keys) > tuple_(*bounds) if len(keys) > 1 else keys[0] > bounds[0])
    return _sql(first, dialect), _sql(further, dialect)


def _narrowed(statement: Any, table: Table, one_couple: bool) -> Any:
    """The practice's rows; one couple's; one author's, where rows belong to their author."""
    statement = statement.where(table.c.practice_id == bindparam("practice", type_=Id, required=True))
    if one_couple:
        statement = statement.where(couple_column(table) == bindparam("couple", type_=Id, required=True))
    if "private" in table.info:
        author = table.c[author_of(table)]
        statement = statement.where(author == bindparam("person", type_=Id, required=True))
    return statement


def _sql(statement: ClauseElement, dialect: Dialect) -> str:
    return f"{statement.compile(dialect=dialect)} LIMIT {PAGE}"


# --- putting back ---


class Filler:
    """Puts rows into empty tables in the order in which they come, a row behind the one of its table it refers to."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._held: dict[str, tuple[Table, Row, set[str]]] = {}
        self._followers: dict[str, list[str]] = {}
        if not is_postgres(chart):
            chart.journey.send("PRAGMA defer_foreign_keys=ON", {})

    def put(self, table: Table, row: Row) -> None:
        """Store a row as it is. Ids sort by time: only where clocks disagreed does one come before what it follows."""
        named = {row[name] for name in _own_references(table)} - {None}
        before = {each for each in named if each > row["id"] or each in self._held}
        if not before:
            self._store(table, row)
            return
        self._held[row["id"]] = (table, row, before)
        for each in before:
            self._followers.setdefault(each, []).append(row["id"])

    def _store(self, table: Table, row: Row) -> None:
        self._send(table, row)
        for follower in self._followers.pop(row.get("id", ""), ()):
            other, held, before = self._held[follower]
            before.discard(row["id"])
            if not before:
                del self._held[follower]
                self._store(other, held)

    def _send(self, table: Table, row: Row) -> None:
        if "private" in table.info:
            name_person(self._chart, row[author_of(table)])
        plan = self._chart.store.plan(_insert(table), couple=False, everything=True)
        self._chart.journey.send(plan.sql, row)

    def finish(self) -> None:
        """Bring everything to the database; a row that still waits refers to nothing, which the database refuses."""
        for table, row, _ in self._held.values():
            self._send(table, row)
        self._chart.journey.fetch("SELECT 1", {})


@cache
def _own_references(table: Table) -> tuple[str, ...]:
    """Columns of a table that name another row of the same table."""
    return tuple(
        element.parent.name
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
        if constraint.referred_table is table and element.parent.name != "practice_id"
    )


@cache
def _insert(table: Table) -> Insert:
    return insert(table).values({name: bindparam(name, required=True) for name in table.c.keys()})  # noqa: SIM118


# --- what belongs to one couple beyond its own tables ---


def needed(chart: Chart, couple_id: str, carried: list[Table]) -> dict[str, set[str]]:
    """For each table of the practice that names no couple: the ids that this couple's rows refer to."""
    found: dict[str, set[str]] = {table.name: set() for table in carried if _of_the_practice(table)}
    for table in reversed(carried):
        for name, target in _references(table):
            if target not in found:
                continue
            wanted = found.get(table.name)
            own = rows(chart, table, couple_id if wanted is None else None)
            kept = (row[name] for row in own if wanted is None or row["id"] in wanted)
            found[target] |= {each for each in kept if each is not None}
    return found


def _of_the_practice(table: Table) -> bool:
    return couple_column(table) is None and bool(_keys(table))


def _references(table: Table) -> list[tuple[str, str]]:
    """Columns that name a row of another table, with that table's name."""
    return [
        (element.parent.name, constraint.referred_table.name)
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
        if element.parent.name != "practice_id" and constraint.referred_table is not table
    ]


def revision(chart: Chart) -> str:
    """The revision that the database is at."""
    return str(chart.journey.fetch("SELECT version_num FROM alembic_version", {})[0][0])


# --- destroying one couple's record ---


def destroy(chart: Chart, couple_id: str) -> None:
    """Delete all rows of a couple and every key of it; its tombstone must stand already, or the database refuses.

    Answers remembered for repeated requests go too, for the whole practice: any of them may repeat the couple's words.
    """
    own = {"practice": chart.actor.practice_id, "couple": couple_id, "person": None}
    if not is_postgres(chart):
        chart.journey.send("PRAGMA secure_delete=ON", {})
    for table in reversed(mortal()):
        for person_id in people(chart) if "private" in table.info else [None]:
            if person_id is not None:
                name_person(chart, person_id)
            chart.journey.send(_deletion(chart.store.database.dialect, table), own | {"person": person_id})
    chart.journey.send(_deletion(chart.store.database.dialect, remembered_answer), own)


def mortal() -> list[Table]:
    """Tables whose rows go with their couple, data keys among them."""
    return [
        table
        for table in tables()
        if table is data_key or (table.info.get("owner") == "couple" and not table.info.get("survives"))
    ]


@cache
def _deletion(dialect: Dialect, table: Table) -> str:
    of_couple = couple_column(table) is not None
    return str(_narrowed(delete(table), table, of_couple).compile(dialect=dialect))


def days_named(chart: Chart, couple_id: str, name: str) -> list[str]:
    """What a couple's rows say in a column of this name, in whatever table has one."""
    found = [rows(chart, table, couple_id) for table in mortal() if name in table.c]
    return [row[name] for each in found for row in each if row[name] is not None]


def demand_owner(url: str, deed: str) -> None:
    """Refuse an address whose login PostgreSQL would let do less than the deed wants, and say nothing."""
    engine = engine_for(url)
    try:
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                if connection.exec_driver_sql(_OTHERS_TABLES).scalar_one():
                    raise NotTheOwner(f"only the tables' owner can {deed}: set MENDLINE_MIGRATION_URL")
    finally:
        engine.dispose()


def scrub(url: str) -> None:
    """Rewrite what was deleted, so that its bytes stand in no page any more; as the owner, apart from requests.

    A checkpoint that others hold up raises nothing: it says so in the row that it answers, and the bytes stay.
    """
    engine = engine_for(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in _SCRUBBING[engine.dialect.name]:
                done = connection.exec_driver_sql(statement)
                if done.returns_rows and done.one()[0]:
                    raise PagesHeld("somebody still reads them")
    finally:
        engine.dispose()
