"""How statements travel: pools, transactions and the one writer of SQLite; nobody outside chart/ comes in.

PostgreSQL: statements without an answer wait and ride with the next one in a single flush. SQLite: readers have
connections of their own, writers take turns on one connection and share its commits (synchronous=FULL).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, Literal, Protocol
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.engine import Dialect

from app.chart import file_keys
from app.chart.pipeline import Line, Lines, PGresult, Statement
from app.chart.pipeline import Params as Params
from app.chart.pipeline import Rows as Rows
from app.clock import written

SERVICE_ROLE = "mendline_service"
BUSY_SECONDS = 10.0
BATCH = 32
TAKEN, UNIQUE = (sqlite3.IntegrityError, psycopg.errors.UniqueViolation), "SQLITE_CONSTRAINT_UNIQUE"
MOST_WAITING = 250  # statements that may wait for a flush, so that a long import does not fill the memory
ROWS_TOGETHER = 8  # rows of one INSERT: each number of them is a statement of its own to the server


Then = Callable[[Rows], None]


class Journey(Protocol):
    """One transaction under way."""

    def fetch(self, sql: str, params: Params) -> Rows:
        """Run a statement and bring its rows back."""

    def send(self, sql: str, params: Params) -> None:
        """Run a statement whose rows nobody needs; it may ride with a later one."""

    def insert(self, sql: str, row: Params) -> None:
        """Store a row; rows that follow one another in one table may travel as one statement."""

    def ask(self, sql: str, params: Params, then: "Then") -> None:
        """Run a statement that may ride with a later one; `then` gets its rows before that one's are handed out."""

    def flush(self) -> None:
        """Let everything that still waits travel now."""

    def count(self, sql: str, params: Params) -> int:
        """Run a statement and say how many rows it touched."""

    def name_person(self, person_id: str, at: str) -> None:
        """Tell the database who asks and when, for tables whose rows belong to single persons."""

    def attempt(self) -> AbstractContextManager[None]:
        """A stretch of the transaction that an error undoes alone, leaving what came before it."""


class Database(Protocol):
    """A database that can be travelled to, in the name of one practice."""

    dialect: Dialect
    reads_may_write: bool

    def journey(self, practice_id: str, *, writing: bool) -> AbstractContextManager[Journey]:
        """A context manager that gives a Journey, commits at its end and rolls back on an error."""

    def list_value(self, values: list[str]) -> Any:
        """A list as the driver takes it for `among`."""

    def close(self) -> None:
        """Let all connections go."""


def open_database(url: str, threads: int) -> Database:
    """The database behind an SQLAlchemy address."""
    if make_url(url).get_backend_name() == "sqlite":
        return SqliteDatabase(url, threads)
    return PostgresDatabase(url, threads)


def engine_for(url: str) -> Engine:
    """A plain engine for migrations; the service itself never uses it."""
    prepare_place(url)
    path = file_keys.path_of(url)
    if make_url(url).get_backend_name() != "sqlite" or not path:
        return create_engine(url)
    return create_engine(
        url, creator=lambda: open_file(path, isolation="")
    )  # SQLAlchemy begins by sqlite3's own rules


def prepare_place(url: str) -> None:
    """Make folder and file of an SQLite database, closed to everybody but their owner; its WAL inherits that."""
    path = make_url(url).database
    if make_url(url).get_backend_name() == "sqlite" and path:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(path).touch(mode=0o600, exist_ok=True)


def postgres_address(url: str) -> str:
    """SQLAlchemy's address as libpq reads it; several hosts (`?host=a:5432&host=b:5432`) stay several."""
    parts = make_url(url)
    dialect: Dialect = parts.get_dialect()()
    _, words = dialect.create_connect_args(parts)
    return make_conninfo(**words)


# --- SQLite ---------------------------------------------------------------------------------------------------------


def open_file(path: str, isolation: Literal[""] | None = None) -> sqlite3.Connection:
    """A connection as the file wants it, plain or encrypted as a whole; in autocommit we alone begin and end."""
    keys = file_keys.keys_of(path)
    if keys is not None:
        from app.chart import sqlcipher  # only where it is installed

        return sqlcipher.connect(path, keys, BUSY_SECONDS, isolation)
    rules: Any = isolation  # typeshed forgets the empty word, sqlite3's default
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=rules, check_same_thread=False)
    try:
        connection.execute("PRAGMA schema_version").close()
    except sqlite3.DatabaseError as failure:
        connection.close()
        if failure.sqlite_errorname == "SQLITE_NOTADB":
            raise file_keys.not_plain(path) from None
        raise
    return connection


def sqlite_connection(path: str) -> sqlite3.Connection:
    """A connection with the settings that a clinical record needs."""
    connection = open_file(path)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # so that REPLACE meets the triggers that refuse to delete
        "temp_store=MEMORY",
        "cache_size=-8192",  # 8 MB of pages for each of up to eleven connections
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


_SPELLINGS: dict[type, Callable[[Any], str]] = {datetime: written, date: date.isoformat, UUID: str}


def _spelt(params: Params) -> Params:
    """Values as SQLite keeps them: days, instants and ids as text; most statements bring nothing else."""
    if _SPELLINGS.keys().isdisjoint(map(type, params.values())):
        return params
    return {
        name: spelling(value) if (spelling := _SPELLINGS.get(type(value))) else value
        for name, value in params.items()
    }


class SqliteJourney:
    """Statements on one SQLite connection, run at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def fetch(self, sql: str, params: Params) -> Rows:
        return self.connection.execute(sql, _spelt(params)).fetchall()

    def send(self, sql: str, params: Params) -> None:
        self.connection.execute(sql, _spelt(params)).close()

    def insert(self, sql: str, row: Params) -> None:
        self.send(sql, row)

    def ask(self, sql: str, params: Params, then: Then) -> None:
        then(self.fetch(sql, params))

    def flush(self) -> None:
        """Nothing waits here."""

    def count(self, sql: str, params: Params) -> int:
        cursor = self.connection.execute(sql, _spelt(params))
        touched = cursor.rowcount
        cursor.close()
        return touched

    def name_person(self, person_id: str, at: str) -> None:
        return None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        self.send("SAVEPOINT attempt", {})
        try:
            yield
        except BaseException:
            self.send("ROLLBACK TO attempt", {})
            self.send("RELEASE attempt", {})
            raise
        self.send("RELEASE attempt", {})


class Batch:
    """Turns that share one commit."""

    def __init__(self) -> None:
        self.size = 0
        self.durable = threading.Event()
        self.error: BaseException | None = None


class SqliteWriter:
    """The one write connection. A turn is a savepoint; the last turn in the queue commits for all before it."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite_connection(path)
        self._baton = threading.Lock()
        self._count = threading.Lock()
        self._waiting = 0
        self._batch: Batch | None = None

    @contextmanager
    def turn(self) -> Iterator[SqliteJourney]:
        """Write in a turn; returns only when the turn is on stable storage, raises when it is not."""
        batch = self._begin()
        try:
            yield SqliteJourney(self._connection)
            self._run("RELEASE turn")
            batch.size += 1
        except BaseException:
            self._undo(batch)
            raise
        finally:
            self._pass_on(batch)
        batch.durable.wait()
        if batch.error is not None:
            raise sqlite3.OperationalError(f"the shared commit failed: {batch.error}") from batch.error

    def _begin(self) -> Batch:
        with self._count:
            self._waiting += 1
        self._baton.acquire()
        with self._count:
            self._waiting -= 1
        batch = self._batch or Batch()
        try:
            if self._batch is None:
                self._run("BEGIN IMMEDIATE")
                self._batch = batch
            self._run("SAVEPOINT turn")
        except BaseException:
            self._pass_on(batch)
            raise
        return batch

    def _undo(self, batch: Batch) -> None:
        """Take one turn back. When even that fails, the whole transaction is gone, and every turn in it."""
        try:
            self._run("ROLLBACK TO turn")
            self._run("RELEASE turn")
        except sqlite3.Error as error:
            batch.error = error

    def _pass_on(self, batch: Batch) -> None:
        """Hand the baton to the next turn, or commit when nobody waits, the batch is full or it is lost."""
        try:
            with self._count:
                waiting = self._waiting
            if self._batch is batch and (waiting == 0 or batch.size >= BATCH or batch.error):
                self._finish(batch)
        finally:
            self._baton.release()

    def _finish(self, batch: Batch) -> None:
        self._batch = None
        try:
            if batch.error is None:
                self._run("COMMIT")
        except sqlite3.Error as error:
            batch.error = error
        try:
            if self._connection.in_transaction:
                self._run("ROLLBACK")
        finally:
            batch.durable.set()

    def _run(self, sql: str) -> None:
        self._connection.execute(sql).close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class SqliteDatabase:
    """The embedded database: one file, one writer, a handful of readers."""

    reads_may_write = False

    def __init__(self, url: str, threads: int) -> None:
        self.path = make_url(url).database or ""
        prepare_place(url)
        self.dialect: Dialect = create_engine("sqlite://", paramstyle="named").dialect
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._open: list[sqlite3.Connection] = []
        self._writer = SqliteWriter(self.path)

    @contextmanager
    def journey(self, practice_id: str, *, writing: bool) -> Iterator[Journey]:
        """A turn of the writer, or a consistent look through a reader."""
        if writing:
            with self._writer.turn() as turn:
                yield turn
            return
        reader = self._reader()
        reader.execute("BEGIN").close()
        try:
            yield SqliteJourney(reader)
        finally:
            reader.execute("ROLLBACK").close()
            self._readers.put(reader)

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._readers.get_nowait()
        except Empty:
            connection = sqlite_connection(self.path)
            self._open.append(connection)
            return connection

    def list_value(self, values: list[str]) -> str:
        """A JSON array, which json_each takes apart."""
        return "[" + ",".join(f'"{value}"' for value in values) + "]"

    def close(self) -> None:
        """Close readers and writer."""
        for connection in self._open:
            connection.close()
        self._writer.close()


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


class PostgresJourney:
    """One transaction whose statements without an answer wait for the next flush."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._waiting: list[Statement] = []
        self._asked: list[tuple[int, Then]] = []
        self._attempts = 0

    def fetch(self, sql: str, params: Params) -> Rows:
        self._waiting.append((sql, params))
        return self.line.rows(self._flush())

    def count(self, sql: str, params: Params) -> int:
        self._waiting.append((sql, params))
        return self._flush().command_tuples or 0

    def send(self, sql: str, params: Params | None = None) -> None:
        self._waiting.append((sql, params))
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def insert(self, sql: str, row: Params) -> None:
        last, rows = self._waiting[-1] if self._waiting else ("", None)
        if last == sql and isinstance(rows, list) and len(rows) < ROWS_TOGETHER:
            rows.append(row)
        else:
            self._waiting.append((sql, [row]))
            if len(self._waiting) >= MOST_WAITING:
                self.flush()

    def name_person(self, person_id: str, at: str) -> None:
        self.send(f"SET LOCAL app.person = '{UUID(person_id)}'")
        self.send(f"SET LOCAL app.at = '{datetime.fromisoformat(at).isoformat()}'")

    def ask(self, sql: str, params: Params, then: Then) -> None:
        self._asked.append((len(self._waiting), then))
        self._waiting.append((sql, params))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        self._attempts += 1
        name = f"attempt_{self._attempts}"  # one within another has a name of its own: its RELEASE may still wait
        self.send(f"SAVEPOINT {name}")
        self.flush()  # what came before must not fail inside the attempt
        try:
            yield
            self.flush()
        except BaseException:
            self.forget()
            self.line.run([(f"ROLLBACK TO SAVEPOINT {name}", None), (f"RELEASE SAVEPOINT {name}", None)])
            raise
        finally:
            self._attempts -= 1
        self.send(f"RELEASE SAVEPOINT {name}")

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            self._flush()

    def forget(self) -> None:
        """What waits is never sent, and who asked is let go of."""
        self._waiting.clear()
        self._asked.clear()

    def commit(self) -> None:
        """End the transaction; after a statement that failed, the server answers COMMIT with a rollback, no error."""
        self._waiting.append(("COMMIT", {}))
        if self._flush().command_status != b"COMMIT":
            raise psycopg.OperationalError("the transaction was rolled back")

    def _flush(self) -> PGresult:
        """Send what waits; gives the last statement's result, after those who asked earlier have had theirs."""
        waiting, self._waiting = self._waiting, []
        asked, self._asked = self._asked, []
        results = self.line.run(waiting)
        for place, then in asked:
            then(self.line.rows(results[place]))
        return results[-1]


@lru_cache(maxsize=1024)
def _in_the_name_of(practice_id: str) -> str:
    return f"SET LOCAL app.practice = '{UUID(practice_id)}'"


class PostgresDatabase:
    """The production database: a pool of connections that have given up the owner's role."""

    reads_may_write = True

    def __init__(self, url: str, threads: int) -> None:
        self.dialect: Dialect = create_engine("postgresql+psycopg://").dialect
        self.lines = Lines(lambda: Line(postgres_address(url), SERVICE_ROLE))

    @contextmanager
    def journey(self, practice_id: str, *, writing: bool) -> Iterator[Journey]:
        """A transaction in the practice's name; the setting is a message of its own, to reach Citus workers."""
        line = self.lines.take()
        journey = PostgresJourney(line)
        journey.send("BEGIN", {})
        journey.send(_in_the_name_of(practice_id))
        try:
            yield journey
            journey.commit()
        except BaseException:
            journey.forget()
            self._roll_back(line)
            raise
        self.lines.give_back(line)

    def _roll_back(self, line: Line) -> None:
        """Leave nothing of a failed request behind; a line that cannot even roll back is thrown away."""
        try:
            if not line.idle:
                line.run([("ROLLBACK", None)])
        except psycopg.Error:
            line.close()
        else:
            self.lines.give_back(line)

    def list_value(self, values: list[str]) -> str:
        """PostgreSQL's text of an array."""
        return "{" + ",".join(f'"{value}"' for value in values) + "}"

    def close(self) -> None:
        """Close the idle connections."""
        self.lines.close()
