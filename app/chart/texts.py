"""Whether every sealed text and every wrapped key opens where it stands, without telling it; verification comes in."""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Table

from app.chart import whole
from app.chart.chart import Chart
from app.chart.keys import SealBroken, context_of, stored
from app.chart.seals import Fault
from app.chart.tables import tombstone


class Counted:
    """How many texts and keys were opened."""

    texts = 0


def faults(chart: Chart, counted: Counted) -> Iterator[Fault]:
    """What does not open: it was changed, moved here from another row, column or practice, or its key is gone.

    Of a record that was destroyed its seals are left, and nothing opens in them any more.
    """
    destroyed = {row["couple_id"] for row in whole.rows(chart, tombstone)}
    for table in whole.tables():
        columns = shut_columns(table)
        if not columns:
            continue
        for row in whole.rows(chart, table):
            if table.info.get("survives") and row["couple_id"] in destroyed:
                continue
            for column in columns:
                if row[column] is not None and not _opens(chart, table, row["id"], column, row[column]):
                    yield Fault(table.name, row["id"], f"its {column} does not open where it stands")
                counted.texts += row[column] is not None


@cache
def shut_columns(table: Table) -> tuple[str, ...]:
    """The columns that hold sealed text or a wrapped key."""
    return tuple(column.name for column in table.c if whole.column_kind(column) in ("sealed", "key"))


def _opens(chart: Chart, table: Table, row_id: str, column: str, value: bytes) -> bool:
    context = context_of(chart.actor.practice_id, table.name, row_id, column)
    try:
        if column == "wrapped":
            chart.store.master.unwrap(stored(value), context)
        else:
            chart.unseal(value, context)
    except (SealBroken, ValueError):
        return False
    return True
