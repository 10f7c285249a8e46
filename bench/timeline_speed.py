"""How long one assessment and one weekly history take on one core; run by hand, prints its figures.

OPENBLAS_NUM_THREADS=1 .venv/bin/python bench/timeline_speed.py
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

# One core is the promise; the libraries below numpy read this when they are loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from app.timeline import assess, history

START = date(2022, 1, 3)
DAYS = 1096


def course(seed: int, every: int) -> dict[str, Any]:
    """Return three years of made-up evidence with a report every few days and weekly markers."""
    chance = random.Random(seed)
    level, change = chance.uniform(8, 25), chance.uniform(-0.14, 0.0)
    reports = []
    for n, first in enumerate(range(0, DAYS - every + 1, every)):
        rate = level * math.exp(change * first / 30.4375) * chance.uniform(0.6, 1.5)
        reports.append(
            {
                "id": f"r{n}",
                "window_start": _day(first),
                "window_end": _day(first + every - 1),
                "episodes": round(rate * every / 7 + chance.random() - 0.5),
                "typical_duration_minutes": round(60 * math.exp(0.5 * change * first / 30.4375) + 10, 1),
                "peak_intensity": chance.randint(4, 10),
                "trigger": "unknown",
            }
        )
    levels = ("full_ownership", "acknowledged_harm", "minimised", "deflected")
    return {
        "schema_version": "1",
        "discovery_date": _day(-20),
        "repair_started_on": _day(0),
        "threat_reports": reports,
        "accountability": [
            {"id": f"a{n}", "date": _day(14 * n), "level": chance.choice(levels)} for n in range(DAYS // 14)
        ],
        "transparency": [
            {"id": f"t{n}", "date": _day(14 * n), "level": "proactive"} for n in range(DAYS // 14)
        ],
        "cessation": [{"id": "c", "date": _day(900), "status": "verified_ceased"}],
        "commitments": [
            {
                "id": "m",
                "made_on": _day(0),
                "check_ins": [
                    {"id": f"i{n}", "date": _day(14 * n), "result": "kept"} for n in range(DAYS // 14)
                ],
            }
        ],
    }


def _day(day: int) -> str:
    return (START + timedelta(days=day)).isoformat()


def milliseconds(cases: list[dict[str, Any]], rounds: int) -> list[float]:
    """Return the processor time of each assessment."""
    as_of, found = START + timedelta(days=DAYS), []
    for _ in range(rounds):
        for case in cases:
            before = time.process_time()
            assess(case, as_of)
            found.append((time.process_time() - before) * 1e3)
    return sorted(found)


def yardstick() -> float:
    """Return the best processor time, in milliseconds, of one Cholesky factor of 300 by 300: how fast this core is."""
    square = np.random.default_rng(1).standard_normal((300, 300))
    square = square @ square.T + 300.0 * np.eye(300)
    found = []
    for _ in range(50):
        before = time.process_time()
        np.linalg.cholesky(square)
        found.append((time.process_time() - before) * 1e3)
    return min(found)


def main() -> None:
    """Print median and 95th percentile for three rhythms of reporting, and the time of one history."""
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, Cholesky 300x300 {yardstick():.2f} ms")
    for name, every in (("fortnightly", 14), ("weekly", 7), ("daily", 1)):
        cases = [course(seed, every) for seed in range(20)]
        milliseconds(cases[:3], 3)
        found = milliseconds(cases, 10 if every > 1 else 3)
        reports = len(cases[0]["threat_reports"])
        p95 = found[int(0.95 * len(found))]
        # On a shared machine the best run says more about the code, the others about the neighbours.
        median = statistics.median(found)
        print(f"{name:12} {reports:4} reports  best {found[0]:5.2f}  median {median:5.2f}  p95 {p95:5.2f} ms")
    spent, weeks = [], []
    for _ in range(5):
        before = time.process_time()
        weeks = history(course(1, 7), START + timedelta(days=DAYS))
        spent.append((time.process_time() - before) * 1e3)
    print(
        f"history      {len(weeks):4} weeks    best {min(spent):5.0f}  median {statistics.median(spent):5.0f} ms"
    )


if __name__ == "__main__":
    main()
