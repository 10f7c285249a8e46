"""What was known on a day: drops later evidence and repeats, sorts by id, and makes the digest; internal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
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
    part = known_part(record, as_of, [r for r in record.reports if r.end <= as_of and _told(r, as_of)])
    return part._replace(
        pauses=_once(part.pauses),
        known_dates=_once(part.known_dates),
        reports=_once(part.reports),
        accountability=_once(part.accountability),
        transparency=_once(part.transparency),
        cessation=_once(part.cessation),
        commitments=_joined(part.commitments),
        sessions=_once(part.sessions),
    )


def in_order(record: Record) -> Record | None:
    """Return the record with every list sorted by id, or ``None`` if an id is repeated in any of them."""
    lists = [items for items in record if isinstance(items, tuple)]
    within = [made.check_ins for made in record.commitments]
    if any(len(set(map(_ID, items))) < len(items) for items in (*lists, *within)):
        return None
    return record._replace(
        pauses=_sorted(record.pauses),
        known_dates=_sorted(record.known_dates),
        reports=_sorted(record.reports),
        accountability=_sorted(record.accountability),
        transparency=_sorted(record.transparency),
        cessation=_sorted(record.cessation),
        commitments=_sorted([m._replace(check_ins=_sorted(m.check_ins)) for m in record.commitments]),
        sessions=_sorted(record.sessions),
    )


def known_part(record: Record, as_of: int, reports: Sequence[Report]) -> Record:
    """Return what of a record was known on a day, its lists as they are; reports are sifted already."""
    return Record(
        record.case_id,
        _not_after(record.discovery_date, as_of),
        _not_after(record.repair_started_on, as_of),
        tuple(_open_pause(p, as_of) for p in record.pauses if p.start <= as_of and _told(p, as_of)),
        tuple(d for d in record.known_dates if d.day <= as_of and _told(d, as_of)),
        tuple(reports),
        _observed(record.accountability, as_of),
        _observed(record.transparency, as_of),
        _observed(record.cessation, as_of),
        tuple(
            made._replace(check_ins=_observed(made.check_ins, as_of))
            for made in record.commitments
            if made.made_on <= as_of and _told(made, as_of)
        ),
        _observed(record.sessions, as_of),
    )


def canonical(known: Record) -> str:
    """Return the canonical JSON of what was known: arrays in field order, items by id, days as ordinals."""
    return _CANONICAL.encode(known)


def digest(known: Record) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal digits."""
    return hashlib.sha256(canonical(known).encode()).hexdigest()


def _not_after(day: int | None, as_of: int) -> int | None:
    return day if day is not None and day <= as_of else None


def _told(item: Any, as_of: int) -> bool:
    return item.recorded_on is None or bool(item.recorded_on <= as_of)


def _open_pause(pause: Pause, as_of: int) -> Pause:
    return pause._replace(end=_not_after(pause.end, as_of))


def _observed(items: tuple[Observation, ...], as_of: int) -> tuple[Observation, ...]:
    return tuple(
        [
            item
            for item in items
            if item.day <= as_of and (item.recorded_on is None or item.recorded_on <= as_of)
        ]
    )


def _joined(items: tuple[Commitment, ...]) -> tuple[Commitment, ...]:
    """Entries with one id are one commitment and share their check-ins."""
    check_ins: dict[str, list[Observation]] = {}
    for item in items:
        check_ins.setdefault(item.id, []).extend(item.check_ins)
    return tuple(
        item._replace(check_ins=_once(check_ins[item.id]))
        for item in _once([c._replace(check_ins=()) for c in items])
    )


def _once(found: Sequence[_T]) -> tuple[_T, ...]:
    """Keep one item for each id: the one recorded last, whatever the order of entry; sorted by id."""
    if len(set(map(_ID, found))) == len(found):
        return _sorted(found)
    last = {item.id: item for item in sorted(found, key=_entry)}
    return tuple(last[key] for key in sorted(last))


def _sorted(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(sorted(items, key=_ID))


def _entry(item: Any) -> tuple[Any, ...]:
    # None cannot be compared with a number, so each field is preceded by whether it is there.
    return (item.recorded_on or 0, *((field is not None, field or 0) for field in item[2:]))
