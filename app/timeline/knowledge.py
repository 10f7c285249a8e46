"""What was known on a day: drops later evidence and repeats, sorts by id, and makes the digest; internal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, TypeVar

from app.timeline.records import Commitment, KnownDate, Observation, Pause, Record, Report

_ID = attrgetter("id")
_T = TypeVar("_T", Pause, KnownDate, Report, Observation, Commitment)


# Nothing here refers to itself, so the encoder need not watch for circles.
_CANONICAL = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), allow_nan=False
)


def known_on(record: Record, as_of: int) -> Record:
    """Return the part of ``record`` that was known on the day ``as_of``, in canonical order.

    A later end of a pause is not known yet, so the pause is still open; a later start of repair is none.
    """
    return Record(
        record.case_id,
        _not_after(record.discovery_date, as_of),
        _not_after(record.repair_started_on, as_of),
        _once([_open_pause(p, as_of) for p in record.pauses if p.start <= as_of and _told(p, as_of)]),
        _once([d for d in record.known_dates if d.day <= as_of and _told(d, as_of)]),
        _once(_reports(record.reports, as_of)),
        _observed(record.accountability, as_of),
        _observed(record.transparency, as_of),
        _observed(record.cessation, as_of),
        _commitments(record.commitments, as_of),
        _observed(record.sessions, as_of),
    )


def canonical(known: Record) -> str:
    """Return the canonical JSON of what was known: arrays in field order, items by id, days as ordinals."""
    return _CANONICAL.encode(known)


def digest(known: Record) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal digits."""
    return hashlib.sha256(canonical(known).encode("utf-8", "surrogatepass")).hexdigest()


def _not_after(day: int | None, as_of: int) -> int | None:
    return day if day is not None and day <= as_of else None


def _told(item: Any, as_of: int) -> bool:
    return item.recorded_on is None or bool(item.recorded_on <= as_of)


def _open_pause(pause: Pause, as_of: int) -> Pause:
    return pause._replace(end=_not_after(pause.end, as_of))


def _reports(items: tuple[Report, ...], as_of: int) -> list[Report]:
    return [
        item
        for item in items
        if item.end <= as_of and (item.recorded_on is None or item.recorded_on <= as_of)
    ]


def _observed(items: Iterable[Observation], as_of: int) -> tuple[Observation, ...]:
    return _once(
        [
            item
            for item in items
            if item.day <= as_of and (item.recorded_on is None or item.recorded_on <= as_of)
        ]
    )


def _commitments(items: tuple[Commitment, ...], as_of: int) -> tuple[Commitment, ...]:
    """Entries with one id are one commitment and share their check-ins."""
    check_ins: dict[str, list[Observation]] = {}
    made = [c for c in items if c.made_on <= as_of and _told(c, as_of)]
    for item in made:
        check_ins.setdefault(item.id, []).extend(item.check_ins)
    return tuple(
        item._replace(check_ins=_observed(check_ins[item.id], as_of))
        for item in _once([c._replace(check_ins=()) for c in made])
    )


def _once(found: list[_T]) -> tuple[_T, ...]:
    """Keep one item for each id: the one recorded last, whatever the order of entry; sorted by id."""
    if len(set(map(_ID, found))) == len(found):
        return tuple(sorted(found, key=_ID))
    last = {item.id: item for item in sorted(found, key=_entry)}
    return tuple(last[key] for key in sorted(last))


def _entry(item: Any) -> tuple[Any, ...]:
    # None cannot be compared with a number, so each field is preceded by whether it is there.
    return (item.recorded_on or 0, *((field is not None, field or 0) for field in item[2:]))
