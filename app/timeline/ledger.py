"""A record laid out once for all looks at it: in canonical order, its reports also as columns; internal."""

from __future__ import annotations

from itertools import compress
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.knowledge import in_order, known_on, known_part
from app.timeline.once import once
from app.timeline.records import Record, Report
from app.timeline.table import Table, tabulate

_RECORDED_ON = attrgetter("recorded_on")


class Ledger:
    """Looks on many days share one ledger; where an id is repeated, what is known of it depends on the day."""

    def __init__(self, record: Record) -> None:
        """Bring everything into order at once, unless an id is repeated."""
        self._record, self._ordered = record, in_order(record)

    def on(self, as_of: int) -> Ledger:
        """Return a ledger without repeated ids that says the same about the day ``as_of``."""
        return self if self._ordered is not None else Ledger(known_on(self._record, as_of))

    def known(self, as_of: int) -> Record:
        """Return what was known on a day, as ``known_on`` does."""
        if self._ordered is None:
            return known_on(self._record, as_of)
        since = self._columns.by_id <= as_of
        reports = self._ordered.reports
        return known_part(
            self._ordered, as_of, reports if since.all() else tuple(compress(reports, since.tolist()))
        )

    def reports(self, as_of: int, since: int, longest: int) -> tuple[tuple[Report, ...], Table]:
        """Return the reports with a count known on a day and their columns, sorted by last day.

        Their middle does not lie before ``since``, and they are no longer than ``longest``.
        """
        found = self._columns
        usable = (found.known_from <= as_of) & (2.0 * found.table.middles >= 2 * since)
        usable &= found.counted
        usable &= found.table.days <= longest
        places = np.flatnonzero(usable)
        if not len(places):
            return (), tabulate(())
        first, after = int(places[0]), int(places[-1]) + 1
        if after - first == len(places):
            # Nearly always one stretch: a part of each column costs nothing, picking rows does.
            return found.reports[first:after], found.table.of(slice(first, after))
        return tuple(map(found.reports.__getitem__, places.tolist())), found.table.of(places)

    @once
    def _columns(self) -> _Columns:
        return _columns(() if self._ordered is None else self._ordered.reports)


class _Columns(NamedTuple):
    """All reports sorted by last day, then first, then id, as columns; ``by_id`` is ``known_from`` sorted by id."""

    reports: tuple[Report, ...]
    table: Table
    counted: NDArray[np.bool_]
    known_from: NDArray[np.float64]
    by_id: NDArray[np.float64]


def _columns(reports: tuple[Report, ...]) -> _Columns:
    table = tabulate(reports)
    recorded = list(map(_RECORDED_ON, reports))
    by_id = np.maximum(table.ends, [day or 0 for day in recorded]) if any(recorded) else table.ends
    # What comes sorted by id stays so within days.
    order = np.lexsort((table.starts, table.ends))
    if (order[1:] > order[:-1]).all():
        ordered, known_from = reports, by_id
    else:
        ordered, known_from = tuple(map(reports.__getitem__, order.tolist())), by_id[order]
        table = table.of(order)
    return _Columns(ordered, table, ~np.isnan(table.episodes), known_from, by_id)
