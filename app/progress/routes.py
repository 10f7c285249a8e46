"""HTTP for the two questions, the timeline, the caseload, the rules, assessments, and recording a review."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.chart.audiences import CLINICIAN
from app.chart.chart import Chart
from app.couples.case import Case, open_case, open_for_writing
from app.practice.door import Anyone, DoorRoute, Judging, Signing, Writing
from app.progress import caseload, joint, service
from app.progress.schemas import (
    Asking,
    AskingForAudience,
    AskingOverTime,
    AssessmentIn,
    AssessmentOut,
    CaseloadPage,
    Explanation,
    ExplanationOut,
    ProgressOut,
    RulesOut,
    StoppingOut,
    SummaryIn,
    SummaryOut,
    SummaryPage,
    TimelineOut,
)
from app.reviews import service as reviews
from app.reviews.schemas import ReviewIn, ReviewOut
from app.wire import pages
from app.wire.answers import (
    IfMatch,
    IfNoneMatch,
    answer,
    computed,
    created,
    documents,
    fact_tag,
    state_tag,
    tagged,
    unchanged,
    unless_known,
)
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute)
Question = Annotated[Asking, Query()]
QuestionOverTime = Annotated[AskingOverTime, Query()]
QuestionFor = Annotated[AskingForAudience, Query()]


def _told(
    chart: Chart,
    couple_id: str,
    name: joint.Answer,
    asking: AskingForAudience,
    if_none_match: str | None,
    work_out: Callable[[Chart, Case, service.Asked], Any],
) -> Response:
    """To the treating team the answer, unless they have it already; to both partners and to each what was shared."""
    if chart.audience != CLINICIAN:
        return computed(joint.told(chart, couple_id, name, asking.model_fields_set), if_none_match)
    question = service.asked(chart, asking.as_of, asking.known_at, asking.model_version)
    case = open_case(chart, couple_id)
    tag = service.tag(chart, case, name, asking)
    return unless_known(tag, if_none_match, lambda: work_out(chart, case, question))


@router.get(
    "/couples/{couple_id}/progress",
    operation_id="getProgress",
    tags=["indicators"],
    **documents(ProgressOut),
)
def get_progress(
    couple_id: Id, chart: Judging, asking: QuestionFor, if_none_match: IfNoneMatch = None
) -> Response:
    """Is repair moving: per direction, with intervals, evidence, what is missing, and the rule's version."""
    return _told(chart, couple_id, "progress", asking, if_none_match, service.progress)


@router.get(
    "/couples/{couple_id}/stopping",
    operation_id="getStopping",
    tags=["indicators"],
    **documents(StoppingOut),
)
def get_stopping(
    couple_id: Id, chart: Judging, asking: QuestionFor, if_none_match: IfNoneMatch = None
) -> Response:
    """Has trying longer become its own harm: criteria as prompts for a review, never a verdict."""
    return _told(chart, couple_id, "stopping", asking, if_none_match, service.stopping)


@router.get(
    "/couples/{couple_id}/timeline",
    operation_id="getTimeline",
    tags=["indicators"],
    **documents(TimelineOut),
)
def get_timeline(
    couple_id: Id, chart: Judging, asking: QuestionOverTime, if_none_match: IfNoneMatch = None
) -> Response:
    """Series, band, events and weekly history, ready to draw."""
    work_out = partial(service.timeline, as_known=asking.history == "weekly")
    return _told(chart, couple_id, "timeline", asking, if_none_match, work_out)


@router.get(
    "/couples/{couple_id}/explanation",
    operation_id="explainProgress",
    tags=["indicators"],
    **documents(ExplanationOut),
)
def explain_progress(
    couple_id: Id, chart: Judging, asking: Question, if_none_match: IfNoneMatch = None
) -> Response:
    """What moved each answer, which reports weigh most, what was left out, and what the calculation still lacks."""
    question = service.asked(chart, asking.as_of, asking.known_at, asking.model_version)
    case = open_case(chart, couple_id)
    tag = service.tag(chart, case, "explanation", asking)
    return unless_known(tag, if_none_match, lambda: service.explanation(chart, case, question))


@router.get("/caseload", operation_id="getCaseload", tags=["indicators"], **documents(CaseloadPage))
def get_caseload(
    chart: Judging,
    limit: Annotated[int, Query(ge=1, le=caseload.MOST_AT_ONCE, description="Most items on a page.")] = 100,
    cursor: pages.Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The caller's open couples, most in need of attention first, each with why."""
    bound = {"path": "caseload", "day": chart.today.isoformat()}
    after = pages.position(chart, cursor, bound)
    asking = {"limit": limit, "cursor": cursor}
    tag = caseload.standing_tag(chart, asking) if if_none_match else None
    if tag is not None and (known := unchanged(tag, if_none_match)):
        return known
    found = caseload.caseload(chart, asking)
    items = [item for item in found.items if not after or caseload.place(item) > after]
    shown = pages.page(
        chart,
        "/v1/caseload",
        items[: limit + 1],
        limit=limit,
        filters={},
        bound=bound,
        sort=caseload.place,
        shape=dict,
    )
    shown.headers["ETag"] = found.tag
    return shown


# --- what both partners may see ---


@router.post(
    "/couples/{couple_id}/joint-summaries",
    operation_id="releaseJointSummary",
    tags=["indicators"],
    **documents(
        SummaryOut,
        201,
        kind="create",
        problems=("couple_closed", "clinician_needed", "summary_withheld"),
    ),
)
def release_joint_summary(couple_id: Id, body: SummaryIn, chart: Signing) -> Response:
    """Share answers with both partners as they stand today: a clinician's own act, each time, for 90 days."""
    row = joint.release(chart, open_for_writing(chart, couple_id), body.answers)
    return created(f"/v1/joint-summaries/{row['id']}", row, state_tag(row))


@router.get(
    "/couples/{couple_id}/joint-summaries",
    operation_id="listJointSummaries",
    tags=["indicators"],
    **documents(SummaryPage),
)
def list_joint_summaries(
    couple_id: Id, chart: Judging, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """What was shared with both partners, when and by whom, newest first."""
    open_case(chart, couple_id)
    path, bound = f"/v1/couples/{couple_id}/joint-summaries", {"path": "joint-summaries", "couple": couple_id}
    return pages.by_id(chart, path, partial(joint.listed, chart, couple_id), bound, limit, cursor)


@router.get(
    "/joint-summaries/{summary_id}",
    operation_id="getJointSummary",
    tags=["indicators"],
    **documents(SummaryOut),
)
def get_joint_summary(summary_id: Id, chart: Judging, if_none_match: IfNoneMatch = None) -> Response:
    """One shared summary and whether it is in force."""
    row = joint.read(chart, summary_id)
    return tagged(row, state_tag(row), if_none_match)


@router.delete(
    "/joint-summaries/{summary_id}",
    operation_id="withdrawJointSummary",
    tags=["indicators"],
    **documents(SummaryOut, kind="change", problems=("clinician_needed",)),
)
def withdraw_joint_summary(summary_id: Id, chart: Writing, if_match: IfMatch = None) -> Response:
    """Share it no longer, with effect on the next request; nobody is told that it was withdrawn."""
    row = joint.withdraw(chart, summary_id, if_match)
    return tagged(row, state_tag(row), None)


@router.get("/indicators/rules", operation_id="getIndicatorRules", tags=["indicators"], **documents(RulesOut))
def get_indicator_rules(chart: Anyone, if_none_match: IfNoneMatch = None) -> Response:
    """The published rules: what is measured, from which numbers, on whose word, and where it does not reach."""
    return computed(service.RULES, if_none_match)


@router.post(
    "/assessments", operation_id="assess", tags=["indicators"], **documents(AssessmentOut, kind="create")
)
def assess(body: AssessmentIn, chart: Judging) -> Response:
    """Assess an evidence document without storing anything of it."""
    return answer(service.assessment(body.evidence, body.as_of, body.model_version))


@router.post(
    "/assessments/explanations",
    operation_id="explainAssessment",
    tags=["indicators"],
    **documents(Explanation, kind="create"),
)
def explain_assessment(body: AssessmentIn, chart: Judging) -> Response:
    """Explain the assessment of an evidence document without storing anything of it."""
    return answer(service.assessment_explained(body.evidence, body.as_of, body.model_version))


@router.post(
    "/couples/{couple_id}/reviews",
    operation_id="recordReview",
    tags=["reviews"],
    **documents(ReviewOut, 201, kind="create", problems=("couple_closed",)),
)
def record_review(couple_id: Id, body: ReviewIn, chart: Writing) -> Response:
    """Record a decision with an immutable copy of what the indicators said for its day."""
    row = service.record_review(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/reviews/{row['id']}", reviews.whole(chart, row), fact_tag(row))
