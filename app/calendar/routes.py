"""HTTP for the calendar: pauses and known dates; integrations and frontends come in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.calendar import service
from app.calendar.schemas import (
    KnownDateCorrection,
    KnownDateIn,
    KnownDateOut,
    KnownDatePage,
    PauseCorrection,
    PauseIn,
    PauseOut,
    PausePage,
)
from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import open_for_writing
from app.practice.door import DoorRoute, Reading, Writing
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute)


# --- pauses ---


@router.post(
    "/couples/{couple_id}/pauses",
    operation_id="recordPause",
    tags=["calendar"],
    **documents(PauseOut, 201, kind="create", problems=("couple_closed",)),
)
def record_pause(couple_id: Id, body: PauseIn, chart: Writing) -> Response:
    """Record days on which the work rests; they may lie ahead."""
    return _pause_created(service.record_pause(chart, open_for_writing(chart, couple_id), body))


@router.get(
    "/couples/{couple_id}/pauses", operation_id="listPauses", tags=["calendar"], **documents(PausePage)
)
def list_pauses(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The couple's pauses, the latest first; those that lie ahead are shown as well."""
    return facts.listed(chart, service.PAUSE, couple_id, look)


@router.get("/pauses/{pause_id}", operation_id="getPause", tags=["calendar"], **documents(PauseOut))
def get_pause(
    pause_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One pause, corrected or not."""
    row = facts.get(chart, service.PAUSE, pause_id)
    return tagged(facts.shaped(service.PAUSE, row), fact_tag(row), if_none_match)


@router.post(
    "/pauses/{pause_id}/corrections",
    operation_id="correctPause",
    tags=["calendar"],
    **documents(PauseOut, 201, kind="change", problems=("already_superseded", "couple_closed")),
)
def correct_pause(pause_id: Id, body: PauseCorrection, chart: Writing, if_match: IfMatch = None) -> Response:
    """Correct a pause, or say when it ended: a new entry supersedes the old one, with the reason."""
    return _pause_created(service.correct_pause(chart, pause_id, body, if_match, body.reason))


@router.post(
    "/pauses/{pause_id}/entered-in-error",
    operation_id="voidPause",
    tags=["calendar"],
    **documents(PauseOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")),
)
def void_pause(pause_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a pause as entered in error; it stays in the history."""
    return _pause_created(service.void_pause(chart, pause_id, if_match, body.reason))


def _pause_created(row: Row) -> Response:
    return created(f"/v1/pauses/{row['id']}", facts.shaped(service.PAUSE, row), fact_tag(row))


# --- known dates ---


@router.post(
    "/couples/{couple_id}/known-dates",
    operation_id="recordKnownDate",
    tags=["calendar"],
    **documents(KnownDateOut, 201, kind="create", problems=("couple_closed",)),
)
def record_known_date(couple_id: Id, body: KnownDateIn, chart: Writing) -> Response:
    """Record a day that is likely to be hard, so that a setback around it is read as what it is."""
    return _date_created(chart, service.record_known_date(chart, open_for_writing(chart, couple_id), body))


@router.get(
    "/couples/{couple_id}/known-dates",
    operation_id="listKnownDates",
    tags=["calendar"],
    **documents(KnownDatePage),
)
def list_known_dates(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The couple's known dates, the latest first; those that lie ahead are shown as well."""
    return facts.listed(chart, service.known_date_kind(chart.today), couple_id, look)


@router.get(
    "/known-dates/{known_date_id}", operation_id="getKnownDate", tags=["calendar"], **documents(KnownDateOut)
)
def get_known_date(
    known_date_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One known date, corrected or not, with the next days on which it comes round."""
    kind = service.known_date_kind(chart.today)
    row = facts.get(chart, kind, known_date_id)
    shown = facts.shaped(kind, row)
    return tagged(shown, facts.seen_tag(row, shown), if_none_match)


@router.post(
    "/known-dates/{known_date_id}/corrections",
    operation_id="correctKnownDate",
    tags=["calendar"],
    **documents(KnownDateOut, 201, kind="change", problems=("already_superseded", "couple_closed")),
)
def correct_known_date(
    known_date_id: Id, body: KnownDateCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct a known date: a new entry supersedes the old one, with the reason."""
    return _date_created(chart, service.correct_known_date(chart, known_date_id, body, if_match, body.reason))


@router.post(
    "/known-dates/{known_date_id}/entered-in-error",
    operation_id="voidKnownDate",
    tags=["calendar"],
    **documents(
        KnownDateOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")
    ),
)
def void_known_date(known_date_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a known date as entered in error; it stays in the history."""
    return _date_created(chart, service.void_known_date(chart, known_date_id, if_match, body.reason))


def _date_created(chart: Chart, row: Row) -> Response:
    shown = facts.shaped(service.known_date_kind(chart.today), row)
    return created(f"/v1/known-dates/{row['id']}", shown, facts.seen_tag(row, shown))
