"""What happens in an emergency: a record opened for reading, told at once, reviewed by another; caseload comes in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from app.break_glass.kinds import DAY, MOST_IN_A_DAY, OPEN_FOR, REVIEW_WITHIN
from app.break_glass.schemas import BreakGlassEvent, BreakGlassIn, BreakGlassReport, BreakGlassReview
from app.break_glass.tables import break_glass
from app.chart.chart import Chart, Row
from app.clock import day_in, written
from app.couples.case import open_case
from app.errors import Refusal, not_found
from app.practice import service as practice
from app.wire.answers import demand_match, version_tag

_ALL = tuple(column for column in break_glass.c if column.name != "practice_id")
_BARE = tuple(column for column in _ALL if column.name in {*BreakGlassEvent.model_fields})
_ONE = select(*_ALL).where(break_glass.c.id == bindparam("row", required=True))
_OF_COUPLE = (
    select(*_ALL)
    .where(break_glass.c.id < bindparam("below", required=True))
    .order_by(break_glass.c.id.desc())
    .limit(bindparam("most", required=True))
)
_EVENTS = (
    select(*_BARE)
    .where(break_glass.c.id < bindparam("below", required=True))
    .order_by(break_glass.c.id.desc())
    .limit(bindparam("most", required=True))
)
_LATELY = select(break_glass.c.id).where(
    break_glass.c.person_id == bindparam("person", required=True),
    break_glass.c.begins_at > bindparam("since", required=True),
)
_TIMES = select(break_glass.c.person_id, break_glass.c.begins_at, break_glass.c.ends_at)
_UNREVIEWED = (
    select(break_glass.c.id, break_glass.c.begins_at)
    .where(break_glass.c.reviewed_at.is_(None))
    .order_by(break_glass.c.id)
)
TOLD: Final = "Somebody outside the care team opened the record in an emergency; review it."
OF_BOTH: Final = {"visibility": "joint", "visible_partner_id": None}


# --- opening ---


def break_in(chart: Chart, couple_id: str, body: BreakGlassIn) -> Row:
    """Open a couple's record for reading for an hour; its care team and administrators are told at once.

    Whoever may do this can tell a couple of the practice from none: therefore the scope, the daily limit, which is
    looked at first, and a line on the trail either way.
    """
    wide = chart.past_the_care_team()
    _demand_not_spent(wide)
    case = open_case(wide, couple_id, held=True)
    if practice.stands(wide, couple_id, chart.actor.person_id):
        raise Refusal("conflict", "You stand in this couple's care team: the record is open to you.")
    ends_at = chart.now + OPEN_FOR
    event_id = wide.add(
        break_glass,
        couple_id=case.id,
        person_id=chart.actor.person_id,
        grant_id=practice.let_in_for_emergency(wide, case.id, ends_at),
        begins_at=chart.at,
        ends_at=ends_at,
        **body.model_dump(),
    )
    case.evidence_changed(wide)  # the caseload of the care team is made anew, with the task in it
    return read(chart, event_id)


def _demand_not_spent(wide: Chart) -> None:
    practice.hold_oneself(wide)  # or many at once would each count before the others are there
    since = written(wide.now - DAY)
    if len(wide.rows(_LATELY, person=wide.actor.person_id, since=since)) >= MOST_IN_A_DAY:
        raise Refusal("break_glass_spent")


# --- reading ---


def read(chart: Chart, event_id: str) -> Row:
    """One emergency, for the care team and for whom it let in, also after the hour."""
    wide, me = chart.past_the_care_team(), chart.actor.person_id
    row = wide.one(_ONE, row=event_id)
    if row["person_id"] != me and not practice.stands(wide, row["couple_id"], me):
        raise not_found()
    chart.note(couple_id=row["couple_id"], target_id=event_id, seen_by=OF_BOTH)
    return shaped(row)


def of_couple(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """An opened couple's emergencies, newest first."""
    return chart.rows(_OF_COUPLE, couple=couple_id, below=below, most=most)


def events(chart: Chart, below: str, most: int) -> list[Row]:
    """That records were opened: to administrators all of the practice, to clinicians those of their own couples."""
    administers = chart.actor.role == "administrator"
    return (chart.past_the_care_team() if administers else chart).rows(_EVENTS, below=below, most=most)


def shaped(row: Row) -> Row:
    """An emergency in its wire shape."""
    due = written(datetime.fromisoformat(row["begins_at"]) + REVIEW_WITHIN)
    return {name: value for name, value in row.items() if name != "grant_id"} | {"review_due_at": due}


# --- afterwards ---


def report(chart: Chart, event_id: str, body: BreakGlassReport, if_match: str | None) -> Row:
    """Say what was done, once; the reading ends with it. Nothing else is written under an emergency."""
    row = read(chart, event_id)
    if row["person_id"] != chart.actor.person_id:
        raise not_found()
    demand_match(if_match, version_tag(row))
    if row["reported_at"] is not None:
        raise Refusal("conflict", "What was done is on record already.")
    wide = chart.past_the_care_team()
    practice.end_emergency(wide, wide.one(_ONE, row=event_id)["grant_id"])
    ends_at = min(row["ends_at"], chart.at)
    return _changed(wide, row, reported_at=chart.at, report=body.done, ends_at=ends_at)


def review(chart: Chart, event_id: str, body: BreakGlassReview, if_match: str | None) -> Row:
    """Record what a clinician of the care team, and not whoever came in, finds."""
    row = read(chart, event_id)
    me = chart.actor
    if me.person_id == row["person_id"]:
        raise Refusal("second_person_needed")
    if me.role != "clinician":
        raise Refusal("clinician_needed")
    demand_match(if_match, version_tag(row))
    if row["reviewed_at"] is not None:
        raise Refusal("conflict", "This emergency was reviewed already.")
    found = {"finding": body.finding, "review": body.words}
    return _changed(chart, row, reviewed_at=chart.at, reviewed_by=me.person_id, **found)


def _changed(chart: Chart, row: Row, **values: Any) -> Row:
    case = open_case(chart, row["couple_id"])
    version = chart.amend(break_glass, row["id"], row["version"], couple_id=case.id, **values)
    case.evidence_changed(chart)
    return {**row, **values, "version": version}


# --- what the slices above ask ---


def tasks(chart: Chart, couple_id: str) -> list[Row]:
    """What waits for the care team: a review of each emergency, within three days."""
    rows = chart.rows(_UNREVIEWED, couple=couple_id)
    days = (
        day_in(datetime.fromisoformat(row["begins_at"]) + REVIEW_WITHIN, chart.actor.zone) for row in rows
    )
    return [{"code": "break_glass_review", "text": TOLD, "on": day.isoformat()} for day in days]


def hours(chart: Chart, couple_id: str) -> list[Row]:
    """Who might read a couple's record because of an emergency, and from when to when."""
    return chart.rows(_TIMES, couple=couple_id)


def was_emergency(spans: Iterable[Row], person_id: str | None, at: str) -> bool:
    """Whether somebody read at an instant only because of an emergency."""
    return any(
        each["person_id"] == person_id and each["begins_at"] <= at <= each["ends_at"] for each in spans
    )
