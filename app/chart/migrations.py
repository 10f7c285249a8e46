"""Migrations from within: bring a database to head, tell whether it is there; command line, demo, readiness come in.

Alembic is imported where it is used: a service that starts does not wait for it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from app.chart.database import engine_for, prepare_place

if TYPE_CHECKING:
    from alembic.config import Config

PACKAGE = Path(__file__).resolve().parent.parent
MAKING_SECONDS = 120.0
"""How long whoever finds a database being made waits for it."""


def folder() -> Path:
    """Where the migrations lie: inside an installed wheel, or beside app/ in a checkout."""
    packed = PACKAGE / "_migrations"
    return packed if packed.exists() else PACKAGE.parent / "migrations"


def config(url: str) -> "Config":
    """Alembic's configuration for one database."""
    from alembic.config import Config

    configured = Config()
    configured.set_main_option("script_location", str(folder()))
    configured.attributes["url"] = url
    return configured


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, upwards or (`base`, `-1`) downwards."""
    from alembic import command

    prepare_place(url)
    configured = config(url)
    if revision == "base" or revision.startswith("-"):
        command.downgrade(configured, revision)
    else:
        command.upgrade(configured, revision)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Let one process at a time make a database; the system drops the lock of whoever is killed."""
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(lock, timeout=MAKING_SECONDS, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE").close()
        yield


def head() -> str:
    """The newest revision there is."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(str(folder())).get_current_head())


def left_behind(current: str) -> set[str]:
    """The revisions that a database at this one has gone past."""
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(folder())).walk_revisions("base", current)
    return {str(step.revision) for step in steps} - {current}


def revision_of(url: str) -> str | None:
    """The revision that a database is at; None for an empty one, or for a file that nobody has made yet."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and _not_made(Path(address.database or "")):
        return None
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def _not_made(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def readiness(url: str) -> dict[str, str]:
    """What /readyz tells: whether the database answers and whether it is at head."""
    try:
        revision = revision_of(url)
    except SQLAlchemyError:
        return {"database": "unreachable", "migrations": "unknown"}
    return {"database": "ok", "migrations": "ok" if revision == head() else "not at head"}
