"""What the trail tells: to a partner who saw what, to an administrator what was done; only the slice's routes come in.

A line belongs into a partner's report when the entry that it touched was joint or the partner's own, when it was a look
at the record as a whole, or when somebody was refused either. What it touched was noted in the request itself; what a
correction took back since is left out, as it is from every other answer for this partner. What was entered in error was
never this partner's either, but that somebody stood in the record was: such a line tells of a look at the whole.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, not_, or_, select

from app.audit.kinds import AS_A_WHOLE, KEPT_FROM_AUDIT, TOLD_TO_PARTNERS, area_told, deed
from app.break_glass import service as break_glass
from app.chart.chart import Chart, Row, among
from app.chart.trail import trail
from app.clock import written
from app.couples import facts
from app.couples.case import open_case
from app.couples.facts import FAR_ID, FAR_INSTANT
from app.errors import invalid, not_found
from app.practice import service as practice

FIRST: Final = "0001-01-01T00:00:00.000000Z"
_COLUMNS = (
    "id",
    "at",
    "person_id",
    "key_id",
    "request_id",
    "action",
    "status",
    "area",
    "couple_id",
    "visibility",
    "target_id",
    "asked_id",
)
REFUSED_ACCESS: Final = (403, 404)
"""A request that was badly made (409, 422) showed nothing and is nobody's business but the maker's."""


_BETWEEN = and_(
    trail.c.at >= bindparam("since", required=True),
    trail.c.at < bindparam("until", required=True),
)
_BELOW = trail.c.id < bindparam("below", required=True)


def _after_place() -> ColumnElement[bool]:
    at: BindParameter[str] = bindparam("at", required=True)
    return or_(trail.c.at < at, and_(trail.c.at == at, _BELOW))


def _theirs(line: Any) -> ColumnElement[bool]:
    """The entry touched was joint or this partner's own."""
    own = line.c.visible_partner_id == bindparam("partner", required=True)
    return or_(line.c.visibility == "joint", and_(line.c.visibility == "partner", own))


def _standing(target: ColumnElement[Any]) -> ColumnElement[bool]:
    """No correction has taken the entry back from this partner since."""
    return or_(target.is_(None), not_(among(target, bindparam("not_theirs", required=True))))


def _report() -> Select[Any]:
    made = trail.alias("made")
    of: BindParameter[str] = bindparam("of", required=True)
    told = select(made.c.target_id).where(
        made.c.couple_id == of, made.c.target_id.is_not(None), _theirs(made), _standing(made.c.target_id)
    )
    as_a_whole = and_(trail.c.visibility.is_(None), trail.c.target_id.is_(None))
    reached = and_(trail.c.couple_id == of, or_(_theirs(trail), as_a_whole))
    missed = and_(
        trail.c.couple_id.is_(None),
        or_(and_(trail.c.asked_id == of, or_(_theirs(trail), as_a_whole)), trail.c.asked_id.in_(told)),
    )
    return (
        select(*(trail.c[name] for name in _COLUMNS))
        .where(
            or_(reached, missed),
            _standing(trail.c.target_id),
            or_(*(trail.c.area == area for area in sorted(TOLD_TO_PARTNERS))),
            or_(trail.c.status < 400, *(trail.c.status == status for status in REFUSED_ACCESS)),
            _BETWEEN,
            _after_place(),
        )
        .order_by(trail.c.at.desc(), trail.c.id.desc())
        .limit(bindparam("most", required=True))
    )


def _open_to_audit() -> ColumnElement[bool]:
    return and_(*(trail.c.area != area for area in sorted(KEPT_FROM_AUDIT)))


def _audit(*, of_person: bool) -> Select[Any]:
    statement = (
        select(*(trail.c[name] for name in _COLUMNS))
        .where(or_(trail.c.area.is_(None), _open_to_audit()), _BETWEEN, _BELOW)
        .order_by(trail.c.id.desc())
        .limit(bindparam("most", required=True))
    )
    return (
        statement.where(trail.c.person_id == bindparam("person", required=True)) if of_person else statement
    )


_REPORT = _report()
_AUDITS = {of_person: _audit(of_person=of_person) for of_person in (False, True)}


def open_for_report(chart: Chart, couple_id: str, partner_id: str) -> None:
    """Refuse as not found unless somebody of the care team asks for one of the couple's partners."""
    case = open_case(chart, couple_id)
    if partner_id not in case.partner_ids or not practice.stands(chart, couple_id, chart.actor.person_id):
        raise not_found()


def access_report(
    chart: Chart,
    couple_id: str,
    partner_id: str,
    since: date | None,
    until: date | None,
    place: list[str],
    most: int,
) -> list[Row]:
    """Who saw what about one partner of an opened couple, newest first, refusals included."""
    span = _span(chart, since, until)
    at, below = place or (FAR_INSTANT, FAR_ID)
    kept_back = facts.kept_back(chart, couple_id, partner_id)
    theirs = {
        "of": couple_id,
        "partner": partner_id,
        "not_theirs": chart.list_value(kept_back.not_theirs),
    }
    rows = chart.rows(_REPORT, **theirs, at=at, below=below, most=most, **span)
    people = practice.known_by_id(chart, {row["person_id"] for row in rows if row["person_id"]})
    spans = break_glass.hours(chart, couple_id)
    return [
        {**row, **_who(people, row), "spans": spans, "in_error": _touched(row) in kept_back.in_error}
        for row in rows
    ]


def _touched(row: Row) -> Any:
    """The entry that a line is about, reached or only asked for."""
    return row["target_id"] or row["asked_id"]


def _who(people: dict[str, Row], row: Row) -> Row:
    somebody = people.get(row["person_id"])
    return {"name": somebody and somebody["name"], "role": somebody and somebody["role"]}


def access_shape(row: Row) -> Row:
    """One line of a partner's report."""
    return {
        "at": row["at"],
        "person_id": row["person_id"],
        "name": row["name"],
        "role": row["role"],
        **(_look(row) if row["in_error"] else _seen(row)),
        "emergency": row["status"] < 400
        and break_glass.was_emergency(row["spans"], row["person_id"], row["at"]),
    }


def _seen(row: Row) -> Row:
    """What was touched, and how."""
    return {
        "part": row["area"],
        "deed": deed(row["action"], row["status"]),
        "whose": "own" if row["visibility"] == "partner" else "joint",
    }


def _look(row: Row) -> Row:
    """What is told of a line about an entry in error: what anybody leaves who opens the record, and no more."""
    return {"part": AS_A_WHOLE, "deed": "refused" if row["status"] >= 400 else "read", "whose": "joint"}


def audit(
    chart: Chart, person_id: str | None, since: date | None, until: date | None, place: list[str], most: int
) -> list[Row]:
    """What was done in the practice, newest first, without what it was about."""
    asked = {"person": person_id} if person_id else {}
    span = _span(chart, since, until)
    below = place[0] if place else FAR_ID
    return chart.rows(_AUDITS[person_id is not None], below=below, most=most, **asked, **span)


def audit_shape(row: Row) -> Row:
    """One line as an administrator is told it."""
    part = area_told(row["area"])
    return {
        "at": row["at"],
        "person_id": row["person_id"],
        "key_id": row["key_id"],
        "request_id": row["request_id"],
        "part": part,
        "operation": None if part == "record" else row["action"],
        "deed": deed(row["action"], row["status"]),
        "status": row["status"],
        "couple_id": row["couple_id"],
    }


def _span(chart: Chart, since: date | None, until: date | None) -> dict[str, str]:
    """Days of the practice's zone as instants."""
    if since and until and until < since:
        raise invalid("#/query/to", "end_before_start", "The last day lies before the first.")
    zone = ZoneInfo(chart.actor.zone)
    begin = written(datetime.combine(since, datetime.min.time(), zone)) if since else FIRST
    end = (
        written(datetime.combine(until + timedelta(days=1), datetime.min.time(), zone))
        if until
        else FAR_INSTANT
    )
    return {"since": begin, "until": end}
