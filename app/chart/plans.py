"""Plans: a statement compiled once to driver text with the walls written into it; only the chart comes in.

The walls are predicates that no slice can leave out: every practice-owned table is narrowed to the actor's practice,
every couple-owned one to the couples in whose care team the actor stands today, and all of it to what the audience of
the answer may learn: beyond the treating team only rows that say so, and tables that are declared `told`. What was
marked as entered in error is the treating team's alone, with all its versions and parts; and what is about a direction
is told to nobody who is told of no betrayal in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    false,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.expression import BindParameter, ClauseElement, FromClause, Join
from sqlalchemy.sql.functions import FunctionElement

from app.chart.audiences import Kind
from app.chart.base import Code, Id, Instant, Sealed, metadata

CARE_TEAM = "care_team"
BREAK_GLASS = "break_glass"
"""The part of somebody whom an emergency let in: it opens the record for reading, and for nothing else."""
OPENING = "betrayal"
"""What opens a direction: whoever is told of none in it is not told that it exists."""
PRACTICE, PERSON, NOW, COUPLE = "wall_practice", "wall_person", "wall_now", "wall_couple"
PARTNER, PART_APART = "wall_partner", "wall_part_apart"


@dataclass(frozen=True)
class SealedColumn:
    """Where a result holds a sealed value, and what it was sealed under."""

    index: int
    id_index: int
    table: str
    column: str


@dataclass(frozen=True)
class Plan:
    """Driver text, the values that never change, and how to read a result row."""

    sql: str
    fixed: dict[str, Any]
    keys: tuple[str, ...]
    sealed: tuple[SealedColumn, ...]
    flags: tuple[int, ...]
    private: bool
    tables: frozenset[str]
    kept_back: tuple[str, ...] = ()
    """Columns of the result that this audience is not told."""


class among(FunctionElement[bool]):  # noqa: N801 - reads as SQL does
    """`among(column, bindparam("ids"))`: the column is one of a list bound as one value, on both databases."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        """Stand in a WHERE as it is: "… = 1" around it would keep SQLite from using an index."""
        return self


@compiles(among)
def _among_anywhere(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    """Spelt for no database: SQLAlchemy does so when it is asked for a statement's tables."""
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} IN ({compiler.process(values, **kw)})"


@compiles(among, "postgresql")
def _among_postgresql(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    kind = (
        "uuid[]" if column.type.dialect_impl(compiler.dialect).__visit_name__.upper() == "UUID" else "text[]"
    )
    return f"{compiler.process(column, **kw)} = ANY(CAST(%({values.key})s AS {kind}))" + _bound(
        compiler, values, kw
    )


@compiles(among, "sqlite")
def _among_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    taken = f"(SELECT value FROM json_each(:{values.key}))"  # noqa: S608 - a bind's own name, no value  # nosec B608
    return f"{compiler.process(column, **kw)} IN {taken}" + _bound(compiler, values, kw)


def _bound(compiler: SQLCompiler, values: Any, kw: dict[str, Any]) -> str:
    """Register the bind with the compiler, whose own spelling of it would carry an unwanted cast."""
    compiler.process(values, **kw)
    return ""


def plan_for(
    statement: ClauseElement,
    dialect: Dialect,
    *,
    couple: bool,
    everything: bool,
    audience: Kind = "clinician",
) -> Plan:
    """Compile a statement with its walls.

    `couple`: the caller narrows to one couple, given as a parameter. `everything`: an operator of the practice who
    stands in every care team (imports, maintenance); the practice wall stands all the same.
    """
    walled = _with_walls(statement, couple=couple, everything=everything, audience=audience)
    compiled = walled.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    fixed = {name: bind.effective_value for name, bind in compiled.binds.items() if not _asked_for(bind)}
    columns = _result_columns(walled)
    kept_back = () if audience == "clinician" else tuple(_for_the_team(columns))
    return Plan(
        sql=str(compiled),
        fixed=fixed,
        keys=tuple(name for name, _ in columns),
        sealed=tuple(each for each in _sealed(columns) if columns[each.index][0] not in kept_back),
        flags=tuple(_flags(columns)) if dialect.name == "sqlite" else (),
        private=not everything and _names_private(statement),
        tables=frozenset(each.name for each in visitors.iterate(walled) if isinstance(each, Table)),
        kept_back=kept_back,
    )


def _for_the_team(columns: list[tuple[str, ColumnElement[Any]]]) -> Iterator[str]:
    """Columns that are told to the treating team alone, in whatever row they stand."""
    for name, column in columns:
        if any(isinstance(base, Column) and "for_the_team" in base.info for base in column.base_columns):
            yield name


def _flags(columns: list[tuple[str, ColumnElement[Any]]]) -> Iterator[int]:
    """Columns whose 0 and 1 are to be read as booleans, which SQLite does not have."""
    return (index for index, (_, column) in enumerate(columns) if isinstance(column.type, Boolean))


def _asked_for(bind: BindParameter[Any]) -> bool:
    return bind.required or (bind.value is None and bind.callable is None)


def _result_columns(statement: ClauseElement) -> list[tuple[str, ColumnElement[Any]]]:
    """Names and columns of a result; names as plain text, because SQLAlchemy's own kind is slow to look up."""
    if isinstance(statement, Select):
        return [(str(name), column) for name, column in statement.selected_columns.items()]
    if isinstance(statement, Insert | Update | Delete):
        return _returned(statement)
    return []


def _returned(statement: Insert | Update | Delete) -> list[tuple[str, ColumnElement[Any]]]:
    return [(str(d["name"]), d["expr"]) for d in statement.returning_column_descriptions]


def _sealed(columns: list[tuple[str, ColumnElement[Any]]]) -> Iterator[SealedColumn]:
    """Each sealed column needs its own row's id in the result, because the id is part of what it was sealed under."""
    for index, (name, column) in enumerate(columns):
        if not isinstance(column.type, Sealed):
            continue
        origin = next(iter(column.base_columns))
        table = origin.table
        ids = [
            i
            for i, (_, other) in enumerate(columns)
            if any(base is table.c.id for base in other.base_columns)
        ]
        if not ids:
            raise LookupError(f"select {table.name}.id beside {name}: sealed text opens under its row's id")
        yield SealedColumn(index, ids[0], str(table.name), str(origin.name))


def _with_walls(
    statement: ClauseElement, *, couple: bool, everything: bool, audience: Kind = "clinician"
) -> ClauseElement:
    def wall(element: Any) -> None:
        if audience != "clinician":
            _demand_no_outer_joins(element)
        for table in _tables_of(element):
            for predicate in _predicates(table, couple=couple, everything=everything):
                element._where_criteria += (predicate,)
            if table not in getattr(element, "_correlate", ()):  # its own statement narrows it
                for predicate in _told_to(table, audience):
                    element._where_criteria += (predicate,)

    if isinstance(statement, Insert):
        return statement
    return visitors.cloned_traverse(statement, {}, {"select": wall, "update": wall, "delete": wall})


def _tables_of(element: Any) -> Iterator[Any]:
    if isinstance(element, Update | Delete):
        yield element.table
        return
    for source in element.get_final_froms():
        yield from _leaves(source)


def _leaves(source: FromClause) -> Iterator[Any]:
    """Plain tables and aliases of tables below a FROM element. An outer join must bring its practice in its ON."""
    if isinstance(source, Join):
        yield from _leaves(source.left)
        if not source.isouter:
            yield from _leaves(source.right)
        elif "practice_id" not in str(source.onclause):
            raise LookupError("an outer join must compare practice_id in its ON clause")
        return
    original = getattr(source, "element", source)
    if isinstance(original, Table) and "practice_id" in original.c:
        yield source


def _predicates(table: Any, *, couple: bool, everything: bool) -> Iterator[ColumnElement[bool]]:
    yield table.c.practice_id == bindparam(PRACTICE, type_=Id, required=True)
    original = getattr(table, "element", table)
    if "private" in original.info:
        yield _of_person(table, original.info["private"], everything)
    if original.info.get("owner") != "couple":
        return
    own = table.c.id if original.name == "couple" else table.c.couple_id
    if couple:
        yield own == bindparam(COUPLE, type_=Id, required=True)
    if not everything:
        yield _in_caseload(bindparam(COUPLE, type_=Id, required=True) if couple else own)


def _names_private(statement: ClauseElement) -> bool:
    """Whether a statement reads or changes rows that belong to single persons."""
    tables = (getattr(each, "element", each) for each in visitors.iterate(statement))
    return any(isinstance(each, Table) and "private" in each.info for each in tables)


def _of_person(table: Any, private: Mapping[str, Any], everything: bool) -> ColumnElement[bool]:
    """Private rows are their persons' alone, and for a time those' whom the author let in; never an operator's."""
    if everything:
        return false()
    me = bindparam(PERSON, type_=Id, required=True)
    mine = [table.c[name] == me for name in private["persons"]]
    if private["through"] is not None:
        grant = metadata.tables[private["through"]].alias("let_in")
        granted = exists(literal_column("1")).where(
            grant.c.practice_id == bindparam(PRACTICE, type_=Id, required=True),
            grant.c.couple_id == table.c.couple_id,
            grant.c.author_id == table.c[private["persons"][0]],
            grant.c.person_id == me,
            grant.c.ends_at > bindparam(NOW, type_=Instant, required=True),
        )
        mine.append(granted.correlate(table))
    return or_(*mine)


def _in_caseload(couple_id: Any) -> ColumnElement[bool]:
    """The one rule of who may open a couple's chart: a care-team entry of the actor that has not ended."""
    team = metadata.tables[CARE_TEAM].alias("caseload")
    return exists(literal_column("1")).where(
        and_(
            team.c.practice_id == bindparam(PRACTICE, type_=Id, required=True),
            team.c.couple_id == couple_id,
            team.c.person_id == bindparam(PERSON, type_=Id, required=True),
            or_(team.c.ends_at.is_(None), team.c.ends_at > bindparam(NOW, type_=Instant, required=True)),
            team.c.part != bindparam(PART_APART, type_=Code, required=True),
        )
    )


# --- audiences ---


def _demand_no_outer_joins(element: Any) -> None:
    """Behind an outer join stands a table that no predicate of ours narrows: nothing for others' eyes."""
    if isinstance(element, Select) and any(
        isinstance(each, Join) and each.isouter
        for source in element.get_final_froms()
        for each in visitors.iterate(source)
    ):
        raise LookupError("a statement with an outer join is for the treating team alone")


def _told_to(table: Any, audience: Kind) -> Iterator[ColumnElement[bool]]:
    """What an audience beyond the treating team may learn of a table; nothing, unless its rows or the table say so."""
    if audience == "clinician":
        return
    original = getattr(table, "element", table)
    if "visibility" in original.c:
        yield _may_learn(table, audience)
        yield from _standing(table)
        if original.info.get("fact"):
            yield not_(_kept_back_later(table, original, audience))
        if "part_of" in original.info:
            yield _with_its_whole(table, original.info["part_of"], audience)
        if "direction_id" in original.c and original.name != OPENING:
            yield _in_a_told_direction(table, audience)
    elif not original.info.get("told"):
        yield false()
    if audience == "partner" and original.info.get("owner") == "couple":
        yield _is_partner_of(table, table.c.id if original.name == "couple" else table.c.couple_id)


def _may_learn(row: Any, audience: Kind) -> ColumnElement[bool]:
    joint: ColumnElement[bool] = row.c.visibility == literal_column("'joint'")
    if audience == "joint":
        return joint
    own = row.c.visible_partner_id == bindparam(PARTNER, type_=Id, required=True)
    return or_(joint, and_(row.c.visibility == literal_column("'partner'"), own))


def _standing(row: Any) -> Iterator[ColumnElement[bool]]:
    """A row that is not marked as entered in error itself: it may be about somebody else."""
    if "entered_in_error" in row.c:
        yield row.c.entered_in_error.is_(False)
    if "voided_at" in row.c:
        yield row.c.voided_at.is_(None)


def _with_its_whole(table: Any, part_of: tuple[str, str], audience: Kind) -> ColumnElement[bool]:
    """Whether this audience is told of what a row is part of: an error takes its parts along."""
    column, target = part_of
    whole = metadata.tables[target].alias("whole")
    told: Select[Any] = select(literal_column("1")).where(
        whole.c.practice_id == table.c.practice_id,
        whole.c.id == table.c[column],
        *_told_to(whole, audience),
    )
    return exists(told.correlate(table))


def _in_a_told_direction(table: Any, audience: Kind) -> ColumnElement[bool]:
    """Whether a row says nothing of a direction, or of one that this audience is told of: what is joint, but about what
    one partner alone has told, would tell the other that there is something."""
    opening = metadata.tables[OPENING].alias("opening")
    told: Select[Any] = select(literal_column("1")).where(
        opening.c.practice_id == table.c.practice_id,
        opening.c.couple_id == table.c.couple_id,
        opening.c.direction_id == table.c.direction_id,
        *_told_to(opening, audience),
    )
    if not table.c.direction_id.nullable:
        return exists(told.correlate(table))
    # An EXISTS beside an OR may be answered out of a hash of the whole practice; a value is looked up for its row.
    return or_(table.c.direction_id.is_(None), told.correlate(table).limit(1).scalar_subquery().is_not(None))


def _kept_back_later(table: Any, original: Any, audience: Kind) -> ColumnElement[bool]:
    """Whether a later version took an entry back from this audience, or says that it was an error: then it never was
    theirs."""
    following, further = original.alias("following"), original.alias("further")
    columns = ("practice_id", "id", "visibility", "visible_partner_id", "entered_in_error")
    versions = (
        select(*(following.c[name] for name in columns))
        .where(following.c.practice_id == table.c.practice_id, following.c.supersedes_id == table.c.id)
        .correlate(table)
        .cte("versions", recursive=True, nesting=True)
    )
    versions = versions.union_all(
        select(*(further.c[name] for name in columns)).where(
            further.c.practice_id == versions.c.practice_id, further.c.supersedes_id == versions.c.id
        )
    )
    kept: Select[Any] = (
        select(literal_column("1"))
        .select_from(versions)
        .where(not_(and_(_may_learn(versions, audience), *_standing(versions))))
    )
    return exists(kept)


def _is_partner_of(table: Any, couple_id: Any) -> ColumnElement[bool]:
    """Whether the partner of the audience is one of this couple's: another couple's partner meets nothing here."""
    partner = metadata.tables["partner"].alias("audience")
    mine: Select[Any] = select(literal_column("1")).where(
        partner.c.practice_id == bindparam(PRACTICE, type_=Id, required=True),
        partner.c.id == bindparam(PARTNER, type_=Id, required=True),
        partner.c.couple_id == couple_id,
    )
    return exists(mine.correlate(table))
