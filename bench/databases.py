"""Databases for a run: an SQLite file, and a PostgreSQL 18 that keeps what it commits; every proof comes in."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.chart.migrations import migrate
from app.settings import driver_url
from tests import postgres_server

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
}


@dataclass(frozen=True)
class Place:
    """A migrated, empty database: its kind, the owner's address, and what to call it in a report."""

    kind: str
    url: str
    name: str
    pid: int | None = None


@contextmanager
def place(kind: str) -> Iterator[Place]:
    """A database at head for the length of a `with`."""
    with _sqlite() if kind == "sqlite" else _postgres() as found:
        migrate(found.url)
        yield found


@contextmanager
def _sqlite() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'mendline.db'}"
        yield Place("sqlite", url, f"SQLite {sqlite3.sqlite_version}, WAL, synchronous=FULL")


@contextmanager
def _postgres() -> Iterator[Place]:
    with postgres_server.own_server(DURABLE) as (server, pid):
        url = postgres_server.create_database(server, prefix="mendline_bench")
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW server_version").fetchone()
            version = str(row[0]) if row else "?"
        yield Place(
            "postgresql", driver_url(url), f"PostgreSQL {version}, fsync and synchronous_commit on", pid
        )


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """An empty, migrated database of a kind on the servers that tests use: quick, and lost with the machine."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/mendline.db"
            migrate(url)
            yield url
        return
    with postgres_server.empty_database() as plain:
        url = driver_url(plain)
        migrate(url)
        yield url
