"""SQLite encrypted as a whole file: everything works on it, its bytes tell nothing, and trouble is told in words."""

import base64
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from app.chart import file_keys, rotation
from app.chart.base import metadata
from app.chart.chart import Store
from app.chart.database import open_file, sqlite_connection
from app.chart.inspection import inspect
from app.chart.keys import MasterKey
from app.chart.migrations import migrate
from app.integrity import command as integrity
from app.practice import service as practice
from tests.conftest import MASTER
from tests.house.test_command_line import Shell
from tests.people import Watch, World, a_couple

CANARY = "Kanarienvogel-4711"
FRESH = b"abcdef0123456789abcdef0123456789"
ON = {"MENDLINE_SQLITE_ENCRYPTION": "on"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encrypted file at head, to be copied."""
    path = tmp_path_factory.mktemp("encrypted") / "mendline.db"
    file_keys.encrypt(f"sqlite:///{path}", lambda: MasterKey(MASTER))
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def url(template: Path, tmp_path: Path) -> str:
    """An encrypted file of this test, under MASTER."""
    path = tmp_path / "data" / "mendline.db"
    path.parent.mkdir()
    shutil.copy(template, path)
    file_keys.encrypt(f"sqlite:///{path}", lambda: MasterKey(MASTER))
    return f"sqlite:///{path}"


@pytest.fixture
def encrypted(application: FastAPI, url: str, portal: BlockingPortal) -> Iterator[World]:
    """The service over an encrypted file."""
    store = Store(url, MasterKey(MASTER), threads=4)
    before = application.state.house
    application.state.house = replace(before, store=store, clock=Watch())
    yield World(application, store, application.state.house.clock, portal, url)
    application.state.house = before
    store.close()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """`mendline` in a folder where the file and its master key lie."""
    shell = Shell(tmp_path, monkeypatch, capsys)
    (tmp_path / "data").mkdir(exist_ok=True)
    key = tmp_path / "data" / "master.key"
    key.write_bytes(base64.b64encode(MASTER))
    key.chmod(0o600)
    return shell


def test_a_file_is_encrypted_however_its_address_is_spelled(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spelled = ("sqlite:///./a.db", f"sqlite:///{tmp_path}/./b.db", f"sqlite:///{tmp_path}/c.db")
    for url in spelled:
        owner = url.replace(f"{tmp_path}/", "")
        switched = {**ON, "MENDLINE_DATABASE_URL": url, "MENDLINE_MIGRATION_URL": owner}
        shell.good("migrate", **switched)
        assert "encrypted by SQLCipher" in shell.good("doctor", **switched)
    assert not any(file.read_bytes().startswith(b"SQLite format 3") for file in tmp_path.glob("*.db"))


def a_story(world: World) -> None:
    """A couple, a note, a marker, a report, their indicators and a retry."""
    therapist = world.somebody("clinician")
    couple = a_couple(therapist, label=CANARY)
    home = f"/v1/couples/{couple['id']}"
    session = therapist.made(
        f"{home}/sessions",
        {
            "starts_at": "2026-03-01T10:00:00+01:00",
            "duration_minutes": 60,
            "kind": "conjoint",
            "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
            "note": {"format": "narrative", "text": CANARY},
        },
    )
    assert therapist.get(f"/v1/sessions/{session['id']}").json()["note"]["text"] == CANARY
    once = {"Idempotency-Key": "the same"}
    marker = {"code": "ACC-IMPACT", "observed_on": "2026-03-01", "basis": "observed_in_session"}
    first = therapist.made(f"{home}/markers", {**marker, "words": CANARY}, headers=once)
    assert therapist.made(f"{home}/markers", {**marker, "words": CANARY}, headers=once) == first
    assert therapist.get(f"{home}/timeline").status_code == 200
    assert therapist.get("/v1/caseload").status_code == 200


def test_the_walk_works_and_no_byte_of_file_or_wal_tells_anything(encrypted: World) -> None:
    a_story(encrypted)
    assert integrity.verify(
        encrypted.store, encrypted.practices, None, everybody=True, seal=True, as_json=True
    )
    assert {found.what: found.state for found in inspect(encrypted.url)}["whole file"] == "ok"
    assert all(found.state != "wrong" for found in inspect(encrypted.url))
    path = Path(file_keys.path_of(encrypted.url))
    files = [path, path.with_name(f"{path.name}-wal")]
    told = b"".join(file.read_bytes() for file in files)
    assert files[1].stat().st_size > 0
    assert not path.read_bytes().startswith(b"SQLite format 3")
    for word in (
        CANARY,
        "CREATE TABLE",
        encrypted.home(),
        *(name for name in metadata.tables if len(name) > 5),
    ):
        assert word.encode() not in told


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("INSERT INTO thing VALUES (1, 1, 1)", "PRIMARYKEY"),
        ("INSERT INTO thing VALUES (1, 2, 1)", "UNIQUE"),
        ("INSERT INTO thing VALUES (1, 3, NULL)", "NOTNULL"),
        ("INSERT INTO thing VALUES (1, 4, -1)", "CHECK"),
        ("INSERT INTO other VALUES (9)", "FOREIGNKEY"),
        ("DELETE FROM thing", "TRIGGER"),
    ],
)
def test_its_library_complains_as_the_plain_one_does(url: str, statement: str, name: str) -> None:
    for file in (open_file(":memory:"), open_file(file_keys.path_of(url))):
        file.executescript(
            """PRAGMA foreign_keys = ON;
            CREATE TABLE thing (practice_id, id, a NOT NULL UNIQUE CHECK (a > 0), PRIMARY KEY (practice_id, id));
            CREATE TABLE other (a REFERENCES thing (a));
            CREATE TRIGGER kept BEFORE DELETE ON thing BEGIN SELECT RAISE(ABORT, 'kept'); END;
            INSERT INTO thing VALUES (1, 1, 1);"""
        )
        with pytest.raises(sqlite3.IntegrityError) as told:
            file.execute(statement)
        assert told.value.sqlite_errorname == f"SQLITE_CONSTRAINT_{name}"
        file.close()


def test_a_file_and_a_setting_that_do_not_fit_are_told_in_words(
    url: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.good("practice", "create", "At the river", **ON)
    wrong = {"MENDLINE_MASTER_KEY": base64.b64encode(FRESH).decode()}
    assert "does not open with this master key" in shell.trouble("practice", "list", **ON, **wrong)
    assert about("database", shell.run("doctor", "--json", **ON, **wrong).stdout) == "wrong"
    assert "PostgreSQL" in shell.trouble("practice", "list", **ON, MENDLINE_DATABASE_URL="postgresql://no/x")
    monkeypatch.setattr(file_keys, "_ENCRYPTED", {})  # a new process, which was never told
    assert "set MENDLINE_SQLITE_ENCRYPTION=on" in shell.trouble("practice", "list")
    assert about("database", shell.run("doctor", "--json").stdout) == "wrong"
    Path(file_keys.path_of(url)).with_name("master.key").unlink()
    assert "master.key is missing" in shell.trouble("migrate", **ON)
    assert not Path(file_keys.path_of(url)).with_name("master.key").exists()


def test_a_plain_file_is_never_taken_for_an_encrypted_one_and_moves_by_backup_and_restore(
    shell: Shell, tmp_path: Path, sqlite_template: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data" / "mendline.db"
    secret = tmp_path / "backup.key"
    secret.write_bytes(base64.b64encode(FRESH))
    shutil.copy(sqlite_template, file)
    shell.good("practice", "create", "At the river")
    shell.good("backup", str(tmp_path / "b.zip"), "--key-file", str(secret))
    assert "is not encrypted, but MENDLINE_SQLITE_ENCRYPTION is on" in shell.trouble("practice", "list", **ON)
    for each in file.parent.glob("mendline.db*"):
        each.unlink()
    shutil.copy(template, file)  # as `mendline migrate` leaves it
    shell.good("restore", str(tmp_path / "b.zip"), "--key-file", str(secret), **ON)
    assert "At the river" in shell.good("practice", "list", **ON)
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    monkeypatch.delitem(sys.modules, "app.chart.sqlcipher")
    monkeypatch.delattr("app.chart.sqlcipher")
    assert "pip install 'mendline[sqlcipher]'" in shell.trouble("practice", "list", **ON)


def test_the_file_follows_the_master_key_and_never_under_somebody_who_still_reads(
    encrypted: World,
) -> None:
    a_story(encrypted)
    path, both = file_keys.path_of(encrypted.url), MasterKey(FRESH, MasterKey(MASTER))
    file_keys.encrypt(encrypted.url, lambda: both)
    assert whole(encrypted.url) == "warning"
    keeper = Store(encrypted.url, both, threads=1)
    with closing(keeper):
        home, now = encrypted.home(), encrypted.watch()
        assert rotation.rewrap(partial(practice.operating, keeper, home, now, "rotateMasterKey")) > 0
    reader = open_file(path)  # a service that has known both keys since its start
    assert reader.execute("SELECT count(*) FROM practice").fetchone() == (1,)
    with pytest.raises(file_keys.FileLocked, match="stop the service"):
        rotation.rekey_file(encrypted.url)
    reader.close()
    encrypted.store.close()
    assert rotation.rekey_file(encrypted.url)
    assert not rotation.rekey_file(encrypted.url)
    file_keys.encrypt(encrypted.url, lambda: MasterKey(FRESH))
    assert whole(encrypted.url) == "ok"
    assert open_file(path).execute("SELECT count(*) FROM marker").fetchone() == (1,)
    file_keys.encrypt(encrypted.url, lambda: MasterKey(MASTER))
    with pytest.raises(file_keys.FileLocked, match="does not open"):
        open_file(path)


def test_a_rotation_that_is_refused_has_changed_nothing(url: str, shell: Shell) -> None:
    """Wrapped anew already, the keys would be shut to a service that was told of no other master key."""
    shell.good("practice", "create", "At the river", **ON)
    old, new = (base64.b64encode(key).decode() for key in (MASTER, FRESH))
    both = {"MENDLINE_MASTER_KEY": new, "MENDLINE_FORMER_MASTER_KEY": old}
    reader = open_file(file_keys.path_of(url))
    assert "stop the service" in shell.trouble("keys", "rotate", "--master", **ON, **both)
    reader.close()

    assert about("wrapped keys", shell.good("doctor", "--json", **ON)) == "ok"
    assert "file_rekeyed" in shell.good("keys", "rotate", "--master", **ON, **both)
    anew = shell.good("doctor", "--json", **ON, MENDLINE_MASTER_KEY=new)
    assert (about("wrapped keys", anew), about("whole file", anew)) == ("ok", "ok")


def whole(url: str) -> str:
    """What the doctor thinks of the file."""
    return next(found.state for found in inspect(url) if found.what == "whole file")


def about(what: str, printed: str) -> str:
    """What the doctor's JSON thinks of something."""
    return next(str(found["state"]) for found in json.loads(printed)["findings"] if found["what"] == what)


VISITOR = """
import sys
from app.chart import file_keys
from app.chart.database import sqlite_connection
from app.chart.keys import MasterKey
if sys.argv[2]:
    file_keys.encrypt("sqlite:///" + sys.argv[1], lambda: MasterKey(sys.argv[2].encode()))
visitor = sqlite_connection(sys.argv[1])
visitor.execute("SELECT count(*) FROM practice").fetchone()
visitor.close()
"""


@pytest.mark.parametrize(
    ("kind", "by_hand"),
    [("plain", False), ("encrypted", False), ("plain", True)],
    ids=["plain", "encrypted", "flaw"],
)
def test_a_visiting_process_never_takes_the_log_away_from_one_that_writes(
    url: str, sqlite_template: Path, kind: str, by_hand: bool
) -> None:
    """Who opens the file by hand and closes it gives up its process's locks: then what was acknowledged is gone."""
    path = Path(file_keys.path_of(url))
    if kind == "plain":
        path = path.with_name("plain.db")
        shutil.copy(sqlite_template, path)
    writer = sqlite_connection(str(path))
    writer.execute("CREATE TABLE acknowledged (a)").close()
    second = sqlite_connection(str(path))
    if by_hand:
        path.read_bytes()

    subprocess.run([sys.executable, "-c", VISITOR, path, MASTER if kind == "encrypted" else ""], check=True)

    log = path.with_name(f"{path.name}-wal")
    assert (log.exists() and log.stat().st_size > 0) is not by_hand
    second.close()
    writer.close()
