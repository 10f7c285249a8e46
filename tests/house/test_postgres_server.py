"""The tests' own PostgreSQL: it answers, gives fresh databases, copies and drops them, and ends with its users."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from tests import postgres_server
from tests.postgres_server import (
    create_database,
    drop_database,
    empty_database,
    for_sqlalchemy,
    postgres_url,
    with_database,
    with_login,
)

CHECKOUT = Path(__file__).parents[2]

started_here = pytest.mark.skipif(
    bool(os.environ.get(postgres_server.OVERRIDE)), reason="the server was given, not started by the tests"
)


def test_it_is_a_supported_postgresql() -> None:
    with psycopg.connect(postgres_url()) as connection:
        row = connection.execute("select version()").fetchone()
        assert row is not None
        assert row[0].startswith("PostgreSQL ")
        assert 15 <= connection.info.server_version // 10_000 <= 18


@started_here
def test_the_embedded_one_keeps_text_as_utf8_and_sorts_it_the_same_everywhere() -> None:
    with empty_database() as url, psycopg.connect(url) as connection:
        row = connection.execute(
            "select pg_encoding_to_char(encoding), datlocprovider, datlocale from pg_database"
            " where datname = current_database()"
        ).fetchone()
        assert row == ("UTF8", "b", "C.UTF-8")


@started_here
def test_asking_without_the_password_is_refused() -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(with_login(postgres_url(), "postgres", "guessed"))


def test_two_fresh_databases_know_nothing_of_each_other() -> None:
    with empty_database() as one, empty_database() as other:
        with psycopg.connect(one) as connection:
            connection.execute("create table seen (id int)")
        with psycopg.connect(other) as connection:
            row = connection.execute("select to_regclass('seen')").fetchone()
        assert row == (None,)


def test_a_copy_holds_what_its_template_held() -> None:
    with empty_database() as template:
        with psycopg.connect(template) as connection:
            connection.execute("create table seen as select 7 as id")
        copy = create_database(postgres_url(), template=template.rpartition("/")[2])
        try:
            with psycopg.connect(copy) as connection:
                assert connection.execute("select id from seen").fetchone() == (7,)
        finally:
            drop_database(copy)


def test_dropping_closes_what_is_still_open() -> None:
    url = create_database(postgres_url())
    connection = psycopg.connect(url)
    drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    connection.close()


def test_addresses_keep_their_options() -> None:
    url = "postgresql://a:b@127.0.0.1:5432/postgres?sslmode=disable"
    assert with_database(url, "x") == "postgresql://a:b@127.0.0.1:5432/x?sslmode=disable"
    assert with_login(url, "c", "d") == "postgresql://c:d@127.0.0.1:5432/postgres?sslmode=disable"
    assert for_sqlalchemy(url).startswith("postgresql+psycopg://a:b@")


@started_here
def test_the_server_ends_when_its_only_user_is_killed() -> None:
    with tempfile.TemporaryDirectory(prefix="mendline-ends-") as place:
        folder = Path(place)
        folder.chmod(0o711)  # as root the server runs as nobody, who must be able to pass through
        environment = {**os.environ, postgres_server.SESSION: "ends", "TMPDIR": place}
        code = "import time, tests.postgres_server as p; print(p.postgres_url(), flush=True); time.sleep(60)"
        with subprocess.Popen(
            [sys.executable, "-c", code], env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
        ) as user:
            assert user.stdout is not None
            url = user.stdout.readline().strip()
            psycopg.connect(url).close()
            user.kill()
        deadline = time.monotonic() + 20
        while list(folder.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not list(folder.iterdir())
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
