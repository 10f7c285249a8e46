"""`mendline retention list` and `mendline destroy`: what is due is shown, what is destroyed is told; cli comes in."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from app.chart import whole
from app.chart.chart import Chart, Row, Store
from app.chart.inspection import STORE_TROUBLES, first_line
from app.clock import day_in, system_clock
from app.errors import not_found
from app.practice import service as practice
from app.retention import service
from app.retention.service import Order
from app.retention.tombstones import Burial, line_of


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


def _scrub(owner_url: str, again: str = "give the same command again") -> None:
    try:
        whole.scrub(owner_url)
    except (*STORE_TROUBLES, whole.PagesHeld) as failure:
        raise NotRewritten(
            "the record is destroyed, but the pages that it stood on are not rewritten yet"
            f" ({first_line(failure)}): {again} when nobody else uses the database"
        ) from failure


def tombstones(store: Store, practice_id: str) -> list[Row]:
    """What is left of records that were destroyed."""
    with _chart(store, practice_id, "listTombstones") as chart:
        return service.tombstones(chart)


def lines(store: Store, practice_ids: Iterable[str]) -> Iterator[Row]:
    """The tombstones of practices as they are kept elsewhere."""
    for practice_id in practice_ids:
        with _chart(store, practice_id, "listTombstones") as chart:
            yield from [line_of(chart, row) for row in service.tombstones(chart)]


def due(store: Store, practice_ids: Iterable[str], burial: Burial) -> list[str]:
    """Whose records are here, though a list of tombstones says that they were destroyed."""
    found = []
    for practice_id in practice_ids:
        with _chart(store, practice_id, "listTombstones") as chart:
            found += [line["couple_id"] for line in burial.due(chart)]
    return found


def bury(store: Store, owner_url: str, practice_ids: Sequence[str], burial: Burial) -> None:
    """Destroy again, one practice after the other, what came back with an old backup, and rewrite its pages.

    Asked again, it rewrites them again: the first time may have been cut short.
    """
    whole.demand_owner(owner_url, "rewrite their pages")
    for practice_id in practice_ids:
        with _chart(store, practice_id, "applyTombstones") as chart:
            burial.take_place(chart, practice_ids)
    store.close()
    if burial.lines:
        _scrub(owner_url)


def rewrite(owner_url: str, burial: Burial) -> None:
    """Rewrite the pages on which records stood that a restore brought and destroyed, if there are any."""
    if burial.destroyed:
        _scrub(owner_url, "give `mendline retention apply` the same list")


@contextmanager
def _chart(store: Store, practice_id: str, action: str) -> Iterator[Chart]:
    """An operator's chart in the practice's zone; what is done through it stands on the trail."""
    with practice.operating(store, practice_id, system_clock(), action) as chart:
        home = practice.home(chart)
        if home is None:
            raise not_found()
        chart.actor = practice.operator(practice_id, home["zone"])
        yield chart
        chart.sign(200)
