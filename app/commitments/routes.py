"""HTTP for commitments and check-ins: undertakings, and whether they were kept; integrations and frontends come in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Chart, Row
from app.commitments import service
from app.commitments.schemas import (
    CheckInCorrection,
    CheckInIn,
    CheckInOut,
    CheckInPage,
    CommitmentCorrection,
    CommitmentDetail,
    CommitmentIn,
    CommitmentMade,
    CommitmentPage,
    CommitmentPreview,
)
from app.couples import facts
from app.couples.case import open_for_writing
from app.practice.door import DoorRoute, Reading, Writing
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, answer, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute)


@router.post(
    "/couples/{couple_id}/commitments/preview",
    operation_id="previewCommitment",
    tags=["commitments"],
    **documents(CommitmentPreview, 200, kind="create", problems=("couple_closed",)),
)
def preview_commitment(couple_id: Id, body: CommitmentIn, chart: Writing) -> Response:
    """Check a commitment and read its cadence back without storing anything."""
    return answer(service.preview(chart, open_for_writing(chart, couple_id), body))


@router.post(
    "/couples/{couple_id}/commitments",
    operation_id="recordCommitment",
    tags=["commitments"],
    **documents(CommitmentMade, 201, kind="create", problems=("couple_closed", "screens_needed")),
)
def record_commitment(couple_id: Id, body: CommitmentIn, chart: Writing) -> Response:
    """Record a commitment that says who does what, when, and when it is looked at again."""
    return _made(chart, service.record(chart, open_for_writing(chart, couple_id), body))


@router.get(
    "/couples/{couple_id}/commitments",
    operation_id="listCommitments",
    tags=["commitments"],
    **documents(CommitmentPage),
)
def list_commitments(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The couple's commitments, the latest first, open and closed."""
    return facts.listed(chart, service.kind_for_list(chart, couple_id, look), couple_id, look)


@router.get(
    "/commitments/{commitment_id}",
    operation_id="getCommitment",
    tags=["commitments"],
    **documents(CommitmentDetail),
)
def get_commitment(
    commitment_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One commitment: how it reads, when it falls due next, and how it was kept."""
    row = facts.get(chart, service.COMMITMENT, commitment_id)
    told = service.detail(chart, row)
    return tagged(told, facts.seen_tag(row, told), if_none_match)


@router.post(
    "/commitments/{commitment_id}/corrections",
    operation_id="correctCommitment",
    tags=["commitments"],
    **documents(
        CommitmentMade,
        201,
        kind="change",
        problems=("already_superseded", "couple_closed", "screens_needed"),
    ),
)
def correct_commitment(
    commitment_id: Id, body: CommitmentCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct how a commitment was recorded; what was agreed anew is a new commitment."""
    return _made(chart, service.correct(chart, commitment_id, body, if_match, body.reason))


@router.post(
    "/commitments/{commitment_id}/entered-in-error",
    operation_id="voidCommitment",
    tags=["commitments"],
    **documents(
        CommitmentMade, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")
    ),
)
def void_commitment(commitment_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a commitment as entered in error; it stays in the history, and its check-ins count no longer."""
    return _made(chart, service.void(chart, commitment_id, if_match, body.reason))


def _made(chart: Chart, row: Row) -> Response:
    return created(f"/v1/commitments/{row['id']}", service.made(chart, row), fact_tag(row))


# --- check-ins ---


@router.post(
    "/commitments/{commitment_id}/check-ins",
    operation_id="recordCheckIn",
    tags=["commitments"],
    **documents(CheckInOut, 201, kind="create", problems=("couple_closed", "commitment_closed")),
)
def record_check_in(commitment_id: Id, body: CheckInIn, chart: Writing) -> Response:
    """Record how a commitment went; that nobody reported is missing, never missed."""
    row = facts.get(chart, service.COMMITMENT, commitment_id)
    case = open_for_writing(chart, row["couple_id"])
    return _checked(service.check_in(chart, case, commitment_id, body))


@router.get(
    "/commitments/{commitment_id}/check-ins",
    operation_id="listCheckIns",
    tags=["commitments"],
    **documents(CheckInPage),
)
def list_check_ins(commitment_id: Id, chart: Reading, look: Look) -> Response:
    """The check-ins of a commitment through all its corrections, the latest first."""
    row = facts.get(chart, service.COMMITMENT, commitment_id)
    within = facts.Within(
        "commitment_id", service.first_of(row), f"/v1/commitments/{commitment_id}/check-ins"
    )
    return facts.listed(chart, service.CHECK_IN, row["couple_id"], look, within)


@router.get(
    "/check-ins/{check_in_id}", operation_id="getCheckIn", tags=["commitments"], **documents(CheckInOut)
)
def get_check_in(
    check_in_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One check-in, corrected or not."""
    row = facts.get(chart, service.CHECK_IN, check_in_id)
    return tagged(facts.shaped(service.CHECK_IN, row), fact_tag(row), if_none_match)


@router.post(
    "/check-ins/{check_in_id}/corrections",
    operation_id="correctCheckIn",
    tags=["commitments"],
    **documents(
        CheckInOut,
        201,
        kind="change",
        problems=("already_superseded", "couple_closed", "commitment_closed"),
    ),
)
def correct_check_in(
    check_in_id: Id, body: CheckInCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct a check-in; a closing one that becomes another outcome reopens the commitment."""
    return _checked(service.correct_check_in(chart, check_in_id, body, if_match, body.reason))


@router.post(
    "/check-ins/{check_in_id}/entered-in-error",
    operation_id="voidCheckIn",
    tags=["commitments"],
    **documents(
        CheckInOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")
    ),
)
def void_check_in(check_in_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a check-in as entered in error; a closing one reopens the commitment."""
    return _checked(service.void_check_in(chart, check_in_id, if_match, body.reason))


def _checked(row: Row) -> Response:
    return created(f"/v1/check-ins/{row['id']}", facts.shaped(service.CHECK_IN, row), fact_tag(row))
