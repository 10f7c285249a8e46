"""PostgreSQL as docs/operators.md sets it up: an owner who migrates, and a service login that owns nothing."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from app.chart.chart import Store
from app.chart.inspection import inspect
from app.chart.keys import MasterKey
from app.chart.migrations import head, migrate, revision_of
from app.practice import service
from tests import postgres_server
from tests.chart import raw
from tests.conftest import MASTER
from tests.people import DAY_ZERO


@dataclass
class Server:
    """One database with its two addresses."""

    owner: str
    service: str


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A database that belongs to a plain owner; the service has a login of its own."""
    admin = postgres_server.postgres_url()
    url = postgres_server.create_database(admin, prefix="mendline_logins")
    name, password = url.rsplit("/", 1)[1].split("?")[0], secrets.token_hex(8)
    owner, login = f"owner_{secrets.token_hex(4)}", f"app_{secrets.token_hex(4)}"
    exists = "SELECT 1 FROM pg_roles WHERE rolname = 'mendline_service'"
    made = raw.rows(postgres_server.for_sqlalchemy(admin), exists)
    raw.run(
        postgres_server.for_sqlalchemy(admin),
        *([] if made else ["CREATE ROLE mendline_service NOLOGIN"]),
        f"CREATE ROLE {owner} LOGIN PASSWORD '{password}'",
        f"CREATE ROLE {login} LOGIN PASSWORD '{password}'",
        f"GRANT mendline_service TO {login}",
        f"ALTER DATABASE {name} OWNER TO {owner}",
    )
    as_owner, as_login = (
        postgres_server.for_sqlalchemy(postgres_server.with_login(url, who, password))
        for who in (owner, login)
    )
    migrate(as_owner)
    yield Server(as_owner, as_login)
    postgres_server.drop_database(url)
    raw.run(postgres_server.for_sqlalchemy(admin), f"DROP ROLE {owner}", f"DROP ROLE {login}")


@pytest.fixture(scope="module")
def practice_id(server: Server) -> Iterator[str]:
    """A practice, founded through the service's own login."""
    store = Store(server.service, MasterKey(MASTER), threads=1)
    yield service.found(store, DAY_ZERO, "At the river", "Europe/Vienna")
    store.close()


def test_the_service_login_sees_that_the_database_is_at_head(server: Server) -> None:
    assert revision_of(server.service) == head()


def test_the_doctor_finds_every_wall_in_place(server: Server) -> None:
    found = {f.what: f.state for f in inspect(server.service)}

    for what in (
        "service role",
        "tables owned by it",
        "forced row security",
        "login",
        "may act as service",
        "migrations",
    ):
        assert found[what] == "ok", what


def test_the_doctor_warns_of_a_login_that_could_step_out_of_its_role(server: Server) -> None:
    found = {f.what: f.state for f in inspect(server.owner)}

    assert found["login"] == "warning"
    assert found["may act as service"] == "wrong"


def test_the_owner_lists_practices_and_sees_no_record(server: Server, practice_id: str) -> None:
    assert [(p["id"], p["name"]) for p in service.practices(server.owner)] == [(practice_id, "At the river")]
    assert raw.count(server.owner, "trail") == 0
    assert raw.count(server.owner, "data_key") == 0


def test_the_service_login_lists_nothing_without_a_practice(server: Server, practice_id: str) -> None:
    assert practice_id
    assert service.practices(server.service) == []


def test_the_service_login_can_neither_drop_nor_empty_a_table(server: Server) -> None:
    for statement in ("DROP TABLE trail", "TRUNCATE trail", "ALTER TABLE trail DISABLE ROW LEVEL SECURITY"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw.run(server.service, statement)
