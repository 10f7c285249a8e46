"""Archives and backups: written from one moment's snapshot, brought into an empty place; the command line comes in.

An archive carries text opened, closed again only by the archive's own lock, and gets new data keys where it arrives.
A backup carries the stored bytes, so that it opens nothing without the master key, which is not in it.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from app import __version__
from app.archive.container import Reading, Writer, line_of, verify, writing
from app.archive.locks import Secret
from app.chart import seals, signing, whole
from app.chart.chart import Chart, Row, Store, Visit, new_id
from app.chart.keys import DataKey, SealBroken, context_of, key_id_of, new_secret, stored
from app.chart.signing import TRAIL
from app.chart.tables import chain_head, data_key
from app.chart.whole import Filler
from app.clock import written
from app.couples import holds
from app.couples import service as couples
from app.errors import not_found
from app.practice import service as practice
from app.sessions import checking
from app.sessions.sealing import INSIDE

LEFT_OUT = {
    "api_key": "digests of secrets that only the old instance knows; keys are made anew",
    "remembered_answer": "answers remembered for a repeated request of an old key",
    "indicator_result": "computed from the record, and computed again when asked for",
}
"""Tables that no archive carries, each with its reason; every other table is carried. Backups carry all."""

PRIVATE = "belongs to single persons and is read by nobody else; only a backup holds it, still sealed"
"""Why a table that is private to its authors is left out."""

CARRIED_KEYS = ("record", TRAIL)
"""Purposes of the data keys that an archive names. Those that seal text are made anew where it arrives."""

BYTES = ("bytes", "sealed", "key")
"""Kinds of columns that hold bytes, which JSON spells in base64."""


class NotEmpty(OSError):
    """The place of arrival holds what would be brought."""


class OtherRevision(OSError):
    """Archive and database are not of one schema."""


class Unequal(OSError):
    """What was stored does not read as what was brought; nothing of it stays."""


# --- leaving ---


def export(
    store: Store, now: datetime, practice_id: str, couple_id: str | None, path: Path, secret: Secret
) -> Row:
    """Write an archive of a practice, or of one couple of it; gives its manifest."""
    with practice.operating(store, practice_id, now, "exportArchive") as chart:
        _demand_leave(chart, couple_id)
        chart.note(couple_id=couple_id)
        chart.sign(200)
    kind = "couple" if couple_id else "practice"
    operator, visit = practice.operator(practice_id), Visit("exportArchive", new_id())
    with whole.snapshot(store, operator, now, visit) as chart, writing(path, secret, kind) as out:
        left = left_out()
        carried = [table for table in whole.tables() if table.name not in left]
        wanted = whole.needed(chart, couple_id, carried) if couple_id else {}
        telling = Telling(chart, kind == "practice")
        for table in carried:
            found = _chosen(chart, table, couple_id, wanted.get(table.name))
            out.table(table.name, _columns(table), telling.rows(table, found))
        return out.finish({**_about(chart, now), "practice_id": practice_id, "couple_id": couple_id})


def _demand_leave(chart: Chart, couple_id: str | None) -> None:
    if practice.home(chart) is None:
        raise not_found()
    if couple_id is not None:
        couples.read(chart, couple_id)
        holds.demand_not_locked(chart, couple_id)


def _about(chart: Chart, now: datetime) -> Row:
    return {
        "made_at": written(now),
        "made_by": f"mendline {__version__}",
        "schema_revision": whole.revision(chart),
        "left_out": left_out(),
    }


def left_out() -> dict[str, str]:
    """All tables that archives leave out, with their reasons."""
    return LEFT_OUT | {table.name: PRIVATE for table in whole.tables() if "private" in table.info}


def _chosen(chart: Chart, table: Any, couple_id: str | None, wanted: set[str] | None) -> Iterator[Row]:
    """The rows that an archive carries: all, or those of a couple with the people and keys that they need."""
    if wanted is not None:
        yield from (row for row in whole.rows(chart, table) if row["id"] in wanted)
    elif table.name == "data_key":
        yield from (row for row in whole.rows(chart, table) if _carried(row, couple_id))
    else:
        yield from whole.rows(chart, table, couple_id)


def _carried(row: Row, couple_id: str | None) -> bool:
    """Of a couple only its own key and the practice's, which opens the names of its people."""
    if couple_id is None:
        return row["purpose"] in CARRIED_KEYS
    return row["purpose"] == "record" and row["couple_id"] in (couple_id, None)


def _columns(table: Any) -> list[dict[str, str]]:
    return [{"name": column.name, "kind": whole.column_kind(column)} for column in table.c]


@dataclass(frozen=True)
class Telling:
    """How an archive tells rows: text opened, with the name of the key that it was sealed with."""

    chart: Chart
    whole_practice: bool

    @cached_property
    def _keys(self) -> set[str]:
        return {row["id"] for row in whole.rows(self.chart, data_key)}

    def rows(self, table: Any, found: Iterator[Row]) -> Iterator[Row]:
        """Rows of a table, told."""
        kinds = {column.name: whole.column_kind(column) for column in table.c}
        return (dict(self._values(table, row, kinds)) for row in found)

    def _values(self, table: Any, row: Row, kinds: dict[str, str]) -> Iterator[tuple[str, Any]]:
        for name, kind in kinds.items():
            value = None if row[name] is None else self._value(table, row, name, kind)
            if value is not None:
                yield name, value

    def _value(self, table: Any, row: Row, name: str, kind: str) -> Any:
        context = (
            "" if table.name == "practice" else context_of(row["practice_id"], table.name, row["id"], name)
        )
        if kind == "sealed":
            return self._opened(table, stored(row[name]), context)
        if kind == "key":
            return self._key(row, context)
        return _raw(kind, row[name])

    def _opened(self, table: Any, value: bytes, context: str) -> dict[str, str] | None:
        """Text with its key's name. Of a record that was destroyed its seals are left, and nothing opens in them."""
        key = key_id_of(value)
        if table.info.get("survives") and key not in self._keys:
            return None
        return {"key": key, "text": self.chart.unseal(value, context)}

    def _key(self, row: Row, context: str) -> str | None:
        """Keys that stamp and sign travel with their practice; those that seal text are made anew."""
        if not self.whole_practice or row.get("purpose", TRAIL) != TRAIL:
            return None
        return _text(self.chart.store.master.unwrap(stored(row["wrapped"]), context))


def _raw(kind: str, value: Any) -> Any:
    """A stored value as JSON takes it."""
    return _text(value) if kind in BYTES and value is not None else value


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


# --- arriving ---


def bring_in(store: Store, now: datetime, path: Path, secret: Secret) -> Row:
    """Store an archive where its practice is not known yet, whole or not at all; gives its manifest."""
    manifest = verify(path, secret)
    if manifest["kind"] == "backup":
        raise NotEmpty("this is a backup: `mendline restore` puts it back")
    with practice.operating(store, manifest["practice_id"], now, "importArchive") as chart:
        _demand_revision(chart, manifest)
        if practice.home(chart) is not None:
            raise NotEmpty("this practice is here already: an archive goes into an instance without it")
        arriving = Arriving(chart)
        for name, row in Reading(path, secret).rows():
            arriving.take(name, row)
        arriving.filler.finish()
        telling = Telling(chart, manifest["kind"] == "practice")
        _compare(manifest, lambda table: telling.rows(table, whole.rows(chart, table)))
        if manifest["kind"] == "couple":
            _begin_chains(chart, arriving.last_seal)
        chart.note(couple_id=manifest["couple_id"])
        chart.sign(201)
    return manifest


class Arriving:
    """Stores rows as this instance stores them: text sealed with this instance's keys, under the same names."""

    def __init__(self, chart: Chart) -> None:
        self.filler = Filler(chart)
        self.last_seal: Row | None = None
        self._master = chart.store.master
        self._keys: dict[str, DataKey] = {}
        self._tables = {table.name: table for table in whole.tables()}

    def take(self, name: str, row: Row) -> None:
        """One row of a table."""
        table = self._tables[name]
        stored = {column.name: self._value(table, row, column) for column in table.c}
        if name == "seal":
            self.last_seal = (
                stored if self.last_seal is None or _later(stored, self.last_seal) else self.last_seal
            )
        self.filler.put(table, stored)

    def _value(self, table: Any, row: Row, column: Any) -> Any:
        value, kind = row.get(column.name), whole.column_kind(column)
        if kind == "key":
            return self._wrapped(table, row, value)
        if kind == "sealed" and value is not None:
            context = context_of(row["practice_id"], table.name, row["id"], column.name)
            return self._keys[value["key"]].seal(value["text"], context)
        return _bytes(kind, value)

    def _wrapped(self, table: Any, row: Row, value: str | None) -> bytes:
        secret = new_secret() if value is None else base64.b64decode(value)
        # it signs nothing here; the wrapping says who adopted it
        if table.name == "signing_key" and value is None:
            secret = base64.b64decode(row["public"])
        if table.name == "data_key":
            self._keys[row["id"]] = DataKey(row["id"], secret)
        return self._master.wrap(secret, context_of(row["practice_id"], table.name, row["id"], "wrapped"))


def _begin_chains(chart: Chart, last: Row | None) -> None:
    """Where a couple arrives alone, the practice gets keys of its own, and seals go on behind the couple's last."""
    chart.new_key(None, TRAIL)
    signing.new_signing_key(chart)
    number, digest = (last["number"], last["digest"]) if last else (0, seals.START)
    chart.add(chain_head, chain=seals.SEALS.name, number=number, digest=digest)
    chart.add(chain_head, chain=seals.BLOCKS.name, number=0, digest=seals.START)


def _later(one: Row, other: Row) -> bool:
    return bool(one["number"] > other["number"])


def _bytes(kind: str, value: Any) -> Any:
    return base64.b64decode(value) if kind in BYTES and value is not None else value


def _demand_revision(chart: Chart, manifest: Row) -> None:
    here, there = whole.revision(chart), manifest["schema_revision"]
    if here != there:
        raise OtherRevision(f"the file is of schema {there}, this database of {here}: bring one to the other")


def _compare(manifest: Row, rows: Callable[[Any], Iterator[Row]]) -> None:
    """Read everything back, and demand the very rows that the file tells of."""
    by_name = {table.name: table for table in whole.tables()}
    for told in manifest["tables"]:
        digest = hashlib.sha256()
        for row in rows(by_name[told["name"]]):
            digest.update(line_of(row))
        if digest.hexdigest() != told["sha256"]:
            raise Unequal(f"{told['name']} does not read as it was brought")


# --- backups ---

Then = Callable[[Chart, list[str]], None]


def nothing_more(chart: Chart, practice_ids: list[str]) -> None:
    """What a restore does in each practice besides, when nothing is asked."""


def backup(store: Store, now: datetime, owner_url: str, path: Path, secret: Secret) -> Row:
    """Write every row of every practice as it is stored, from one moment, while the service goes on writing."""
    ids = sorted(str(row["id"]) for row in practice.practices(owner_url))
    if not ids:
        raise NotEmpty("there is no practice that this login may list, so there is nothing to back up")
    for practice_id in ids:
        with practice.operating(store, practice_id, now, "makeBackup") as chart:
            chart.sign(200)
    operator, visit = practice.operator(ids[0]), Visit("makeBackup", new_id())
    with whole.snapshot(store, operator, now, visit) as chart, writing(path, secret, "backup") as out:
        return _backed_up(chart, now, ids, out)


def _backed_up(chart: Chart, now: datetime, ids: list[str], out: Writer) -> Row:
    for table in whole.tables():
        out.table(table.name, _columns(table), _stored_rows(chart, ids, table))
    return out.finish({**_about(chart, now), "left_out": {}, "practices": ids})


def _stored_rows(chart: Chart, ids: list[str], table: Any) -> Iterator[Row]:
    """A table's rows of all practices, sealed values and wrapped keys as they are."""
    kinds = {column.name: whole.column_kind(column) for column in table.c}
    for practice_id in ids:
        for row in whole.rows(whole.turn_to(chart, practice_id), table):
            yield {name: _raw(kinds[name], value) for name, value in row.items() if value is not None}


def restore(
    store: Store,
    now: datetime,
    owner_url: str,
    path: Path,
    secret: Secret,
    then: Then = nothing_more,
) -> Row:
    """Put a backup back where there is no practice yet, whole or not at all; gives its manifest.

    `then` is done in each practice, one of all, before anybody sees it: what was put back is compared already.
    """
    manifest = verify(path, secret)
    if manifest["kind"] != "backup":
        raise NotEmpty("this is an archive: `mendline import` brings it in")
    whole.demand_owner(owner_url, "see whether practices are here already")
    if practice.practices(owner_url):
        raise NotEmpty("there are practices here: a backup goes into an empty place")
    ids = manifest["practices"]
    with practice.operating(store, ids[0], now, "restoreBackup") as chart:
        _demand_revision(chart, manifest)
        _put_back(chart, path, secret)
        _compare(manifest, lambda table: _stored_rows(chart, ids, table))
        for practice_id in ids:
            here = whole.turn_to(chart, practice_id)
            then(here, ids)
            here.sign(201)
    return manifest


def _put_back(chart: Chart, path: Path, secret: Secret) -> None:
    filler, here = Filler(chart), ""
    by_name = {table.name: table for table in whole.tables()}
    for name, row in Reading(path, secret).rows():
        if row["practice_id"] != here:
            here = row["practice_id"]
            whole.turn_to(chart, here)
        columns = by_name[name].c
        stored = {each.name: _bytes(whole.column_kind(each), row.get(each.name)) for each in columns}
        if name == "data_key":
            _demand_master(chart, stored)
        filler.put(by_name[name], stored)
    filler.finish()


def _demand_master(chart: Chart, row: Row) -> None:
    """A record that this master key does not open is not put back."""
    context = context_of(row["practice_id"], "data_key", row["id"], "wrapped")
    try:
        chart.store.master.unwrap(row["wrapped"], context)
    except SealBroken as wrong:
        raise SealBroken("this backup belongs to another master key") from wrong


# --- what a file says of its own seals ---

SEALED_TABLES = frozenset(("session", "addendum", "seal", *(table.name for table in INSIDE)))
ALONE = tuple(check for check in seals.CHECKS if check.__name__ in ("_holds", "_by_the_practice"))
"""Checks of a link that need no other link beside it."""

COUPLES_AT_A_TIME = 200
"""Whose rows are held in memory while what they signed is compared; the file is read once for each such group."""


def faults(path: Path, secret: Secret, manifest: Row) -> list[str]:
    """What does not fit among the seals that a file carries, each as one line; needs no database."""
    keys: dict[str, bytes] = {}
    links: dict[str, list[Row]] = {}
    destroyed: set[str] = set()
    for name, row in Reading(path, secret).rows():
        if name == "signing_key":
            keys[row["id"]] = base64.b64decode(row["public"])
        if name == "seal":
            links.setdefault(row["practice_id"], []).append(_link(row))
        if name == "tombstone":
            destroyed.add(row["couple_id"])
    found = [fault for each in links.values() for fault in _chained(each, keys, manifest["kind"])]
    if manifest["kind"] != "backup":  # whose text opens with the master key alone
        couples = {link["couple_id"] for each in links.values() for link in each} - destroyed
        for some in _groups(sorted(couples)):
            found += _content_faults(path, secret, manifest, some)
    return [f"{fault.where} {fault.which}: {fault.what}" for fault in found]


def _link(row: Row) -> Row:
    """What a chain's checks need of a seal."""
    told = {name: row.get(name) for name in (*seals.SEALS.covers, "digest")}
    return {**told, "signature": base64.b64decode(row["signature"])}


def _chained(links: list[Row], keys: dict[str, bytes], kind: str) -> Iterator[seals.Fault]:
    """A practice's chain is whole; of a couple there are only its own links, each proved for itself."""
    links.sort(key=lambda link: int(link["number"]))
    yield from seals.chain_faults(seals.SEALS, links, keys, checks=ALONE if kind == "couple" else None)
    yield from seals.replaced_key_faults(seals.SEALS, links)


def _groups(ids: list[str]) -> Iterator[set[str]]:
    for start in range(0, len(ids), COUPLES_AT_A_TIME):
        yield set(ids[start : start + COUPLES_AT_A_TIME])


def _content_faults(path: Path, secret: Secret, manifest: Row, couple_ids: set[str]) -> Iterator[seals.Fault]:
    """Whether sessions, addenda and marks of these couples are what was signed."""
    empty = {
        table["name"]: dict.fromkeys(column["name"] for column in table["columns"])
        for table in manifest["tables"]
    }
    rows: dict[str, dict[str, dict[str, Row]]] = {
        couple_id: {name: {} for name in SEALED_TABLES} for couple_id in couple_ids
    }
    for name, row in Reading(path, secret).rows():
        if name in SEALED_TABLES and row["couple_id"] in couple_ids:
            told = {column: _words(value) for column, value in row.items()}
            rows[row["couple_id"]][name][row["id"]] = {**empty[name], **told}
    for of_couple in rows.values():
        for check in checking.CHECKS:
            yield from check(of_couple)


def _words(value: Any) -> Any:
    return value["text"] if isinstance(value, dict) else value
