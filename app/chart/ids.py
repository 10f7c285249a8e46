"""Ids: they sort by when they were made and tell of no other one; the chart comes in, and for `new_id` everybody."""

from collections.abc import Mapping
from secrets import randbelow, randbits
from threading import Lock
from typing import Any, Final
from uuid import UUID, uuid4

from uuid_utils import uuid7

_WHOSE: Final = ("visibility", "visible_partner_id", "partner_id", "entered_in_error")
_SLIP: Final = 1000  # milliseconds
_PLACE_BITS, _RANDOM_BITS = 40, 32
_FARTHEST: Final = 24
"""Strides have fewer bits than this, so that a hundred thousand rows of one transaction have their places."""


def new_id() -> str:
    """A fresh UUIDv7, as text: ids sort by the time they were made."""
    return str(uuid7())


def untimed_id() -> str:
    """A fresh UUIDv4, as text: for what may come about by what one partner said alone, and is named to both later."""
    return str(uuid4())


class Instants:
    """Milliseconds of a process, no two alike, so that of two transactions the later one has the later ids."""

    def __init__(self) -> None:
        """Begin with nothing given out."""
        self._last, self._lock = 0, Lock()

    def next(self) -> int:
        """Now, or as soon after it as nobody else has had; a clock that was set back by more is believed."""
        now = uuid7().int >> 80
        with self._lock:
            if self._last - _SLIP < now <= self._last:
                now = self._last + 1
            self._last = now
        return now


_INSTANTS: Final = Instants()


class RowIds:
    """The ids of one transaction's rows: UUIDv7, in the order in which rows of the same people's were stored.

    Ordinary ones count whatever a process makes within a millisecond, and tell the time between two of them: two
    markers of a session that both partners are told would say that a third was recorded between them, or a danger
    looked into. So all rows of a transaction bear one instant, and what is told to other people is counted apart, each
    from a number drawn anew and in strides of any size: what is taken back later leaves a gap like any other.
    """

    def __init__(self) -> None:
        """Begin before the first row; its instant is the transaction's."""
        self._instant: int | None = None
        self._numbers: dict[tuple[Any, ...], int] = {}

    def next(self, values: Mapping[str, Any]) -> str:
        """An id for a row with these values."""
        if self._instant is None:
            self._instant = _INSTANTS.next()
        whose = tuple(values.get(name) for name in _WHOSE)
        # No size is likelier than its double: two strides look like one.
        stride, last = 1 + randbits(randbelow(_FARTHEST)), self._numbers.get(whose)
        number = randbits(_PLACE_BITS - 1) if last is None else last + stride
        self._numbers[whose] = number
        tail = (_rank(values) << _PLACE_BITS | number) << _RANDOM_BITS | randbits(_RANDOM_BITS)
        return str(
            UUID(int=self._instant << 80 | 7 << 76 | tail >> 62 << 64 | 2 << 62 | tail & (1 << 62) - 1)
        )


def _rank(values: Mapping[str, Any]) -> int:
    """Whose rows come first within a transaction: both partners', one's own, the clinician's."""
    if values.get("visibility") == "clinician":
        return 2
    return int(any(values.get(name) for name in ("visible_partner_id", "partner_id")))
