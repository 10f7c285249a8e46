"""PostgreSQL as docs/operators.md sets it up: an owner who migrates, and a service login that owns nothing."""

import base64
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from app import cli
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


def mendline(server: Server, folder: Path, patch: pytest.MonkeyPatch, *words: str) -> int:
    """How a command of an operator ends who follows the page: both logins, the new master key and the former one."""
    secrets_ = {"MASTER_KEY": NEXT, "FORMER_MASTER_KEY": MASTER}
    for name, value in secrets_.items():
        patch.setenv(f"MENDLINE_{name}", base64.b64encode(value).decode())
    patch.setenv("MENDLINE_DATA_DIR", str(folder))
    patch.setenv("MENDLINE_DATABASE_URL", server.service)
    patch.setattr(sys, "argv", ["mendline", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("command", ["verify", "anchors"])
def test_a_login_that_may_list_no_practice_is_not_told_that_all_is_well(
    server: Server,
    practice_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    assert practice_id
    assert mendline(server, tmp_path, monkeypatch, command) == 2
    assert "MENDLINE_MIGRATION_URL" in capsys.readouterr().err


def test_a_new_master_key_takes_over_where_the_owner_may_not_see_the_keys(
    server: Server,
    practice_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("app.examination.inspect", lambda _: [])  # the tests' server promises to keep nothing
    rotate = ("keys", "rotate", "--master", "--json")
    assert mendline(server, tmp_path, monkeypatch, *rotate) == 2  # a login that lists nobody wraps nothing
    assert "MENDLINE_MIGRATION_URL" in capsys.readouterr().err
    assert mendline(server, tmp_path, monkeypatch, "doctor", "--json") == 0
    assert wrapped_keys(capsys)[0] == "warning"

    monkeypatch.setenv("MENDLINE_MIGRATION_URL", server.owner)
    assert mendline(server, tmp_path, monkeypatch, "doctor", "--json") == 0
    assert wrapped_keys(capsys) == (
        "warning",
        "3 still need the former one: run `mendline keys rotate --master`",
    )
    assert mendline(server, tmp_path, monkeypatch, *rotate) == 0
    assert json.loads(capsys.readouterr().out)["wrapped_anew"] == 3  # text, trail, signatures
    assert mendline(server, tmp_path, monkeypatch, "doctor", "--json") == 0
    assert wrapped_keys(capsys) == ("ok", "all under the master key in use")

    alone = Store(server.service, MasterKey(NEXT), threads=1)
    with closing(alone), service.operating(alone, practice_id, DAY_ZERO, "test") as chart:
        assert chart.unseal(chart.seal(None, "context", "word"), "context") == "word"


def test_addresses_of_two_databases_are_told_apart_before_anything_is_done(
    server: Server,
    practice_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(
        "MENDLINE_MIGRATION_URL", postgres_server.for_sqlalchemy(postgres_server.postgres_url())
    )
    nobody = ("--by", practice_id, "--basis", "retention_expired", "--yes")
    for words in (("practice", "list"), ("verify",), ("destroy", "--couple", practice_id, *nobody)):
        assert mendline(server, tmp_path, monkeypatch, *words) == 2
        assert "lead to different databases" in capsys.readouterr().err
    monkeypatch.setenv("MENDLINE_MIGRATION_URL", server.owner)
    assert mendline(server, tmp_path, monkeypatch, "practice", "list") == 0


def wrapped_keys(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What the doctor says of the wrapped keys."""
    findings = json.loads(capsys.readouterr().out)["findings"]
    return next((f["state"], f["detail"]) for f in findings if f["what"] == "wrapped keys")
