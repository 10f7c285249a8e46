"""Random evidence documents out of one number: courses as couples may have, and anything else the schema admits."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, get_args

from app.timeline import evidence as shapes

Document = dict[str, Any]
START = date(2022, 3, 1)
MOST_DAYS = 1200
TRIGGERS = get_args(shapes.Trigger)
ACCOUNTABILITY = get_args(shapes.AccountabilityLevel)
TRANSPARENCY = get_args(shapes.TransparencyLevel)
CESSATION = get_args(shapes.CessationStatus)
RESULTS = get_args(shapes.CheckInResult)
KINDS = get_args(shapes.KnownDateKind)
SESSIONS = get_args(shapes.SessionStatus)
MONTH = 30.4375


def day(number: int) -> str:
    """The ISO form of a day counted from the start of repair."""
    return (START + timedelta(days=number)).isoformat()


def drawn(chance: random.Random) -> tuple[Document, date]:
    """A document and a day to ask about: two in three times a course, else anything the schema admits."""
    document = course(chance) if chance.random() < 0.67 else anything(chance)
    return document, START + timedelta(days=chance.randint(20, MOST_DAYS + 60))


# --- courses ---


def course(chance: random.Random) -> Document:
    """A course of reports with turns, gaps, spikes and missing counts, and the behaviour beside it."""
    last = chance.choice((90, 400, 800, MOST_DAYS, MOST_DAYS))
    every, missing = chance.choice((7, 14, 14, 28)), chance.choice((0.0, 0.0, 0.1, 0.4))
    level, turn = chance.uniform(0.2, 25.0), chance.randint(0, MOST_DAYS)
    changes = chance.uniform(-0.25, 0.06), chance.uniform(-0.25, 0.06)
    noise = chance.choice((0.05, 0.3, 0.6))
    reports = []
    for number, first in enumerate(range(chance.randint(-30, 60), last, every)):
        level = min(60.0, max(0.02, level * math.exp(changes[first > turn] * every / MONTH)))
        if chance.random() >= missing:
            reports.append(
                _report(f"r{number}", first, every, level * math.exp(chance.gauss(0, noise)), chance)
            )
    return {
        "schema_version": "1",
        "case_id": "case",
        "discovery_date": chance.choice((None, day(-20), day(-200))),
        "repair_started_on": day(0),
        "pauses": _pauses(chance),
        "known_dates": _marks("k", "kind", KINDS, chance, 3, recurs=("none", "yearly", None)),
        "threat_reports": reports,
        "accountability": _marks("a", "level", ACCOUNTABILITY, chance, 16),
        "transparency": _marks("t", "level", TRANSPARENCY, chance, 16),
        "cessation": _cessation(chance),
        "commitments": [
            {
                "id": "c",
                "made_on": day(0),
                "owner": "b",
                "check_ins": _marks("i", "result", RESULTS, chance, 12),
            }
        ],
        "sessions": _marks("s", "status", SESSIONS, chance, 4),
    }


def _report(ident: str, first: int, length: int, level: float, chance: random.Random) -> Document:
    end = first + length - 1
    return {
        "id": ident,
        "window_start": day(first),
        "window_end": day(end),
        "recorded_on": chance.choice((None, None, day(end), day(end + 4))),
        "episodes": None
        if chance.random() < 0.04
        else round(level * length / 7 * chance.choice((1, 1, 1, 1, 3))),
        "typical_duration_minutes": chance.choice((None, 20, 45, 60.5, 90)),
        "peak_intensity": chance.choice((None, 4, 7, 9, 10)),
        "recovery_minutes": chance.choice((None, 30, 120)),
        "trigger": chance.choice((None, *["none_identified"] * 9, *TRIGGERS)),
    }


def _marks(
    prefix: str, field: str, words: Sequence[str], chance: random.Random, most: int, **also: Sequence[Any]
) -> list[Document]:
    # Most couples lean one way; a course of coin tosses would hardly ever meet anything.
    leaning = chance.choice(words)
    return [
        {
            "id": f"{prefix}{number}",
            "date": day(chance.randint(0, MOST_DAYS)),
            field: leaning if chance.random() < 0.6 else chance.choice(words),
            **{name: chance.choice(values) for name, values in also.items()},
        }
        for number in range(chance.randint(0, most))
    ]


def _pauses(chance: random.Random) -> list[Document]:
    found = []
    for number in range(chance.choice((0, 0, 1, 2))):
        first = chance.randint(0, MOST_DAYS)
        end = chance.choice((day(first + chance.randint(0, 120)), None))
        found.append({"id": f"p{number}", "start": day(first), "end": end})
    return found


def _cessation(chance: random.Random) -> list[Document]:
    kind = chance.random()
    if kind < 0.35:
        return []
    if kind < 0.7:
        return [
            {"id": "z0", "date": day(0), "status": chance.choice(("verified_ceased", "self_reported_ceased"))}
        ]
    if kind < 0.85:
        return _marks("z", "status", CESSATION, chance, 4)
    first = chance.randint(30, MOST_DAYS - 200)
    again = {"id": "z0", "date": day(first), "status": chance.choice(("continuing", "new_betrayal"))}
    return [again, {"id": "z1", "date": day(first + chance.randint(7, 70)), "status": "verified_ceased"}]


# --- anything ---


def anything(chance: random.Random) -> Document:
    """Whatever the schema admits, likely or not: empty, null, repeated, of the year 1900, of a thousand a day."""
    document: Document = {
        "schema_version": "1",
        "case_id": chance.choice((None, "", "Fall ☂", "case")),
        "discovery_date": _any_day(chance, none=True),
        "repair_started_on": chance.choice((day(0), day(0), day(0), _any_day(chance, none=True))),
        "notes": {"unknown": ["keys", "are", "ignored"]},
        "pauses": _some(chance, _any_pause, 4),
        "known_dates": _some(chance, _any_known_date, 5),
        "threat_reports": _some(chance, _any_report, chance.choice((3, 12, 60))),
        "accountability": _some(chance, _observation("level", ACCOUNTABILITY), 20),
        "transparency": _some(chance, _observation("level", TRANSPARENCY), 20),
        "cessation": _some(chance, _observation("status", CESSATION), 5),
        "commitments": _some(chance, _any_commitment, 4),
        "sessions": _some(chance, _observation("status", SESSIONS), 4),
    }
    return {key: value for key, value in document.items() if chance.random() > 0.05}


def _some(chance: random.Random, make: Any, most: int) -> list[Document] | None:
    if chance.random() < 0.1:
        return chance.choice((None, []))
    return [make(chance) for _ in range(chance.randint(0, most))]


def _any_day(chance: random.Random, *, none: bool = False) -> Any:
    if none and chance.random() < 0.4:
        return None
    odd = chance.random() < 0.06
    return (
        chance.choice(("1900-01-01", "2200-12-31", "2024-02-29"))
        if odd
        else day(chance.randint(-60, MOST_DAYS))
    )


def _ident(chance: random.Random) -> str:
    return chance.choice(("x", "é", "r", "ß", "☂")) + str(chance.randint(0, 90))


def _said(chance: random.Random) -> Document:
    return (
        {"id": _ident(chance), "recorded_on": _any_day(chance, none=True)}
        if chance.random() < 0.4
        else {"id": _ident(chance)}
    )


def _any_report(chance: random.Random) -> Document:
    first = START + timedelta(days=chance.randint(-60, MOST_DAYS))
    length = chance.choice((0, 0, 6, 6, 13, 13, 13, 27, 61, 400))
    return {
        **_said(chance),
        "window_start": first.isoformat(),
        "window_end": (first + timedelta(days=length)).isoformat(),
        "episodes": chance.choice((None, 0, 0, 1, 3, 9, 30, 400, 10_000)),
        "typical_duration_minutes": chance.choice((None, 0, 0.001, 30, 1440, 10_000)),
        "peak_intensity": chance.choice((None, 0, 5.5, 10)),
        "recovery_minutes": chance.choice((None, 0, 1e-3, 60, 10_000)),
        "trigger": chance.choice((None, *TRIGGERS)),
    }


def _any_pause(chance: random.Random) -> Document:
    first = START + timedelta(days=chance.randint(-60, MOST_DAYS))
    end = chance.choice((None, (first + timedelta(days=chance.randint(0, 900))).isoformat()))
    return {**_said(chance), "start": first.isoformat(), "end": end}


def _any_known_date(chance: random.Random) -> Document:
    recurs = chance.choice(("none", "yearly", None))
    return {**_said(chance), "date": _any_day(chance), "kind": chance.choice(KINDS), "recurs": recurs}


def _observation(field: str, words: Sequence[str]) -> Any:
    def make(chance: random.Random) -> Document:
        basis = chance.choice((None, None, "lapse_disclosed", "said"))
        return {**_said(chance), "date": _any_day(chance), field: chance.choice(words), "basis": basis}

    return make


def _any_commitment(chance: random.Random) -> Document:
    checks = _some(chance, _observation("result", RESULTS), 6)
    owner = chance.choice((None, "b"))
    return {**_said(chance), "made_on": _any_day(chance), "owner": owner, "check_ins": checks}
