"""`mendline retention list` and `mendline destroy`: what is due is shown, what is destroyed is told; cli comes in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.chart import whole
from app.chart.chart import Chart, Row, Store
from app.chart.inspection import STORE_TROUBLES, first_line
from app.clock import day_in, system_clock
from app.errors import not_found
from app.practice import service as practice
from app.retention import service
from app.retention.service import Order


class NotRewritten(OSError):
    """The record is destroyed; the pages that it stood on are as they were."""


def listed(store: Store, practice_id: str, laws: Sequence[str], *, only_due: bool) -> list[Row]:
    """How every couple's record stands, the due ones first."""
    with _chart(store, practice_id, "listRetention") as chart:
        found = list(service.listed(chart, laws))
        today = day_in(chart.now, chart.actor.zone)
    rows = [
        {
            "couple_id": each.couple_id,
            "state": "due"
            if each.due(today)
            else "held"
            if each.held
            else "closed"
            if each.closed
            else "open",
            "last_service_on": each.last_service_on,
            "kept_until": each.kept_until,
        }
        for each in found
    ]
    rows.sort(key=lambda row: (row["state"] != "due", row["kept_until"]))
    return [row for row in rows if row["state"] == "due" or not only_due]


def destroy(store: Store, owner_url: str, practice_id: str, couple_id: str, order: Order) -> Row:
    """Destroy one couple's record, and rewrite the pages that it stood on.

    Asked again for a record that is destroyed, it rewrites the pages again: the first time may have been cut short.
    """
    whole.demand_owner(owner_url, "rewrite their pages")
    with _chart(store, practice_id, "destroyCouple") as chart:
        row = service.tombstone_of(chart, couple_id) or service.destroy(chart, couple_id, order)
    store.close()
    _scrub(owner_url)
    return {name: value for name, value in row.items() if name != "decision"}


def _scrub(owner_url: str) -> None:
    try:
        whole.scrub(owner_url)
    except (*STORE_TROUBLES, whole.PagesHeld) as failure:
        raise NotRewritten(
            "the record is destroyed, but the pages that it stood on are not rewritten yet"
            f" ({first_line(failure)}): give the same command again when nobody else uses the database"
        ) from failure


def tombstones(store: Store, practice_id: str) -> list[Row]:
    """What is left of records that were destroyed."""
    with _chart(store, practice_id, "listTombstones") as chart:
        return service.tombstones(chart)


@contextmanager
def _chart(store: Store, practice_id: str, action: str) -> Iterator[Chart]:
    """An operator's chart in the practice's zone; what is done through it stands on the trail."""
    with practice.operating(store, practice_id, system_clock(), action) as chart:
        home = practice.home(chart)
        if home is None:
            raise not_found()
        chart.actor = practice.operator(store, practice_id, home["zone"])
        yield chart
        chart.sign(200)
