"""The archive's file: header, parts of tables, manifest; written in one pass, verified without database or keys of it.

docs/archive-format.md describes it for those who write a reader of their own.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.archive.locks import FORMAT, VERSION, Lock, NotOpened, Secret, new_header
from app.archive.zipped import MAGIC, Broken, Zip, members

Row = dict[str, Any]
HEADER, MANIFEST = "header.json", "manifest.json"
PART_BYTES = 1024 * 1024


class Writer:
    """Writes one archive, a table at a time; holds one part in memory."""

    def __init__(self, zipped: Zip, secret: Secret, kind: str) -> None:
        header = new_header(secret, kind)
        self._zip, self._lock = zipped, Lock(secret, header)
        self._zip.add(HEADER, header)
        self._chain = hashlib.sha256(header)
        self.tables: list[Row] = []

    def table(self, name: str, columns: Sequence[Mapping[str, str]], rows: Iterator[Row]) -> None:
        """Write a table's rows in parts of about a megabyte."""
        parts: list[Row] = []
        digest, waiting, held = hashlib.sha256(), list[bytes](), 0
        for row in rows:
            line = line_of(row)
            digest.update(line)
            waiting.append(line)
            held += len(line)
            if held >= PART_BYTES:
                parts.append(self._part(name, len(parts), waiting))
                waiting, held = [], 0
        if waiting:
            parts.append(self._part(name, len(parts), waiting))
        told = {"name": name, "columns": list(columns), "rows": sum(part["rows"] for part in parts)}
        self.tables.append({**told, "sha256": digest.hexdigest(), "parts": parts})

    def _part(self, table: str, number: int, lines: list[bytes]) -> Row:
        name = f"rows/{table}/{number:06}.ndjson"
        data = self._lock.close(name, b"".join(lines))
        self._zip.add(name, data)
        digest = hashlib.sha256(data)
        self._chain = hashlib.sha256(self._chain.digest() + digest.digest())
        return {"name": name, "rows": len(lines), "sha256": digest.hexdigest()}

    def finish(self, about: Mapping[str, Any]) -> Row:
        """Write the manifest and the directory; gives the manifest."""
        manifest = {"format": FORMAT, "version": VERSION, "kind": self._lock.kind, **about}
        manifest |= {"tables": self.tables, "chain": self._chain.hexdigest()}
        self._zip.add(MANIFEST, self._lock.close(MANIFEST, json.dumps(manifest, ensure_ascii=False).encode()))
        self._zip.close()
        return manifest


def line_of(row: Mapping[str, Any]) -> bytes:
    """A row as one line."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@contextmanager
def writing(path: Path, secret: Secret, kind: str) -> Iterator[Writer]:
    """A new file, closed to everybody but its owner, that has its name only when it is whole."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: it is not overwritten")
    unfinished = path.with_name(
        f".{path.name}.{secrets.token_hex(4)}"
    )  # in a container every process is number 1
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield Writer(Zip(file), secret, kind)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_archive(path: Path) -> bool:
    """Whether a file begins as every archive does."""
    start = MAGIC + b"\x14"
    with path.open("rb") as file:
        head = file.read(30 + len(HEADER))
    return head.startswith(start) and head.endswith(HEADER.encode())


def verify(path: Path, secret: Secret) -> Row:
    """Read all of it and give its manifest; raises Broken or NotOpened when a single byte is not as it was written."""
    reading = Reading(path, secret)
    for _ in reading.rows():
        pass
    return reading.manifest


class Reading:
    """One pass through an archive. The manifest stands at its end: what was read before is judged there."""

    def __init__(self, path: Path, secret: Secret) -> None:
        self._members = members(path)
        name, header = next(self._members, ("", b""))
        if name != HEADER:
            raise Broken("the header is missing")
        self._lock = Lock(secret, header)
        self._chain = hashlib.sha256(header)
        self._found: dict[str, Row] = {}
        self._digests: dict[str, Any] = {}
        self.manifest: Row = {}

    @property
    def kind(self) -> str:
        """practice, couple or backup."""
        return self._lock.kind

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Tables' names and rows in the order of the file; ends only when everything fits the manifest."""
        for name, data in self._members:
            if name == MANIFEST:
                self._take(json.loads(self._lock.open(name, data)))
                break
            yield from self._part(name, data)
        for name, _ in self._members:
            raise Broken(f"{name} stands behind the manifest")
        if not self.manifest:
            raise Broken("the manifest is missing")

    def _part(self, name: str, data: bytes) -> Iterator[tuple[str, Row]]:
        lines = self._lock.open(name, data).splitlines(keepends=True)
        digest = hashlib.sha256(data)
        self._chain = hashlib.sha256(self._chain.digest() + digest.digest())
        if name in self._found:
            raise Broken(f"{name} is there twice")
        self._found[name] = {"name": name, "rows": len(lines), "sha256": digest.hexdigest()}
        table = name.split("/")[1]
        whole = self._digests.setdefault(table, hashlib.sha256())
        for line in lines:
            whole.update(line)
            yield table, json.loads(line)

    def _take(self, manifest: Row) -> None:
        if manifest["kind"] != self.kind:
            raise Broken("header and manifest do not tell of the same kind of archive")
        told = [part for table in manifest["tables"] for part in table["parts"]]
        for part in told:
            if self._found.pop(part["name"], None) != part:
                raise Broken(f"{part['name']} is missing or not the one in the manifest")
        for name in self._found:
            raise Broken(f"{name} is not in the manifest")
        for table in manifest["tables"]:
            self._compare(table)
        if manifest["chain"] != self._chain.hexdigest():
            raise Broken("the members do not stand in the order in which they were written")
        self.manifest = manifest

    def _compare(self, table: Row) -> None:
        digest = self._digests.get(table["name"], hashlib.sha256())
        rows = sum(part["rows"] for part in table["parts"])
        if (table["rows"], table["sha256"]) != (rows, digest.hexdigest()):
            raise Broken(f"{table['name']} does not have the rows that the manifest tells of")


__all__ = ["Broken", "NotOpened", "Reading", "Writer", "is_archive", "line_of", "verify", "writing"]
