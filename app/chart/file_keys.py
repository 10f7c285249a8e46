"""Which SQLite files are encrypted as a whole, and by which keys; database, rotation, inspection and main come in.

A file is named here before it is opened; whoever opens it then gets SQLCipher's library in place of SQLite's. Nobody
looks into the file by hand: closing it would drop the locks that this process holds on it (POSIX), another process
would take itself for the last one, and delete the WAL with what was acknowledged.
"""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import make_url

from app.chart.keys import MasterKey

SWITCH = "MENDLINE_SQLITE_ENCRYPTION"


class FileLocked(sqlite3.DatabaseError):
    """A database file that does not open, for a reason that an operator can put right."""


@dataclass(frozen=True)
class FileKeys:
    """The raw key of a file, in hexadecimal digits, and the one under the former master key while keys are rotated."""

    current: str = field(repr=False)
    former: str | None = field(repr=False, default=None)


_ENCRYPTED: dict[str, Callable[[], FileKeys]] = {}


def encrypt(url: str, master: Callable[[], MasterKey]) -> None:
    """From now on this process opens the file behind an address with a key drawn from the master key."""

    def drawn() -> FileKeys:
        key = master()
        return FileKeys(key.file_key(), key.former.file_key() if key.former else None)

    _ENCRYPTED[_one_name(path_of(url))] = drawn


def path_of(url: str) -> str:
    """Where the file of an SQLite address lies."""
    return make_url(url).database or ""


def keys_of(path: str) -> FileKeys | None:
    """The keys of a file that is encrypted; None for a plain one."""
    drawn = _ENCRYPTED.get(_one_name(path))
    return None if drawn is None else drawn()


def _one_name(path: str) -> str:
    """The same name for a file however it is spelled: `./a.db` that was taken for another file would stay plain."""
    return os.path.realpath(path)


def not_plain(path: str) -> FileLocked:
    """Say in words what SQLite calls "not a database"."""
    return FileLocked(
        f"{path} is encrypted as a whole, or no SQLite file: set {SWITCH}=on to open it with the master key"
    )


def not_encrypted(path: str) -> FileLocked:
    """Refuse a plain file where an encrypted one is asked for: it would stay plain in silence."""
    return FileLocked(
        f"{path} is not encrypted, but {SWITCH} is on: back it up, put it aside, `mendline migrate`"
        " and restore; or switch it off"
    )
