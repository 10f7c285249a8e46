"""What happens to safety: concerns open and change state, partners are screened alone; routes and slices come in."""

from datetime import date
from typing import Any

from app.chart.chart import Chart, Row
from app.couples import facts, holds
from app.couples.case import Case, open_for_writing
from app.couples.facts import FAR_INSTANT, FactKind
from app.couples.service import CLINICIAN, not_in_future
from app.errors import Refusal, invalid
from app.safety.kinds import (
    CONCERN_BY_CODE,
    CONCERN_KINDS,
    SCREEN_RESULT_BY_CODE,
    STATE_BY_CODE,
    screen_due_on,
    screen_is_current,
)
from app.safety.schemas import (
    ConcernCorrection,
    ConcernFields,
    ConcernIn,
    ScreenCorrection,
    ScreenIn,
    StateIn,
)
from app.safety.tables import safety_concern, safety_screen


def _concern_shape(row: Row) -> Row:
    tasks = CONCERN_BY_CODE[row["kind"]].tasks if STATE_BY_CODE[row["state"]].open else ()
    return {**row, "tasks": list(tasks)}


def _screen_shape(row: Row) -> Row:
    due = screen_due_on(date.fromisoformat(row["screened_on"])).isoformat() if _counts(row) else None
    return {**row, "due_on": due}


CONCERN = FactKind(safety_concern, "raised_on", "safety-concerns", _concern_shape)
SCREEN = FactKind(safety_screen, "screened_on", "safety-screens", _screen_shape)

_CONCERNS = facts.evidence(
    safety_concern, ("kind", "raised_on", "state", "state_on", "direction_id", "person_at_risk_id")
)
_SCREENS = facts.evidence(safety_screen, ("partner_id", "screened_on", "separately", "result"))
CONCERN_OF_MARKER = {code: kind.code for kind in CONCERN_KINDS for code in kind.opened_by_markers}
_TOLD = ("id", "kind", "raised_on", "direction_id", "person_at_risk_id")
# Says nothing of safety, but is always the same: only who may read of safety is told why a lock stands.
_LOCKED = "Placed together with an entry of the record. Lift it when the ground for that entry is gone."


# --- what the slices above ask ---


EVIDENCE = (_CONCERNS,)


def open_concerns(chart: Chart, couple_id: str, known: str, as_of: date | None = None) -> list[Row]:
    """Concerns that are not resolved, as known before an instant.

    With `as_of`, also those that were open on that day and were resolved only later.
    """
    rows = facts.current(chart.rows(_CONCERNS, couple=couple_id, known=known))
    return [{name: row[name] for name in _TOLD} for row in rows if _stands(row, as_of)]


def _stands(row: Row, as_of: date | None) -> bool:
    if STATE_BY_CODE[row["state"]].open:
        return True
    return as_of is not None and bool(row["raised_on"] <= as_of.isoformat() < row["state_on"])


def screens_current(chart: Chart, case: Case, on: date, known: str = FAR_INSTANT) -> dict[str, date | None]:
    """For both partners: the last separate screen up to a day that still holds on it, or None."""
    rows = facts.current(chart.rows(_SCREENS, couple=case.id, known=known))
    days = {partner_id: _last_screen(rows, partner_id, on) for partner_id in case.partner_ids}
    return {partner_id: day if screen_is_current(day, on) else None for partner_id, day in days.items()}


def both_screened(chart: Chart, case: Case, on: date, known: str = FAR_INSTANT) -> bool:
    """Whether both partners were screened alone and both screens still hold."""
    return all(screens_current(chart, case, on, known).values())


def _last_screen(rows: list[Row], partner_id: str, on: date) -> date | None:
    own = [
        date.fromisoformat(row["screened_on"])
        for row in rows
        if row["partner_id"] == partner_id and _counts(row)
    ]
    return max((day for day in own if day <= on), default=None)


def _counts(row: Row) -> bool:
    return bool(row["separately"]) and SCREEN_RESULT_BY_CODE[row["result"]].screened


def open_concern(
    chart: Chart,
    case: Case,
    kind: str,
    raised_on: date,
    *,
    person_at_risk_id: str | None = None,
    direction_id: str | None = None,
    source: str | None = None,
) -> Row:
    """Open a concern under assessment because of another entry; one that already says the same stays the only one.

    Asks no scope: whoever records the sign of danger opens the concern.
    """
    about = {"kind": kind, "direction_id": direction_id, "person_at_risk_id": person_at_risk_id}
    for row in open_concerns(chart, case.id, FAR_INSTANT):
        if row["raised_on"] <= raised_on.isoformat() and about.items() <= row.items():
            return row
    values = {
        **about,
        "raised_on": raised_on,
        "state": "under_assessment",
        "state_on": raised_on,
        **CLINICIAN,
    }
    _keep_in(chart, case, values)
    return facts.record(chart, CONCERN, case, values, source=source)


# --- concerns ---


def record_concern(
    chart: Chart, case: Case, body: ConcernIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record a concern."""
    values = _concern_values(chart, case, body, pointer)
    values["state"] = body.state or CONCERN_BY_CODE[body.kind].opens_as
    values["state_on"] = body.state_on or body.raised_on
    not_in_future(chart, body.state_on, f"{pointer}/state_on")
    if values["state_on"] < body.raised_on:
        raise invalid(f"{pointer}/state_on", "before_raised", "It cannot stand so before it was raised.")
    _keep_in(chart, case, values)
    return facts.record(chart, CONCERN, case, values, source=source)


def read_concern(chart: Chart, concern_id: str) -> Row:
    """One concern."""
    return facts.get(chart, CONCERN, concern_id)


def change_state(chart: Chart, concern_id: str, body: StateIn, if_match: str | None) -> Row:
    """Take a concern to another state: a new entry supersedes the old one, with the reason."""
    row = facts.get(chart, CONCERN, concern_id)
    case = open_for_writing(chart, row["couple_id"])
    not_in_future(chart, body.on, "/on")
    if body.on.isoformat() < row["state_on"]:
        raise invalid(
            "/on", "before_last_step", "It lies before the concern's last step.", f"See {row['state_on']}."
        )
    if body.state == row["state"]:
        raise Refusal("conflict", "The concern stands in this state already.")
    values = {**_kept(row), "state": body.state, "state_on": body.on}
    if not _locks(row):
        _keep_in(chart, case, values)
    return facts.correct(chart, CONCERN, row, case, if_match, values, body.reason)


def correct_concern(chart: Chart, concern_id: str, body: ConcernCorrection, if_match: str | None) -> Row:
    """Correct what a concern says; its state stays as it is."""
    row = facts.get(chart, CONCERN, concern_id)
    case = open_for_writing(chart, row["couple_id"])
    values = _concern_values(chart, case, body, "")
    moves = row["state_on"] == row["raised_on"]
    values["state"], values["state_on"] = (
        row["state"],
        body.raised_on.isoformat() if moves else row["state_on"],
    )
    if values["state_on"] < body.raised_on.isoformat():
        raise invalid("/raised_on", "after_last_step", "It lies after the concern's last step.")
    if not _locks(row):
        _keep_in(chart, case, values)
    return facts.correct(chart, CONCERN, row, case, if_match, values, body.reason)


def void_concern(chart: Chart, concern_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a concern as entered in error."""
    row = facts.get(chart, CONCERN, concern_id)
    return facts.void(chart, CONCERN, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _concern_values(chart: Chart, case: Case, body: ConcernFields, pointer: str) -> dict[str, Any]:
    not_in_future(chart, body.raised_on, f"{pointer}/raised_on")
    if body.person_at_risk_id is not None:
        case.partner(body.person_at_risk_id, f"{pointer}/person_at_risk_id")
    if body.direction_id is not None:
        case.direction(body.direction_id, f"{pointer}/direction_id")
    return {**body.model_dump(include=set(ConcernFields.model_fields)), **CLINICIAN}


def _keep_in(chart: Chart, case: Case, concern: Row) -> None:
    """Where a record that got out could cost a life, it is locked in until a clinician lifts the lock.

    A lock placed on another ground is no substitute: it is lifted when that ground is gone. One that was lifted while
    its concern stands does not come back with a word put right.
    """
    if _locks(concern) and _LOCKED not in holds.reasons_of_locks(chart, case.id):
        holds.place(chart, case, "export_lock", _LOCKED, chart.today)


def _locks(concern: Row) -> bool:
    return CONCERN_BY_CODE[concern["kind"]].locks_export and STATE_BY_CODE[concern["state"]].open


def _kept(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ConcernFields.model_fields} | CLINICIAN


# --- screens ---


def record_screen(
    chart: Chart, case: Case, body: ScreenIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record a screen; when a concern was stated, it is opened with it."""
    values = _screen_values(chart, case, body, pointer)
    _open_stated(chart, case, body, source)
    return facts.record(chart, SCREEN, case, values, source=source)


def read_screen(chart: Chart, screen_id: str) -> Row:
    """One screen."""
    return facts.get(chart, SCREEN, screen_id)


def correct_screen(chart: Chart, screen_id: str, body: ScreenCorrection, if_match: str | None) -> Row:
    """Correct a screen by a new entry."""
    row = facts.get(chart, SCREEN, screen_id)
    case = open_for_writing(chart, row["couple_id"])
    values = _screen_values(chart, case, body, "")
    if not _same_statement(row, body):
        _open_stated(chart, case, body, None)
    return facts.correct(chart, SCREEN, row, case, if_match, values, body.reason)


def void_screen(chart: Chart, screen_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a screen as entered in error."""
    row = facts.get(chart, SCREEN, screen_id)
    return facts.void(chart, SCREEN, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _screen_values(chart: Chart, case: Case, body: ScreenIn, pointer: str) -> dict[str, Any]:
    case.partner(body.partner_id, f"{pointer}/partner_id")
    not_in_future(chart, body.screened_on, f"{pointer}/screened_on")
    stated = SCREEN_RESULT_BY_CODE[body.result].opens_concern
    where = f"{pointer}/concern_kind"
    if stated and body.concern_kind is None:
        raise invalid(
            where, "concern_kind_needed", "A stated concern needs its kind.", "It is opened with this screen."
        )
    if not stated and body.concern_kind is not None:
        raise invalid(where, "concern_kind_not_wanted", "Only the result `concern_stated` names a kind.")
    return {**body.model_dump(include=set(ScreenIn.model_fields)), **CLINICIAN}


def _same_statement(row: Row, body: ScreenIn) -> bool:
    """Whether a correction says no more of danger than the screen did, which opened its concern at the time.

    A concern that was looked into and resolved since is not opened again by a word put right.
    """
    day = body.screened_on.isoformat()
    return row["screened_on"] == day and all(
        row[name] == getattr(body, name) for name in ("partner_id", "concern_kind")
    )


def _open_stated(chart: Chart, case: Case, body: ScreenIn, source: str | None) -> None:
    if body.concern_kind is None:
        return
    at_risk = body.partner_id if CONCERN_BY_CODE[body.concern_kind].speaker_at_risk else None
    open_concern(chart, case, body.concern_kind, body.screened_on, person_at_risk_id=at_risk, source=source)
