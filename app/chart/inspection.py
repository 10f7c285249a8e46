"""Looks past the walls: how the database is set up, and which practices it holds; examination and practice come in."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Select, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from app.chart import file_keys, migrations
from app.chart.base import metadata
from app.chart.database import BUSY_SECONDS, SERVICE_ROLE, engine_for, postgres_address, sqlite_connection

STORE_TROUBLES = (SQLAlchemyError, psycopg.Error, sqlite3.Error)
SQLITE_PROMISES = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
POSTGRES_PROMISES = {
    "synchronous_commit": ("on", "remote_apply"),
    "fsync": ("on",),
    "full_page_writes": ("on",),
}
_ROLE = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s"
_LOGIN = "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
_OWNED = """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(%s, c.relowner, 'USAGE')"""
_WITHOUT_WALL = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'practice_id'
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    ORDER BY 1"""

_POSTGRES_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
_SQLITE_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


_PLACE = "SELECT oid, datname, pg_postmaster_start_time() FROM pg_database WHERE datname = current_database()"


class TwoDatabases(OSError):
    """The service's address and the owner's lead to different databases."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `ok`, `warning` (works, but should not stay so) or `wrong`."""

    what: str
    state: str
    detail: str


def finding(what: str, good: bool, detail: str, otherwise: str = "wrong") -> Finding:
    """`ok` when good, else what it is otherwise."""
    return Finding(what, "ok" if good else otherwise, detail)


def past_the_walls(url: str, statement: Select[Any]) -> list[dict[str, Any]]:
    """Rows as the login of this address may see them, through no chart: only for what holds no clinical record."""
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]
    finally:
        engine.dispose()


def demand_one_database(url: str, owner_url: str) -> None:
    """Refuse to ask one database which practices there are and to work on another."""
    if url != owner_url and _place(url) != _place(owner_url):
        raise TwoDatabases("MENDLINE_DATABASE_URL and MENDLINE_MIGRATION_URL lead to different databases")


def _place(url: str) -> Any:
    """What tells a database from others: its file, or its server's start and its own number there."""
    if make_url(url).get_backend_name() == "sqlite":
        return Path(file_keys.path_of(url)).resolve()
    with psycopg.connect(postgres_address(url), autocommit=True, connect_timeout=10) as connection:
        return connection.execute(_PLACE).fetchone()


def inspect(url: str) -> list[Finding]:
    """Everything that the database's own settings promise, or fail to promise, to a clinical record."""
    if make_url(url).get_backend_name() == "sqlite":
        path = Path(make_url(url).database or "")
        if not path.exists():
            return [Finding("database", "wrong", f"{path} does not exist yet: run `mendline migrate`")]
        try:
            return [*_sqlite(path), _at_head(url)]
        except file_keys.FileLocked as failure:
            return [Finding("database", "wrong", first_line(failure))]
    try:
        with psycopg.connect(postgres_address(url), autocommit=True, connect_timeout=10) as connection:
            return [*_postgres(connection), _at_head(url)]
    except psycopg.OperationalError as failure:
        return [Finding("database", "wrong", f"no connection: {first_line(failure)}")]


def _at_head(url: str) -> Finding:
    newest = migrations.head()
    try:
        revision = migrations.revision_of(url)
    except SQLAlchemyError as failure:
        return Finding("migrations", "wrong", f"not readable: {first_line(failure)}")
    where = f"at {revision or 'nothing'}, newest {newest}"
    return finding(
        "migrations", revision == newest, where if revision == newest else f"{where}: run `mendline migrate`"
    )


def _sqlite(path: Path) -> Iterator[Finding]:
    connection = sqlite_connection(str(path))
    try:
        version = connection.execute("SELECT sqlite_version()").fetchone()[0]
        yield Finding("database", "ok", f"SQLite {version}, {path}")
        for name, wanted in SQLITE_PROMISES.items():
            value = str(connection.execute(f"PRAGMA {name}").fetchone()[0])
            yield finding(name, value == wanted, f"{value} (wanted: {wanted})")
        yield _guards({str(row[0]) for row in connection.execute(_SQLITE_TRIGGERS)})
    finally:
        connection.close()
    yield private(path, "database file")
    yield _encryption(path)


def _encryption(path: Path) -> Finding:
    """Whether the file is encrypted as a whole, and by which master key's."""
    keys = file_keys.keys_of(str(path))
    if keys is None:
        return Finding("whole file", "ok", f"not encrypted; every word in it is ({file_keys.SWITCH} is off)")
    from app.chart import sqlcipher

    former = sqlcipher.under_former(str(path), keys, BUSY_SECONDS)
    anew = "still under the former master key: stop the service, run `mendline keys rotate --master`"
    under = anew if former else "under the master key in use"
    return finding(
        "whole file", not former, f"encrypted by SQLCipher {sqlcipher.version()}, {under}", "warning"
    )


def _guards(standing: set[str]) -> Finding:
    """Whether the triggers stand that refuse to change what was signed; tables known to this process are looked at."""
    kept = sorted(table.name for table in metadata.tables.values() if "kept" in table.info)
    bare = [name for name in kept if not {f"kept_{name}_update", f"kept_{name}_delete"} <= standing]
    return finding(
        "guards of signed rows",
        not bare,
        f"missing on {', '.join(bare)}" if bare else f"on {len(kept)} tables",
    )


def _postgres(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    number = connection.info.server_version
    yield finding("database", number >= 150_000, f"PostgreSQL {number // 10_000}.{number % 10_000}")
    for name, wanted in POSTGRES_PROMISES.items():
        value = _value(connection, f"SHOW {name}")
        yield finding(name, value in wanted, f"{value} (wanted: {' or '.join(wanted)})")
    yield from _wall(connection)
    yield _guards({str(row[0]) for row in connection.execute(_POSTGRES_TRIGGERS)})


def _wall(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """The second wall stands only while the role that the service works under neither owns tables nor may bypass it."""
    bypasses = _value(connection, _ROLE, SERVICE_ROLE)
    if bypasses is None:
        yield Finding("service role", "wrong", f"there is no role {SERVICE_ROLE}: run `mendline migrate`")
        return
    yield finding(
        "service role", not bypasses, f"{SERVICE_ROLE} {'may' if bypasses else 'may not'} bypass row security"
    )
    owned = _value(connection, _OWNED, SERVICE_ROLE)
    yield finding("tables owned by it", owned == 0, str(owned))
    bare = [str(row[0]) for row in connection.execute(_WITHOUT_WALL)]
    yield finding(
        "forced row security", not bare, f"missing on {', '.join(bare)}" if bare else "on every table"
    )
    yield from _login(connection)


def _login(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    found = connection.execute(_LOGIN).fetchone()
    assert found is not None
    login, superuser = found
    strong = superuser or _value(connection, _OWNED, login) > 0
    advice = (
        "it could step out of its role; give the service a login of its own" if strong else "it owns nothing"
    )
    yield finding("login", not strong, f"{login}: {advice}", "warning")
    try:
        connection.execute(f"SET ROLE {SERVICE_ROLE}")
    except psycopg.Error:
        yield Finding("may act as service", "wrong", f"GRANT {SERVICE_ROLE} TO {login} is missing")
    else:
        yield Finding("may act as service", "ok", f"{login} works as {SERVICE_ROLE}")


def _value(connection: psycopg.Connection[Any], sql: Any, *values: Any) -> Any:
    row = connection.execute(sql, values or None).fetchone()
    return None if row is None else row[0]


def private(path: Path, what: str) -> Finding:
    """Whether a file is closed to everybody but its owner."""
    mode = stat.S_IMODE(path.stat().st_mode)
    shut = os.name != "posix" or mode & 0o077 == 0
    return finding(
        what, shut, f"{path}, mode {mode:04o}" + ("" if shut else ": others may read it"), "warning"
    )


def shown_address(url: str) -> str:
    """A database's address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "***"


def first_line(failure: BaseException) -> str:
    """An error's first line, which names the server and the reason."""
    cause = getattr(failure, "orig", None)
    told = cause if isinstance(cause, file_keys.FileLocked) else failure
    return next(iter(str(told).strip().splitlines()), type(failure).__name__)
