"""SQLCipher in the place of SQLite: connections to encrypted files, and their new keys; database and rotation come in.

Its library has errors of its own; here they become sqlite3's, so that nobody else has to know which library speaks.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Never, cast

from app.chart.file_keys import SWITCH, FileKeys, FileLocked, not_encrypted

try:
    from sqlcipher3 import dbapi2
except ImportError as missing:
    raise FileLocked(f"{SWITCH} needs the package sqlcipher3: pip install 'mendline[sqlcipher]'") from missing

_READABLE = "SELECT count(*) FROM sqlite_master"
_OWN_KEY = re.compile(r"UNIQUE constraint failed: (\w+)\.practice_id, \1\.id")
_KINDS = (("UNIQUE", "UNIQUE"), ("NOT NULL", "NOTNULL"), ("FOREIGN KEY", "FOREIGNKEY"), ("CHECK", "CHECK"))


def connect(
    path: str, keys: FileKeys, timeout: float, isolation: Literal[""] | None = None
) -> sqlite3.Connection:
    """A connection to an encrypted file, by the key in use or the former one; an empty file gets the one in use."""
    for key in (keys.current, keys.former):
        connection = None if key is None else _opened(path, key, timeout, isolation)
        if connection is not None:
            return connection
    if _is_plain(path):
        raise not_encrypted(path)
    raise FileLocked(f"{path} does not open with this master key (nor with a former one, where that is set)")


def version() -> str:
    """Which SQLCipher this is."""
    connection = dbapi2.connect(":memory:")
    try:
        return str(connection.execute("PRAGMA cipher_version").fetchone()[0])
    finally:
        connection.close()


def under_former(path: str, keys: FileKeys, timeout: float) -> bool:
    """Whether a file still wants the key under the former master key."""
    connection = _opened(path, keys.current, timeout)
    if connection is not None:
        connection.close()
    return connection is None


def rekey(path: str, keys: FileKeys, timeout: float) -> bool:
    """Write a file anew under the key in use, when it is not yet; a kill on the way leaves it under the former one.

    Nobody else may have it open: who holds the former key alone could not read on. That is why the WAL is given up for
    the while, which SQLite allows to the last connection only; the rollback journal then undoes what was not finished.
    """
    if not under_former(path, keys, timeout):
        return False
    connection = connect(path, keys, timeout)
    try:
        connection.execute("PRAGMA synchronous=FULL").close()
        _alone(connection, path)
        connection.execute(f"PRAGMA rekey = \"x'{keys.current}'\"").close()
        connection.execute("PRAGMA journal_mode=WAL").close()
    finally:
        connection.close()
    if under_former(path, keys, timeout):
        raise FileLocked(f"{path} kept its former key: run `mendline keys rotate --master` again")
    return True


def _is_plain(path: str) -> bool:
    """Whether a file that no key opens needs none; this library is asked, because two must not share a file."""
    raw = dbapi2.connect(path)
    try:
        raw.execute(_READABLE).close()
    except dbapi2.DatabaseError:
        return False
    finally:
        raw.close()
    return True


def _alone(connection: sqlite3.Connection, path: str) -> None:
    try:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "wal"
    if mode != "delete":
        raise FileLocked(f"{path} is in use: stop the service, rotate, and start it again")


def _opened(
    path: str, key: str, timeout: float, isolation: Literal[""] | None = None
) -> sqlite3.Connection | None:
    """A connection by one key; None when it is not the file's."""
    raw = dbapi2.connect(
        path, timeout=timeout, isolation_level=isolation, check_same_thread=False, factory=_Connection
    )
    connection = cast(sqlite3.Connection, raw)
    try:
        connection.execute(
            "PRAGMA cipher_log_level = NONE"
        ).close()  # it would write to our log, and not in JSON
        connection.execute(f"PRAGMA key = \"x'{key}'\"").close()
        connection.execute(_READABLE).close()
    except sqlite3.DatabaseError as failure:
        connection.close()
        if "not a database" in str(failure):
            return None
        raise
    return connection


# --- errors ---------------------------------------------------------------------------------------------------------


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except dbapi2.Error as failure:
        _tell(failure)


def _tell(failure: Any) -> Never:
    """The same complaint as sqlite3 words it, with the extended code's name, which this library does not give."""
    told = getattr(sqlite3, type(failure).__name__, sqlite3.DatabaseError)(*failure.args)
    name = getattr(failure, "sqlite_errorname", "SQLITE_ERROR")
    told.sqlite_errorname = _extended(str(failure)) if name == "SQLITE_CONSTRAINT" else name
    raise told from None


def _extended(complaint: str) -> str:
    if _OWN_KEY.fullmatch(complaint):
        return "SQLITE_CONSTRAINT_PRIMARYKEY"
    kind = next((code for words, code in _KINDS if complaint.startswith(f"{words} constraint")), "TRIGGER")
    return f"SQLITE_CONSTRAINT_{kind}"


class _Cursor(dbapi2.Cursor):
    def execute(self, *given: Any) -> Any:
        with _own_errors():
            return super().execute(*given)

    def executemany(self, *given: Any) -> Any:
        with _own_errors():
            return super().executemany(*given)

    def fetchone(self) -> Any:
        with _own_errors():
            return super().fetchone()

    def fetchmany(self, *given: Any) -> Any:
        with _own_errors():
            return super().fetchmany(*given)

    def fetchall(self) -> Any:
        with _own_errors():
            return super().fetchall()


class _Connection(dbapi2.Connection):
    def cursor(self, *_: Any) -> Any:
        return super().cursor(_Cursor)

    def commit(self) -> None:
        with _own_errors():
            super().commit()

    def rollback(self) -> None:
        with _own_errors():
            super().rollback()
