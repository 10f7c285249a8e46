"""What was destroyed stays destroyed when an older backup is put back, if its tombstones were kept elsewhere."""

import json
from pathlib import Path

import pytest

from app.archive import service as archive
from app.chart import whole
from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.integrity import service as integrity
from app.practice import service as practice
from app.retention import command, service
from app.retention.service import Order
from app.retention.tombstones import Burial, NobodyAnswers, NotTombstones, line_of, read
from tests.archive.places import SECRET, a_signed_session, another_world
from tests.archive.test_archive_command import KEY, elsewhere
from tests.archive.test_archive_command import shell as shell
from tests.chart import raw
from tests.conftest import MASTER
from tests.house.test_command_line import Shell
from tests.people import Json, World, a_couple
from tests.retention.test_retention import closed, destroyed, ended, operating
from tests.walks.matrix import CANARY, NOBODY

ERASURE = Order("", "client_erasure", CANARY)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where tombstones are kept."""
    return tmp_path / "tombstones.jsonl"


def backed_up(world: World, folder: Path) -> Path:
    archive.backup(world.store, world.watch(), world.url, folder / "backup.zip", SECRET)
    return folder / "backup.zip"


def gone(world: World, by: str, couple_id: str, kept: Path) -> None:
    """Destroy a record and keep what is left of it, twice: a list is appended to."""
    destroyed(world, couple_id, Order(by, ERASURE.basis, ERASURE.decision))
    with operating(world) as chart:
        lines = [json.dumps(line_of(chart, row)) for row in service.tombstones(chart)]
    kept.write_text("\n".join([*lines, "", *lines]) + "\n")


def restored(there: World, file: Path, burial: Burial) -> None:
    archive.restore(there.store, there.watch(), there.url, file, SECRET, burial.take_place)


def applied(there: World, kept: Path) -> Burial:
    """A list of tombstones applied as the command does it, which closes its store."""
    burial = Burial(read(kept))
    command.bury(Store(there.url, MasterKey(MASTER)), there.url, there.practices, burial)
    return burial


def test_a_record_destroyed_since_does_not_come_back_with_a_backup(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, kept: Path
) -> None:
    estate = a_signed_session(world)
    couple_id, owner = estate.ids["couple_id"], estate.owner
    other = a_couple(owner)["id"]
    file = backed_up(world, tmp_path)
    ended(estate)
    gone(world, owner.person_id, couple_id, kept)
    left = raw.rows(world.url, "SELECT id, couple_id FROM tombstone")

    assert CANARY not in kept.read_text()
    (line,) = read(kept)
    with another_world(world, request, tmp_path, MASTER) as there:
        restored(there, file, burial := Burial(read(kept)))
        owner.http = there.client(owner.key)
        assert burial.destroyed == [couple_id]
        assert [
            tuple(map(str, row)) for row in raw.rows(there.url, "SELECT id, couple_id FROM tombstone")
        ] == [tuple(map(str, row)) for row in left]
        tables = [t for t in whole.mortal() if t.name not in ("couple", "data_key") and "couple_id" in t.c]
        assert not [t for t in tables if raw.count(there.url, t.name, f"couple_id = '{couple_id}'")]
        assert owner.get(f"/v1/couples/{couple_id}").status_code == 404
        assert owner.get(f"/v1/couples/{other}").status_code == 200
        with practice.operating(there.store, world.home(), world.watch(), "verifyRecord") as chart:
            verdict = integrity.verify(chart)
            (stone,) = service.tombstones(chart)
        assert (verdict.faults, verdict.destroyed) == ([], {couple_id})
        assert {name: stone[name] for name in line if name != "practice_id"} == {
            name: line[name] for name in line if name != "practice_id"
        }


def test_the_list_can_be_applied_after_a_restore_and_a_legal_hold_placed_since_keeps_the_record(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, kept: Path
) -> None:
    therapist = world.somebody()
    couple = a_couple(therapist)
    closed(therapist, couple)
    file = backed_up(world, tmp_path)
    gone(world, therapist.person_id, couple["id"], kept)
    path = f"/v1/couples/{couple['id']}"

    with another_world(world, request, tmp_path, MASTER) as there:
        archive.restore(there.store, there.watch(), there.url, file, SECRET)
        therapist.http = there.client(therapist.key)
        hold = {"kind": "legal_hold", "reason": "A court asks.", "effective_on": "2026-03-02"}
        address = f"/v1/holds/{therapist.made(f'{path}/holds', hold)['id']}"
        burial = applied(there, kept)
        assert (burial.destroyed, burial.held) == ([], [couple["id"]])
        assert therapist.get(path).status_code == 200

        headers = {"If-Match": therapist.get(address).headers["ETag"]}
        assert (
            therapist.post(f"{address}/lift", {"reason": "It is over."}, headers=headers).status_code == 200
        )
        assert command.due(there.store, there.practices, Burial(read(kept))) == [couple["id"]]
        for done in ([couple["id"]], []):  # applied again, a list finds nothing more to do
            assert applied(there, kept).destroyed == done
        assert raw.count(there.url, "couple") == 0


def test_a_restore_is_refused_where_nobody_answers_or_the_list_is_of_another_database(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, kept: Path
) -> None:
    therapist = world.somebody()
    couple = a_couple(therapist)
    closed(therapist, couple)
    file = backed_up(world, tmp_path)
    gone(world, world.somebody().person_id, couple["id"], kept)  # by one who came after the backup
    (line,) = read(kept)

    with another_world(world, request, tmp_path, MASTER) as there:
        with pytest.raises(NotTombstones, match="another database"):
            restored(there, file, Burial([{**line, "practice_id": NOBODY}]))
        with pytest.raises(NobodyAnswers, match="--by"):
            restored(there, file, Burial([line], NOBODY))
        assert raw.count(there.url, "practice") == 0  # whole or not at all
        restored(there, file, Burial([line], therapist.person_id))
        answering = [str(row[0]) for row in raw.rows(there.url, "SELECT destroyed_by FROM tombstone")]
        assert answering == [therapist.person_id]


LINE: Json = {
    **dict.fromkeys(("practice_id", "id", "couple_id", "destroyed_by"), NOBODY),
    **dict.fromkeys(("opened_on", "last_service_on", "kept_until"), "2026-03-02"),
    "destroyed_at": "2026-03-02T09:00:00.000000Z",
    "basis": "client_erasure",
    "keys_destroyed": 1,
}


@pytest.mark.parametrize(
    "wrong",
    ["no json", "[1]", "7", {"couple_id": "x"}, {"basis": "boredom"}, {"opened_on": 7}, {"more": "x"}],
    ids=str,
)
def test_a_file_that_nobody_printed_is_refused(kept: Path, wrong: str | Json) -> None:
    kept.write_text(json.dumps(LINE))
    assert read(kept) == [LINE]
    kept.write_text(wrong if isinstance(wrong, str) else json.dumps({**LINE, **wrong}))
    with pytest.raises(NotTombstones, match="does not hold lines"):
        read(kept)


LINES = [
    {
        "kind": "couple",
        "data": {
            "label": "C-1044",
            "partner_a": {"name": "A."},
            "partner_b": {"name": "B."},
        },
    },
    {"kind": "closing", "data": {"outcome": "together_as_before", "effective_on": "2025-05-01"}},
]


def test_the_list_is_printed_and_read_from_the_shell(shell: Shell, tmp_path: Path, kept: Path) -> None:
    assert (tmp_path / "archive.key").read_text() == KEY
    file, key = str(tmp_path / "backup.zip"), ("--key-file", str(tmp_path / "archive.key"))
    told = ({"couple": "1044", "recorded_at": "2025-05-01T18:10:00Z", **each} for each in LINES)
    (tmp_path / "old.ndjson").write_text("".join(json.dumps(each) + "\n" for each in told))
    shell.good("import", str(tmp_path / "old.ndjson"), "--source", "old")
    (standing,), (person,) = shell.read("retention", "list"), shell.read("people", "list")
    assert shell.good("retention", "tombstones", "--lines") == ""
    shell.good("backup", file, *key)
    erased = ("--basis", "client_erasure", "--decision", "File 7", "--by", person["id"])
    shell.good("destroy", "--couple", standing["couple_id"], *erased, "--yes")
    kept.write_text(shell.good("retention", "tombstones", "--lines"))
    assert kept.read_text().count("\n") == 1

    elsewhere(shell, tmp_path, with_master_key=True)
    assert "--tombstones" in shell.trouble("restore", file, *key, "--by", person["id"])  # never in silence
    done = shell.run("restore", file, *key, "--tombstones", str(kept))

    assert (done.returncode, done.stderr.strip()) == (0, f"destroyed again: {standing['couple_id']}")
    assert shell.read("retention", "list") == []
    assert shell.good("retention", "tombstones", "--lines") == kept.read_text()
    assert shell.good("retention", "apply", str(kept)) == ""
    kept.write_text("no json\n")
    assert "does not hold lines" in shell.trouble("retention", "apply", str(kept))
