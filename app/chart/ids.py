"""Ids of rows: in the order in which they were made, and telling nothing of those between them; the chart comes in."""

from collections.abc import Mapping
from datetime import datetime
from secrets import randbelow, randbits
from typing import Any, Final
from uuid import UUID, uuid4

from uuid_utils import uuid7

_PLACES: Final = 42
"""Bits that keep the order within one request; the 32 after them are random."""
_FARTHEST: Final = 30
"""Strides have fewer bits than this, so that a hundred thousand rows of one request have their places."""
_EYES: Final = ("visibility", "visible_partner_id", "entered_in_error")


def new_id() -> str:
    """A fresh UUIDv7, as text: ids sort by the time they were made."""
    return str(uuid7())


def untimed_id() -> str:
    """A fresh UUIDv4, as text: for what may come about by what one partner said alone, and is named to both later."""
    return str(uuid4())


class Ids:
    """The ids of what one request enters for different eyes.

    A plain UUIDv7 counts on by one within a millisecond: two joint entries of a session would tell how many of one
    partner's own lie between them. Here each table counts for each circle of eyes apart, from a place of its own and in
    strides of any size, and all bear the instant of the request, however long looking into the record took.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._places: dict[tuple[Any, ...], int] = {}

    def next(self, table: str, row: Mapping[str, Any], now: datetime) -> str:
        """A fresh UUIDv7, as text, that sorts after those that the same eyes are told of in this table."""
        eyes = (table, *(row.get(name) for name in _EYES))
        place = self._places.get(eyes)
        # No size is likelier than its double: a stride over what was taken back since looks like any other.
        stride = 1 + randbits(randbelow(_FARTHEST))
        place = randbits(_PLACES - 1) if place is None else (place + stride) % (1 << _PLACES)
        self._places[eyes] = place
        return _spelt(int(now.timestamp() * 1000), place << 32 | randbits(32))


def _spelt(milliseconds: int, rest: int) -> str:
    """A UUIDv7 of a time and 74 further bits."""
    high, low = rest >> 62, rest & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low))
