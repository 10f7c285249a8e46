"""A couple's record as known on each of many days, every kind of fact read once; for the weekly history.

It stands where a chart would stand for `case_record.load`: asked for the same statement again with another
instant, it tells from memory what had been recorded by then. Corrections and entries in error are rows of their
own, so leaving out what came later brings back exactly what was shown at the time.
"""

from typing import Any, cast

from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.facts import FAR_INSTANT


class Recollection:
    """What a chart tells of one couple, asked for many instants."""

    def __init__(self, chart: Chart) -> None:
        """Start without anything read."""
        self._chart = chart
        self._held: dict[int, list[tuple[str, Row]]] = {}

    def expect(self, *statements: Any, couple: str, known: str) -> None:
        """Nothing need be asked ahead of somebody who remembers."""

    def rows(self, statement: Any, *, couple: str, known: str) -> list[Row]:
        """The rows of a statement as known before an instant."""
        timed = facts.timed(statement)
        if timed is None:
            return self._chart.rows(statement, couple=couple, known=known)
        if id(statement) not in self._held:
            found = self._chart.rows(timed, couple=couple, known=FAR_INSTANT)
            self._held[id(statement)] = [(row.pop("known_since"), row) for row in found]
        return [row for since, row in self._held[id(statement)] if since < known]

    def as_chart(self) -> Chart:
        """Itself, for what only asks a chart for rows."""
        return cast("Chart", self)
