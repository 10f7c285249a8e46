"""`python -m bench.drawings`: draw the figures of docs/model.md from a small simulation that is run once and kept."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from app.timeline import CURRENT
from bench.drawings import pictures
from bench.drawings.constants import with_table
from bench.drawings.pictures import MODEL, couple_of
from bench.model import figures
from bench.model.families import FAMILIES, MONTH, REPAIRING, UNMOVED
from bench.model.looks import SIMPLE, Course, Plan, run
from bench.model.methods import METHODS

FOLDER = Path("docs/figures")
PAGE, SIMULATION = Path("docs/model.md"), "simulation.json"
SEED, ROUNDS, EVERY_DAYS = 20261123, 3, 14
FOUND_BY, MET = 30, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw; simulate first if nothing is kept or it is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.drawings", description="Draw the figures.")
    parser.add_argument("--simulate", action="store_true", help="simulate again (some minutes)")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = FOLDER / SIMULATION
    if asked.simulate or not kept.exists():
        kept.write_text(json.dumps(simulated(asked.processes), indent=1) + "\n", "utf-8")
    for name, text in drawn(json.loads(kept.read_text("utf-8"))).items():
        (FOLDER / name).write_text(text, "utf-8")
        sys.stdout.write(f"→ {FOLDER / name}\n")
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"→ {PAGE}\n")
    return 0


def drawn(simulation: dict[str, Any]) -> dict[str, str]:
    """Every figure by the name of its file."""
    couples = int(simulation["couples"])
    shares = {name: (float(a), float(b)) for name, (a, b) in simulation["methods"].items()}
    bins = [(int(n), float(said), float(came)) for n, said, came in simulation["calibration"]]
    return {
        "course.svg": pictures.course(couple_of("two steps forward, one back", seed=5, noise=0), 30),
        "weeks.svg": pictures.weeks(couple_of("plateau, then repair", noise=0), 40),
        "methods.svg": pictures.methods(shares, couples),
        "calibration.svg": pictures.calibration(bins, couples),
    }


def simulated(processes: int) -> dict[str, Any]:
    """A small run of the proof's couples on a seed of its own: what two of the figures need, and no more."""
    number = ROUNDS * len(FAMILIES)
    looked = run(Plan(SEED, every_days=EVERY_DAYS), range(number), processes)
    courses = list(track(looked, total=number, description="couples", console=Console(stderr=True)))
    return {
        "couples": number,
        "seed": SEED,
        "parameters": CURRENT.version,
        "every_days": EVERY_DAYS,
        "methods": {MODEL: _model(courses), **{name: _simple(courses, n) for n, name in enumerate(METHODS)}},
        "calibration": _calibration(courses),
    }


def _calibration(courses: list[Course]) -> list[tuple[int, float, float]]:
    """Return for each bin how many answers it holds, what they said on average, and how often it came true."""
    falls, truth = figures.column(courses, "falls"), figures.column(courses, "truth")
    told = np.isfinite(falls) & np.isfinite(truth)
    bins = figures.bins(falls[told], truth[told] <= CURRENT.reading.minimum_progress)
    return [(number, round(said, 4), round(came, 4)) for number, _, said, came in bins]


def _model(courses: list[Course]) -> tuple[float, float]:
    repairing, others = figures.of(courses, REPAIRING), figures.of(courses, UNMOVED)
    found = [bool((c.criteria[c.days <= FOUND_BY * MONTH] >= MET).any()) for c in others]
    return len(figures.falsely_stopped(courses)) / len(repairing), sum(found) / len(found)


def _simple(courses: list[Course], which: int) -> tuple[float, float]:
    def ever(course: Course, month: float) -> bool:
        stops = course.simple[course.days <= month * MONTH, which, SIMPLE.index("stop")]
        return bool((np.nan_to_num(stops) > 0).any())

    repairing, others = figures.of(courses, REPAIRING), figures.of(courses, UNMOVED)
    wrong = sum(ever(c, math.inf) for c in repairing) / len(repairing)
    return wrong, sum(ever(c, FOUND_BY) for c in others) / len(others)


if __name__ == "__main__":
    sys.exit(main())
