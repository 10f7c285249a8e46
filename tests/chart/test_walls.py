"""Two walls around a practice: the keys of every table, and PostgreSQL's row-level security behind the chart's own."""

from typing import Any

import psycopg
import pytest
from sqlalchemy import Index, String, Table, UniqueConstraint, select

from app.chart import plans
from app.chart.base import Sealed, metadata
from app.chart.chart import Actor, Store, Visit
from app.chart.inspection import Finding, inspect
from app.chart.keys import MasterKey
from app.couples.tables import couple, partner
from app.main import ROUTERS
from tests.chart import raw
from tests.conftest import MASTER
from tests.people import Caller, World, a_couple

assert ROUTERS  # main brings every slice's tables with it
TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)
PLAIN_TEXT = {
    *(f"api_key.{name}" for name in ("label", "digest", "hint", "scopes")),
    *(
        "practice.name",
        "commitment.rrule",
        "commitment.exdates",
        "review.overridden",
        "threat_report.triggers",
        "access_decision.grounds",
        "access_request.jurisdictions",
        "amendment_request.jurisdictions",
        "authorisation.content",
    ),
}
"""Longer text that is not sealed: an operator's words for practice and key, digests, rules and lists of codes."""
SHORT = {10, 27, 36, 64}
"""Lengths of Day, Instant, Id and Code."""


# --- keys, by metadata ---


def loose_keys(table: Table) -> list[str]:
    """Keys by which a row of another practice could be met or named."""
    unique = [i for i in table.indexes if i.unique]
    uniques: list[Index | UniqueConstraint] = [
        *unique,
        *(c for c in table.constraints if isinstance(c, UniqueConstraint)),
    ]
    names = [str(u.name) for u in uniques if next(iter(u.columns)).name != "practice_id"]
    names += [
        str(key.name)
        for key in table.foreign_key_constraints
        if key.column_keys[0] != "practice_id" or key.elements[0].column.name != "practice_id"
    ]
    first = next(iter(table.primary_key.columns)).name
    return names if first == "practice_id" else [*names, "primary key"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_key_begins_with_the_practice(table: Table) -> None:
    assert loose_keys(table) == [], "use practice_table, couple_table, fact_table and reference(…)"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_longer_text_is_sealed(table: Table) -> None:
    plain = {
        f"{table.name}.{column.name}"
        for column in table.columns
        if isinstance(column.type, String) and column.type.length not in SHORT
    }

    assert plain <= PLAIN_TEXT, "what somebody wrote is Column(…, Sealed)"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_with_couples_belongs_to_them(table: Table) -> None:
    """These name couples but belong to the practice: no request reads them through a couple; a tombstone has none."""
    if "couple_id" in table.c and table.name not in {"data_key", "trail", "tombstone"}:
        assert table.info["owner"] == "couple", "use couple_table or fact_table"


# --- PostgreSQL's own wall ---


@pytest.fixture
def two(world: World) -> tuple[World, Caller, Caller]:
    """Two practices with a couple each."""
    here, there = world.somebody(), world.somebody(practice_id=world.a_practice("Elsewhere"))
    a_couple(here, label="Here")
    a_couple(there, label="There")
    return world, here, there


on_postgres = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgres
def test_without_a_practice_the_service_role_sees_nothing(two: tuple[World, Caller, Caller]) -> None:
    world = two[0]

    for setting in (None, ""):
        with raw.as_service(world.url, setting) as connection:
            for table in TABLES:
                found = connection.execute(f"SELECT count(*) FROM {table.name}".encode()).fetchone()  # noqa: S608 - our own table names
                assert found == (0,), table.name


@on_postgres
def test_in_the_name_of_a_practice_only_its_own_rows_are_seen(two: tuple[World, Caller, Caller]) -> None:
    world = two[0]
    here, there = world.practices

    with raw.as_service(world.url, here) as connection:
        for table in TABLES:
            seen = connection.execute(
                f"SELECT DISTINCT practice_id::text FROM {table.name}".encode()  # noqa: S608 - our own table names
            ).fetchall()
            assert {row[0] for row in seen} <= {here}, table.name
        assert connection.execute("SELECT count(*) FROM couple").fetchone() == (1,)
        moved = connection.execute("UPDATE couple SET status = 'closed' WHERE practice_id = %s", [there])
        assert moved.rowcount == 0


@on_postgres
def test_nothing_is_written_into_another_practice(two: tuple[World, Caller, Caller]) -> None:
    world = two[0]
    here, there = world.practices

    for statement in (
        "INSERT INTO practice (practice_id, name, zone, created_at) VALUES (%s, 'x', 'UTC', now())",
        "UPDATE trail SET practice_id = %s",
    ):
        with (
            raw.as_service(world.url, here) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode(), [there])


@on_postgres
def test_the_second_wall_stands_when_the_first_is_taken_away(
    two: tuple[World, Caller, Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = two[0]
    monkeypatch.setattr(plans, "_predicates", lambda *_, **__: iter(()))
    statement = select(couple.c.id, couple.c.practice_id, couple.c.label)
    store = Store(world.url, MasterKey(MASTER), threads=1)  # with plans of its own, which have no walls
    intruder = Actor(world.practices[1], "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d", "clinician", frozenset())

    with store.chart(intruder, world.watch(), Visit("test", "test"), writing=False) as chart:
        assert [row["label"] for row in chart.rows(statement)] == ["There"]
        assert chart.rows(select(partner.c.id).where(partner.c.practice_id == world.practices[0])) == []
    store.close()


def finding(found: list[Finding], what: str) -> Finding:
    return next(f for f in found if f.what == what)


@on_postgres
def test_the_service_role_owns_nothing_and_bypasses_nothing(database_url: str) -> None:
    found = inspect(database_url)

    assert finding(found, "service role").state == "ok"
    assert finding(found, "tables owned by it") == Finding("tables owned by it", "ok", "0")
    assert finding(found, "forced row security") == Finding("forced row security", "ok", "on every table")
    assert finding(found, "migrations").state == "ok"


@on_postgres
def test_a_table_whose_wall_was_taken_down_is_noticed(database_url: str) -> None:
    raw.run(
        database_url,
        "ALTER TABLE betrayal NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE trail DISABLE ROW LEVEL SECURITY",
    )

    missing = finding(inspect(database_url), "forced row security")

    assert (missing.state, missing.detail) == ("wrong", "missing on betrayal, trail")


# --- durability settings ---


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_waits_for_the_disk_and_keeps_its_references(world: World) -> None:
    database: Any = world.store.database
    reader = database._reader()
    for connection in (database._writer._connection, reader):
        values = [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys")
        ]
        assert values == [2, 1]
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert {f.state for f in inspect(world.url)} <= {"ok", "warning"}


@on_postgres
def test_the_service_itself_never_turns_durability_off(world: World) -> None:
    """The test server may run with both off; the doctor says so, and no connection of ours changes them."""
    database: Any = world.store.database
    with database.journey(world.home(), writing=False) as journey:
        for name in ("synchronous_commit", "fsync"):
            ours = journey.fetch(f"SHOW {name}", {})[0][0]
            assert ours == raw.rows(world.url, f"SHOW {name}")[0][0]
    found = inspect(world.url)
    for name in ("synchronous_commit", "fsync"):
        state = finding(found, name)
        assert (state.state == "ok") == state.detail.startswith("on ")


@on_postgres
@pytest.mark.parametrize(
    ("setting", "state"), [("on", "ok"), ("remote_apply", "ok"), ("local", "wrong"), ("off", "wrong")]
)
def test_what_waits_for_the_standby_is_right_and_nothing_less(world: World, setting: str, state: str) -> None:
    found = inspect(f"{world.url}?options=-csynchronous_commit%3D{setting}")

    assert finding(found, "synchronous_commit").state == state


def test_sealed_columns_are_bytes_in_the_database() -> None:
    sealed = [c for table in TABLES for c in table.columns if isinstance(c.type, Sealed)]

    assert len(sealed) >= 10
