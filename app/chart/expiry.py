"""What the record forgets by itself: answers remembered for repeated requests; the sealer's rounds come in.

Such an answer repeats what the record says, sealed. Once no client can still be trying again, it only waits to be
stolen.
"""

from datetime import timedelta
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Dialect, bindparam, delete, literal_column, select

from app.chart.base import Id
from app.chart.chart import Chart
from app.chart.tables import remembered_answer

KEPT: Final = timedelta(days=7)
"""How long an answer is remembered; a frontend that was offline over a long weekend may still repeat its request."""

MOST: Final = 500
"""Answers forgotten in one transaction: nobody who writes waits long for it."""


def forget_answers(chart: Chart) -> int:
    """Delete answers older than `KEPT`, the oldest first and `MOST` at once; gives how many."""
    oldest_kept = max(int((chart.now - KEPT).timestamp() * 1000), 0)
    return chart.journey.count(
        _forgotten(chart.store.database.dialect),
        {"practice": chart.actor.practice_id, "before": str(UUID(int=oldest_kept << 80))},
    )


@cache
def _forgotten(dialect: Dialect) -> str:
    """Their ids tell when they were made, and are the table's order: what is kept is not looked at."""
    table = remembered_answer
    own = table.c.practice_id == bindparam("practice", type_=Id, required=True)
    old = (
        select(table.c.id)
        .where(own, table.c.id < bindparam("before", type_=Id, required=True))
        .order_by(table.c.id)
        .limit(literal_column(str(MOST)))
        .offset(literal_column("0"))  # SQLite's compiler makes a parameter of a missing one
    )
    return str(delete(table).where(own, table.c.id.in_(old)).compile(dialect=dialect))
