"""`make prove-file`: an encrypted SQLite file survives kills while it gets a new key, and what encryption costs.

Ends with 1 when a kill left a file that is not whole, or when the planted flaw (no journal) was not found.
"""

import argparse
import os
import platform
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from app.chart import file_keys, sqlcipher
from app.chart.chart import Store
from app.chart.file_keys import FileKeys
from app.chart.keys import MasterKey
from app.chart.migrations import migrate
from app.main import create_app
from app.settings import Settings
from tests.people import Caller, Watch, World, a_couple

SEED = 20261122
MASTER, NEXT = b"0123456789abcdef0123456789abcdef", b"abcdef0123456789abcdef0123456789"
BOTH = FileKeys(MasterKey(NEXT).file_key(), MasterKey(MASTER).file_key())
ROWS, WORDS = 20_000, 800
WAIT = 5.0


# --- killed while the file gets its new key ---


@dataclass
class Kills:
    """What the files looked like afterwards."""

    tried: int = 0
    former: int = 0
    anew: int = 0
    in_the_middle: int = 0
    broken: int = 0


def a_file(path: Path) -> None:
    """An encrypted file of some 20 MB under the former key."""
    connection = sqlcipher.connect(str(path), FileKeys(MasterKey(MASTER).file_key()), WAIT)
    connection.execute("PRAGMA journal_mode=WAL").close()
    connection.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, words)").close()
    connection.execute("BEGIN").close()
    connection.executemany("INSERT INTO thing VALUES (?, ?)", ((n, os.urandom(WORDS)) for n in range(ROWS)))
    connection.execute("COMMIT").close()
    connection.close()


def kills(times: int, *, journal: bool = True) -> Kills:
    """Kill -9 a process at random moments of its work, and look at the file with both keys known."""
    dice, told = random.Random(SEED), Kills()
    with tempfile.TemporaryDirectory(prefix="mendline-file-") as folder:
        kept, path = Path(folder) / "kept.db", Path(folder) / "mendline.db"
        a_file(kept)
        shutil.copy(kept, path)
        whole = _killed(path, 60.0, journal=journal)
        while told.tried < times:
            for left in path.parent.glob("mendline.db*"):
                left.unlink()
            shutil.copy(kept, path)
            _killed(path, dice.uniform(0, 1.1 * whole), journal=journal)
            _judge(path, told)
    return told


def _killed(path: Path, after: float, *, journal: bool) -> float:
    """Kill the process so long after it began to write, unless it has ended; gives how long it wrote."""
    keys = (str(BOTH.former), BOTH.current, "on" if journal else "off")
    order = [sys.executable, "-m", "bench.rekeyed", str(path), *keys]
    with subprocess.Popen(order, stdout=subprocess.PIPE) as worker:  # noqa: S603 - our own program
        assert worker.stdout is not None
        worker.stdout.readline()
        begun = time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(after)
        worker.kill()
    return time.monotonic() - begun


def _judge(path: Path, told: Kills) -> None:
    told.tried += 1
    told.in_the_middle += path.with_name(f"{path.name}-journal").exists()
    try:
        connection = sqlcipher.connect(str(path), BOTH, WAIT)
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        count = connection.execute("SELECT count(*), sum(length(words)) FROM thing").fetchone()
        connection.close()
        former = sqlcipher.under_former(str(path), BOTH, WAIT)
    except sqlite3.DatabaseError:
        told.broken += 1
        return
    if not sound or count != (ROWS, ROWS * WORDS):
        told.broken += 1
    elif former:
        told.former += 1
    else:
        told.anew += 1


# --- what it costs ---


@contextmanager
def worlds(encrypted: bool) -> Iterator[tuple[Caller, str]]:
    """A service in this process over a file of one kind: a clinician and the address of a couple."""
    with tempfile.TemporaryDirectory(prefix="mendline-file-") as folder, start_blocking_portal() as portal:
        url = f"sqlite:///{folder}/mendline.db"
        if encrypted:
            file_keys.encrypt(url, lambda: MasterKey(MASTER))
        migrate(url)
        store = Store(url, MasterKey(MASTER), threads=4)
        settings = Settings(data_dir=Path(folder), rate_limit="1000000/minute")
        world = World(create_app(settings, store=store, clock=Watch()), store, Watch(), portal, url)
        caller = world.somebody()
        yield caller, f"/v1/couples/{a_couple(caller)['id']}"
        store.close()


def a_note(number: int) -> dict[str, Any]:
    """A session with a note of two thousand letters."""
    return {
        "kind": "conjoint",
        "starts_at": "2026-03-01T16:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
        "note": {"format": "narrative", "text": f"{number:04d} " * 400},
    }


def costs(rounds: int, each: int = 150) -> dict[str, tuple[float, float]]:
    """Encrypted over plain, CPU and wall clock, for creating and reading a note: medians over rounds in turns."""
    taken: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    with worlds(False) as plain, worlds(True) as encrypted:
        for _ in range(rounds + 1):  # the first one warms up
            for kind, (caller, home) in ((False, plain), (True, encrypted)):
                for name, seconds in _round(caller, home, each):
                    taken.setdefault((name, kind), []).append(seconds)
    return {
        name: tuple(  # type: ignore[misc]
            statistics.median(
                two[by] / one[by] for one, two in zip(taken[name, False][1:], taken[name, True][1:])
            )
            for by in (0, 1)
        )
        for name in ("create", "read")
    }


def _round(caller: Caller, home: str, each: int) -> Iterator[tuple[str, tuple[float, float]]]:
    made: list[str] = []

    def create() -> None:
        made.extend(caller.made(f"{home}/sessions", a_note(n))["id"] for n in range(each))

    def read() -> None:
        for one in made:
            assert caller.get(f"/v1/sessions/{one}").status_code == 200

    for name, work in (("create", create), ("read", read)):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        yield name, (time.process_time() - cpu, time.perf_counter() - wall)


# --- the command ---


def main() -> None:
    """Kills, the planted flaw, costs; a page with --out."""
    options = argparse.ArgumentParser(prog="make prove-file", description=__doc__)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    told = kills(chosen.kills)
    print(told, flush=True)
    flawed = kills(30, journal=False)
    print("without a journal:", flawed, flush=True)
    page = _page(told, flawed, costs(chosen.rounds), f"python -m bench.whole_file --kills {chosen.kills}")
    print(page)
    if chosen.out:
        chosen.out.write_text(page, "utf-8")
    sys.exit(1 if told.broken or not flawed.broken else 0)


def _page(told: Kills, flawed: Kills, cost: dict[str, tuple[float, float]], command: str) -> str:
    lines = "\n".join(f"| {name} a note | {cpu:.2f} | {wall:.2f} |" for name, (cpu, wall) in cost.items())
    return f"""# A whole encrypted file

`{command}`, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()},
SQLCipher {sqlcipher.version()}. `make prove-file` runs it.

## Killed while the file gets a new key

A process that writes a file of {ROWS:,} rows anew under another key is killed (`kill -9`) at random moments of the
writing, {told.tried} times. The file is then opened as `mendline` does with both master keys known, checked by
`PRAGMA integrity_check`, and counted.

| left | times |
|---|---|
| whole, under the former key | {told.former} |
| whole, under the new key | {told.anew} |
| not whole | {told.broken} |

{told.in_the_middle} of the kills left a rollback journal, which opening the file played back. Planted flaw, the same
without a journal: {flawed.broken} of {flawed.tried} files are not whole.

## What it costs

The service in one process, requests one after the other, plain and encrypted file in turns; encrypted over plain,
medians:

| request | CPU | time |
|---|---|---|
{lines}
"""


if __name__ == "__main__":
    main()
