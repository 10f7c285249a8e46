"""HTTP for stages: where the work stands by the clinician's record; integrations and frontends come in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Row
from app.couples import facts
from app.couples.case import open_for_writing
from app.practice.door import Anyone, DoorRoute, Reading, Writing
from app.stages import service
from app.stages.schemas import StageCorrection, StageIn, StageKinds, StageOut, StagePage
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, computed, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute)


@router.get("/stages/kinds", operation_id="listStageKinds", tags=["stages"], **documents(StageKinds))
def list_stage_kinds(chart: Anyone, if_none_match: IfNoneMatch = None) -> Response:
    """The four stages: what each is for, and what speaks for entering and leaving it."""
    return computed(service.kinds(), if_none_match)


@router.post(
    "/couples/{couple_id}/stages",
    operation_id="recordStage",
    tags=["stages"],
    **documents(StageOut, 201, kind="create", problems=("couple_closed",)),
)
def record_stage(couple_id: Id, body: StageIn, chart: Writing) -> Response:
    """Record the stage that the work has entered, with what speaks for it."""
    row = service.record(chart, open_for_writing(chart, couple_id), body)
    return _created(row)


@router.get("/couples/{couple_id}/stages", operation_id="listStages", tags=["stages"], **documents(StagePage))
def list_stages(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The stages that the work went through, newest first."""
    return facts.listed(chart, service.STAGE, couple_id, look)


@router.get("/stages/{stage_id}", operation_id="getStage", tags=["stages"], **documents(StageOut))
def get_stage(
    stage_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One stage, corrected or not."""
    row = facts.get(chart, service.STAGE, stage_id)
    return tagged(facts.shaped(service.STAGE, row), fact_tag(row), if_none_match)


@router.post(
    "/stages/{stage_id}/corrections",
    operation_id="correctStage",
    tags=["stages"],
    **documents(StageOut, 201, kind="change", problems=("already_superseded", "couple_closed")),
)
def correct_stage(stage_id: Id, body: StageCorrection, chart: Writing, if_match: IfMatch = None) -> Response:
    """Correct a stage: a new entry supersedes the old one, with the reason."""
    return _created(service.correct(chart, stage_id, body, if_match, body.reason))


@router.post(
    "/stages/{stage_id}/entered-in-error",
    operation_id="voidStage",
    tags=["stages"],
    **documents(StageOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")),
)
def void_stage(stage_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a stage as entered in error; it stays in the history."""
    return _created(service.void(chart, stage_id, if_match, body.reason))


def _created(row: Row) -> Response:
    return created(f"/v1/stages/{row['id']}", facts.shaped(service.STAGE, row), fact_tag(row))
