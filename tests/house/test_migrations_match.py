"""The migrations build exactly the tables that the code names, on both databases."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, create_engine, inspect

from app.chart.base import metadata
from app.chart.inspection import Finding
from app.chart.inspection import inspect as inspect_setup
from app.main import ROUTERS
from tests.chart import raw

assert ROUTERS  # main brings every slice's tables with it


def differences(url: str, tables: MetaData) -> list[Any]:
    """What a new migration would have to do."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, tables))
    finally:
        engine.dispose()


def test_a_migrated_database_has_the_tables_of_the_code(database_url: str) -> None:
    found = differences(database_url, metadata)

    assert found == [], 'the tables changed: run `make migration m="what changes"`'


def test_a_forgotten_column_is_noticed(database_url: str) -> None:
    flawed = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(flawed)
    flawed.tables["couple"].append_column(Column("forgotten", Integer))

    assert [change[0] for change in differences(database_url, flawed)] == ["add_column"]


def test_foreign_keys_stand_in_the_database_and_not_only_in_the_code(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        inspector = inspect(engine)
        for name, table in metadata.tables.items():
            told = {tuple(sorted(key.column_keys)) for key in table.foreign_key_constraints}
            built = {tuple(sorted(key["constrained_columns"])) for key in inspector.get_foreign_keys(name)}
            assert built == told, name
    finally:
        engine.dispose()


# --- triggers ---


def guards(url: str) -> Finding:
    """What the doctor says of the triggers that keep signed rows as they are."""
    return next(found for found in inspect_setup(url) if found.what == "guards of signed rows")


def test_every_table_of_signed_rows_and_facts_has_its_guard(database_url: str) -> None:
    kept = {name for name, table in metadata.tables.items() if "kept" in table.info}
    facts = {name for name, table in metadata.tables.items() if "fact" in table.info}

    assert {"session", "addendum", "seal", "trail", "trail_block", *facts} <= kept
    assert guards(database_url) == Finding("guards of signed rows", "ok", f"on {len(kept)} tables")


def test_a_guard_that_was_taken_away_or_switched_off_is_noticed(database_url: str) -> None:
    if raw.is_postgres(database_url):
        raw.run(
            database_url,
            "DROP TRIGGER kept_marker_delete ON marker",
            "ALTER TABLE seal DISABLE TRIGGER kept_seal_update",
        )
    else:
        raw.run(database_url, "DROP TRIGGER kept_marker_delete", "DROP TRIGGER kept_seal_update")

    found = guards(database_url)

    assert (found.state, found.detail) == ("wrong", "missing on marker, seal")


def test_the_guard_of_sessions_knows_each_of_their_columns(database_url: str) -> None:
    """A column that a later migration adds is not kept until the migration makes the guard again."""
    sql = (
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'kept_session_update'"
        if raw.is_postgres(database_url)
        else "SELECT sql FROM sqlite_master WHERE name = 'kept_session_update'"
    )
    ((told,),) = raw.rows(database_url, sql)

    columns = set(metadata.tables["session"].c.keys()) - set(metadata.tables["session"].info["kept"]["free"])
    assert {name for name in columns if f"old.{name}" not in told.lower()} == set()
