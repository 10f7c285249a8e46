"""`make prove-time`: the laws of days and instants on many examples, and a clock that jumps under a running service.

Ends with 1 when a law is broken, a jump hides or breaks anything, or a planted flaw is not noticed.
"""

import argparse
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from anyio.from_thread import start_blocking_portal

from app.chart import blocks
from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.couples import facts
from app.couples.facts import FAR_INSTANT
from app.main import create_app
from app.settings import Settings
from bench.databases import fresh_database
from tests.clocks import jumping
from tests.clocks.laws import FLAWS, LAWS, ZONES, law_of, prove
from tests.people import Watch, World

EXAMPLES, JUMPS, SEED = 20_000, 60, 20261122
MASTER = b"0123456789abcdef0123456789abcdef"
SIZES = (
    timedelta(0),
    timedelta(hours=1),
    jumping.DAY,
    -jumping.DAY,
    jumping.YEAR,
    -jumping.YEAR,
    30 * jumping.DAY,
)


def laws(examples: int) -> list[tuple[str, str, str]]:
    """Each law: its name, its words, what broke it or nothing."""
    found = []
    for law in LAWS:
        broken = _broken(lambda law=law: prove(law, examples))
        print(f"{law.name}: {broken or f'holds on {examples:,} examples'}", flush=True)
        found.append((law.name, law.words, broken))
    return found


def _broken(attempt: Any) -> str:
    try:
        attempt()
    except Exception as breach:  # noqa: BLE001 - whatever breaks a law is told
        notes = " ".join(getattr(breach, "__notes__", ()))
        return " ".join(f"{type(breach).__name__} {breach} {notes}".split())[:400]
    return ""


def unnoticed() -> list[str]:
    """Planted flaws that no law noticed."""
    found = []
    for name, (room, what, flawed, holds) in FLAWS.items():
        with mock.patch.object(room, what, flawed):
            if not _broken(lambda holds=holds: prove(law_of(holds), 200, smallest=False)):
                found.append(name)
    return found


@contextmanager
def a_world(kind: str) -> Iterator[World]:
    """A service in this process over a fresh database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_database(kind) as url,
        start_blocking_portal() as portal,
    ):
        watch = Watch()
        store = Store(url, MasterKey(MASTER), threads=4)
        settings = Settings(data_dir=Path(folder), rate_limit="1000000/minute")
        yield World(create_app(settings, clock=watch, store=store), store, watch, portal, url)
        store.close()


def jumps(kind: str, times: int) -> list[str]:
    """The clock stands somewhere else again and again: every fault after every jump."""
    dice = random.Random(SEED)
    with a_world(kind) as world:
        return jumping.run(world, [*jumping.JUMPS, *(dice.choice(SIZES) for _ in range(times))])


def silent_jumps() -> list[str]:
    """Planted flaws of the jumping clock that went unnoticed."""
    flaws: dict[str, tuple[Any, str, Any]] = {
        "known today means recorded before midnight": (
            facts,
            "known_bound",
            lambda chart, day: FAR_INSTANT if day is None else f"{day + timedelta(days=1)}T00:00:00.000000Z",
        ),
        "lines of the trail are looked for above the newest sealed one": (
            blocks,
            "_bound",
            lambda chart: str(chart.tuples(blocks._NEWEST)[0][0]),
        ),
    }
    found = []
    for name, (room, what, flawed) in flaws.items():
        with mock.patch.object(room, what, flawed):
            if not jumps("sqlite", 0):
                found.append(name)
    return found


def main() -> None:
    """Laws, planted flaws, jumps on both databases; a page with --out."""
    options = argparse.ArgumentParser(prog="make prove-time", description=__doc__)
    options.add_argument("--examples", type=int, default=EXAMPLES, help="for each law")
    options.add_argument(
        "--jumps", type=int, default=JUMPS, help="random ones, after those that are always made"
    )
    options.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    begun = time.monotonic()
    held = laws(chosen.examples)
    missed = unnoticed() + silent_jumps()
    faults = {kind: jumps(kind, chosen.jumps) for kind in chosen.databases}
    for kind, found in faults.items():
        print(f"{kind}: {len(jumping.JUMPS) + chosen.jumps} jumps, {found or 'no fault'}", flush=True)
    print(f"planted flaws not noticed: {missed or 'none'}")
    if chosen.out:
        chosen.out.write_text(_page(chosen, held, faults, missed, time.monotonic() - begun), "utf-8")
    sys.exit(1 if missed or any(faults.values()) or any(broken for _, _, broken in held) else 0)


def _page(
    chosen: Any,
    held: list[tuple[str, str, str]],
    faults: dict[str, list[str]],
    missed: list[str],
    seconds: float,
) -> str:
    rows = "\n".join(f"| {name} | {words} | {broken or '–'} |" for name, words, broken in held)
    made = len(jumping.JUMPS) + chosen.jumps
    told = "\n".join(f"| {kind} | {made} | {'; '.join(found) or '–'} |" for kind, found in faults.items())
    flaws = len(FLAWS) + 2
    return f"""# Days, instants and clocks

`python -m bench.time_laws --examples {chosen.examples} --jumps {chosen.jumps}`, {datetime.now(UTC):%Y-%m-%d},
{platform.python_implementation()} {platform.python_version()}, {seconds:.0f} s. `make prove-time` runs it; a small
version is part of `make test`, some of it with the server itself in other time zones.

## Laws

Days from 2024 to 2040, month ends and leap days often; instants near changes of clocks and local midnights in
{len(ZONES)} zones ({", ".join(ZONES)}). {chosen.examples:,} examples a law, the same ones each time.

| law | in words | broken by |
|---|---|---|
{rows}

## A clock that jumps

People record, sign, read, page and repeat requests while the server's clock, ids included, stands a day or a year
ahead, behind, and right again. After each jump: nothing is hidden from lists, from `known_at` today, from progress or
the caseload; a repeated request is recognised; chains, stamps and all anchors taken so far verify; the trail's blocks
are numbered without gaps and hold the lines written since, whatever their ids say.

| database | jumps | faults |
|---|---|---|
{told}

## Planted flaws

{flaws - len(missed)} of {flaws} are noticed{"" if not missed else ": not " + ", ".join(missed)}.

## What a jump does change

Times are the server's: what was recorded under a wrong clock keeps that time, and a question about how things were
known on an earlier day goes by it. Days "in the future" are refused by the clock as it stands. Keys, grants,
authorisations and tokens that end at an instant end by it, and open again when the clock is put right; the rate of
requests is counted by another clock that never jumps. The order in which things were written is kept by the numbered
blocks of the trail. Two steps of one case with the same day (closed and reopened) are told in the order of their ids:
with a clock put back between them, the calculation may take the earlier for the later one.
"""


if __name__ == "__main__":
    main()
