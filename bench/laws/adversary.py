"""Documents made to be slow: as large as they may be, and larger; each is answered in bounded time or refused."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.timeline import EvidenceError, assess, explain
from bench.laws.documents import START, Document, day

MOST_SECONDS = 1.0
MOST_ITEMS = 20_000


class Ordeal(NamedTuple):
    """One such document, what came of it, and the processor time it took."""

    name: str
    answer: str
    seconds: float

    @property
    def within(self) -> bool:
        """Whether it was answered or refused within the bound."""
        return self.seconds <= MOST_SECONDS


def documents() -> dict[str, Callable[[], Document]]:
    """The documents by name."""
    return {
        "20,000 daily reports over 55 years": lambda: _reports(range(MOST_ITEMS)),
        "20,000 reports over the last three years": lambda: _reports([n % 1095 for n in range(MOST_ITEMS)]),
        "20,000 reports, 20,000 of each kind of behaviour": _everything,
        "20,000 reports and 1,000 yearly dates": lambda: {**_reports(range(MOST_ITEMS)), **_dates(1000)},
        "20,000 reports, betrayed and verified 5,000 times": lambda: {
            **_reports(range(MOST_ITEMS)),
            **_relapses(),
        },
        "20,001 reports": lambda: _reports(range(MOST_ITEMS + 1)),
        "1,001 commitments": lambda: {
            "commitments": [{"id": f"c{n}", "made_on": day(0)} for n in range(1001)]
        },
    }


def ordeals() -> list[Ordeal]:
    """Every document assessed, and two explained as well: the best of three tries each."""
    as_of = START + timedelta(days=MOST_ITEMS)
    found = [_best(name, make(), as_of, assess) for name, make in documents().items()]
    explained = {"the first": _reports(range(MOST_ITEMS)), "the third": _everything()}
    return [
        *found,
        *(_best(f"{name}, explained", made, as_of, explain) for name, made in explained.items()),
    ]


def _best(name: str, document: Document, as_of: date, calculate: Callable[..., Any]) -> Ordeal:
    tries = [_tried(name, document, as_of, calculate) for _ in range(3)]
    return min(tries, key=lambda each: each.seconds)


def _tried(name: str, document: Document, as_of: date, calculate: Callable[..., Any]) -> Ordeal:
    before = time.process_time()
    try:
        calculate(document, as_of)
        answer = "answered"
    except EvidenceError as wrong:
        answer = f"refused: {wrong}"
    return Ordeal(name, answer, time.process_time() - before)


def _reports(days: Any) -> Document:
    chance = random.Random(1)
    reports = [
        {
            "id": f"r{n}",
            "window_start": day(first),
            "window_end": day(first),
            "episodes": chance.randint(0, 9),
            "typical_duration_minutes": chance.randint(1, 90),
            "peak_intensity": chance.randint(0, 10),
        }
        for n, first in enumerate(days)
    ]
    return {"repair_started_on": day(0), "threat_reports": reports}


def _everything() -> Document:
    marks = [{"id": f"m{n}", "date": day(n)} for n in range(MOST_ITEMS)]
    return {
        **_reports(range(MOST_ITEMS)),
        "accountability": [{**mark, "level": "deflected"} for mark in marks],
        "transparency": [{**mark, "level": "proactive"} for mark in marks],
        "sessions": [{**mark, "status": "attended"} for mark in marks],
    }


def _dates(number: int) -> Document:
    dates = [{"id": f"k{n}", "date": day(n), "kind": "stressor", "recurs": "yearly"} for n in range(number)]
    return {"known_dates": dates, "discovery_date": day(-1)}


def _relapses() -> Document:
    words = ("new_betrayal", "verified_ceased")
    return {"cessation": [{"id": f"z{n}", "date": day(2 * n), "status": words[n % 2]} for n in range(10_000)]}
