"""`mendline import`: a file from disk, couple by couple, in the clinician's name; on both databases."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidInput
from app.imports.command import ClinicianNeeded, run
from app.imports.service import Order
from tests.imports.sending import EXAMPLES, couple, ndjson, pause, report
from tests.people import Caller, World

AS_IT_IS = Order()


def imported(
    world: World, path: Path, capsys: pytest.CaptureFixture[str], *, order: Order = AS_IT_IS, **options: Any
) -> tuple[bool, dict[str, Any]]:
    whole = run(world.store, world.home(), path, order, as_json=True, **options)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    return whole, json.loads(printed)


def written(tmp_path: Path, *lines: dict[str, Any]) -> Path:
    path = tmp_path / "file.ndjson"
    path.write_bytes(ndjson(*lines))
    return path


def test_the_example_goes_in_for_the_only_clinician(
    world: World, therapist: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, found = imported(world, EXAMPLES / "import.ndjson", capsys)

    assert whole
    assert found["couples"] == {"imported": 2, "unchanged": 0, "refused": 0}
    (case,) = therapist.get("/v1/couples", params={"status": "closed"}).json()["items"]
    (session,) = therapist.get(f"/v1/couples/{case['id']}/sessions").json()["items"]
    assert session["recorded_by"] == session["signed_by"] == therapist.person_id


def test_the_command_and_the_request_know_of_each_other(
    world: World, therapist: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(world, EXAMPLES / "import.ndjson", capsys)
    headers = {"Content-Type": "application/x-ndjson"}

    again = therapist.http.post(
        "/v1/imports", content=(EXAMPLES / "import.ndjson").read_bytes(), headers=headers
    ).json()

    assert again["couples"] == {"imported": 0, "unchanged": 2, "refused": 0}


def test_couples_that_fail_leave_the_others_in(
    world: World, therapist: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, couple("1"), pause("1"), couple("2"), report("2", episodes=-1), couple("3"))

    whole, found = imported(world, path, capsys)

    assert not whole
    assert found["couples"] == {"imported": 2, "unchanged": 0, "refused": 1}
    labels = {item["label"] for item in therapist.get("/v1/couples").json()["items"]}
    assert labels == {"C-1", "C-3"}


def test_a_dry_run_leaves_nothing(
    world: World, therapist: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, found = imported(world, written(tmp_path, couple(), report()), capsys, order=Order(dry_run=True))

    assert whole
    assert found["couples"]["imported"] == 1
    assert therapist.get("/v1/couples").json()["items"] == []


def test_a_sheet_is_read_from_disk(
    world: World, therapist: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(world, written(tmp_path, couple("1051")), capsys)

    whole, found = imported(world, EXAMPLES / "threat-reports.csv", capsys, kind="threat_report")

    assert whole
    assert found["records"] == {"threat_report": {"imported": 3, "unchanged": 0}}


def test_people_read_a_table(
    world: World, therapist: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(world.store, world.home(), written(tmp_path, couple(), report(episodes=-1)), Order())

    printed = capsys.readouterr().out
    assert "1 refused" in printed
    assert "/data/episodes" in printed


def test_with_several_clinicians_one_must_be_named(world: World, therapist: Caller, tmp_path: Path) -> None:
    other = world.somebody("clinician")
    path = written(tmp_path, couple())

    with pytest.raises(ClinicianNeeded, match="2 clinicians"):
        run(world.store, world.home(), path, Order())
    run(world.store, world.home(), path, Order(clinician_id=other.person_id))

    assert len(other.get("/v1/couples").json()["items"]) == 1
    assert therapist.get("/v1/couples").json()["items"] == []


def test_a_stranger_cannot_be_named(world: World, therapist: Caller, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        run(world.store, world.home(), written(tmp_path, couple()), Order(clinician_id=world.home()))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_memory_does_not_grow_with_the_file(
    world: World, therapist: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only one couple's lines are held; thirty couples take no more than ten."""

    def peak(couples: int) -> int:
        path = tmp_path / f"{couples}.ndjson"
        names = [f"{couples}-{n}" for n in range(couples)]
        lines = [
            line
            for name in names
            for line in (couple(name), *(pause(name, str(n), words="x" * 2_000) for n in range(30)))
        ]
        path.write_bytes(ndjson(*lines))
        del lines
        tracemalloc.start()
        imported(world, path, capsys, order=Order(dry_run=True))
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    peak(2)  # statements are compiled once
    few, many = peak(10), peak(30)

    assert many < few * 1.3
