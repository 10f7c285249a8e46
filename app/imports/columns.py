"""Columns of CSV imports: their names, how a cell is read, and which field it fills; pure, the reader comes in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.wire.types import DAY

_WHOLE = re.compile(r"-?[0-9]{1,9}")


class CellError(Exception):
    """A cell that does not have the form of its column; what stands in it is not repeated."""

    def __init__(self, column: str, code: str, detail: str, hint: str) -> None:
        super().__init__(code)
        self.column, self.code, self.detail, self.hint = column, code, detail, hint


@dataclass(frozen=True)
class Cell:
    """One column: how its text becomes a value, and the API's field if that has another name."""

    convert: Callable[[str], Any]
    needed: bool = False
    field: str = ""
    code: str = "cell"
    detail: str = "The cell cannot be read."
    hint: str = ""

    def read(self, column: str, text: str) -> Any:
        """The value of a cell that is not empty."""
        try:
            return self.convert(text)
        except ValueError as wrong:
            raise CellError(column, self.code, self.detail, self.hint) from wrong


def _matching(form: re.Pattern[str], make: Callable[[str], Any]) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        if form.fullmatch(text) is None:
            raise ValueError(form.pattern)
        return make(text)

    return convert


def text(*, needed: bool = False, field: str = "") -> Cell:
    """Any text; what looks like a formula is text like any other."""
    return Cell(str, needed, field)


def whole(*, needed: bool = False, field: str = "") -> Cell:
    """A whole number in digits."""
    return Cell(
        _matching(_WHOLE, int),
        needed,
        field,
        "whole_number",
        "A whole number is written in digits.",
        "Such as 12.",
    )


def day(*, needed: bool = False, field: str = "") -> Cell:
    """A calendar day."""
    hint = "Format the column as YYYY-MM-DD before exporting."
    return Cell(_matching(DAY, str), needed, field, "day", "A day is written as YYYY-MM-DD.", hint)


def flag(*, needed: bool = False, field: str = "") -> Cell:
    """Yes or no."""
    words = {"true": True, "false": False, "yes": True, "no": False}
    form = re.compile("|".join(words), re.IGNORECASE)
    return Cell(
        _matching(form, lambda t: words[t.lower()]), needed, field, "flag", "Write true or false.", ""
    )


def several(*, needed: bool = False, field: str = "") -> Cell:
    """Several codes in one cell, with spaces or bars between them."""
    return Cell(lambda cell: re.split(r"[\s|]+", cell), needed, field)


_OWN = {"couple": text(needed=True), "ref": text(), "recorded_at": text()}
_SEEN_BY = {"visibility": text(), "visible_partner": text(field="visible_partner_id"), "words": text()}

COLUMNS: dict[str, dict[str, Cell]] = {
    "threat_report": {
        **_OWN,
        "direction": text(field="direction_id"),
        "window_start": day(needed=True),
        "window_end": day(needed=True),
        "episodes": whole(),
        "band": text(),
        "declined": flag(),
        "typical_duration_minutes": whole(),
        "recovery_minutes": whole(),
        "peak_intensity": whole(),
        "triggers": several(),
        "checking": whole(),
        "source": text(needed=True),
        **_SEEN_BY,
    },
    "marker": {
        **_OWN,
        "direction": text(field="direction_id"),
        "code": text(needed=True),
        "about": text(field="about_id"),
        "observed_on": day(needed=True),
        "basis": text(needed=True),
        "strength": whole(),
        "stated_value": text(),
        **_SEEN_BY,
    },
    "check_in": {
        **_OWN,
        "commitment": text(needed=True, field="commitment_id"),
        "checked_on": day(needed=True),
        "outcome": text(needed=True),
        **_SEEN_BY,
    },
}
