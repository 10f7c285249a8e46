"""HTTP for emergencies: clinicians of the practice, the couple's care team and administrators come in."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from app.break_glass import service
from app.break_glass.schemas import (
    BreakGlassEventPage,
    BreakGlassIn,
    BreakGlassOut,
    BreakGlassPage,
    BreakGlassReport,
    BreakGlassReview,
)
from app.couples.case import open_case
from app.practice.door import BreakingGlass, DoorRoute, PracticeReading, Reading, Writing
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, tagged, version_tag
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute)


@router.post(
    "/couples/{couple_id}/break-glass",
    operation_id="breakGlass",
    tags=["break glass"],
    **documents(BreakGlassOut, 201, kind="create", problems=("break_glass_spent",)),
)
def break_glass(couple_id: Id, body: BreakGlassIn, chart: BreakingGlass) -> Response:
    """Open the record of a couple of the practice for reading for 60 minutes, in an emergency; process notes stay
    closed, nothing can be written, and the care team and the administrators learn of it at once."""
    row = service.break_in(chart, couple_id, body)
    return created(f"/v1/break-glass/{row['id']}", row, version_tag(row))


@router.get(
    "/couples/{couple_id}/break-glass",
    operation_id="listBreakGlassOfCouple",
    tags=["break glass"],
    **documents(BreakGlassPage),
)
def list_break_glass_of_couple(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """When and why a couple's record was opened in an emergency, newest first."""
    open_case(chart, couple_id)
    path, bound = f"/v1/couples/{couple_id}/break-glass", {"path": "break-glass", "couple": couple_id}
    rows = partial(service.of_couple, chart, couple_id)
    return pages.by_id(chart, path, rows, bound, limit, cursor, shape=service.shaped)


@router.get(
    "/break-glass", operation_id="listBreakGlass", tags=["practice"], **documents(BreakGlassEventPage)
)
def list_break_glass(
    chart: PracticeReading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """That records were opened in an emergency, without why: administrators see all, clinicians their own couples."""
    path, bound = "/v1/break-glass", {"path": "break-glass-events"}
    return pages.by_id(
        chart, path, partial(service.events, chart), bound, limit, cursor, shape=service.shaped
    )


@router.get(
    "/break-glass/{break_glass_id}",
    operation_id="getBreakGlass",
    tags=["break glass"],
    **documents(BreakGlassOut),
)
def get_break_glass(break_glass_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One emergency, for the care team and for whom it let in."""
    row = service.read(chart, break_glass_id)
    return tagged(row, version_tag(row), if_none_match)


@router.post(
    "/break-glass/{break_glass_id}/report",
    operation_id="reportBreakGlass",
    tags=["break glass"],
    **documents(BreakGlassOut, kind="change"),
)
def report_break_glass(
    break_glass_id: Id, body: BreakGlassReport, chart: BreakingGlass, if_match: IfMatch = None
) -> Response:
    """Say what was done with what was read; the reading ends with it."""
    row = service.report(chart, break_glass_id, body, if_match)
    return tagged(row, version_tag(row), None)


@router.post(
    "/break-glass/{break_glass_id}/review",
    operation_id="reviewBreakGlass",
    tags=["break glass"],
    **documents(BreakGlassOut, kind="change", problems=("second_person_needed", "clinician_needed")),
)
def review_break_glass(
    break_glass_id: Id, body: BreakGlassReview, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Record what somebody else of the care team finds afterwards; due within 72 hours."""
    row = service.review(chart, break_glass_id, body, if_match)
    return tagged(row, version_tag(row), None)
