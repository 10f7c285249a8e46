"""The database as an intruder or an administrator sees it: past chart, walls and keys; the storage tests come in."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from app.chart.base import metadata
from app.chart.database import SERVICE_ROLE, postgres_address


def is_postgres(url: str) -> bool:
    """Which of the two databases this is."""
    return url.startswith("postgresql")


def file_of(url: str) -> Path:
    """The file of an SQLite database."""
    return Path(make_url(url).database or "")


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What a statement finds, with all rights there are."""
    if is_postgres(url):
        with psycopg.connect(postgres_address(url), autocommit=True) as connection:
            return connection.execute(sql.encode()).fetchall()
    file = sqlite3.connect(file_of(url))
    try:
        return file.execute(sql).fetchall()
    finally:
        file.close()


def run(url: str, *statements: str) -> None:
    """Run statements with all rights there are."""
    if is_postgres(url):
        with psycopg.connect(postgres_address(url), autocommit=True) as connection:
            for sql in statements:
                connection.execute(sql.encode())
        return
    file = sqlite3.connect(file_of(url), isolation_level=None)
    try:
        for sql in statements:
            file.execute(sql)
    finally:
        file.close()


def run_past_guards(url: str, *statements: str) -> None:
    """Run statements as somebody with the owner's rights does who switches the triggers off first."""
    if is_postgres(url):
        run(url, "SET session_replication_role = replica", *statements)
        return
    guards = rows(url, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    run(url, *(f"DROP TRIGGER {name}" for name, _ in guards), *statements, *(sql for _, sql in guards))


def count(url: str, table: str, where: str = "1=1") -> int:
    """How many rows a table holds."""
    return int(rows(url, f"SELECT count(*) FROM {table} WHERE {where}")[0][0])  # noqa: S608 - our own table names


def everything(url: str) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    return {name: sorted(str(row) for row in rows(url, f"SELECT * FROM {name}")) for name in metadata.tables}  # noqa: S608 - our own table names


@contextmanager
def as_service(url: str, practice_id: str | None) -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL transaction under the service's role, in the name of a practice or of none."""
    with psycopg.connect(postgres_address(url)) as connection:
        connection.execute(f"SET ROLE {SERVICE_ROLE}".encode())
        if practice_id is not None:
            connection.execute("SELECT set_config('app.practice', %s, true)", [practice_id])
        yield connection
        connection.rollback()
