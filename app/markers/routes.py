"""HTTP for what clinicians observe: markers and cessation; integrations and frontends come in."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.couples import facts
from app.couples.case import open_for_writing
from app.markers import service
from app.markers.schemas import (
    CessationCorrection,
    CessationIn,
    CessationOut,
    CessationPage,
    MarkerCorrection,
    MarkerIn,
    MarkerLooking,
    MarkerOut,
    MarkerPage,
)
from app.practice.door import DoorRoute, Reading, Writing
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["markers"])

CHANGE_PROBLEMS = ("already_superseded", "couple_closed")


@router.post(
    "/couples/{couple_id}/markers",
    operation_id="recordMarker",
    **documents(MarkerOut, 201, kind="create", problems=("couple_closed",)),
)
def record_marker(couple_id: Id, body: MarkerIn, chart: Writing) -> Response:
    """Record a behaviour seen on a day; a sign of coercion opens a safety concern with it."""
    row = service.record_marker(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/markers/{row['id']}", facts.shaped(service.MARKER, row), fact_tag(row))


@router.get(
    "/couples/{couple_id}/markers",
    operation_id="listMarkers",
    **documents(MarkerPage),
)
def list_markers(couple_id: Id, chart: Reading, look: Annotated[MarkerLooking, Query()]) -> Response:
    """The couple's markers, newest first."""
    return service.listed(chart, couple_id, look)


@router.get("/markers/{marker_id}", operation_id="getMarker", **documents(MarkerOut))
def get_marker(
    marker_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One marker, corrected or not."""
    row = service.read_marker(chart, marker_id)
    return tagged(facts.shaped(service.MARKER, row), fact_tag(row), if_none_match)


@router.post(
    "/markers/{marker_id}/corrections",
    operation_id="correctMarker",
    **documents(MarkerOut, 201, kind="change", problems=CHANGE_PROBLEMS),
)
def correct_marker(
    marker_id: Id, body: MarkerCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct a marker: a new entry supersedes the old one, with the reason."""
    row = service.correct_marker(chart, marker_id, body, if_match)
    return created(f"/v1/markers/{row['id']}", facts.shaped(service.MARKER, row), fact_tag(row))


@router.post(
    "/markers/{marker_id}/entered-in-error",
    operation_id="voidMarker",
    **documents(MarkerOut, 201, kind="change", problems=(*CHANGE_PROBLEMS, "legal_hold")),
)
def void_marker(marker_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a marker as entered in error; a safety concern that it opened stays until a clinician closes it."""
    row = service.void_marker(chart, marker_id, if_match, body.reason)
    return created(f"/v1/markers/{row['id']}", facts.shaped(service.MARKER, row), fact_tag(row))


# --- cessation ---


@router.post(
    "/couples/{couple_id}/cessation",
    operation_id="recordCessation",
    **documents(CessationOut, 201, kind="create", problems=("couple_closed",)),
)
def record_cessation(couple_id: Id, body: CessationIn, chart: Writing) -> Response:
    """Record whether a betrayal has ended, and how firmly that is known."""
    row = service.record_cessation(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/cessation/{row['id']}", facts.shaped(service.CESSATION, row), fact_tag(row))


@router.get("/couples/{couple_id}/cessation", operation_id="listCessation", **documents(CessationPage))
def list_cessation(couple_id: Id, chart: Reading, look: Look) -> Response:
    """What was recorded about the ending of the couple's betrayals, newest first."""
    return facts.listed(chart, service.CESSATION, couple_id, look)


@router.get("/cessation/{cessation_id}", operation_id="getCessation", **documents(CessationOut))
def get_cessation(
    cessation_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One cessation entry, corrected or not."""
    row = service.read_cessation(chart, cessation_id)
    return tagged(facts.shaped(service.CESSATION, row), fact_tag(row), if_none_match)


@router.post(
    "/cessation/{cessation_id}/corrections",
    operation_id="correctCessation",
    **documents(CessationOut, 201, kind="change", problems=CHANGE_PROBLEMS),
)
def correct_cessation(
    cessation_id: Id, body: CessationCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct a cessation entry: a new one supersedes it, with the reason."""
    row = service.correct_cessation(chart, cessation_id, body, if_match)
    return created(f"/v1/cessation/{row['id']}", facts.shaped(service.CESSATION, row), fact_tag(row))


@router.post(
    "/cessation/{cessation_id}/entered-in-error",
    operation_id="voidCessation",
    **documents(CessationOut, 201, kind="change", problems=(*CHANGE_PROBLEMS, "legal_hold")),
)
def void_cessation(cessation_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a cessation entry as entered in error; it stays in the history."""
    row = service.void_cessation(chart, cessation_id, if_match, body.reason)
    return created(f"/v1/cessation/{row['id']}", facts.shaped(service.CESSATION, row), fact_tag(row))
