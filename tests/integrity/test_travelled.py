"""A record that came with an archive verifies where it arrived, and goes on: whole, or one couple of it."""

import shutil
from pathlib import Path

import pytest

from app.archive import service as archive
from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.integrity import service
from bench.sealing import tampering
from bench.sealing.proof import is_sound, run
from bench.sealing.record import Record, a_session, record
from tests.archive.places import SECRET

sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite_alone
@pytest.mark.parametrize("alone", [False, True], ids=["practice", "couple"])
def test_what_arrived_verifies_and_is_signed_on(
    database_url: str, sqlite_template: Path, tmp_path: Path, alone: bool
) -> None:
    file, there = tmp_path / "record.zip", tmp_path / "there.db"
    shutil.copy(sqlite_template, there)
    with record(database_url) as made:
        with made.chart() as chart:
            ((couple,), *_) = chart.journey.fetch("SELECT id FROM couple ORDER BY id DESC", {})
            ((person,), *_) = chart.journey.fetch("SELECT id FROM person ORDER BY id", {})
        archive.export(made.store, made.watch(), made.practice_id, couple if alone else None, file, SECRET)
    store = Store(f"sqlite:///{there}", MasterKey(bytes(32)), threads=2)
    arrived = Record(store, made.practice_id, made.watch, [])
    archive.bring_in(store, made.watch(), file, SECRET)
    a_session(arrived, person, couple, 20, sign=True)

    with arrived.chart() as chart:
        service.seal_trail(chart)
        verdict = service.verify(chart)

    assert (verdict.faults, verdict.lines_not_sealed, verdict.lines_brought > 0) == ([], 0, alone)
    tampering.switch_guards_off(arrived)
    for change in (tampering.session_edited, tampering.seal_edited, tampering.public_key_replaced):
        assert not run(arrived, [(1, change)], 4).missed
    assert is_sound(arrived)
    store.close()
