"""A backup is taken while others write, and comes back on either database exactly as it stood at one moment."""

import threading
from pathlib import Path

import pytest

from app.archive import service
from app.archive.container import verify
from app.archive.service import NotEmpty, Unequal
from app.chart import whole
from app.chart.keys import SealBroken
from tests.archive import outsider
from tests.archive.places import SECRET, a_full_practice, another_world, answers
from tests.chart import raw
from tests.conftest import BOTH, MASTER
from tests.people import Caller, World, a_couple
from tests.walks.matrix import CANARY


def backed_up(world: World, path: Path) -> dict[str, object]:
    return service.backup(world.store, world.watch(), world.url, path, SECRET)


def restored(world: World, path: Path) -> dict[str, object]:
    return service.restore(world.store, world.watch(), world.url, path, SECRET)


def test_a_backup_comes_back_on_the_other_database_and_every_key_still_opens(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    estate = a_full_practice(world)
    world.somebody(practice_id=world.a_practice("Elsewhere"))
    backed_up(world, tmp_path / "backup.zip")
    moment = world.watch.now
    before = answers(estate, estate.owner, estate.administrator, ())

    with another_world(world, request, tmp_path, MASTER) as there:
        restored(there, tmp_path / "backup.zip")
        for caller in (estate.owner, estate.administrator):
            caller.http = there.client(caller.key)
        there.watch.now = moment
        after = answers(estate, estate.owner, estate.administrator, ())

    assert before == after


@pytest.mark.parametrize("kind", BOTH)
def test_a_backup_comes_back_where_it_came_from_row_by_row(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    a_couple(world.somebody())
    backed_up(world, tmp_path / "backup.zip")
    before = raw.everything(world.url)

    with another_world(world, request, tmp_path, MASTER, kind) as there:
        restored(there, tmp_path / "backup.zip")
        after = raw.everything(there.url)
        assert len(after.pop("trail")) == len(before.pop("trail")) + 1
        if kind in world.url:
            assert after == before


def test_what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two tables another couple is opened: none of it shows, nothing of the rest is missing."""
    therapist = world.somebody()
    a_couple(therapist)
    couples = raw.count(world.url, "couple")
    rows = whole.rows

    def meanwhile(chart: object, table: object, couple_id: str | None = None) -> object:
        writing = threading.Thread(target=a_couple, args=(therapist,))
        writing.start()
        writing.join()
        return rows(chart, table, couple_id)  # type: ignore[arg-type]

    monkeypatch.setattr(whole, "rows", meanwhile)
    backed_up(world, tmp_path / "backup.zip")
    monkeypatch.setattr(whole, "rows", rows)

    assert raw.count(world.url, "couple") > couples + 10
    with another_world(world, request, tmp_path, MASTER) as there:
        restored(there, tmp_path / "backup.zip")
        assert raw.count(there.url, "couple") == couples
        assert raw.count(there.url, "partner") == 2 * couples


def test_without_one_moment_the_drill_would_fail(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted flaw: a reader that takes a new look for each table."""
    therapist = world.somebody()
    a_couple(therapist)
    rows = whole.rows

    def meanwhile(chart: object, table: object, couple_id: str | None = None) -> object:
        a_couple(therapist)
        return rows(chart, table, couple_id)  # type: ignore[arg-type]

    monkeypatch.setattr(whole, "rows", meanwhile)
    monkeypatch.setattr(whole, "ONE_MOMENT", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY")
    backed_up(world, tmp_path / "backup.zip")
    monkeypatch.setattr(whole, "rows", rows)

    tables = outsider.check(tmp_path / "backup.zip", b"k" * 32)["tables"]
    torn = len(tables["partner"]) != 2 * len(tables["couple"])
    assert torn == raw.is_postgres(world.url)  # a read of SQLite sees one moment whatever is asked


def test_a_backup_opens_no_text_without_the_master_key(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    a_couple(world.somebody(), label=CANARY)
    backed_up(world, tmp_path / "backup.zip")

    lines = repr(outsider.check(tmp_path / "backup.zip", b"k" * 32)["tables"])
    assert CANARY not in lines
    assert CANARY.encode() not in (tmp_path / "backup.zip").read_bytes()
    with another_world(world, request, tmp_path) as there:
        with pytest.raises(SealBroken):
            restored(there, tmp_path / "backup.zip")
        assert raw.count(there.url, "practice") == 0


def test_a_backup_goes_into_an_empty_place_only(world: World, tmp_path: Path) -> None:
    a_couple(world.somebody())
    backed_up(world, tmp_path / "backup.zip")
    before = raw.everything(world.url)

    with pytest.raises(NotEmpty):
        restored(world, tmp_path / "backup.zip")
    with pytest.raises(NotEmpty, match="restore"):
        service.bring_in(world.store, world.watch(), tmp_path / "backup.zip", SECRET)

    assert raw.everything(world.url) == before


def test_a_changed_row_on_the_way_in_is_noticed_and_nothing_stays(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted flaw: a restore that stores something else than it read."""
    therapist: Caller = world.somebody()
    a_couple(therapist)
    backed_up(world, tmp_path / "backup.zip")
    put = whole.Filler.put

    def careless(self: whole.Filler, table: object, row: dict[str, object]) -> None:
        put(self, table, row | ({"status": "closed"} if getattr(table, "name", "") == "couple" else {}))  # type: ignore[arg-type]

    monkeypatch.setattr(whole.Filler, "put", careless)
    with another_world(world, request, tmp_path, MASTER) as there:
        with pytest.raises(Unequal, match="couple"):
            restored(there, tmp_path / "backup.zip")
        assert raw.count(there.url, "couple") == 0


def test_a_backup_holds_every_table(world: World, tmp_path: Path) -> None:
    world.home()
    backed_up(world, tmp_path / "backup.zip")

    manifest = verify(tmp_path / "backup.zip", SECRET)
    assert [table["name"] for table in manifest["tables"]] == [table.name for table in whole.tables()]
    assert manifest["left_out"] == {}
    assert manifest["practices"] == world.practices
