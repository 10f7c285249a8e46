"""`make prove-soak`: mixed load for half an hour on each database; ends with 1 when anything grows or fails."""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from app.chart.file_keys import path_of
from bench.databases import place
from bench.durability.service import MASTER, prepared
from bench.processes import running
from bench.soak.flawed import LEAK
from bench.soak.judging import DEARER, MEMORY_LIMIT, SLOWER, Slope, percentile, slope, steady
from bench.soak.load import WARM_UP, Asked, Load
from bench.soak.sampling import MB, Sample, look

SEED = 20261122
ENOUGH = 20  # minutes
SHIPPED = ("-m", "app.cli", "serve", "--port", "{port}")
FLAWS = {"a leak of memory": "of_memory", "a leak of files": "of_files"}


@dataclass
class Run:
    """What was seen on one database."""

    name: str
    samples: list[Sample]
    asked: list[Asked]
    errors: dict[str, int]
    minutes: float
    rate: float

    @property
    def warm(self) -> list[Sample]:
        """Samples after the warm-up."""
        return self.samples[int(len(self.samples) * WARM_UP) :]

    def grows_by(self, what: str) -> Slope:
        """Of memory, an hour."""
        return slope([each.at for each in self.warm], [getattr(each, what) for each in self.warm])

    def held(self, what: str) -> str:
        """Whether a number of files, threads or connections stays."""
        return steady([getattr(each, what) for each in self.warm])

    def slowest(self) -> tuple[float, float]:
        """99th percentile in ms of the first third (of ten minutes at most) after the warm-up, and of the last."""
        times = [each.due for each in self.asked]
        begin = min(times) + (max(times) - min(times)) * WARM_UP
        stretch = min(600.0, (max(times) - begin) / 2)
        first = [each.seconds for each in self.asked if begin <= each.due < begin + stretch]
        last = [each.seconds for each in self.asked if each.due >= max(times) - stretch]
        return percentile(first, 0.99) * 1000, percentile(last, 0.99) * 1000

    def dearest(self) -> tuple[float, float]:
        """Processor time in ms of one request, the database's included: the first third after the warm-up, the last."""
        third = len(self.warm) // 3
        return self._cost(self.warm[:third]), self._cost(self.warm[-third:])

    def _cost(self, samples: list[Sample]) -> float:
        first, last = samples[0], samples[-1]
        return (last.processor - first.processor) / (last.at - first.at) / self.rate * 1000

    def faults(self) -> list[str]:
        """Everything that is not as it should be."""
        found = [f"{count} × {what}" for what, count in sorted(self.errors.items())]
        found += [
            f"{what} grows by {self.grows_by(what).per_hour:.1f} MB an hour"
            for what in ("memory", "database_memory")
            if self.grows_by(what).verdict(MEMORY_LIMIT) == "grows"
        ]
        found += [
            f"{what} grow" for what in ("files", "threads", "connections") if self.held(what) == "grows"
        ]
        first, last = self.slowest()
        if last > SLOWER * first:
            found.append(f"answers are slower in the end: {first:.0f} ms, then {last:.0f} ms")
        first, last = self.dearest()
        if last > DEARER * first:
            found.append(f"a request costs more in the end: {first:.1f} ms, then {last:.1f} ms")
        return found


def soak(kind: str, minutes: float, rate: float, factory: str | None = None) -> Run:
    """Run the load against a fresh service on a fresh database."""
    with place(kind) as where, tempfile.TemporaryDirectory() as folder:
        key = prepared(where.url)
        environment = {
            "MENDLINE_DATA_DIR": folder,
            "MENDLINE_DATABASE_URL": where.url,
            "MENDLINE_MASTER_KEY": MASTER,
            "MENDLINE_ENVIRONMENT": "demo",
            "MENDLINE_RATE_LIMIT": "1000000/minute",
            "MALLOC_ARENA_MAX": "2",  # as the container has it
        }
        flawed = (
            "-m",
            "uvicorn",
            "--factory",
            f"bench.soak.flawed:{factory}",
            "--port",
            "{port}",
            "--no-access-log",
        )
        command = [sys.executable, *(flawed if factory else SHIPPED)]
        path = Path(path_of(where.url)) if kind == "sqlite" else None
        with running(command, environment, core=None) as server:
            load, samples, ended = Load(server.url, key, SEED), list[Sample](), threading.Event()
            watcher = threading.Thread(
                target=_watch,
                args=(samples, ended, server.pid, where.pid, path, max(0.5, minutes / 4)),
                daemon=True,
            )
            watcher.start()
            asyncio.run(load.run(rate, minutes * 60))
            ended.set()
            watcher.join()
        return Run(where.name, samples, load.asked, dict(load.errors), minutes, rate)


def _watch(
    samples: list[Sample],
    ended: threading.Event,
    pid: int,
    database: int | None,
    path: Path | None,
    every: float,
) -> None:
    begun = told = time.monotonic()
    while not ended.wait(every):
        now = time.monotonic()
        samples.append(look(now - begun, pid, database, path))
        if now - told > 60:
            told = now
            last = samples[-1]
            print(
                f"  {last.at / 60:.0f} min, {'PostgreSQL' if database else 'SQLite'}: {last.memory:.0f} MB,"
                f" backends {last.database_memory:.0f} MB, {last.files} files, {last.threads} threads,"
                f" {last.connections} connections, WAL {last.wal:.1f} MB",
                flush=True,
            )


def main() -> None:
    """Both databases, then the planted flaws in short runs."""
    options = argparse.ArgumentParser(prog="make prove-soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0, help="for each database")
    options.add_argument("--rate", type=float, default=10.0, help="requests a second")
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument(
        "--flaw-minutes", type=float, default=1.5, help="for each planted flaw; 0 leaves them out"
    )
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    told = f"{chosen.minutes:g} minutes at {chosen.rate:g} requests a second"
    print(f"{' and '.join(chosen.databases)}: {told}", flush=True)
    one = partial(soak, minutes=chosen.minutes, rate=chosen.rate)
    with ProcessPoolExecutor(len(chosen.databases)) as side_by_side:
        runs = list(side_by_side.map(one, chosen.databases))
    for run in runs:
        print(run.name, _told(run), sep="\n", flush=True)
    missed = [] if not chosen.flaw_minutes else _missed(chosen.flaw_minutes, chosen.rate)
    print(f"planted flaws not noticed: {missed or 'none'}")
    if chosen.out:
        chosen.out.write_text(_page(runs, missed, chosen.minutes, chosen.rate, chosen.flaw_minutes), "utf-8")
    sys.exit(1 if missed or any(run.faults() for run in runs) else 0)


def _missed(minutes: float, rate: float) -> list[str]:
    """Planted flaws that went unnoticed. A short run grows while caches fill: a leak must be seen in its own size."""
    memory, files = (soak("sqlite", minutes, rate, factory) for factory in FLAWS.values())
    leaked, grown = LEAK * rate * 3600 / MB, memory.grows_by("memory")
    print(f"planted, {leaked:.0f} MB an hour: {_slope(grown)}; files: {files.held('files')}", flush=True)
    noticed = (grown.low > leaked / 2, files.held("files") == "grows")
    return [name for name, seen in zip(FLAWS, noticed, strict=True) if not seen]


def _told(run: Run) -> str:
    memory, backends, last = run.grows_by("memory"), run.grows_by("database_memory"), run.samples[-1]
    before, after = run.slowest()
    cheap, dear = run.dearest()
    wal, warm = max(each.wal for each in run.samples), run.warm[0]
    return "\n".join(
        (
            f"| requests | {len(run.asked):,} |",
            f"| errors | {sum(run.errors.values())} |",
            f"| resident memory, begin of the measured stretch and end | {warm.memory:.0f} MB, {last.memory:.0f} MB |",
            f"| its slope | {_slope(memory)} |",
            f"| private memory of PostgreSQL's backends, slope | {_slope(backends)} |",
            f"| open files | {warm.files}, {last.files}: {run.held('files')} |",
            f"| threads | {warm.threads}, {last.threads}: {run.held('threads')} |",
            f"| connections to the database | {warm.connections}, {last.connections}: {run.held('connections')} |",
            f"| WAL at its largest, database in the end (SQLite) | {wal:.1f} MB, {last.database:.1f} MB |",
            f"| processor time a request, first and last third | {cheap:.1f} ms, {dear:.1f} ms |",
            f"| 99th percentile, first and last stretch | {before:.0f} ms, {after:.0f} ms |",
            f"| **verdict** | {'; '.join(run.faults()) or 'nothing grows'} |",
        )
    )


def _slope(found: Slope) -> str:
    between = f"{found.low:+.1f} to {found.high:+.1f}"
    return f"{found.per_hour:+.1f} MB an hour (95 %: {between}): {found.verdict(MEMORY_LIMIT)}"


def _short(minutes: float) -> str:
    """A run that ends before everything bounded is full says nothing about what is not."""
    if minutes >= ENOUGH:
        return ""
    return (
        f"\n\n**This run is too short for its verdict on memory**: in {minutes:g} minutes the pages, plans and answers"
        "\nthat are remembered up to a bound are still filling. It shows errors, files, threads, connections and times."
    )


def _page(runs: Sequence[Run], missed: list[str], minutes: float, rate: float, flawed: float) -> str:
    parts = "\n\n".join(f"## {run.name}\n\n| | |\n|---|---|\n{_told(run)}" for run in runs)
    noticed = f"{len(FLAWS) - len(missed)} of {len(FLAWS)}" if flawed else "not run this time"
    return f"""# Soak

`python -m bench.soak --minutes {minutes:g} --rate {rate:g}`, {datetime.now(UTC):%Y-%m-%d},
{platform.system()} {platform.machine()}, {os.cpu_count()} cores. `make prove-soak` runs it.

Both databases at the same time, a service for each. `mendline serve` as it is shipped, one process, answers
{rate:g} requests a second for {minutes:g} minutes: reads, progress, caseload, new sessions, markers and reports,
retries with their keys, imports, wrong keys, wrong ids, bad input, and readers that take their answers in drops and go
away. Each request is due at its time whether those before it are back or not. Work moves on to new couples, and cases
are closed after it, so that one request has as much to do in the end as in the beginning. The first third is warm-up,
with three times as many requests in crowds, so that what the service and each of its connections remember up to a
bound (answers, pages, keys) is full before it is measured. Processor time is the service's and its database's
together. Slopes are least squares through the means of ten stretches, with an interval of eight degrees of freedom:
`grows` when even its lower end is above
{MEMORY_LIMIT:g} MB an hour, `flat` when its upper end is below, `undecided` when the run was too short to
tell.{_short(minutes)}

{parts}

## Planted flaws

A service that keeps 64 kB of every request, and one that leaves a file open at each twentieth; {flawed:g} minutes
each. The leak must be seen in at least half its own size, because a short run also grows while caches fill. Noticed:
{noticed}.
"""


if __name__ == "__main__":
    main()
