"""Column types and the three kinds of table; tables.py of every slice builds on these and on nothing else.

What comes out of the chart is ready for the wire on both databases: ids, days and instants are text.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

Id = String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
Day = String(10).with_variant(postgresql.DATE(), "postgresql")
Instant = String(27).with_variant(postgresql.TIMESTAMP(timezone=True, precision=6), "postgresql")
Code = String(64)
FOR_THE_TEAM = {"for_the_team": True}
"""`Column(…, info=FOR_THE_TEAM)`: the chart gives None for it to every audience beyond the treating team."""


class Sealed(TypeDecorator[bytes]):
    """Text that is encrypted before it reaches the database; the chart seals and opens it (keys.py)."""

    impl = LargeBinary
    cache_ok = True


def practice_table(name: str, *parts: Any) -> Table:
    """A table of one practice: key (practice_id, id); every other unique index begins with practice_id too."""
    return Table(
        name,
        metadata,
        Column("practice_id", Id, nullable=False),
        Column("id", Id, nullable=False),
        *parts,
        PrimaryKeyConstraint("practice_id", "id"),
        info={"owner": "practice"},
    )


def couple_table(name: str, *parts: Any, mutable: bool = True, survives: bool = False) -> Table:
    """A table whose rows belong to one couple: readable only through the couple's care team.

    `survives`: its rows stay when the couple's record is destroyed, so they refer to nothing of the couple's.
    """
    version = (Column("version", Integer, nullable=False, server_default="1"),) if mutable else ()
    table = practice_table(
        name,
        Column("couple_id", Id, nullable=False),
        *version,
        *parts,
        *(() if survives else (reference("couple_id", "couple"),)),
    )
    table.info["owner"] = "couple"
    table.info["survives"] = survives
    return table


def fact_table(name: str, *parts: Any) -> Table:
    """Append-only clinical facts: a correction is a new row that supersedes, with reason and author.

    `recorded_at` is the server's clock; `source_recorded_at` is what an earlier system claims (imports only).
    """
    table = couple_table(
        name,
        Column("recorded_at", Instant, nullable=False),
        Column("recorded_by", Id, nullable=False),
        Column("source_recorded_at", Instant),
        Column("supersedes_id", Id),
        Column("change_reason", Sealed, info=FOR_THE_TEAM),
        Column("entered_in_error", Boolean, nullable=False),
        Column("visibility", Code, nullable=False),
        Column("visible_partner_id", Id),
        *parts,
        UniqueConstraint("practice_id", "supersedes_id"),
        reference("supersedes_id", name),
        reference("recorded_by", "person"),
        reference("visible_partner_id", "partner"),
        Index(None, "practice_id", "couple_id", "recorded_at", "id"),
        mutable=False,
    )
    table.info["fact"] = True
    return keep(table)


def keep(table: Table, *, when: str = "", once: Sequence[str] = (), free: Sequence[str] = ()) -> Table:
    """Let the database itself refuse to change or delete rows, or those of which `when` (over OLD) is true.

    `once` may still be set where it is empty, `free` may change. The triggers are drafted into the migration. A
    couple's rows may go when its tombstone stands, unless their table survives.
    """
    table.info["kept"] = {"when": when, "once": list(once), "free": list(free)}
    return table


def private(table: Table, *persons: str, key: str, through: str | None = None) -> Table:
    """Let only the persons in these columns reach a row, whatever care team they stand in; operators reach none.

    The first column is the author. `key` names the couple's second data key, which seals this table's text. `through`
    is a table of grants (author_id, person_id, ends_at) that let one more person read until they end.
    """
    table.info["private"] = {"persons": list(persons), "through": through}
    table.info["key"] = key
    return table


def part_of(table: Table, column: str, target: str) -> Table:
    """Tell of a row only whom is told of the `target` that this column names, whatever the row says of itself.

    What is part of an entry made in error was made in error with it, and may be about somebody else.
    """
    table.info["part_of"] = (column, target)
    return table


def reference(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that starts with practice_id, so that another practice's row cannot even be named."""
    return ForeignKeyConstraint(["practice_id", column], [f"{target}.practice_id", f"{target}.id"], **options)
