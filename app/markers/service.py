"""What happens to markers and cessation: recorded, corrected, read as evidence; routes and the slices above come in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, or_
from starlette.responses import Response

from app.chart import audiences
from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import JOINT, Case, Direction, open_case, open_for_writing, seen_by
from app.couples.facts import FAR_DAY, FAR_ID, FAR_INSTANT, FactKind
from app.couples.service import CLINICIAN, demand_come
from app.errors import invalid
from app.markers import cessation_kinds, kinds
from app.markers.kinds import BY_CODE, MarkerKind
from app.markers.schemas import (
    CessationCorrection,
    CessationIn,
    MarkerCorrection,
    MarkerIn,
    MarkerLooking,
)
from app.markers.tables import cessation, marker
from app.safety import service as safety
from app.wire import pages


def _marker_shape(row: Row) -> Row:
    kind = BY_CODE[row["code"]]
    return {**row, "label": kind.label, "polarity": kind.polarity, "task": kind.task}


def _cessation_shape(row: Row) -> Row:
    return {**row, "task": cessation_kinds.task_for(row["status"], row["grade"])}


MARKER = FactKind(marker, "observed_on", "markers", _marker_shape)
CESSATION = FactKind(cessation, "effective_on", "cessation", _cessation_shape)

_EVIDENCE = facts.evidence(
    marker, ("direction_id", "code", "about_id", "observed_on", "stated_value", "session_id", "visibility")
)
_EARLIER = facts.evidence(marker, ("direction_id", "code", "observed_on", *JOINT))
_CESSATION_EVIDENCE = facts.evidence(
    cessation, ("direction_id", "status", "grade", "effective_on", "visibility")
)


def _asked_or_any(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """A filter on a column of ids that holds for every row when nothing was asked."""
    anyone = bindparam(f"any_{name}", type_=String(), required=True) == "yes"
    return or_(anyone, column == bindparam(name, type_=column.type, required=True))


def _filtered(history: bool) -> Select[Any]:
    return facts.listing(marker, "observed_on", history).where(
        marker.c.code.like(bindparam("codes", required=True)),
        _asked_or_any(marker.c.direction_id, "direction"),
        _asked_or_any(marker.c.session_id, "session"),
    )


_LISTED = {history: _filtered(history) for history in (True, False)}


# --- evidence and catalogue ---


EVIDENCE = (_EVIDENCE, _CESSATION_EVIDENCE)


def evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's markers as known before an instant, without words."""
    return facts.current(chart.rows(_EVIDENCE, couple=couple_id, known=known))


def cessation_evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """What is on record about the ending of each betrayal, as known before an instant, without words."""
    return facts.current(chart.rows(_CESSATION_EVIDENCE, couple=couple_id, known=known))


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """The published kinds of markers and cessation entries."""
    cessations = [asdict(kind) for kind in cessation_kinds.KINDS]
    return {
        "markers": [asdict(kind) for kind in kinds.KINDS],
        "bases": [asdict(basis) for basis in kinds.BASES],
        "cessation": [{k: v for k, v in kind.items() if k != "emerging_days"} for kind in cessations],
        "cessation_grades": [asdict(grade) for grade in cessation_kinds.GRADES],
    }


# --- markers ---

_SAID = ("code", "observed_on", "basis", "strength", "stated_value", "words")


def record_marker(
    chart: Chart,
    case: Case,
    body: MarkerIn,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record a marker; a sign of coercion opens a safety concern with it."""
    kind = BY_CODE[body.code]
    values = _marker_values(chart, case, body, pointer, None)
    if kind.requires_earlier:
        _demand_earlier(chart, case, kind, values, pointer, None)
    if kind.opens_safety_concern:
        _open_concern(chart, case, values, source)
    return facts.record(chart, MARKER, case, {**values, "session_id": session_id}, source=source)


def record_markers(
    chart: Chart,
    case: Case,
    bodies: Sequence[MarkerIn],
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> list[Row]:
    """Record the markers of a session in any order: one that needs another beside it is stored after it."""
    rows: dict[int, Row] = {}
    for n in sorted(range(len(bodies)), key=lambda n: BY_CODE[bodies[n].code].requires_earlier is not None):
        rows[n] = record_marker(
            chart, case, bodies[n], source=source, session_id=session_id, pointer=f"{pointer}/{n}"
        )
    return [rows[n] for n in range(len(bodies))]


def read_marker(chart: Chart, marker_id: str) -> Row:
    """One marker."""
    return facts.get(chart, MARKER, marker_id)


def correct_marker(chart: Chart, marker_id: str, body: MarkerCorrection, if_match: str | None) -> Row:
    """Correct a marker by a new entry; it stays in its session."""
    row = facts.get(chart, MARKER, marker_id)
    case = open_for_writing(chart, row["couple_id"])
    kind = BY_CODE[body.code]
    values = _marker_values(chart, case, body, "", row)
    if kind.requires_earlier:
        _demand_earlier(chart, case, kind, values, "", row["id"])
    if kind.opens_safety_concern and not _same_sign(row, values):
        _open_concern(chart, case, values, None)
    values["session_id"] = row["session_id"]
    return facts.correct(chart, MARKER, row, case, if_match, values, body.reason)


def void_marker(chart: Chart, marker_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a marker as entered in error; a safety concern that it opened stays until a clinician closes it."""
    row = facts.get(chart, MARKER, marker_id)
    return facts.void(chart, MARKER, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def listed(chart: Chart, couple_id: str, look: MarkerLooking) -> Response:
    """A page of a couple's markers."""
    open_case(chart, couple_id)
    own = look.model_dump(mode="json", exclude={"limit", "cursor", "audience"})
    filters = {**own, "history": look.history or None}
    bound = {"path": MARKER.path, "couple": couple_id}
    place = pages.position(chart, look.cursor, {**filters, **bound})
    rows = chart.marked_rows(
        _LISTED[look.history],
        couple=couple_id,
        known=facts.known_bound(chart, look.known_at),
        as_of=look.as_of or FAR_DAY,
        day=place[0] if place else FAR_DAY,
        below=place[1] if place else FAR_ID,
        most=look.limit + 1,
        **_asked(look),
    )
    return pages.page(
        chart,
        f"/v1/couples/{couple_id}/{MARKER.path}",
        rows,
        limit=look.limit,
        filters=filters,
        bound=bound,
        sort=lambda row: [row["observed_on"], row["id"]],
        shape=lambda row: facts.shaped(MARKER, row),
    )


def _asked(look: MarkerLooking) -> dict[str, str]:
    return {
        "codes": _pattern(look.code, look.family),
        "any_direction": "no" if look.direction_id else "yes",
        "direction": look.direction_id or FAR_ID,
        "any_session": "no" if look.session_id else "yes",
        "session": look.session_id or FAR_ID,
    }


def _pattern(code: str | None, family: str | None) -> str:
    """The codes asked for as a LIKE pattern: a family is the beginning that its codes share."""
    if code is not None:
        return code if family in (None, BY_CODE[code].family) else ""
    prefixes = (kind.code.split("-")[0] for kind in kinds.KINDS if kind.family == family)
    return f"{next(prefixes)}-%" if family else "%"


def _marker_values(
    chart: Chart, case: Case, body: MarkerIn, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    """The columns of a marker, checked; `corrected` is the entry that this one will supersede."""
    kind = BY_CODE[body.code]
    way = _direction(case, body.direction_id, pointer, corrected)
    about_id = _about(case, kind, way, body.about_id, f"{pointer}/about_id")
    demand_come(chart, case, corrected, pointer, observed_on=body.observed_on)
    _check_stated(kind, body.stated_value, f"{pointer}/stated_value")
    seen = seen_by(
        body,
        case,
        pointer=pointer,
        usual=_usual(kind, about_id),
        corrected=_standing(kind, about_id, corrected),
    )
    return {
        **{name: getattr(body, name) for name in _SAID},
        "direction_id": way.id,
        "about_id": about_id,
        **(CLINICIAN if kind.opens_safety_concern else seen),
    }


def _direction(case: Case, direction_id: str | None, pointer: str, corrected: Row | None) -> Direction:
    kept = corrected["direction_id"] if corrected else None
    return case.direction(direction_id or kept, f"{pointer}/direction_id")


def _usual(kind: MarkerKind, about_id: str | None) -> Mapping[str, str | None]:
    if kind.stated_values:  # said alone, so the other must not learn of it by default
        return {"visibility": "partner", "visible_partner_id": about_id}
    return JOINT


def _standing(
    kind: MarkerKind, about_id: str | None, corrected: Row | None
) -> Mapping[str, str | None] | None:
    """Who might learn of the corrected entry, and may of this one when nothing is said.

    What turns out to be a partner's own statement, or the other partner's, was told to whom it must not be told:
    it becomes that partner's own, or the clinician's where that would tell of the entry more widely than before.
    """
    if corrected is None or not kind.stated_values:
        return corrected
    if BY_CODE[corrected["code"]].stated_values and corrected["about_id"] == about_id:
        return corrected
    own = _usual(kind, about_id)
    return CLINICIAN if audiences.is_wider(own, corrected) else own


def _about(case: Case, kind: MarkerKind, way: Direction, named: str | None, pointer: str) -> str | None:
    """Whom a marker describes: the one whom its kind leaves, or the one named."""
    if named is not None:
        case.partner(named, pointer)
    if kind.about == "either":
        if named is None and kind.stated_values:
            raise invalid(
                pointer, "about_needed", "Say which partner stated it.", "See `partners` of the couple."
            )
        return named
    fits = {"betraying": way.betraying_id, "affected": way.affected_id, "dyad": None}[kind.about]
    if named is not None and named != fits:
        whom = "both together" if fits is None else f"the {kind.about} partner of the direction"
        raise invalid(pointer, "about_does_not_fit", f"{kind.code} describes {whom}.", "Leave it out.")
    return fits


def _check_stated(kind: MarkerKind, value: str | None, pointer: str) -> None:
    if not kind.stated_values:
        if value is not None:
            raise invalid(
                pointer, "stated_value_not_wanted", f"{kind.code} takes no stated value.", "Leave it out."
            )
        return
    options = f"Use one of {', '.join(kind.stated_values)}."
    if value is None:
        raise invalid(pointer, "stated_value_needed", f"{kind.code} needs what was stated.", options)
    if value not in kind.stated_values:
        raise invalid(pointer, "stated_value_unknown", f"{kind.code} takes other values.", options)


def rests_on_known(
    chart: Chart, couple_id: str, values: Mapping[str, Any], besides: str | None = None
) -> bool:
    """Whether the marker that a kind asks for stands on or before the day, among those that whoever may learn of this
    one may learn of too: that this stands would tell them of the other."""
    needed, day = BY_CODE[values["code"]].requires_earlier, str(values["observed_on"])
    return needed is None or any(
        row["code"] == needed
        and row["direction_id"] == values["direction_id"]
        and row["observed_on"] <= day
        and row["id"] != besides
        and not audiences.is_wider(values, row)
        for row in facts.current(chart.rows(_EARLIER, couple=couple_id, known=FAR_INSTANT))
    )


def _demand_earlier(
    chart: Chart, case: Case, kind: MarkerKind, values: Row, pointer: str, besides: str | None
) -> None:
    """Refuse background before ownership."""
    if rests_on_known(chart, case.id, values, besides):
        return
    raise invalid(
        f"{pointer}/code",
        "earlier_marker_missing",
        f"{kind.code} is recorded only where {kind.requires_earlier} stands on the same day or earlier.",
        f"Record {kind.requires_earlier} first, for the same eyes; background offered as the cause is ACC-DEFL.",
    )


def _same_sign(row: Row, values: Row) -> bool:
    """Whether a correction says no more of danger than what it corrects, which opened its concern at the time.

    A concern that was looked into and resolved since is not opened again by a word put right.
    """
    day = values["observed_on"].isoformat()
    return row["observed_on"] == day and all(
        row[name] == values[name] for name in ("code", "direction_id", "about_id")
    )


def _open_concern(chart: Chart, case: Case, values: Row, source: str | None) -> None:
    safety.open_concern(
        chart,
        case,
        safety.CONCERN_OF_MARKER[values["code"]],
        min(values["observed_on"], chart.today),  # danger is there at once, whatever day it is elsewhere
        person_at_risk_id=values["about_id"],
        direction_id=values["direction_id"],
        source=source,
    )


# --- cessation ---


def record_cessation(
    chart: Chart,
    case: Case,
    body: CessationIn,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record whether a betrayal has ended."""
    values = _cessation_values(chart, case, body, pointer, None)
    return facts.record(chart, CESSATION, case, {**values, "session_id": session_id}, source=source)


def read_cessation(chart: Chart, cessation_id: str) -> Row:
    """One cessation entry."""
    return facts.get(chart, CESSATION, cessation_id)


def correct_cessation(
    chart: Chart, cessation_id: str, body: CessationCorrection, if_match: str | None
) -> Row:
    """Correct a cessation entry by a new one."""
    row = facts.get(chart, CESSATION, cessation_id)
    case = open_for_writing(chart, row["couple_id"])
    values = {**_cessation_values(chart, case, body, "", row), "session_id": row["session_id"]}
    return facts.correct(chart, CESSATION, row, case, if_match, values, body.reason)


def void_cessation(chart: Chart, cessation_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a cessation entry as entered in error."""
    row = facts.get(chart, CESSATION, cessation_id)
    return facts.void(chart, CESSATION, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _cessation_values(
    chart: Chart, case: Case, body: CessationIn, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    way = _direction(case, body.direction_id, pointer, corrected)
    demand_come(chart, case, corrected, pointer, effective_on=body.effective_on)
    problem = cessation_kinds.grade_problem(body.status, body.grade)
    if problem:
        code = "grade_needed" if body.grade is None else "grade_does_not_fit"
        raise invalid(f"{pointer}/grade", code, problem, "See `cessation` of GET /v1/marker-kinds.")
    return {
        **body.model_dump(include={"status", "grade", "effective_on", "words"}),
        "direction_id": way.id,
        **seen_by(body, case, pointer=pointer, corrected=corrected),
    }
