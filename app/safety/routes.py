"""HTTP for safety: concerns and separate screens, under scopes of their own; treating clinicians' programs come in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.couples import facts
from app.couples.case import open_for_writing
from app.practice.door import DoorRoute, SafetyReading, SafetyWriting
from app.safety import service
from app.safety.schemas import (
    ConcernCorrection,
    ConcernIn,
    ConcernOut,
    ConcernPage,
    ScreenCorrection,
    ScreenIn,
    ScreenOut,
    ScreenPage,
    StateIn,
)
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["safety"])

CHANGE_PROBLEMS = ("already_superseded", "couple_closed")


@router.post(
    "/couples/{couple_id}/safety-concerns",
    operation_id="recordSafetyConcern",
    **documents(ConcernOut, 201, kind="create", problems=("couple_closed",)),
)
def record_safety_concern(couple_id: Id, body: ConcernIn, chart: SafetyWriting) -> Response:
    """Record a safety concern; while it is open it outranks every indicator of the case."""
    row = service.record_concern(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/safety-concerns/{row['id']}", facts.shaped(service.CONCERN, row), fact_tag(row))


@router.get(
    "/couples/{couple_id}/safety-concerns", operation_id="listSafetyConcerns", **documents(ConcernPage)
)
def list_safety_concerns(couple_id: Id, chart: SafetyReading, look: Look) -> Response:
    """The couple's safety concerns, open and resolved, newest first."""
    return facts.listed(chart, service.CONCERN, couple_id, look)


@router.get("/safety-concerns/{concern_id}", operation_id="getSafetyConcern", **documents(ConcernOut))
def get_safety_concern(concern_id: Id, chart: SafetyReading, if_none_match: IfNoneMatch = None) -> Response:
    """One safety concern, as this entry has it."""
    row = service.read_concern(chart, concern_id)
    return tagged(facts.shaped(service.CONCERN, row), fact_tag(row), if_none_match)


@router.post(
    "/safety-concerns/{concern_id}/state",
    operation_id="changeSafetyConcernState",
    **documents(ConcernOut, 201, kind="change", problems=CHANGE_PROBLEMS),
)
def change_safety_concern_state(
    concern_id: Id, body: StateIn, chart: SafetyWriting, if_match: IfMatch = None
) -> Response:
    """Take a concern to another state, with the reason; the entry before it stays in the history."""
    row = service.change_state(chart, concern_id, body, if_match)
    return created(f"/v1/safety-concerns/{row['id']}", facts.shaped(service.CONCERN, row), fact_tag(row))


@router.post(
    "/safety-concerns/{concern_id}/corrections",
    operation_id="correctSafetyConcern",
    **documents(ConcernOut, 201, kind="change", problems=CHANGE_PROBLEMS),
)
def correct_safety_concern(
    concern_id: Id, body: ConcernCorrection, chart: SafetyWriting, if_match: IfMatch = None
) -> Response:
    """Correct what a concern says, with the reason; its state stays as it is."""
    row = service.correct_concern(chart, concern_id, body, if_match)
    return created(f"/v1/safety-concerns/{row['id']}", facts.shaped(service.CONCERN, row), fact_tag(row))


@router.post(
    "/safety-concerns/{concern_id}/entered-in-error",
    operation_id="voidSafetyConcern",
    **documents(ConcernOut, 201, kind="change", problems=(*CHANGE_PROBLEMS, "legal_hold")),
)
def void_safety_concern(
    concern_id: Id, body: Reason, chart: SafetyWriting, if_match: IfMatch = None
) -> Response:
    """Mark a concern as entered in error; it stays in the history."""
    row = service.void_concern(chart, concern_id, if_match, body.reason)
    return created(f"/v1/safety-concerns/{row['id']}", facts.shaped(service.CONCERN, row), fact_tag(row))


# --- screens ---


@router.post(
    "/couples/{couple_id}/safety-screens",
    operation_id="recordSafetyScreen",
    **documents(ScreenOut, 201, kind="create", problems=("couple_closed",)),
)
def record_safety_screen(couple_id: Id, body: ScreenIn, chart: SafetyWriting) -> Response:
    """Record a safety screen of one partner; a concern stated in it is opened with it."""
    row = service.record_screen(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/safety-screens/{row['id']}", facts.shaped(service.SCREEN, row), fact_tag(row))


@router.get("/couples/{couple_id}/safety-screens", operation_id="listSafetyScreens", **documents(ScreenPage))
def list_safety_screens(couple_id: Id, chart: SafetyReading, look: Look) -> Response:
    """The couple's safety screens, newest first."""
    return facts.listed(chart, service.SCREEN, couple_id, look)


@router.get("/safety-screens/{screen_id}", operation_id="getSafetyScreen", **documents(ScreenOut))
def get_safety_screen(screen_id: Id, chart: SafetyReading, if_none_match: IfNoneMatch = None) -> Response:
    """One safety screen, corrected or not."""
    row = service.read_screen(chart, screen_id)
    return tagged(facts.shaped(service.SCREEN, row), fact_tag(row), if_none_match)


@router.post(
    "/safety-screens/{screen_id}/corrections",
    operation_id="correctSafetyScreen",
    **documents(ScreenOut, 201, kind="change", problems=CHANGE_PROBLEMS),
)
def correct_safety_screen(
    screen_id: Id, body: ScreenCorrection, chart: SafetyWriting, if_match: IfMatch = None
) -> Response:
    """Correct a safety screen: a new entry supersedes the old one, with the reason."""
    row = service.correct_screen(chart, screen_id, body, if_match)
    return created(f"/v1/safety-screens/{row['id']}", facts.shaped(service.SCREEN, row), fact_tag(row))


@router.post(
    "/safety-screens/{screen_id}/entered-in-error",
    operation_id="voidSafetyScreen",
    **documents(ScreenOut, 201, kind="change", problems=(*CHANGE_PROBLEMS, "legal_hold")),
)
def void_safety_screen(
    screen_id: Id, body: Reason, chart: SafetyWriting, if_match: IfMatch = None
) -> Response:
    """Mark a safety screen as entered in error; it stays in the history."""
    row = service.void_screen(chart, screen_id, if_match, body.reason)
    return created(f"/v1/safety-screens/{row['id']}", facts.shaped(service.SCREEN, row), fact_tag(row))
