"""HTTP for confidences: what one partner said alone, kept in view, told or made known to both; clinicians come in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Row
from app.confidences import service
from app.confidences.schemas import (
    ConfidenceCorrection,
    ConfidenceIn,
    ConfidenceOut,
    ConfidencePage,
    SharingIn,
)
from app.couples import facts
from app.couples.case import open_for_writing
from app.practice.door import DoorRoute, Reading, Signing, Writing
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["confidences"])
CHANGE_PROBLEMS = ("already_superseded", "couple_closed")


@router.post(
    "/couples/{couple_id}/confidences",
    operation_id="recordConfidence",
    **documents(ConfidenceOut, 201, kind="create", problems=("couple_closed",)),
)
def record_confidence(couple_id: Id, body: ConfidenceIn, chart: Writing) -> Response:
    """Keep an entry of one partner's own in view: how it bears on the work, and until when it is told."""
    return _made(service.record(chart, open_for_writing(chart, couple_id), body))


@router.get("/couples/{couple_id}/confidences", operation_id="listConfidences", **documents(ConfidencePage))
def list_confidences(couple_id: Id, chart: Reading, look: Look) -> Response:
    """What is kept in view, newest first; for the treating team alone."""
    return facts.listed(chart, service.CONFIDENCE, couple_id, look)


@router.get("/confidences/{confidence_id}", operation_id="getConfidence", **documents(ConfidenceOut))
def get_confidence(confidence_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One confidence, corrected or not."""
    row = facts.get(chart, service.CONFIDENCE, confidence_id)
    return tagged(facts.shaped(service.CONFIDENCE, row), fact_tag(row), if_none_match)


@router.post(
    "/confidences/{confidence_id}/corrections",
    operation_id="correctConfidence",
    **documents(ConfidenceOut, 201, kind="change", problems=CHANGE_PROBLEMS),
)
def correct_confidence(
    confidence_id: Id, body: ConfidenceCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Say how it stands now, or that the partner has told it."""
    return _made(service.correct(chart, confidence_id, body, if_match))


@router.post(
    "/confidences/{confidence_id}/sharing",
    operation_id="shareConfidence",
    **documents(
        ConfidenceOut, 201, kind="change", problems=(*CHANGE_PROBLEMS, "legal_hold", "permission_needed")
    ),
)
def share_confidence(
    confidence_id: Id, body: SharingIn, chart: Signing, if_match: IfMatch = None
) -> Response:
    """Make a joint entry of it: the only way by which what was said alone becomes known to both."""
    return _made(service.share(chart, confidence_id, body, if_match))


@router.post(
    "/confidences/{confidence_id}/entered-in-error",
    operation_id="voidConfidence",
    **documents(ConfidenceOut, 201, kind="change", problems=(*CHANGE_PROBLEMS, "legal_hold")),
)
def void_confidence(confidence_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a confidence as entered in error; the entry that it was about stays as it is."""
    return _made(service.void(chart, confidence_id, if_match, body.reason))


def _made(row: Row) -> Response:
    return created(f"/v1/confidences/{row['id']}", facts.shaped(service.CONFIDENCE, row), fact_tag(row))
