"""`mendline demo`: one command from nothing to an answering service, in a folder of its own."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

import httpx
import pytest

from app.chart.migrations import alone, migrate
from app.demo.command import run
from app.demo.practice import LOCK, STAMP, NotADemo, stand_ready
from app.demo.stories import STORIES

Json = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample practice that stands ready."""
    path = tmp_path_factory.mktemp("demo") / "here"
    stand_ready(path, "127.0.0.1", 8000).store.close()
    return path


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
    run(data_dir=folder, once=True, as_json=as_json)
    return capsys.readouterr().out


def test_once_prints_the_cases_as_json_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(printed(folder, capsys, as_json=True))

    assert list(found) == ["couples"]
    assert [each["case"] for each in found["couples"]] == [story.code for story in STORIES]
    for each, story in zip(found["couples"], STORIES):
        assert [way["direction"] for way in each["directions"]] == list(range(1, len(story.directions) + 1))
        for way in each["directions"]:
            assert set(way) == {"direction", "progress", "stop"}
            assert way["progress"]["status"]
            assert way["stop"]["criteria"]
            assert way["progress"]["direction_id"] == way["stop"]["direction_id"]


def test_once_prints_a_table_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(folder, capsys, as_json=False)

    assert all(story.code in text for story in STORIES)
    assert "safety_first" in text


def test_what_was_told_today_is_reused_with_a_key_of_its_own(folder: Path) -> None:
    first, second = (stand_ready(folder, "127.0.0.1", 8000) for _ in range(2))
    first.store.close()
    second.store.close()

    assert (first.fresh, second.fresh) == (False, False)
    assert first.practice_id == second.practice_id


@pytest.mark.parametrize("lost_key", [False, True])
def test_what_was_told_on_another_day_or_lost_its_key_is_told_afresh(
    tmp_path: Path, folder: Path, lost_key: bool
) -> None:
    stamp = json.loads((folder / STAMP).read_text())
    mark = stamp["mark"] if lost_key else "yesterday"
    (tmp_path / STAMP).write_text(json.dumps({**stamp, "mark": mark}))
    migrate(f"sqlite:///{tmp_path / 'mendline.db'}")

    demo = stand_ready(tmp_path, "127.0.0.1", 8000)
    demo.store.close()

    assert demo.fresh
    assert demo.practice_id != stamp["practice_id"]


def test_a_database_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mendline.db").write_bytes(b"a practice's own record")

    with pytest.raises(NotADemo, match="not a demo's"):
        stand_ready(tmp_path, "127.0.0.1", 8000)

    assert (tmp_path / "mendline.db").read_bytes() == b"a practice's own record"


def test_a_database_that_was_put_aside_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/operators.md tells an operator to do before a restore."""
    aside, own = tmp_path / "mendline.db.before", tmp_path / "mendline.db-wal"
    aside.write_bytes(b"a practice's own record")
    own.write_bytes(b"what it wrote last")
    with pytest.raises(NotADemo, match="not a demo's"):
        stand_ready(tmp_path, "127.0.0.1", 8000)
    assert own.exists()
    own.unlink()

    def made_no_further(url: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.demo.practice.migrate", made_no_further)
    for _ in range(2):  # the second finds what the first, killed, left behind
        with pytest.raises(KeyboardInterrupt):
            stand_ready(tmp_path, "127.0.0.1", 8000)
        assert aside.read_bytes() == b"a practice's own record"
        (tmp_path / "mendline.db").write_bytes(b"half a database")


def test_a_second_start_waits_for_the_first_and_takes_nothing_from_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chart.migrations.MAKING_SECONDS", 0.01)
    (tmp_path / STAMP).write_text('{"mark": "being made"}')
    (tmp_path / "mendline.db").write_bytes(b"being made by the first")

    with alone(tmp_path / LOCK), pytest.raises(OperationalError, match="locked"):
        stand_ready(tmp_path, "127.0.0.1", 8000)

    assert (tmp_path / "mendline.db").read_bytes() == b"being made by the first"


@contextmanager
def started(folder: Path, port: int) -> Iterator[tuple[str, Json]]:
    """The command as an operator starts it; gives its address and what it printed."""
    words = [sys.executable, "-m", "app.cli", "demo", "--data-dir", str(folder), "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told: Json = {}
    try:
        assert process.stdout is not None
        for line in process.stdout:
            name, _, rest = line.strip().partition("  ")
            told[name] = rest.strip()
            if line.startswith("Stop with"):
                break
        yield told["service"].rstrip("/"), told
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_printed_key_and_curl_answer_and_a_taken_port_is_no_hindrance(folder: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        with started(folder, taken) as (address, told):
            begun = time.monotonic()
            key = told["API key"]
            answer = httpx.get(
                f"{address}/v1/caseload", headers={"Authorization": f"Bearer {key}"}, timeout=60
            )

            assert answer.status_code == 200
            assert time.monotonic() - begun < 60
            assert answer.json()["items"][0]["label"].startswith("V12")
            assert int(address.rsplit(":", 1)[1]) != taken
            assert httpx.get(f"{address}/docs", timeout=60).status_code == 200
            assert key.startswith("ml_demo_")
            assert f"curl -H 'Authorization: Bearer {key}' {address}/v1/caseload" in told
