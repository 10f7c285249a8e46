"""An archive is checked for what was signed in it, without a database; one couple's archive proves its own seals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.archive import service
from app.archive.container import Reading, verify, writing
from app.errors import Refusal
from app.retention import service as retention
from tests.archive import outsider
from tests.archive.places import SECRET, a_full_practice, a_signed_session, another_world, key_of
from tests.chart import raw
from tests.people import World, a_couple
from tests.retention.test_retention import closed, destroyed
from tests.walks.matrix import told

sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is about the file: both databases write the same one, as the whole practice's journey shows."""


def exported(world: World, path: Path, couple_id: str | None = None) -> Path:
    service.export(world.store, world.watch(), world.home(), couple_id, path, SECRET)
    return path


def faults(path: Path) -> list[str]:
    return service.faults(path, SECRET, verify(path, SECRET))


def forged(source: Path, target: Path, change: Any) -> Path:
    """The archive written again by somebody who has its key, each row passed through a change; all digests fit."""
    manifest = verify(source, SECRET)
    tables: dict[str, list[dict[str, Any]]] = {table["name"]: [] for table in manifest["tables"]}
    for name, row in Reading(source, SECRET).rows():
        tables[name] += change(name, row)
    with writing(target, SECRET, manifest["kind"]) as out:
        for table in manifest["tables"]:
            out.table(table["name"], table["columns"], iter(tables[table["name"]]))
        about = {
            name: manifest[name] for name in manifest if name not in ("tables", "chain", "format", "version")
        }
        out.finish(about)
    assert outsider.check(target, b"k" * 32)
    return target


def changing(table: str, **values: Any) -> Any:
    """A change of one column wherever it holds something."""

    def change(name: str, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        held = {column: value for column, value in values.items() if name == table and column in row}
        yield row | {
            column: {**row[column], "text": value} if isinstance(row[column], dict) else value
            for column, value in held.items()
        }

    return change


def losing(table: str) -> Any:
    """A change that takes a table's first row away."""
    lost = list[str]()

    def change(name: str, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if name == table and not lost:
            lost.append(row["id"])
            return
        yield row

    return change


@sqlite_alone
def test_what_was_signed_cannot_be_changed_by_whoever_opens_the_archive(world: World, tmp_path: Path) -> None:
    estate = a_signed_session(world)
    for couple_id in (None, estate.ids["couple_id"]):
        path = exported(world, tmp_path / f"{couple_id}.zip", couple_id)
        assert faults(path) == []
        assert len(outsider.check(path, b"k" * 32)["tables"]["seal"]) >= 2

        flaws = {
            "note": changing("session", note="Something else was said."),
            "author": changing("seal", signed_by=estate.administrator.person_id),
            "digest": changing("seal", content_digest="0" * 64),
            "key": changing("signing_key", public="A" * 43 + "="),
            "addendum": losing("addendum"),
            "seal": losing("seal"),
        }
        for what, change in flaws.items():
            target = tmp_path / f"{couple_id}-{what}.zip"
            assert faults(forged(path, target, change)), what


@sqlite_alone
def test_the_comparison_with_what_was_signed_is_needed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted flaw: a verifier that trusts digests and chain alone misses another note."""
    a_signed_session(world)
    path = exported(world, tmp_path / "practice.zip")
    changed = forged(path, tmp_path / "changed.zip", changing("session", note="Something else was said."))
    assert faults(changed)

    monkeypatch.setattr(service, "_content_faults", lambda *_: [])

    assert faults(changed) == []


@sqlite_alone
def test_one_couple_leaves_with_its_own_rows_and_the_people_in_them(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    estate = a_full_practice(world)
    stranger = world.somebody(name="Dr. Stranger")
    a_couple(stranger)
    couple_id = estate.ids["couple_id"]
    path = exported(world, tmp_path / "couple.zip", couple_id)

    tables = outsider.check(path, b"k" * 32)["tables"]
    assert [row["id"] for row in tables["couple"]] == [couple_id]
    assert stranger.person_id not in {row["id"] for row in tables["person"]}
    assert {row.get("couple_id") for name in tables for row in tables[name] if "couple_id" in row} == {
        couple_id
    }
    assert not any("wrapped" in row for name in ("data_key", "signing_key") for row in tables[name])

    moment = world.watch.now
    owner = key_of(world, estate.owner)
    clinical = [each for each in estate.all.values() if each.method == "get" and each.clinical]
    left = ("ProcessNote", "getAccessReport")
    asked = [each for each in clinical if not any(word in each.name for word in left)]
    before = {each.name: told(estate.send(owner, each)) for each in asked}
    with another_world(world, request, tmp_path) as there:
        service.bring_in(there.store, there.watch(), path, SECRET)
        owner = key_of(there, estate.owner)
        there.watch.now = moment
        after = {each.name: told(estate.send(owner, each)) for each in asked}
        assert after == before
        session = estate.body(estate.all["recordSession"]) | {"sign": True}
        assert owner.post(f"/v1/couples/{couple_id}/sessions", session).status_code == 201


def test_an_export_lock_keeps_a_couple_in(world: World, tmp_path: Path) -> None:
    therapist = world.somebody()
    couple = a_couple(therapist)
    body = {"kind": "export_lock", "reason": "She is in danger.", "effective_on": "2026-03-02"}
    therapist.made(f"/v1/couples/{couple['id']}/holds", body)

    with pytest.raises(Refusal) as refused:
        exported(world, tmp_path / "couple.zip", couple["id"])

    assert refused.value.code == "export_locked"
    assert list(tmp_path.glob("*.zip")) == []


def test_a_practice_with_a_destroyed_record_leaves_and_arrives(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    estate = a_signed_session(world)
    owner, couple_id = estate.owner, estate.ids["couple_id"]
    closed(owner, {"id": couple_id})
    destroyed(world, couple_id, retention.Order(owner.person_id, "client_erasure", "File 7"))
    path = exported(world, tmp_path / "practice.zip")

    left = outsider.check(path, b"k" * 32)["tables"]["seal"]
    assert len(left) == 2
    assert not any("nonce" in seal for seal in left)
    assert faults(path) == []
    with another_world(world, request, tmp_path) as there:
        service.bring_in(there.store, there.watch(), path, SECRET)
        assert (raw.count(there.url, "tombstone"), raw.count(there.url, "seal")) == (1, 2)
