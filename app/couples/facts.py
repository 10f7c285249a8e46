"""Facts: what append-only entries share — reading as known then, correcting, voiding, paging; services come in."""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_core import to_json
from sqlalchemy import BindParameter, Select, Table, bindparam, func, or_, select
from starlette.responses import Response

from app.chart import audiences
from app.chart.base import metadata
from app.chart.chart import Chart, Row
from app.clock import written
from app.couples import holds
from app.couples.case import Case, expect_case, open_case
from app.errors import Refusal, invalid
from app.wire import pages
from app.wire.answers import demand_match, fact_tag
from app.wire.pages import Looking
from app.wire.types import TEAM_ALONE, UNREADABLE, Output

_COMPUTED = re.compile(r'\.[0-9a-f]{16}"')
FAR_DAY, FAR_INSTANT, FAR_ID = (
    "9999-12-31",
    "9999-12-31T00:00:00.000000Z",
    pages.HIGHEST_ID,
)


@dataclass(frozen=True)
class FactKind:
    """One kind of fact: its table, the column that says when it was so, its place in the API, its wire shape."""

    table: Table
    effective: str
    path: str
    shape: Callable[[Row], Row] = dict
    counts: bool = True
    """Whether it may feed a calculation; what never does leaves stored indicators as they are."""


@dataclass(frozen=True)
class Within:
    """A part of a couple's facts with an address of its own: those whose column holds one id."""

    column: str
    value: str
    path: str


class FactOut(Output):
    """What every fact carries."""

    id: str
    couple_id: str
    recorded_at: str = Field(description="When this service stored it.")
    recorded_by: str = Field(description="Person who recorded it.")
    source_recorded_at: str | None = Field(
        description="When an earlier system says it was recorded (imports)."
    )
    recorded_basis: str = Field(description="`witnessed` by this service or `claimed` by an earlier one.")
    visibility: str = Field(description="`joint`, `partner` or `clinician`.")
    visible_partner_id: str | None
    supersedes_id: str | None = Field(description="The entry that this one corrects.")
    superseded_by: str | None = Field(description="The entry that corrects this one.")
    entered_in_error: bool
    change_reason: str | None = Field(description=TEAM_ALONE)
    unreadable: list[str] = Field(description=UNREADABLE)


def known_bound(chart: Chart, known_at: date | None) -> str:
    """The instant before which something must have been recorded to be known at the end of a day.

    What is stored now is known now, even if the server's clock ran ahead when it was stored.
    """
    if known_at is None or known_at >= chart.today:
        return FAR_INSTANT
    end = datetime.combine(known_at + timedelta(days=1), datetime.min.time(), ZoneInfo(chart.actor.zone))
    return written(end)


# --- statements, each built once ---


def _recorded(table: Any) -> Any:
    return func.coalesce(table.c.source_recorded_at, table.c.recorded_at)


def _superseded_by(table: Table) -> Any:
    later = table.alias("later")
    return (
        select(later.c.id)
        .where(
            later.c.practice_id == table.c.practice_id,
            later.c.supersedes_id == table.c.id,
            _recorded(later) < bindparam("known", required=True),
        )
        .correlate(table)
        .scalar_subquery()
    )


@functools.cache
def listing(table: Table, effective: str, history: bool, within: str | None = None) -> Select[Any]:
    """Newest first by effective day and id; the page begins below (day, below); `within` names a column of one id."""
    when, superseded = table.c[effective], _superseded_by(table)
    day: BindParameter[str] = bindparam("day", required=True)
    below: BindParameter[str] = bindparam("below", required=True)
    statement = (
        select(*table.c, superseded.label("superseded_by"))
        .where(
            _recorded(table) < bindparam("known", required=True),
            when <= bindparam("as_of", required=True),
            or_(when < day, (when == day) & (table.c.id < below)),
        )
        .order_by(when.desc(), table.c.id.desc())
        .limit(bindparam("most", required=True))
    )
    if within is not None:
        statement = statement.where(table.c[within] == bindparam("within", required=True))
    return (
        statement if history else statement.where(table.c.entered_in_error.is_(False), superseded.is_(None))
    )


@functools.cache
def single(table: Table) -> Select[Any]:
    """One fact by its id."""
    return select(*table.c, _superseded_by(table).label("superseded_by")).where(
        table.c.id == bindparam("row", required=True)
    )


@functools.cache
def evidence(table: Table, columns: tuple[str, ...]) -> Select[Any]:
    """Columns of all current facts of a couple as known then; superseded ones are dropped by `current`."""
    own = ("id", "supersedes_id", "entered_in_error", "source_recorded_at")
    names = dict.fromkeys((*own, *columns))
    return select(*(table.c[name] for name in names)).where(
        _recorded(table) < bindparam("known", required=True)
    )


@functools.cache
def timed(statement: Select[Any]) -> Select[Any] | None:
    """The same evidence with the instant since which each row was known; None for what is no statement of facts."""
    (table,) = statement.get_final_froms()
    if not isinstance(table, Table) or not table.info.get("fact"):
        return None
    return statement.add_columns(_recorded(table).label("known_since"))


@functools.cache
def _ids_seen() -> tuple[Select[Any], ...]:
    """The ids of all that says who may learn of it, but for what belongs to single persons."""
    tables = (table for table in metadata.tables.values() if table.info.get("owner") == "couple")
    seen = (table for table in tables if "visibility" in table.c and "private" not in table.info)
    return tuple(select(table.c.id) for table in seen)


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Ids of what the treating team reads of a couple and one partner does not, with all versions, by the reason."""

    not_theirs: list[str]
    """Never for this partner, or taken back by a correction since."""
    in_error: frozenset[str]
    """Theirs, if they had not been entered in error, or with what was."""


def kept_back(chart: Chart, couple_id: str, partner_id: str) -> KeptBack:
    """What a partner does not read of a couple, as things stand now."""
    theirs = _ids(chart.for_audience(audiences.partner(partner_id)), couple_id)
    with_errors = _ids(chart.for_audience(audiences.partner_with_errors(partner_id)), couple_id)
    return KeptBack(sorted(_ids(chart, couple_id) - with_errors), frozenset(with_errors - theirs))


def _ids(seeing: Chart, couple_id: str) -> set[str]:
    seeing.expect(*_ids_seen(), couple=couple_id)
    return {str(row["id"]) for each in _ids_seen() for row in seeing.rows(each, couple=couple_id)}


def in_error(rows: Iterable[Row]) -> set[str]:
    """Ids of the rows that were marked as entered in error, and of their earlier versions."""
    by_id, found = {row["id"]: row for row in rows}, set[str]()
    for row in by_id.values():
        version: Row | None = row if row["entered_in_error"] else None
        while version is not None:
            found.add(version["id"])
            version = by_id.get(version["supersedes_id"])
    return found


def current(rows: list[Row]) -> list[Row]:
    """Rows that no other row supersedes and that were not entered in error."""
    superseded = {row["supersedes_id"] for row in rows if row["supersedes_id"] is not None}
    return [row for row in rows if row["id"] not in superseded and not row["entered_in_error"]]


# --- verbs ---


def shaped(kind: FactKind, row: Row) -> Row:
    """A fact in its wire shape."""
    basis = "claimed" if row["source_recorded_at"] else "witnessed"
    visible = {name: value for name, value in row.items() if name != "practice_id"}
    return kind.shape({"unreadable": [], **visible, "recorded_basis": basis})


def get(chart: Chart, kind: FactKind, fact_id: str) -> Row:
    """One fact, or not found."""
    row = chart.one(single(kind.table), row=fact_id, known=FAR_INSTANT)
    chart.note(couple_id=row["couple_id"], target_id=fact_id, seen_by=row)
    return row


def listed(
    chart: Chart, kind: FactKind, couple_id: str, look: Looking, within: Within | None = None
) -> Response:
    """A page of a couple's facts, or of a part of them; a text that does not open is marked, and hides no other."""
    if look.cursor is None:
        expect_case(chart, couple_id)
    else:  # whether a cursor fits is told only to whoever may open the couple
        open_case(chart, couple_id)
    path = within.path if within else f"/v1/couples/{couple_id}/{kind.path}"
    bound = {"path": path if within else kind.path, "couple": couple_id}
    filters = {
        "as_of": look.as_of and look.as_of.isoformat(),
        "known_at": look.known_at and look.known_at.isoformat(),
        "history": look.history or None,
    }
    place = pages.position(chart, look.cursor, {**filters, **bound})
    rows = chart.marked_rows(
        listing(kind.table, kind.effective, look.history, within.column if within else None),
        couple=couple_id,
        known=known_bound(chart, look.known_at),
        as_of=look.as_of or FAR_DAY,
        day=place[0] if place else FAR_DAY,
        below=place[1] if place else FAR_ID,
        most=look.limit + 1,
        **({"within": within.value} if within else {}),
    )
    if look.cursor is None:
        open_case(chart, couple_id)
    return pages.page(
        chart,
        path,
        rows,
        limit=look.limit,
        filters=filters,
        bound=bound,
        sort=lambda row: [row[kind.effective], row["id"]],
        shape=lambda row: shaped(kind, row),
    )


def seen_tag(row: Row, shown: Row) -> str:
    """ETag of a fact shown with figures computed from it today: its own tag, then a digest that If-Match may carry."""
    digest = hashlib.sha256(to_json(shown)).hexdigest()[:16]
    return f'{fact_tag(row)[:-1]}.{digest}"'


def record(
    chart: Chart, kind: FactKind, case: Case, values: Mapping[str, Any], *, source: str | None = None
) -> Row:
    """Store a new fact in an opened case; `source` is when an earlier system says it was recorded."""
    fact_id = chart.add(kind.table, couple_id=case.id, source_recorded_at=source, **values)
    chart.note(couple_id=case.id, target_id=fact_id, seen_by=values)
    if kind.counts:
        case.evidence_changed(chart)
    return _as_stored(chart, kind, case, fact_id, {"source_recorded_at": source, **values})


def correct(
    chart: Chart,
    kind: FactKind,
    row: Row,
    case: Case,
    if_match: str | None,
    values: Mapping[str, Any],
    reason: str,
) -> Row:
    """Supersede a fact by a corrected one; refuses when it was already superseded or the ETag is stale."""
    _demand_newest(row, if_match)
    _demand_no_wider(row, values)
    fact_id = chart.revise(kind.table, row, reason, **values)
    chart.note(couple_id=case.id, target_id=fact_id, seen_by=values)
    if kind.counts:
        case.evidence_changed(chart)
    changed = {"supersedes_id": row["id"], "change_reason": reason, "source_recorded_at": None, **values}
    return _as_stored(chart, kind, case, fact_id, changed)


def void(chart: Chart, kind: FactKind, row: Row, case: Case, if_match: str | None, reason: str) -> Row:
    """Mark a fact as entered in error; its content stays in the history."""
    _demand_newest(row, if_match)
    holds.demand_not_held(chart, case.id)
    kept = {name: row[name] for name in content_of(kind.table)}
    fact_id = chart.void(kind.table, row, reason, **kept)
    if kind.counts:
        case.evidence_changed(chart)
    changed = {"supersedes_id": row["id"], "change_reason": reason, "entered_in_error": True, **kept}
    return _as_stored(chart, kind, case, fact_id, {"source_recorded_at": None, **changed})


def seen_anew(
    chart: Chart, kind: FactKind, row: Row, case: Case, seen: Mapping[str, str | None], reason: str
) -> Row:
    """Correct nothing but who may learn of a fact; never more widely."""
    kept = {name: row[name] for name in content_of(kind.table)}
    return correct(chart, kind, row, case, fact_tag(row), {**kept, **seen}, reason)


def content_of(table: Table) -> set[str]:
    """The columns that say something, apart from those that every entry has for itself."""
    return {str(column.name) for column in table.c} - _OWN


_OWN = {
    "practice_id",
    "id",
    "couple_id",
    "recorded_at",
    "recorded_by",
    "source_recorded_at",
    "supersedes_id",
    "change_reason",
    "entered_in_error",
}


def _demand_no_wider(row: Row, values: Mapping[str, Any]) -> None:
    """What one partner said alone becomes joint by an act of its own, which says on whose permission."""
    if audiences.is_wider(values, row):
        hint = "Share it by its confidence, or mark it as entered in error and record it anew."
        detail = "A correction cannot tell of an entry more widely than before."
        raise invalid("/visibility", "wider_than_before", detail, hint)


def _demand_newest(row: Row, if_match: str | None) -> None:
    if if_match is None:
        demand_match(if_match, "")
    if row["superseded_by"] or row["entered_in_error"]:
        raise Refusal("already_superseded", extra={"superseded_by": row["superseded_by"]})
    demand_match(if_match and _COMPUTED.sub('"', if_match), fact_tag(row))


@functools.cache
def _blank(table: Table) -> Row:
    """A row of nothing but its names."""
    return {str(column.name): None for column in table.c}


def _as_stored(chart: Chart, kind: FactKind, case: Case, fact_id: str, values: Mapping[str, Any]) -> Row:
    """The row as a GET would show it, without asking the store again."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return {
        **_blank(kind.table),
        "entered_in_error": False,
        **plain,
        "id": fact_id,
        "couple_id": case.id,
        "recorded_at": chart.at,
        "recorded_by": chart.actor.person_id,
        "superseded_by": None,
    }
