"""`make prove-seals`: prints what was changed or swapped, found and missed; ends with 1 when anything was missed."""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.sealing import swapping
from bench.sealing.proof import SEED, Outcome, is_sound, run
from bench.sealing.record import database, record
from bench.sealing.tampering import SEAL_CHANGES, TRAIL_CHANGES, switch_guards_off

TIMES = {"sqlite": (1000, 5000), "postgresql": (200, 300)}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL 18"}
SWAPS, FLAWED = 1500, 60
FIGURES = ("<!-- figures: written by the command -->", "<!-- end of figures -->")


def main() -> None:
    """Both databases, unless told otherwise."""
    options = argparse.ArgumentParser(prog="make prove-seals", description=__doc__)
    options.add_argument("--databases", nargs="+", default=list(TIMES), choices=list(TIMES))
    options.add_argument("--seals", type=int, help="changes of what was signed")
    options.add_argument("--trail", type=int, help="changes of the trail")
    options.add_argument("--swaps", type=int, default=SWAPS, help="ciphertexts in each other's places")
    options.add_argument("--seed", type=int, default=SEED)
    options.add_argument("--out", type=Path, help="the page whose figures are put in")
    chosen = options.parse_args()
    missed, lines = 0, list[str]()
    for kind in chosen.databases:
        seals, trail = TIMES[kind]
        missed += prove(kind, chosen.seals or seals, chosen.trail or trail, chosen.seed, lines)
        missed += prove_swaps(kind, chosen.swaps, chosen.seed, lines)
    if chosen.out:
        _put(chosen.out, lines, chosen.seed)
    sys.exit(1 if missed else 0)


def prove(kind: str, seals: int, trail: int, seed: int, lines: list[str]) -> int:
    """One database: gives how many changes were missed, or found where there was none."""
    with database(kind) as url, record(url) as made:
        switch_guards_off(made)
        if not is_sound(made):
            print(f"{kind}: the untouched record does not verify")
            return 1
        missed = 0
        for name, changes, times in (("signed", SEAL_CHANGES, seals), ("trail", TRAIL_CHANGES, trail)):
            begun = time.perf_counter()
            outcome = run(made, changes, times, seed)
            _tell(kind, name, outcome, time.perf_counter() - begun, lines)
            missed += outcome.missed.total()
        sound = is_sound(made)
        print(f"{kind}: the record, taken back, verifies: {'yes' if sound else 'NO'}")
        return missed + (not sound)


def prove_swaps(kind: str, times: int, seed: int, lines: list[str]) -> int:
    """Ciphertexts in each other's places: gives how many were read in silence; the planted flaw must be caught."""
    told = _swapped(kind, times, seed, each=True)
    with swapping.without_associated_data():
        flawed = _swapped(kind, FLAWED, seed)
    left = swapping.sealed_columns() - told.columns
    for table, column in sorted(left):
        print(f"  NEVER TRIED: {table}.{column}")
    refused, places = (
        told.refused.total(),
        f"all {len(told.columns)} sealed columns of {len(told.tables)} tables",
    )
    each = ", ".join(f"{name} {count}" for name, count in sorted(told.refused.items()))
    print(f"{kind}, swapped: {refused} of {told.tried} refused and named, in {places} ({each})", flush=True)
    print(
        f"{kind}, swapped, without associated data: {flawed.silent.total()} of {flawed.tried} read in silence"
    )
    lines.append(
        f"| {NAMES[kind]} | swapped ciphertexts and wrapped keys, {places}"
        f" | {told.tried:,} | {len(told.refused | told.silent)} | {told.refused.total():,} |"
    )
    return told.silent.total() + len(left) + (not flawed.silent)


def _swapped(kind: str, times: int, seed: int, *, each: bool = False) -> swapping.Swaps:
    with (
        tempfile.TemporaryDirectory() as folder,
        database(kind) as url,
        swapping.two_practices(url, Path(folder)) as practices,
    ):
        return swapping.run(practices, times, seed, each=each)


def _tell(kind: str, name: str, outcome: Outcome, seconds: float, lines: list[str]) -> None:
    kinds = len(outcome.found | outcome.missed)
    print(
        f"{kind}, {name}: {outcome.found.total()} of {outcome.tried} changes found "
        f"({kinds} kinds, {seconds:.0f} s)",
        flush=True,
    )
    for what, count in sorted(outcome.missed.items()):
        print(f"  MISSED {what}: {count}")
    what = {"signed": "what was signed", "trail": "the trail"}[name]
    lines.append(f"| {NAMES[kind]} | {what} | {outcome.tried:,} | {kinds} | {outcome.found.total():,} |")


def _put(page: Path, lines: list[str], seed: int) -> None:
    """Write the figures into the page, between their marks."""
    before, _, rest = page.read_text("utf-8").partition(FIGURES[0])
    after = rest.partition(FIGURES[1])[2]
    table = "\n".join(
        (
            f"`make prove-seals`, seed {seed}, {datetime.now(UTC):%Y-%m-%d}:",
            "",
            "| database | what was changed | changes | kinds of change | found |",
            "|---|---|---|---|---|",
            *lines,
        )
    )
    page.write_text(f"{before}{FIGURES[0]}\n\n{table}\n\n{FIGURES[1]}{after}", "utf-8")


if __name__ == "__main__":
    main()
