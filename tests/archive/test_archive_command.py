"""The commands from the shell: a practice leaves, is verified without a database, comes back; a record is destroyed."""

import base64
from pathlib import Path

import pytest

from tests.house.test_command_line import Shell

KEY = base64.b64encode(b"k" * 32).decode()
WORDS = "a phrase of several words"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell with a founded practice and a key file."""
    (tmp_path / "archive.key").write_text(KEY)
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.good("migrate")
    shell.good("practice", "create", "At the river", "--zone", "Europe/Vienna")
    shell.good("people", "add", "--name", "Dr. Adler", "--role", "clinician")
    return shell


def elsewhere(shell: Shell, folder: Path, *, with_master_key: bool) -> None:
    """Move the shell to another, empty instance."""
    master = folder / "data" / "master.key"
    shell.environment["MENDLINE_DATA_DIR"] = str(folder / "elsewhere")
    if with_master_key:
        (folder / "elsewhere").mkdir()
        (folder / "elsewhere" / "master.key").write_bytes(master.read_bytes())
    shell.good("migrate")


def test_a_practice_leaves_and_arrives_from_the_shell(shell: Shell, tmp_path: Path) -> None:
    file, key = str(tmp_path / "practice.zip"), ("--key-file", str(tmp_path / "archive.key"))
    written = shell.read("export", file, *key)
    assert written["whole"]
    assert shell.read("verify", file, *key) == written
    assert "not overwritten" in shell.trouble("export", file, *key)
    assert "here already" in shell.trouble("import", file, *key)

    elsewhere(shell, tmp_path, with_master_key=False)

    assert shell.read("import", file, *key) == written
    assert [row["name"] for row in shell.read("people", "list")] == ["Dr. Adler"]
    assert shell.good("verify").endswith("everything is as it was signed and written\n")


def test_a_backup_comes_back_from_the_shell_with_a_passphrase(shell: Shell, tmp_path: Path) -> None:
    file = str(tmp_path / "backup.zip")
    shell.good("backup", file, MENDLINE_ARCHIVE_PASSPHRASE=WORDS)
    (tmp_path / "words").write_text(WORDS + "\n")
    assert "does not open" in shell.trouble("verify", file, MENDLINE_ARCHIVE_PASSPHRASE="another phrase")

    elsewhere(shell, tmp_path, with_master_key=True)

    assert "restored" in shell.good("restore", file, "--passphrase-file", str(tmp_path / "words"))
    assert [row["name"] for row in shell.read("people", "list")] == ["Dr. Adler"]


def test_a_changed_file_ends_with_one_and_says_what_is_wrong(shell: Shell, tmp_path: Path) -> None:
    file, key = tmp_path / "practice.zip", ("--key-file", str(tmp_path / "archive.key"))
    shell.good("export", str(file), *key)
    whole = file.read_bytes()
    file.write_bytes(whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:])

    done = shell.run("verify", str(file), *key)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "the directory at the end is not the one of these members\n"


def test_an_archive_is_not_stored_by_whoever_asked_for_a_dry_run_or_named_another_practice(
    shell: Shell, tmp_path: Path
) -> None:
    file, key = str(tmp_path / "practice.zip"), ("--key-file", str(tmp_path / "archive.key"))
    shell.good("export", file, *key)
    elsewhere(shell, tmp_path, with_master_key=False)

    nobody = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
    for option in (("--dry-run",), ("--practice", nobody), ("--clinician", nobody), ("--source", "old")):
        assert "stores nothing" in shell.trouble("import", file, *key, *option)

    assert shell.read("practice", "list") == []
    assert "for the database" in shell.trouble("verify", file, *key, "--practice", nobody)


def test_a_file_that_is_no_text_is_told_not_to_be_a_passphrase(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(b"\xd8\x00" * 16)

    words = ("--passphrase-file", str(tmp_path / "words"))
    assert "holds no passphrase" in shell.trouble("export", str(tmp_path / "practice.zip"), *words)
    assert not (tmp_path / "practice.zip").exists()


def test_retention_and_destruction_from_the_shell(shell: Shell, tmp_path: Path) -> None:
    assert shell.read("retention", "list") == []
    assert shell.read("retention", "tombstones") == []
    (person,) = shell.read("people", "list")
    nobody = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
    order = ("destroy", "--couple", nobody, "--by", person["id"], "--yes", "--basis")

    assert "--basis takes one of" in shell.trouble(*order, "boredom")
    assert "--law takes one of" in shell.trouble(*order, "retention_expired", "--law", "xx")
    assert "nothing of this id" in shell.trouble(*order, "retention_expired")
