"""Made-up evidence documents, drawn by hypothesis or built by hand; tests only."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from app.timeline import evidence as shapes

START = date(2022, 3, 1)
LONGEST = 1100


def on(day: int) -> str:
    """Return the ISO form of a day counted from the start of repair."""
    return (START + timedelta(days=day)).isoformat()


def steady(
    weeks: int,
    per_week: float,
    *,
    change: float = 0.0,
    minutes: float | None = 60.0,
    every: int = 2,
    peak: float = 7.0,
) -> dict[str, Any]:
    """Return a document with a report every few weeks whose rate changes by ``change`` a month on the log scale."""
    reports = []
    for n in range(weeks // every):
        first = 7 * every * n
        rate = per_week * math.exp(change * (first + 3.5 * every) / 30.4375)
        reports.append(
            {
                "id": f"r{n:03d}",
                "window_start": on(first),
                "window_end": on(first + 7 * every - 1),
                "episodes": round(rate * every),
                "typical_duration_minutes": minutes,
                "peak_intensity": peak,
            }
        )
    return {"schema_version": "1", "repair_started_on": START.isoformat(), "threat_reports": reports}


def words(shape: Any) -> st.SearchStrategy[str]:
    """Draw one of the words a field allows."""
    return st.sampled_from(get_args(shape))


_days = st.integers(0, LONGEST)


@st.composite
def reports(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a course of reports over three years: with gaps, missing counts, turns and spikes.

    Hypothesis draws the course, a generator with a drawn seed fills in its hundred reports: drawing each
    field of each report would leave no time for more examples.
    """
    every, missing = draw(st.sampled_from((7, 14, 28))), draw(st.sampled_from((0.0, 0.1, 0.5)))
    level, turn = draw(st.floats(0.2, 25)), draw(st.integers(0, LONGEST))
    changes = draw(st.tuples(st.floats(-0.2, 0.05), st.floats(-0.2, 0.05)))
    first, last = (
        draw(st.integers(-20, 60)),
        draw(st.sampled_from((300, LONGEST + 60, LONGEST + 60, LONGEST + 60))),
    )
    chance = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - made-up evidence, not a secret
    found = []
    for n, day in enumerate(range(first, last, every)):
        level = max(0.05, level * math.exp(changes[day > turn] * every / 30.4375))
        if chance.random() >= missing:
            found.append(_report(f"r{n}", day, every, level, chance))
    return found


def _report(ident: str, day: int, every: int, level: float, chance: random.Random) -> dict[str, Any]:
    episodes = round(level * every / 7 * chance.choice((0.6, 0.8, 1.0, 1.0, 1.2, 1.5, 3.0)))
    return {
        "id": ident,
        "window_start": on(day - every + 1),
        "window_end": on(day),
        "recorded_on": chance.choice((None, on(day), on(day + 3))),
        "episodes": None if chance.random() < 0.05 else episodes,
        "typical_duration_minutes": chance.choice((None, 20, 45, 60.5, 90)),
        "peak_intensity": chance.choice((None, 4, 7, 9, 10)),
        "recovery_minutes": chance.choice((None, 30, 120)),
        "trigger": chance.choice((None, *["unknown"] * 8, *get_args(shapes.Trigger))),
    }


@st.composite
def marks(draw: st.DrawFn, prefix: str, field: str, shape: Any, most: int = 12) -> list[dict[str, Any]]:
    """Draw dated observations of one kind."""
    return [
        {"id": f"{prefix}{n}", "date": on(draw(_days)), field: draw(words(shape))}
        for n in range(draw(st.integers(0, most)))
    ]


@st.composite
def relapses(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a betrayal in the course, verified as ended some weeks later: the clock restarts."""
    day, weeks = draw(st.integers(30, LONGEST - 200)), draw(st.integers(1, 10))
    return [
        {"id": "z0", "date": on(day), "status": draw(st.sampled_from(("continuing", "new_betrayal")))},
        {"id": "z1", "date": on(day + 7 * weeks), "status": "verified_ceased"},
    ]


@st.composite
def documents(draw: st.DrawFn, *, contradicted: bool = True) -> dict[str, Any]:
    """Draw a whole evidence document; ``contradicted`` allows evidence of continuing behaviour."""
    cessation = draw(
        st.one_of(st.just([]), st.just([]), marks("z", "status", shapes.CessationStatus, 4), relapses())
    )
    if not contradicted:
        cessation = [c for c in cessation if c["status"].endswith("_ceased")]
    pauses = [(draw(_days), draw(st.integers(0, 120))) for _ in range(draw(st.integers(0, 2)))]
    return {
        "schema_version": "1",
        "case_id": "case",
        "discovery_date": draw(st.sampled_from((None, on(-20)))),
        "repair_started_on": draw(st.sampled_from((on(0),) * 9 + (None,))),
        "pauses": [
            {"id": f"p{n}", "start": on(first), "end": draw(st.sampled_from((on(first + length), None)))}
            for n, (first, length) in enumerate(pauses)
        ],
        "known_dates": [
            {**d, "recurs": draw(st.sampled_from(("none", "yearly", None)))}
            for d in draw(marks("k", "kind", shapes.KnownDateKind, 3))
        ],
        "threat_reports": draw(reports()),
        "accountability": draw(marks("a", "level", shapes.AccountabilityLevel)),
        "transparency": draw(marks("t", "level", shapes.TransparencyLevel)),
        "cessation": cessation,
        "commitments": [
            {
                "id": "c",
                "made_on": on(0),
                "owner": "B",
                "check_ins": draw(marks("i", "result", shapes.CheckInResult)),
            }
        ],
        "sessions": draw(marks("s", "status", shapes.SessionStatus, 3)),
    }


questions = st.integers(30, LONGEST + 60).map(lambda day: START + timedelta(days=day))
