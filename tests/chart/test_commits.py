"""An answer leaves only after its commit; SQLite's writers share commits and nothing else."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.chart.chart import Store
from app.chart.database import PostgresDatabase, SqliteDatabase
from app.practice import service as practice
from tests.chart import raw
from tests.people import Caller, World, a_couple

HOME = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


# --- commit before the answer ---


def break_commits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every commit that stored a couple fails, when it is too late for any statement to."""
    if raw.is_postgres(world.url):
        raw.run(
            world.url,
            "CREATE FUNCTION too_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk'; END $$",
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON couple DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION too_late()",
        )
        return
    writer: Any = world.store.database._writer  # type: ignore[attr-defined]
    run = writer._run

    def failing(sql: str) -> None:
        if sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        run(sql)

    monkeypatch.setattr(writer, "_run", failing)


def test_a_commit_that_fails_is_an_answer_that_says_so_and_nothing_is_stored(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_couple(therapist)
    before = raw.everything(world.url)
    break_commits(world, monkeypatch)

    answer = therapist.post(
        "/v1/couples", {"label": "C-2", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
    )

    assert answer.status_code == 503
    assert answer.json()["code"] == "service_unavailable"
    assert raw.everything(world.url) == before
    if not raw.is_postgres(world.url):
        monkeypatch.undo()
    assert therapist.get("/v1/couples").status_code == 200
    assert len(therapist.get("/v1/couples").json()["items"]) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # where COMMIT may mean ROLLBACK
def test_a_commit_that_the_server_answers_with_a_rollback_is_a_failure(world: World) -> None:
    def swallowing() -> None:
        with world.store.database.journey(world.home(), writing=True) as journey, suppress(psycopg.Error):
            journey.fetch("SELECT 1/0", {})

    with pytest.raises(psycopg.OperationalError):
        swallowing()


# --- SQLite's one writer ---


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(f"sqlite:///{tmp_path / 'x.db'}", 8)
    with database.journey(HOME, writing=True) as journey:
        journey.send("CREATE TABLE entry (name TEXT PRIMARY KEY)", {})
    yield database
    database.close()


def stored(database: SqliteDatabase) -> set[str]:
    """What another process would read."""
    connection = sqlite3.connect(database.path)
    try:
        return {row[0] for row in connection.execute("SELECT name FROM entry")}
    finally:
        connection.close()


def test_eight_writers_share_commits_and_a_failing_one_takes_nobody_along(
    embedded: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Barrier(8)
    commits = []
    run = embedded._writer._run

    def counting(sql: str) -> None:
        commits.append(sql)
        run(sql)

    monkeypatch.setattr(embedded._writer, "_run", counting)

    def write(writer: int) -> set[str]:
        durable = set()
        start.wait()
        for number in range(25):
            name = f"{writer}-{number}"
            try:
                with embedded.journey(HOME, writing=True) as journey:
                    journey.send("INSERT INTO entry VALUES (:name)", {"name": name})
                    if number % 5 == 4:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                continue
            assert name in stored(embedded)
            durable.add(name)
        return durable

    with ThreadPoolExecutor(8) as threads:
        durable = set().union(*threads.map(write, range(8)))

    assert len(durable) == 8 * 20
    assert stored(embedded) == durable
    assert commits.count("COMMIT") < 8 * 25


def test_a_statement_that_fails_leaves_the_turn_before_it_alone(embedded: SqliteDatabase) -> None:
    with embedded.journey(HOME, writing=True) as journey:
        journey.send("INSERT INTO entry VALUES ('first')", {})
    with pytest.raises(sqlite3.IntegrityError), embedded.journey(HOME, writing=True) as journey:  # noqa: PT012
        journey.send("INSERT INTO entry VALUES ('second')", {})
        journey.send("INSERT INTO entry VALUES ('first')", {})

    assert stored(embedded) == {"first"}


def test_the_writer_goes_on_after_a_transaction_was_lost_under_it(embedded: SqliteDatabase) -> None:
    """SQLite itself rolls everything back when the disk is full: that turn fails, the next one works."""
    with pytest.raises(sqlite3.Error), embedded.journey(HOME, writing=True) as journey:  # noqa: PT012
        journey.send("INSERT INTO entry VALUES ('lost')", {})
        journey.send("ROLLBACK", {})
    with embedded.journey(HOME, writing=True) as journey:
        journey.send("INSERT INTO entry VALUES ('kept')", {})

    assert stored(embedded) == {"kept"}


def test_a_shared_commit_that_fails_says_why(
    embedded: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = embedded._writer._run

    def on_a_full_disk(sql: str) -> None:
        if sql == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        run(sql)

    monkeypatch.setattr(embedded._writer, "_run", on_a_full_disk)
    with (
        pytest.raises(sqlite3.OperationalError, match="disk is full"),
        embedded.journey(HOME, writing=True) as journey,
    ):
        journey.send("INSERT INTO entry VALUES ('lost')", {})


def test_neighbours_in_a_lost_batch_are_told_that_nothing_was_stored(embedded: SqliteDatabase) -> None:
    inside, go = threading.Event(), threading.Event()
    writer = embedded._writer

    def first() -> str:
        try:
            with embedded.journey(HOME, writing=True) as journey:
                journey.send("INSERT INTO entry VALUES ('neighbour')", {})
                inside.set()
                go.wait(5)
        except sqlite3.OperationalError:
            return "told"
        return "stored"

    def second() -> None:
        with pytest.raises(sqlite3.Error), embedded.journey(HOME, writing=True) as journey:
            journey.send("ROLLBACK", {})

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first)
        inside.wait(5)
        other = threads.submit(second)
        while writer._waiting == 0:
            pass
        go.set()
        other.result(5)

        assert one.result(5) == "told"
    assert stored(embedded) == set()


# --- PostgreSQL's pipeline ---


@pytest.fixture
def served(database_url: str) -> Iterator[PostgresDatabase]:
    raw.run(
        database_url,
        "CREATE TABLE entry (name text PRIMARY KEY)",
        "GRANT ALL ON entry TO mendline_service",
    )
    database = PostgresDatabase(database_url, 2)
    yield database
    database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("ending", ["commit", "fetch", "count"])
def test_a_statement_that_fails_on_its_way_tells_its_own_error_and_leaves_a_sound_connection(
    served: PostgresDatabase, ending: str
) -> None:
    insert = "INSERT INTO entry VALUES (%(name)s)"
    with served.journey(HOME, writing=True) as journey:
        journey.send(insert, {"name": "first"})

    with pytest.raises(psycopg.errors.UniqueViolation), served.journey(HOME, writing=True) as journey:  # noqa: PT012
        journey.send(insert, {"name": "second"})
        journey.send(insert, {"name": "first"})
        journey.send(insert, {"name": "third"})
        if ending == "fetch":
            journey.fetch("SELECT 1", {})
        if ending == "count":
            journey.count("UPDATE entry SET name = name", {})

    assert len(served.lines) == 1
    with served.journey(HOME, writing=True) as journey:
        assert journey.fetch("SELECT name FROM entry", {}) == [("first",)]
        assert journey.count("UPDATE entry SET name = name", {}) == 1
        journey.send(insert, {"name": "third"})
        assert journey.fetch("SELECT 1", {}) == [(1,)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_died_is_thrown_away(served: PostgresDatabase, database_url: str) -> None:
    with served.journey(HOME, writing=False) as journey:
        (pid,) = journey.fetch("SELECT pg_backend_pid()", {})[0]
    raw.run(database_url, f"SELECT pg_terminate_backend({pid})")

    with pytest.raises(psycopg.OperationalError), served.journey(HOME, writing=False) as journey:
        journey.fetch("SELECT 1", {})
    with served.journey(HOME, writing=False) as journey:
        assert journey.fetch("SELECT 1", {}) == [(1,)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where turns share a commit
def test_a_key_that_another_turn_made_seals_nothing_when_their_shared_commit_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = world.home()
    writer: Any = world.store.database._writer  # type: ignore[attr-defined]
    made = threading.Event()

    def sealed() -> bytes:
        """A word of the practice's, sealed for a purpose whose key is made by whoever needs it first."""
        with practice.operating(world.store, home, world.watch(), "test") as chart:
            value: bytes = chart.seal(None, "context", "word", "aside")
            made.set()
            _until_somebody_waits(writer)
            return value

    def sealed_next() -> bytes:
        made.wait()
        with practice.operating(world.store, home, world.watch(), "test") as chart:
            value: bytes = chart.seal(None, "context", "word", "aside")
            return value

    break_commits(world, monkeypatch)
    with ThreadPoolExecutor(2) as threads:
        both = threads.submit(sealed), threads.submit(sealed_next)
    assert [type(each.exception()) for each in both] == [sqlite3.OperationalError] * 2
    monkeypatch.undo()

    later = sealed_next()
    elsewhere = Store(world.url, world.store.master, threads=1)
    try:
        with practice.operating(elsewhere, home, world.watch(), "test") as chart:
            assert chart.unseal(later, "context") == "word"
    finally:
        elsewhere.close()


def _until_somebody_waits(writer: Any) -> None:
    """Keep the turn until the next one stands behind it, so that both share a commit."""
    while writer._waiting == 0:
        threading.Event().wait(0.001)
