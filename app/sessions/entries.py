"""What a session carries into other slices: markers, reports and the like; only sessions' service comes in.

An entry is never seen more widely than the session it was made in: what one partner said alone stays with that session.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, Table, bindparam, select

from app.chart.chart import Chart, Row
from app.commitments import service as commitments
from app.couples import facts
from app.couples.case import Case, expect_case
from app.couples.facts import FAR_DAY, FAR_ID, FAR_INSTANT, FactKind
from app.couples.schemas import Visible
from app.errors import invalid
from app.markers import service as markers
from app.sessions.schemas import EntriesIn
from app.stages import service as stages
from app.threat_responses import service as threats
from app.wire.answers import fact_tag

Inside = dict[str, list[str]]
Recorded = dict[str, list[Row]]
WIDTH: Final = {"clinician": 0, "partner": 1, "joint": 2}
ALL: Final = 100_000


@dataclass(frozen=True)
class Room:
    """The session that entries are made in, its day, the last that has come there, and who may learn of it."""

    session_id: str
    held_on: date
    day_there: date
    visibility: str
    visible_partner_id: str | None


@dataclass(frozen=True)
class Shelf:
    """One kind of entry: how its slice records several and takes one back, and where they stand."""

    name: str
    record: Callable[..., list[Row]]
    void: Callable[[Chart, str, str, str], Row]
    kind: FactKind


def _each(record: Callable[..., Row]) -> Callable[..., list[Row]]:
    """A slice's way to record one entry, for several in their order."""

    def record_all(
        chart: Chart, case: Case, bodies: Sequence[Any], *, pointer: str, **options: Any
    ) -> list[Row]:
        return [
            record(chart, case, body, pointer=f"{pointer}/{number}", **options)
            for number, body in enumerate(bodies)
        ]

    return record_all


SHELVES: Final = (
    Shelf("markers", markers.record_markers, markers.void_marker, markers.MARKER),
    Shelf("threat_reports", threats.record_reports, threats.void_report, threats.REPORT),
    Shelf("cessation", _each(markers.record_cessation), markers.void_cessation, markers.CESSATION),
    Shelf("commitments", _each(commitments.record), commitments.void, commitments.COMMITMENT),
    Shelf("check_ins", _each(commitments.check_in_entry), commitments.void_check_in, commitments.CHECK_IN),
    Shelf("stages", _each(stages.record), stages.void, stages.STAGE),
)


def any_in(body: EntriesIn) -> bool:
    """Whether a body carries any entry."""
    return any(getattr(body, shelf.name) for shelf in SHELVES)


def check(body: EntriesIn, *, held: bool, pointer: str) -> None:
    """Refuse entries in a session that did not take place."""
    for shelf in SHELVES:
        if not held and getattr(body, shelf.name):
            detail = "This session did not take place; record what came between sessions on its own."
            raise invalid(f"{pointer}/{shelf.name}", "session_not_held", detail)


def expect_recording(chart: Chart, couple_id: str, body: EntriesIn) -> None:
    """Ask ahead, together with the case, what recording these entries will ask."""
    expect_case(chart, couple_id, held=True)
    threats.expect_recording(chart, couple_id, body.threat_reports)


def record(
    chart: Chart, case: Case, body: EntriesIn, room: Room, *, source: str | None = None, pointer: str = ""
) -> Recorded:
    """Record all entries through their own slices; gives them by kind."""
    case, recorded = replace(case, held_on=room.held_on, day_there=room.day_there), {}
    for shelf in SHELVES:
        where = f"{pointer}/{shelf.name}"
        bodies = [
            _narrowed(entry, room, f"{where}/{number}")
            for number, entry in enumerate(getattr(body, shelf.name))
        ]
        recorded[shelf.name] = shelf.record(
            chart, case, bodies, source=source, session_id=room.session_id, pointer=where
        )
    return recorded


def ids(recorded: Recorded) -> Inside:
    """Ids of what was recorded, by kind."""
    return {name: [row["id"] for row in rows] for name, rows in recorded.items()}


def seen_by(recorded: Recorded) -> Row:
    """Who may learn that something was recorded: whoever may learn of any of it; nobody, where each partner has
    something of their own in it."""
    seen = {(row["visibility"], row["visible_partner_id"]) for rows in recorded.values() for row in rows}
    most = max(WIDTH[visibility] for visibility, _ in seen)
    widest = [each for each in seen if WIDTH[each[0]] == most]
    visibility, partner_id = widest[0] if len(widest) == 1 else ("clinician", None)
    return {"visibility": visibility, "visible_partner_id": partner_id}


def _narrowed(entry: Any, room: Room, pointer: str) -> Any:
    """The entry with the session's own visibility when it says none; refused when it asks for a wider one."""
    if room.visibility == "joint" or not isinstance(entry, Visible):
        return entry
    wider = WIDTH[entry.visibility] > WIDTH[room.visibility]
    stranger = entry.visibility == room.visibility and entry.visible_partner_id != room.visible_partner_id
    if not wider and not stranger:
        return entry
    if entry.model_fields_set & {"visibility", "visible_partner_id"}:
        detail = "An entry cannot be seen more widely than the session it is made in."
        raise invalid(f"{pointer}/visibility", "wider_than_session", detail, "Leave it out.")
    update = {"visibility": room.visibility, "visible_partner_id": room.visible_partner_id}
    return entry.model_copy(update=update)


def inside(chart: Chart, couple_id: str, session_id: str) -> Inside:
    """Ids of what was recorded in a session, as it was recorded; each entry tells of its own corrections."""
    return {
        shelf.name: [
            str(row["id"]) for row in chart.rows(_ids(shelf.kind.table), couple=couple_id, session=session_id)
        ]
        for shelf in SHELVES
    }


def any_standing(chart: Chart, couple_id: str, session_id: str) -> bool:
    """Whether a session still holds an entry, those entered in error left out."""
    return any(_standing(chart, shelf, couple_id, session_id, 1) for shelf in SHELVES)


def void(chart: Chart, couple_id: str, session_id: str, reason: str) -> None:
    """Mark everything recorded in a session as entered in error, in its newest version."""
    for shelf in SHELVES:
        for row in _standing(chart, shelf, couple_id, session_id, ALL):
            shelf.void(chart, row["id"], fact_tag(row), reason)


def _standing(chart: Chart, shelf: Shelf, couple_id: str, session_id: str, most: int) -> list[Row]:
    return chart.rows(
        facts.listing(shelf.kind.table, shelf.kind.effective, False, "session_id"),
        couple=couple_id,
        within=session_id,
        known=FAR_INSTANT,
        as_of=FAR_DAY,
        day=FAR_DAY,
        below=FAR_ID,
        most=most,
    )


@functools.cache
def _ids(table: Table) -> Select[Any]:
    return (
        select(table.c.id)
        .where(
            table.c.session_id == bindparam("session", required=True),
            table.c.supersedes_id.is_(None),
        )
        .order_by(table.c.id)
    )
