"""The command line: first steps without HTTP, one clear line for every trouble, and a page that tells the truth."""

import io
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import cli
from app.settings import Settings
from tests.house.test_postgres_server import CHECKOUT

PAGE = CHECKOUT / "docs" / "operators.md"


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """`mendline` in a folder of its own, run inside this process: loading the service anew each time takes seconds."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.patch, self.capture = patch, capture
        self.environment = {"MENDLINE_DATA_DIR": str(folder / "data"), "COLUMNS": "160"}

    def run(self, *words: str, **settings: str) -> Done:
        with self.patch.context() as patch:
            for name in [name for name in os.environ if name.startswith("MENDLINE_")]:
                patch.delenv(name)
            for name, value in {**self.environment, **settings}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["mendline", *words])
            self.capture.readouterr()
            with pytest.raises(SystemExit) as end:
                cli.main()
        told = self.capture.readouterr()
        return Done(int(end.value.code or 0), told.out, told.err)

    def good(self, *words: str, **settings: str) -> str:
        done = self.run(*words, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, *words: str) -> Any:
        """The JSON that a command prints, in one line."""
        printed = self.good(*words, "--json")
        assert printed.count("\n") == 1
        return json.loads(printed)

    def trouble(self, *words: str, **settings: str) -> str:
        """The one line of a command that ends in trouble."""
        done = self.run(*words, **settings)
        assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
        assert done.stderr.startswith("mendline: ")
        assert done.stderr.count("\n") == 1
        return done.stderr.removeprefix("mendline: ").strip()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def founded(shell: Shell) -> Shell:
    shell.good("migrate")
    shell.good("practice", "create", "At the river", "--zone", "Europe/Vienna")
    return shell


def test_first_steps_lead_to_a_key_that_works_against_a_served_api(founded: Shell) -> None:
    person = founded.read("people", "add", "--name", "Dr. Adler", "--role", "clinician")
    key = founded.read("keys", "create", "--person", person["id"], "--label", "Frontend")
    assert key["secret"].startswith("ml_live_")
    assert "record:write" in key["scopes"]
    assert "practice:write" not in key["scopes"]

    with _served(founded) as api:
        api.headers["Authorization"] = f"Bearer {key['secret']}"
        assert api.get("/v1/me").json()["name"] == "Dr. Adler"
        assert api.get("/readyz").json() == {"status": "ready", "database": "ok", "migrations": "ok"}
        founded.good("keys", "revoke", key["id"])
        assert api.get("/v1/me").status_code == 401
        api.get("/v1/couples/Kanarie", params={"words": "Kanarie"})
        log = api.close_and_read()
    lines = [json.loads(line) for line in log.splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["action"], line["status"]) for line in asked if line["action"] == "getMe"] == [
        ("getMe", 200),
        ("getMe", 401),
    ]
    assert "Kanarie" not in log
    assert key["secret"] not in log


class _served:  # noqa: N801 - reads as a verb
    """`mendline serve` on a free port, as a client; its log can be read after closing."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def __enter__(self) -> Any:
        from tests.postgres_server import _free_port

        port = _free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port)],
            env={**os.environ, **self.shell.environment},
            cwd=CHECKOUT,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self.headers = self.client.headers
        self.get = self.client.get
        deadline = time.monotonic() + 40
        while True:
            try:
                self.client.get("/livez")
            except httpx.TransportError:
                assert self.process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.1)
            else:
                return self

    def close_and_read(self) -> str:
        """End the server; what it logged."""
        self.client.close()
        self.process.terminate()
        return self.process.communicate(timeout=20)[1]

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def test_people_practices_and_keys_are_listed(founded: Shell) -> None:
    person = founded.read("people", "add", "--name", "Dr. Adler", "--role", "integration")
    founded.read(
        "keys", "create", "--person", person["id"], "--label", "Importer", "--scope", "imports:write"
    )

    assert [p["name"] for p in founded.read("people", "list")] == ["Dr. Adler"]
    (listed,) = founded.read("keys", "list")
    assert listed["scopes"] == ["imports:write"]
    assert "secret" not in listed
    assert [p["zone"] for p in founded.read("practice", "list")] == ["Europe/Vienna"]
    assert "At the river" in founded.good("practice", "list")


def test_a_name_cannot_steer_the_operators_terminal_nor_forge_a_line(founded: Shell) -> None:
    """An administrator gives names and labels over HTTP; an operator reads them in a terminal."""
    name = "Dr. Adler\x9b2J\nDr. Birke  administrator"
    founded.good("people", "add", "--name", name, "--role", "administrator")
    shown = founded.good("people", "list")
    as_json = founded.good("people", "list", "--json")

    assert not re.search(r"[\x7f-\x9f]", shown + as_json)
    assert [line for line in shown.splitlines() if "Birke" in line and "Adler" not in line] == []
    assert name in {row["name"] for row in json.loads(as_json)}


def test_a_second_practice_makes_the_choice_necessary(founded: Shell) -> None:
    other = founded.read("practice", "create", "Elsewhere")["id"]

    assert "--practice" in founded.trouble("people", "list")
    assert founded.read("people", "list", "--practice", other) == []
    nobody = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
    assert nobody in founded.trouble("people", "list", "--practice", nobody)


def test_trouble_is_one_line_that_says_what_to_do(shell: Shell) -> None:
    assert "mendline migrate" in shell.trouble("serve")
    assert "mendline migrate" in shell.trouble("people", "list")
    assert "MENDLINE_PORT" in shell.trouble("doctor", MENDLINE_PORT="many")
    shell.good("migrate")
    assert "practice create" in shell.trouble("people", "list")
    assert "Mars/Base" in shell.trouble("practice", "create", "x", "--zone", "Mars/Base")
    shell.good("practice", "create", "x")
    assert "role" in shell.trouble("people", "add", "--name", "x", "--role", "boss")
    assert "person_id" in shell.trouble("keys", "create", "--person", "nobody", "--label", "x")
    assert "UUID" in shell.trouble("keys", "revoke", "nonsense")


def test_settings_that_make_no_sense_are_named_before_anything_starts(shell: Shell) -> None:
    for name, value in (
        ("RATE_LIMIT", "often"),
        ("RATE_LIMIT", "0/minute"),
        ("PORT", "-5"),
        ("PORT", "99999"),
        ("SEAL_SECONDS", "inf"),
        ("DATABASE_URL", "mysql://u:Geheimnis@h/x"),
        ("MIGRATION_URL", "nonsense"),
    ):
        told = shell.trouble("serve", **{f"MENDLINE_{name}": value})
        assert told.startswith(f"MENDLINE_{name}: ")
        assert "Geheimnis" not in told
    assert shell.trouble("serve", MENDLINE_OIDC_ISSUER="https://x").startswith("settings: OIDC_ISSUER needs")


def test_what_is_no_master_key_is_told_by_where_it_was_found(founded: Shell, tmp_path: Path) -> None:
    for name in ("MENDLINE_MASTER_KEY", "MENDLINE_FORMER_MASTER_KEY"):
        told = founded.trouble("people", "list", **{name: "Geheimnis"})
        assert told == f"{name} is not base64 of 32 bytes"
    (tmp_path / "data" / "master.key").write_text("")
    assert "master.key is not base64" in founded.trouble("people", "list")


def test_a_practice_has_a_name_that_people_can_read(founded: Shell) -> None:
    for name in ("", "  ", "x" * 201, "a\udcffb", "a\x07b"):
        assert founded.trouble("practice", "create", name).startswith("name: ")
    assert len(founded.read("practice", "list")) == 1


def test_a_practice_that_is_not_there_is_named_and_never_called_changed(founded: Shell) -> None:
    nobody = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
    for words in ("verify", "anchors", "people list", "retention list", "retention tombstones"):
        assert nobody in founded.trouble(*words.split(), "--practice", nobody)


def test_a_step_back_is_asked_for_because_it_takes_the_record_along(
    founded: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("-1", "base"):
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert founded.run("migrate", step).returncode == 1
        assert len(founded.read("practice", "list")) == 1
    for mistyped in ("--yse", "-y"):
        assert "neither an option" in founded.trouble("migrate", mistyped)
    assert "beyond 0001 already" in founded.trouble("migrate", "0001", "--yes")
    assert "at 0002" in founded.good("migrate", "0002")
    assert "at 0001" in founded.good("migrate", "-1", "--yes")
    assert "at 0001" in founded.good("migrate", "0001")
    assert "revision" in founded.trouble("migrate", "-7", "--yes").lower()


def test_the_master_key_is_rotated_before_there_is_a_practice_too(shell: Shell) -> None:
    shell.good("migrate")
    told = json.loads(shell.good("keys", "rotate", "--master", "--json"))
    assert told == {"wrapped_anew": 0, "file_rekeyed": False}


def test_a_lost_master_key_is_never_replaced_by_a_new_one(founded: Shell, tmp_path: Path) -> None:
    (tmp_path / "data" / "master.key").unlink()

    for command in (("serve",), ("people", "list"), ("practice", "create", "x")):
        assert "master key" in founded.trouble(*command)
    founded.good("migrate")
    assert not (tmp_path / "data" / "master.key").exists()
    assert founded.run("doctor").returncode == 1


def test_another_master_key_is_told_apart(founded: Shell, tmp_path: Path) -> None:
    founded.read("people", "add", "--name", "Dr. Adler", "--role", "clinician")
    (tmp_path / "data" / "master.key").write_text("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n")

    assert "not the master key" in founded.trouble("people", "list")


def test_the_doctor_shows_every_setting_and_no_secret(founded: Shell) -> None:
    examined = founded.read("doctor")

    assert {knob["name"] for knob in examined["settings"]} == {
        f"MENDLINE_{n.upper()}" for n in Settings.model_fields
    }
    assert all(knob["meaning"] for knob in examined["settings"])
    assert {found["state"] for found in examined["findings"]} == {"ok"}
    told = founded.run(
        "doctor",
        MENDLINE_DATABASE_URL="postgresql://app:Geheimnis@127.0.0.1:1/x",
        MENDLINE_MASTER_KEY="Geheimnis",
    )
    assert told.returncode == 1
    assert "Geheimnis" not in told.stdout + told.stderr


def test_the_page_for_operators_lists_the_settings_as_they_are() -> None:
    page = PAGE.read_text()
    told = re.findall(r"^\| `(MENDLINE_\w+)` \| (.*?) \| (.*) \|$", page, re.MULTILINE)

    assert told == [
        (
            f"MENDLINE_{name.upper()}",
            "" if field.default in ("", None) else f"`{field.default}`",
            field.description,
        )
        for name, field in Settings.model_fields.items()
    ]


def test_every_command_that_the_page_names_is_there(shell: Shell) -> None:
    named = set(
        re.findall(
            r"mendline ((?:practice|people|keys) [a-z]+|serve|migrate|doctor|openapi)\b", PAGE.read_text()
        )
    )

    assert len(named) >= 7
    for words in sorted(named):
        assert shell.good(*words.split(), "--help")


def test_asking_for_help_does_not_load_the_service() -> None:
    code = (
        "import sys, app.cli\n"
        "heavy = {'fastapi', 'sqlalchemy', 'numpy', 'pydantic', 'uvicorn', 'alembic', 'cryptography', 'rich.console'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
