"""The archive's commands: what opens a file is asked for, what was done is told; the command line comes in."""

import json
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from app.archive import container, service
from app.archive.locks import Secret, from_file, from_passphrase
from app.chart.chart import Row, Store
from app.clock import system_clock


def export(
    store: Store, practice_id: str, couple_id: str | None, path: Path, secret: Secret, as_json: bool
) -> None:
    """Write an archive of a practice or of one of its couples."""
    with _busy("Exporting"):
        manifest = service.export(store, system_clock(), practice_id, couple_id, path, secret)
    _tell(f"written to {path}", manifest, as_json)


def bring_in(store: Store, _: str, path: Path, secret: Secret, as_json: bool) -> None:
    """Import an archive."""
    with _busy("Verifying and importing"):
        manifest = service.bring_in(store, system_clock(), path, secret)
    _tell("imported, and read back as it was written", manifest, as_json)


def backup(store: Store, owner_url: str, path: Path, secret: Secret, as_json: bool) -> None:
    """Write a backup."""
    with _busy("Backing up"):
        manifest = service.backup(store, system_clock(), owner_url, path, secret)
    _tell(f"written to {path}", manifest, as_json)


def restore(
    store: Store,
    owner_url: str,
    path: Path,
    secret: Secret,
    as_json: bool,
    then: service.Then = service.nothing_more,
) -> None:
    """Put a backup back; `then` is done in each of its practices before anybody sees it."""
    with _busy("Verifying and restoring"):
        manifest = service.restore(store, system_clock(), owner_url, path, secret, then)
    _tell("restored, and read back as it was written", manifest, as_json)


def verify(path: Path, secret: Secret, as_json: bool) -> bool:
    """Whether a file is whole; says what is not."""
    with _busy("Verifying"):
        try:
            manifest = container.verify(path, secret)
            faults = service.faults(path, secret, manifest)
        except container.Broken as broken:
            manifest, faults = {}, [str(broken)]
    if not faults:
        _tell("every byte is as it was written", manifest, as_json)
        return True
    if as_json:
        sys.stdout.write(json.dumps({"whole": False, "faults": faults}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return False


def secret(key_file: Path | None, passphrase_file: Path | None, given: str, *, new: bool) -> Secret:
    """What opens the file: a key file, or a passphrase from a file, the environment or a prompt, never an argument."""
    if key_file is not None:
        return from_file(key_file)
    if passphrase_file is not None:
        return from_passphrase(_words_in(passphrase_file))
    return from_passphrase(given or _asked(new))


def _words_in(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise container.NotOpened(
            f"{path} holds no passphrase: it is not UTF-8 (a key file goes with --key-file)"
        ) from None


def _asked(new: bool) -> str:
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))


def _busy(what: str) -> AbstractContextManager[Any]:
    return Console(stderr=True).status(what)


def _tell(done: str, manifest: Row, as_json: bool) -> None:
    rows = sum(table["rows"] for table in manifest["tables"])
    names = ("kind", "practice_id", "couple_id", "practices", "made_at", "schema_revision", "chain")
    told = {name: manifest[name] for name in names if manifest.get(name) is not None}
    if as_json:
        sys.stdout.write(json.dumps({"whole": True, **told, "rows": rows}, ensure_ascii=False) + "\n")
        return
    for name, value in told.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        sys.stdout.write(f"{name.replace('_', ' '):<16} {shown}\n")
    sys.stdout.write(f"{'rows':<16} {rows}\n{done}\n")
