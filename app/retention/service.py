"""Retention: which couples' records are due, and their destruction down to a tombstone; the command line comes in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam, select

from app.chart import whole
from app.chart.chart import Chart, Row
from app.chart.tables import data_key, tombstone
from app.clock import day_in
from app.couples import holds, jurisdictions
from app.couples import service as couples
from app.couples.case import open_case
from app.couples.facts import FAR_INSTANT
from app.errors import Refusal
from app.practice import service as practice
from app.sessions import service as sessions

BASES: Final = {
    "retention_expired": "The time for which the law or the practice keeps records is over.",
    "client_erasure": "A client asked for erasure, and the practice decided that no duty to keep stands against it.",
}
EVERY_LAW: Final = tuple(jurisdictions.BY_CODE)
PAGE: Final = 500

_KEYS = select(data_key.c.id).where(data_key.c.couple_id == bindparam("owner", required=True))
_TOMBSTONES = select(
    tombstone.c.id,
    tombstone.c.couple_id,
    tombstone.c.destroyed_at,
    tombstone.c.destroyed_by,
    tombstone.c.basis,
    tombstone.c.decision,
    tombstone.c.opened_on,
    tombstone.c.last_service_on,
    tombstone.c.kept_until,
    tombstone.c.keys_destroyed,
).order_by(tombstone.c.id)


@dataclass(frozen=True)
class Standing:
    """How one couple's record stands: `kept_until` is the last day on which it must still be there."""

    couple_id: str
    closed: bool
    held: bool
    opened_on: date
    last_service_on: date
    kept_until: date

    def due(self, today: date) -> bool:
        """Whether it may be destroyed because its time is over."""
        return self.closed and not self.held and today > self.kept_until


@dataclass(frozen=True)
class Order:
    """Who destroys a record, on what basis; `decision` says where the practice keeps its reasons."""

    person_id: str
    basis: str
    decision: str | None = None
    laws: Sequence[str] = EVERY_LAW


def standing(chart: Chart, couple_id: str, laws: Sequence[str] = EVERY_LAW) -> Standing:
    """How a couple's record stands today; a couple that is not there is not found."""
    row = couples.read_bare(chart, couple_id)
    opened = day_in(datetime.fromisoformat(row["created_at"]), chart.actor.zone)
    days = [opened, *_days_of_service(chart, couple_id)]
    promised = [date.fromisoformat(day) for day in whole.days_named(chart, couple_id, "kept_until")]
    kept = max(jurisdictions.kept_until(laws, max(days)), *promised, date.min)
    held = holds.held(chart, couple_id)
    return Standing(couple_id, row["status"] == "closed", held, opened, max(days), kept)


def _days_of_service(chart: Chart, couple_id: str) -> Iterator[date]:
    """Sessions and the case's own steps: each is a contact that the keeping is counted from."""
    for row in sessions.evidence(chart, couple_id, FAR_INSTANT):
        yield date.fromisoformat(row["local_day"])
    for row in couples.status_evidence(chart, couple_id, FAR_INSTANT):
        yield date.fromisoformat(row["effective_on"])


def listed(chart: Chart, laws: Sequence[str] = EVERY_LAW) -> Iterator[Standing]:
    """All couples of the practice, as their records stand."""
    below: str | None = None
    while page := couples.listed(chart, None, below, PAGE):
        yield from (standing(chart, row["id"], laws) for row in page)
        below = page[-1]["id"]


def tombstones(chart: Chart) -> list[Row]:
    """What is left of records that were destroyed."""
    return chart.rows(_TOMBSTONES)


def tombstone_of(chart: Chart, couple_id: str) -> Row | None:
    """What is left of a couple's record, if it was destroyed."""
    return next((row for row in tombstones(chart) if row["couple_id"] == couple_id), None)


def destroy(chart: Chart, couple_id: str, order: Order) -> Row:
    """Destroy a couple's record: every key and every row of it; gives the tombstone."""
    open_case(chart, couple_id, held=True)  # nobody places a hold, or takes the case up again, meanwhile
    found = standing(chart, couple_id, order.laws)
    _demand_allowed(chart, found, order)
    who = practice.read_person(chart, order.person_id)
    chart.add(
        tombstone,
        couple_id=couple_id,
        destroyed_at=chart.at,
        destroyed_by=who["id"],
        basis=order.basis,
        decision=order.decision,
        opened_on=found.opened_on,
        last_service_on=found.last_service_on,
        kept_until=found.kept_until,
        keys_destroyed=len(chart.tuples(_KEYS, owner=couple_id)),
    )
    whole.destroy(chart, couple_id)
    chart.visit.forget()
    chart.note(couple_id=couple_id)
    return next(row for row in tombstones(chart) if row["couple_id"] == couple_id)


def _demand_allowed(chart: Chart, found: Standing, order: Order) -> None:
    """A legal hold is above everything; an open case is not destroyed; a reason is named before its time."""
    holds.demand_not_held(chart, found.couple_id)
    if not found.closed:
        raise Refusal("conflict", "The case is open: close it before its record is destroyed.")
    if order.basis == "client_erasure" and not order.decision:
        raise Refusal(
            "conflict", "Say with --decision where the practice's decision on the erasure is filed."
        )
    today = day_in(chart.now, chart.actor.zone)
    if order.basis == "retention_expired" and not found.due(today):
        raise Refusal("conflict", f"The record is kept until {found.kept_until}.")
