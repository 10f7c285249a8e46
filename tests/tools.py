"""Strangers' tools that tests run, installed once beside the environment; test modules that need such tools come in."""

import fcntl
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def installed(name: str, files: Sequence[Path], install: Callable[[Path], None]) -> Path:
    """A folder holding what `install` put there, made anew when a file changes; of several workers one installs."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder = Path(sys.prefix) / "client-tools" / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            install(folder)
            (folder / "ready").touch()
    return folder
