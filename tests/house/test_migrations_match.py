"""The migrations build exactly the tables that the code names, on both databases."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, create_engine, inspect

from app.chart.base import metadata
from app.main import ROUTERS

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
