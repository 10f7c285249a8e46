"""The guard at the door: turns an evidence document into a record or says exactly what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeVar, get_args

from app.timeline import columns
from app.timeline import evidence as shapes
from app.timeline.columns import MOST_EPISODES, MOST_INTENSITY, MOST_MINUTES, YEARS
from app.timeline.records import Commitment, KnownDate, Observation, Pause, Record, Report

MOST_ITEMS = 20_000
MOST_OF_A_FEW = (
    1_000  # pauses, known dates and commitments: nobody has more, and each costs more than a report
)
_TRIGGERS = frozenset(get_args(shapes.Trigger))
_KINDS = frozenset(get_args(shapes.KnownDateKind))
_RECURRENCES = frozenset(get_args(shapes.Recurrence))
_ACCOUNTABILITY = frozenset(get_args(shapes.AccountabilityLevel))
_TRANSPARENCY = frozenset(get_args(shapes.TransparencyLevel))
_CESSATION = frozenset(get_args(shapes.CessationStatus))
_CHECK_INS = frozenset(get_args(shapes.CheckInResult))
_SESSIONS = frozenset(get_args(shapes.SessionStatus))

_T = TypeVar("_T")
_Item = Mapping[str, Any]


class EvidenceError(ValueError):
    """The document is malformed; ``pointer`` is the JSON pointer of the fault, ``message`` says what is wanted."""

    def __init__(self, pointer: str, message: str) -> None:
        """Keep both parts; the text of the error is the two joined."""
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer = pointer
        self.message = message


class _Fault(Exception):
    """A fault in one field; the path is only spelt out when there is one, which keeps good reading fast."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def read(document: object) -> Record:
    """Read an evidence document; raises ``EvidenceError`` for the first fault found. The input is not changed."""
    if not isinstance(document, Mapping):
        raise EvidenceError("", "must be a JSON object")
    try:
        if document.get("schema_version", "1") != "1":
            raise _Fault("schema_version", 'must be "1"')
        case_id, discovered, started = _heading(document)
    except _Fault as fault:
        raise EvidenceError(f"/{fault.field}", fault.message) from None
    return Record(
        case_id,
        discovered,
        started,
        _each(document, "pauses", _pause),
        _each(document, "known_dates", _known_date),
        _each(document, "threat_reports", _report, partial(columns.reports, triggers=_TRIGGERS)),
        _observations(document, "accountability", "level", _ACCOUNTABILITY),
        _observations(document, "transparency", "level", _TRANSPARENCY),
        _observations(document, "cessation", "status", _CESSATION),
        _each(document, "commitments", _commitment),
        _observations(document, "sessions", "status", _SESSIONS),
    )


def as_day(value: object) -> int:
    """Return the ordinal of the day a question is asked for; raises ``EvidenceError`` unless it is a date."""
    if not isinstance(value, date):
        raise EvidenceError("/as_of", "must be a date")
    if value.year not in YEARS:
        raise EvidenceError("/as_of", "must lie between the years 1900 and 2200")
    return value.toordinal()


def _heading(document: _Item) -> tuple[str | None, int | None, int | None]:
    case_id = _maybe_text(document, "case_id")
    return case_id, _maybe_day(document, "discovery_date"), _maybe_day(document, "repair_started_on")


def _each(
    document: _Item,
    key: str,
    reader: Callable[[_Item], _T],
    whole: Callable[[columns.Items], tuple[_T, ...]] | None = None,
) -> tuple[_T, ...]:
    """Read a list: at once by ``whole`` if all is well, else item by item up to the first fault."""
    items = document.get(key)
    if items is None:
        return ()
    if not isinstance(items, list | tuple):
        raise EvidenceError(f"/{key}", "must be a list")
    most = MOST_OF_A_FEW if key in ("pauses", "known_dates", "commitments") else MOST_ITEMS
    if len(items) > most:
        raise EvidenceError(f"/{key}", f"must hold at most {most} items")
    at_once = None if whole is None else columns.at_once(items, whole)
    return _one_by_one(items, key, reader) if at_once is None else at_once


def _one_by_one(items: Sequence[object], key: str, reader: Callable[[_Item], _T]) -> tuple[_T, ...]:
    found: list[_T] = []
    for place, item in enumerate(items):
        try:
            if not isinstance(item, Mapping):
                raise _Fault("", "must be a JSON object")
            found.append(reader(item))
        except _Fault as fault:
            end = f"/{fault.field}" if fault.field else ""
            raise EvidenceError(f"/{key}/{place}{end}", fault.message) from None
    return tuple(found)


def _id(item: _Item) -> str:
    value = item.get("id")
    if not isinstance(value, str) or not value:
        raise _Fault("id", "must be a text that is not empty")
    return _unicode(value, "id")


def _unicode(value: str, field: str) -> str:
    """Return a text that can be written down again: ids come back in the answer, and half a character never could."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Fault(field, "must not hold lone surrogates") from None
    return value


def _day(item: _Item, field: str) -> int:
    value = item.get(field)
    # The shape is checked first because fromisoformat also takes week dates and dates without hyphens.
    if isinstance(value, str) and len(value) == 10 and value[4] == "-" == value[7]:
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise _Fault(field, "must be a real calendar day, as YYYY-MM-DD") from None
        if found.year in YEARS:
            return found.toordinal()
        raise _Fault(field, "must lie between the years 1900 and 2200")
    raise _Fault(field, "must be a day, as YYYY-MM-DD")


def _maybe_day(item: _Item, field: str) -> int | None:
    return None if item.get(field) is None else _day(item, field)


def _word(item: _Item, field: str, allowed: frozenset[str]) -> str:
    value = item.get(field)
    if isinstance(value, str) and value in allowed:
        return value
    raise _Fault(field, "must be one of: " + ", ".join(sorted(allowed)))


def _maybe_word(item: _Item, field: str, allowed: frozenset[str], otherwise: str) -> str:
    return otherwise if item.get(field) is None else _word(item, field, allowed)


def _maybe_text(item: _Item, field: str) -> str | None:
    value = item.get(field)
    if value is None:
        return None
    if isinstance(value, str):
        return _unicode(value, field)
    raise _Fault(field, "must be text or null")


def _count(item: _Item, field: str) -> int | None:
    value = item.get(field)
    if value is None:
        return None
    if type(value) is not int:
        raise _Fault(field, "must be a whole number or null")
    if not 0 <= value <= MOST_EPISODES:
        raise _Fault(field, f"must not be negative, nor over {MOST_EPISODES}")
    return value


def _amount(item: _Item, field: str, most: float) -> float | None:
    value = item.get(field)
    if value is None:
        return None
    # A whole number of hundreds of digits is finite, but too large to be asked.
    if type(value) not in (int, float) or (type(value) is float and not math.isfinite(value)):
        raise _Fault(field, "must be a number or null")
    if not 0 <= value <= most:
        raise _Fault(field, f"must lie between 0 and {most:g}")
    return float(value)


def _pause(item: _Item) -> Pause:
    start, end = _day(item, "start"), _maybe_day(item, "end")
    if end is not None and end < start:
        raise _Fault("end", "must not be before start")
    return Pause(_id(item), _maybe_day(item, "recorded_on"), start, end)


def _known_date(item: _Item) -> KnownDate:
    return KnownDate(
        _id(item),
        _maybe_day(item, "recorded_on"),
        _day(item, "date"),
        _word(item, "kind", _KINDS),
        _maybe_word(item, "recurs", _RECURRENCES, "none"),
    )


def _report(item: _Item) -> Report:
    start, end = _day(item, "window_start"), _day(item, "window_end")
    if end < start:
        raise _Fault("window_end", "must not be before window_start")
    return Report(
        _id(item),
        _maybe_day(item, "recorded_on"),
        start,
        end,
        _count(item, "episodes"),
        _amount(item, "typical_duration_minutes", MOST_MINUTES),
        _amount(item, "peak_intensity", MOST_INTENSITY),
        _amount(item, "recovery_minutes", MOST_MINUTES),
        _maybe_word(item, "trigger", _TRIGGERS, "unknown"),
    )


def _observation(item: _Item, field: str, allowed: frozenset[str]) -> Observation:
    return Observation(
        _id(item),
        _maybe_day(item, "recorded_on"),
        _day(item, "date"),
        _word(item, field, allowed),
        _maybe_text(item, "basis"),
    )


def _observations(document: _Item, key: str, field: str, allowed: frozenset[str]) -> tuple[Observation, ...]:
    one = partial(_observation, field=field, allowed=allowed)
    return _each(document, key, one, partial(columns.observations, field=field, allowed=allowed))


def _commitment(item: _Item) -> Commitment:
    try:
        check_ins = _observations(item, "check_ins", "result", _CHECK_INS)
    except EvidenceError as fault:
        raise _Fault(fault.pointer.lstrip("/"), fault.message) from None
    return Commitment(
        _id(item),
        _maybe_day(item, "recorded_on"),
        _day(item, "made_on"),
        _maybe_text(item, "owner"),
        check_ins,
    )
