"""A practice leaves as an archive and arrives on the other database: every GET answers the same bytes."""

from pathlib import Path
from typing import Any

import pytest

from app.archive import service
from app.archive.container import verify
from app.archive.service import NotEmpty, left_out
from app.chart import whole
from app.errors import Refusal
from tests.archive import outsider
from tests.archive.places import SECRET, a_full_practice, another_world, answers, key_of
from tests.chart import raw
from tests.people import World, a_couple
from tests.walks.matrix import CANARY, SAFETY_CANARY

STAYS = {
    "listKeys": "keys do not travel",
    "getKey": "keys do not travel",
    "getMe": "tells of the key that asks",
    "listProcessNotes": "process notes stay with their author: no archive holds them",
    "getProcessNote": "process notes stay with their author: no archive holds them",
    "listProcessNoteGrants": "process notes stay with their author: no archive holds them",
    "getProcessNoteGrant": "process notes stay with their author: no archive holds them",
}


def exported(world: World, path: Path, couple_id: str | None = None) -> dict[str, Any]:
    return service.export(world.store, world.watch(), world.home(), couple_id, path, SECRET)


def brought(world: World, path: Path) -> dict[str, Any]:
    return service.bring_in(world.store, world.watch(), path, SECRET)


def test_a_practice_arrives_on_the_other_database_and_answers_the_same_bytes(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    estate = a_full_practice(world)
    path = tmp_path / "practice.zip"
    manifest = exported(world, path)
    world.watch.go(minutes=1)
    moment = world.watch.now
    before = answers(estate, key_of(world, estate.owner), key_of(world, estate.administrator), STAYS)

    with another_world(world, request, tmp_path) as there:
        assert brought(there, path) == manifest
        callers = key_of(there, estate.owner), key_of(there, estate.administrator)
        there.watch.now = moment
        after = answers(estate, *callers, STAYS)

        for name, answer in before.items():
            assert after[name] == answer, name
        found = {name for name, (status, _, _) in before.items() if status == 200}
        assert len(found) > 0.9 * len(before), set(before) - found
        assert any(CANARY.encode() in content for status, _, content in after.values() if status == 200)
        again = exported(there, tmp_path / "again.zip")
    exported(world, tmp_path / "couple.zip", estate.ids["couple_id"])

    tables = {table["name"]: table["sha256"] for table in manifest["tables"]}
    later = {table["name"]: table["sha256"] for table in again["tables"]}
    grown = {name for name in tables if tables[name] != later[name]}
    assert grown == {"trail"}
    for file in tmp_path.glob("*.zip"):
        content = file.read_bytes()
        for clear in (CANARY, SAFETY_CANARY, estate.ids["couple_id"], "Dr. Owner"):
            assert clear.encode() not in content


def test_the_text_arrives_under_keys_that_are_new(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    a_couple(world.somebody())
    exported(world, tmp_path / "practice.zip")

    with another_world(world, request, tmp_path) as there:
        brought(there, tmp_path / "practice.zip")
        here_keys = {bytes(row[0]) for row in raw.rows(world.url, "SELECT wrapped FROM data_key")}
        there_keys = {bytes(row[0]) for row in raw.rows(there.url, "SELECT wrapped FROM data_key")}
        sealed = "SELECT name FROM partner ORDER BY id"
        assert len(here_keys) == len(there_keys) > 1
        assert not here_keys & there_keys
        assert raw.rows(world.url, sealed) != raw.rows(there.url, sealed)


def test_an_archive_goes_only_where_its_practice_is_not_known(world: World, tmp_path: Path) -> None:
    a_couple(world.somebody())
    exported(world, tmp_path / "practice.zip")
    before = raw.everything(world.url)

    with pytest.raises(NotEmpty):
        brought(world, tmp_path / "practice.zip")

    assert raw.everything(world.url) == before


def test_an_outsider_reads_every_row_of_the_archive(world: World, tmp_path: Path) -> None:
    couple_id = a_couple(world.somebody(), label=f"C-014 {CANARY}")["id"]
    manifest = exported(world, tmp_path / "practice.zip")

    read = outsider.check(tmp_path / "practice.zip", b"k" * 32)

    assert read["manifest"] == manifest == verify(tmp_path / "practice.zip", SECRET)
    for name, rows in read["tables"].items():
        if name not in ("trail", "data_key"):
            assert len(rows) == raw.count(world.url, name), name
    (couple,) = (row for row in read["tables"]["couple"] if row["id"] == couple_id)
    assert CANARY in couple["label"]["text"]
    assert not any("wrapped" in row for row in read["tables"]["data_key"] if row["purpose"] == "record")


def test_every_table_is_carried_or_left_out_with_a_reason(world: World, tmp_path: Path) -> None:
    world.home()
    manifest = exported(world, tmp_path / "practice.zip")

    carried = {table["name"] for table in manifest["tables"]}
    assert carried | set(left_out()) == {table.name for table in whole.tables()}
    assert not carried & set(left_out())
    assert manifest["left_out"] == left_out()
    assert all(len(reason.split()) > 3 for reason in left_out().values())
    assert "process_note" in left_out()


def test_a_table_that_this_version_does_not_know_stops_the_export(world: World, tmp_path: Path) -> None:
    """Planted flaw: somebody added a table to the database alone."""
    world.home()
    raw.run(world.url, "CREATE TABLE forgotten (id INTEGER)")

    with pytest.raises(whole.UnknownTables, match="forgotten"):
        exported(world, tmp_path / "practice.zip")

    assert not (tmp_path / "practice.zip").exists()


def test_a_row_that_is_lost_on_the_way_in_is_noticed_and_nothing_stays(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted flaw: an import that forgets one row of the trail."""
    a_couple(world.somebody())
    exported(world, tmp_path / "practice.zip")
    put, lost = whole.Filler.put, list[Any]()

    def forgetful(self: Any, table: Any, row: Any) -> None:
        if table.name == "trail" and not lost:
            lost.append(row)
            return
        put(self, table, row)

    monkeypatch.setattr(whole.Filler, "put", forgetful)
    with another_world(world, request, tmp_path) as there:
        with pytest.raises(service.Unequal, match="trail"):
            brought(there, tmp_path / "practice.zip")
        assert raw.count(there.url, "practice") == raw.count(there.url, "trail") == 0


def test_the_export_stands_on_the_trail_and_in_the_archive(world: World, tmp_path: Path) -> None:
    world.home()
    exported(world, tmp_path / "practice.zip")

    rows = outsider.check(tmp_path / "practice.zip", b"k" * 32)["tables"]["trail"]
    assert rows[-1]["action"] == "exportArchive"


def test_nothing_is_exported_of_a_practice_or_couple_that_is_not_there(world: World, tmp_path: Path) -> None:
    couple = a_couple(world.somebody())
    elsewhere = world.a_practice("Elsewhere")

    for practice_id, couple_id in ((couple["id"], None), (elsewhere, couple["id"])):
        with pytest.raises(Refusal) as refused:
            service.export(world.store, world.watch(), practice_id, couple_id, tmp_path / "no.zip", SECRET)
        assert refused.value.meaning.status == 404
    assert list(tmp_path.glob("*.zip")) == []
