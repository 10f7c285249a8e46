"""PostgreSQL as docs/operators.md sets it up: an owner who migrates, and a service login that owns nothing."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from app.archive import service as archive
from app.archive.locks import Secret
from app.chart import whole
from app.chart.chart import Store
from app.chart.inspection import inspect
from app.chart.keys import MasterKey
from app.chart.migrations import head, migrate, revision_of
from app.errors import Refusal
from app.practice import service
from app.retention import command as retention
from app.retention.service import Order
from tests import postgres_server
from tests.chart import raw
from tests.conftest import MASTER
from tests.house.test_command_line import Shell
from tests.people import DAY_ZERO

NEXT = b"abcdef0123456789abcdef0123456789"


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


def test_only_the_owner_is_let_destroy_because_others_leave_the_pages_as_they_are(
    server: Server, practice_id: str
) -> None:
    store = Store(server.service, MasterKey(MASTER), threads=1)
    nobody = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
    order = Order(nobody, "retention_expired", None, ["us"])
    with closing(store), pytest.raises(whole.NotTheOwner, match="MENDLINE_MIGRATION_URL"):
        retention.destroy(store, server.service, practice_id, nobody, order)
    with (
        closing(store),
        pytest.raises(Refusal),
    ):  # the owner comes as far as to be told that there is no such couple
        retention.destroy(store, server.owner, practice_id, nobody, order)


def test_only_the_owner_is_let_restore_because_others_do_not_see_the_practices_that_are_here(
    server: Server, practice_id: str, tmp_path: Path
) -> None:
    assert practice_id
    secret = Secret(key=b"k" * 32)
    with closing(Store(server.service, MasterKey(MASTER), threads=1)) as store:
        archive.backup(store, DAY_ZERO, server.owner, tmp_path / "backup.zip", secret)
        with pytest.raises(whole.NotTheOwner, match=r"practices are here already.*MENDLINE_MIGRATION_URL"):
            archive.restore(store, DAY_ZERO, server.service, tmp_path / "backup.zip", secret)
        with pytest.raises(archive.NotEmpty):
            archive.restore(store, DAY_ZERO, server.owner, tmp_path / "backup.zip", secret)


@pytest.fixture
def operator(
    server: Server,
    practice_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """Who follows the page with the service's login, the new master key and the former one; a practice is there."""
    assert practice_id
    shell = Shell(tmp_path, monkeypatch, capsys)
    keys = {"MASTER_KEY": NEXT, "FORMER_MASTER_KEY": MASTER}
    shell.environment |= {f"MENDLINE_{name}": base64.b64encode(key).decode() for name, key in keys.items()}
    shell.environment["MENDLINE_DATABASE_URL"] = server.service
    return shell


@pytest.mark.parametrize("command", ["verify", "anchors"])
def test_a_login_that_may_list_no_practice_is_not_told_that_all_is_well(
    operator: Shell, command: str
) -> None:
    assert "MENDLINE_MIGRATION_URL" in operator.trouble(command)


def test_a_new_master_key_takes_over_where_the_owner_may_not_see_the_keys(
    server: Server, practice_id: str, operator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.examination.inspect", lambda _: [])  # the tests' server promises to keep nothing
    rotate = ("keys", "rotate", "--master")
    # a login that lists nobody wraps nothing
    assert "MENDLINE_MIGRATION_URL" in operator.trouble(*rotate)
    assert wrapped_keys(operator)[0] == "warning"

    operator.environment["MENDLINE_MIGRATION_URL"] = server.owner
    needed = "3 still need the former one: run `mendline keys rotate --master`"
    assert wrapped_keys(operator) == ("warning", needed)
    assert operator.read(*rotate)["wrapped_anew"] == 3  # text, trail, signatures
    assert wrapped_keys(operator) == ("ok", "all under the master key in use")

    alone = Store(server.service, MasterKey(NEXT), threads=1)
    with closing(alone), service.operating(alone, practice_id, DAY_ZERO, "test") as chart:
        assert chart.unseal(chart.seal(None, "context", "word"), "context") == "word"


def test_addresses_of_two_databases_are_told_apart_before_anything_is_done(
    server: Server, practice_id: str, operator: Shell
) -> None:
    elsewhere = postgres_server.for_sqlalchemy(postgres_server.postgres_url())
    nobody = ("--by", practice_id, "--basis", "retention_expired", "--yes")
    for words in (("practice", "list"), ("verify",), ("destroy", "--couple", practice_id, *nobody)):
        told = operator.trouble(*words, MENDLINE_MIGRATION_URL=elsewhere)
        assert "lead to different databases" in told
    operator.good("practice", "list", MENDLINE_MIGRATION_URL=server.owner)


def wrapped_keys(operator: Shell) -> tuple[str, str]:
    """What the doctor says of the wrapped keys."""
    findings = operator.read("doctor")["findings"]
    return next((f["state"], f["detail"]) for f in findings if f["what"] == "wrapped keys")
