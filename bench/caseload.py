"""`make bench-caseload`: how many couples a second are computed anew for a caseload; prints its figures.

The first caseload of a day computes every open couple of a clinician; later ones read what is stored. Couples have
three years of entries, and everything runs in one process. What is measured is the processor time of this process
for reading the record, calculating, and storing the results, without HTTP; with PostgreSQL the server's own work
comes on top.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from app.chart.chart import Actor, Store, Visit, new_id
from app.chart.keys import MasterKey
from app.practice import credentials
from app.progress import caseload
from bench.databases import place
from bench.filling import Clinician, Made, fill

COUPLES = 1000


class Reading(NamedTuple):
    """One clinician's caseload: couples, and the processor seconds of computing it and of reading it again."""

    couples: int
    computed: float
    read: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a database, ask every clinician's caseload twice, print couples a second."""
    parser = argparse.ArgumentParser(prog="python -m bench.caseload", description="Couples a second.")
    parser.add_argument("--couples", type=int, default=COUPLES)
    parser.add_argument("--depth", type=float, default=1.0, help="share of a full three-year case")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--out", type=Path, default=None, help="also write a page")
    asked = parser.parse_args(arguments)
    with place(asked.database) as found:
        store = Store(found.url, MasterKey(secrets.token_bytes(32)))
        try:
            made = fill(store, found.url, asked.couples, asked.depth, _tell)
            readings = measured(store, made)
        finally:
            store.close()
    entries = sum(made.rows.values()) // asked.couples
    lines = [f"{found.name}: {asked.couples} couples with {entries:,} entries each", *told(readings)]
    sys.stdout.write("\n".join([*lines, ""]))
    if asked.out:
        asked.out.write_text(page(lines, asked.couples), "utf-8")
    return 0


def page(lines: Sequence[str], couples: int) -> str:
    """Return the figures as a page."""
    load = " ".join(f"{x:.0f}" for x in os.getloadavg())
    command = "make bench-caseload" + (f' ARGS="--couples {couples}"' if couples != COUPLES else "")
    said = "\n".join(f"- {line}" for line in lines)
    return f"""# Caseload refresh

`{command}`, {datetime.now(UTC).date()}, on a machine with {os.cpu_count()} cores and a load of {load}.

{said}

The first caseload of a day computes every open couple of a clinician anew; later ones read what is stored, and only
couples with new evidence are computed again. One assessment is a small part of it (proofs/speed.md): the rest is
reading three years of entries through the walls, and storing the result.
"""


def measured(store: Store, made: Made) -> list[Reading]:
    """Ask every clinician's caseload for the first time, and again."""
    people = dict.fromkeys(couple.clinician for couple in made.couples)
    return [_asked(store, clinician) for clinician in people]


def _asked(store: Store, clinician: Clinician) -> Reading:
    (couples, computed), (_, read) = _once(store, clinician), _once(store, clinician)
    return Reading(couples, computed, read)


def _once(store: Store, clinician: Clinician) -> tuple[int, float]:
    actor = Actor(
        clinician.practice_id,
        clinician.person_id,
        "clinician",
        frozenset(credentials.SCOPES),
        zone="Europe/Vienna",
    )
    before = time.process_time()
    with store.chart(actor, datetime.now(UTC), Visit("benchCaseload", new_id()), writing=False) as chart:
        found = caseload.caseload(chart, {})
    return len(found.items), time.process_time() - before


def told(readings: Sequence[Reading]) -> list[str]:
    """Return the figures as lines; a clinician without couples says nothing."""
    held = [each for each in readings if each.couples]
    couples, computed = sum(each.couples for each in held), sum(each.computed for each in held)
    again = median(each.read for each in held) * 1e3
    return [
        f"computed anew: {couples} couples in {computed:.1f} s of processor time, {couples / computed:.0f} couples/s",
        f"read again: {again:.1f} ms a caseload of about {couples // len(held)} couples",
    ]


def _tell(words: str) -> None:
    sys.stderr.write(f"→ {words}\n")


if __name__ == "__main__":
    sys.exit(main())
