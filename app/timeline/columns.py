"""Good lists read whole, field by field; a list with anything odd in it is left to the guard at the door.

Reading each field of all items at once costs a third of reading item by item. Nothing is judged here but
"all good": ``None`` means that some item is not, and ``reading`` then asks each in turn and says which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter, lt
from typing import Any, TypeVar

from app.timeline.records import Observation, Report

YEARS = range(1900, 2201)
MOST_EPISODES = 100_000
MOST_MINUTES = 1e6
MOST_INTENSITY = 10.0

_T = TypeVar("_T")
Items = Sequence[dict[str, Any]]
_ABSENT = type(None)


class _Odd(Exception):
    """Something in the list is not as it should be; what and where is not known here."""


def at_once(items: Sequence[object], reader: Callable[[Items], tuple[_T, ...]]) -> tuple[_T, ...] | None:
    """Return all items read by one of the readers below, or ``None`` if any of them is odd."""
    if not items or set(map(type, items)) != {dict}:
        return None
    try:
        return reader(items)  # type: ignore[arg-type]  # just found to be dictionaries, every one
    except (_Odd, TypeError, ValueError):
        return None


def reports(items: Items, triggers: frozenset[str]) -> tuple[Report, ...]:
    """Read threat reports."""
    starts, ends = _days(items, "window_start"), _days(items, "window_end")
    if any(map(lt, ends, starts)):
        raise _Odd
    columns = zip(
        _ids(items),
        _maybe_days(items, "recorded_on"),
        starts,
        ends,
        _counts(items, "episodes"),
        _amounts(items, "typical_duration_minutes", MOST_MINUTES),
        _amounts(items, "peak_intensity", MOST_INTENSITY),
        _amounts(items, "recovery_minutes", MOST_MINUTES),
        _words(_named(_column(items, "trigger")), triggers),
    )
    return tuple(map(_REPORT, columns))


def _named(triggers: list[Any]) -> list[Any]:
    return ["unknown" if word is None else word for word in triggers] if None in triggers else triggers


def observations(items: Items, field: str, allowed: frozenset[str]) -> tuple[Observation, ...]:
    """Read dated observations whose level stands in ``field``."""
    columns = zip(
        _ids(items),
        _maybe_days(items, "recorded_on"),
        _days(items, "date"),
        _words(_column(items, field), allowed),
        _texts(items, "basis"),
    )
    return tuple(map(_OBSERVATION, columns))


# The columns are known to fit, so a tuple is made a record without asking for its length again.
_REPORT: Callable[[Any], Report] = partial(tuple.__new__, Report)
_OBSERVATION: Callable[[Any], Observation] = partial(tuple.__new__, Observation)


class _Ordinals(dict[str, int]):
    """Ordinals of the days that came up, each read once; only real days are kept, so it cannot grow for ever."""

    def __missing__(self, text: str) -> int:
        if len(text) != 10 or not text[4] == "-" == text[7]:
            raise _Odd
        found = date.fromisoformat(text)
        if found.year not in YEARS:
            raise _Odd
        if len(self) >= _MOST_DAYS_KEPT:
            self.clear()
        self[text] = found.toordinal()
        return self[text]


_MOST_DAYS_KEPT = 8192
_ORDINALS = _Ordinals()


@lru_cache(maxsize=64)
def _getter(field: str) -> Callable[[dict[str, Any]], Any]:
    return itemgetter(field)


def _column(items: Items, field: str) -> list[Any]:
    try:
        return list(map(_getter(field), items))
    except KeyError:
        return list(map(dict.get, items, repeat(field)))


def _of_types(values: list[Any], types: set[type]) -> list[Any]:
    if not types.issuperset(map(type, values)):
        raise _Odd
    return values


def _ids(items: Items) -> list[str]:
    found = _of_types(_column(items, "id"), {str})
    if not (all(found) and "".join(found).isascii()):
        raise _Odd
    return found


def _texts(items: Items, field: str) -> list[str | None]:
    """Plain letters hold no half characters; any others are looked at one by one."""
    found = _column(items, field)
    if _absent(found):
        return found
    if not "".join(filter(None, _of_types(found, {str, _ABSENT}))).isascii():
        raise _Odd
    return found


def _days(items: Items, field: str) -> list[int]:
    return list(map(_ORDINALS.__getitem__, _column(items, field)))


def _maybe_days(items: Items, field: str) -> list[int | None]:
    found = _column(items, field)
    return found if _absent(found) else [None if day is None else _ORDINALS[day] for day in found]


def _words(values: list[Any], allowed: frozenset[str]) -> list[str]:
    if not allowed.issuperset(values):
        raise _Odd
    return values


def _counts(items: Items, field: str) -> list[int | None]:
    found = _of_types(_column(items, field), {int, _ABSENT})
    _within(found, MOST_EPISODES)
    return found


def _amounts(items: Items, field: str, most: float) -> list[float | None]:
    found = _column(items, field)
    if _absent(found):
        return found
    types = set(map(type, found))
    if not types <= {int, float, _ABSENT}:
        raise _Odd
    _within(found, most)
    if int not in types:
        return found
    if _ABSENT not in types:
        return list(map(float, found))
    return [None if value is None else float(value) for value in found]


def _absent(values: list[Any]) -> bool:
    """Tell whether a field is nowhere filled in: many are not, and need no closer look."""
    return values.count(None) == len(values)


def _within(values: list[Any], most: float) -> None:
    known = [value for value in values if value is not None] if None in values else values
    if not known:
        return
    # What is not a number hides from the least and the greatest, but never from the sum.
    if not (min(known) >= 0 and max(known) <= most and sum(known) >= 0):
        raise _Odd
