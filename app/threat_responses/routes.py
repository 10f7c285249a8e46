"""HTTP for threat reports; integrations and frontends come in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.couples import facts
from app.couples.case import expect_case, open_for_writing
from app.practice.door import DoorRoute, Reading, Writing
from app.threat_responses import service
from app.threat_responses.schemas import (
    ThreatReportCorrection,
    ThreatReportIn,
    ThreatReportOut,
    ThreatReportPage,
)
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["threat reports"])


@router.post(
    "/couples/{couple_id}/threat-reports",
    operation_id="recordThreatReport",
    **documents(ThreatReportOut, 201, kind="create", problems=("couple_closed", "report_overlaps")),
)
def record_threat_report(couple_id: Id, body: ThreatReportIn, chart: Writing) -> Response:
    """Record how often alarm returned in a window, as the affected partner tells it."""
    expect_case(chart, couple_id, held=True)
    service.expect_recording(chart, couple_id, [body])
    row = service.record_report(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/threat-reports/{row['id']}", facts.shaped(service.REPORT, row), fact_tag(row))


@router.get(
    "/couples/{couple_id}/threat-reports", operation_id="listThreatReports", **documents(ThreatReportPage)
)
def list_threat_reports(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The couple's threat reports, newest window first."""
    return facts.listed(chart, service.REPORT, couple_id, look)


@router.get("/threat-reports/{report_id}", operation_id="getThreatReport", **documents(ThreatReportOut))
def get_threat_report(
    report_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One threat report, corrected or not."""
    row = service.read_report(chart, report_id)
    return tagged(facts.shaped(service.REPORT, row), fact_tag(row), if_none_match)


@router.post(
    "/threat-reports/{report_id}/corrections",
    operation_id="correctThreatReport",
    **documents(
        ThreatReportOut,
        201,
        kind="change",
        problems=("already_superseded", "couple_closed", "report_overlaps"),
    ),
)
def correct_threat_report(
    report_id: Id, body: ThreatReportCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct a threat report: a new entry supersedes the old one, with the reason."""
    row = service.correct_report(chart, report_id, body, if_match)
    return created(f"/v1/threat-reports/{row['id']}", facts.shaped(service.REPORT, row), fact_tag(row))


@router.post(
    "/threat-reports/{report_id}/entered-in-error",
    operation_id="voidThreatReport",
    **documents(
        ThreatReportOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")
    ),
)
def void_threat_report(report_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a threat report as entered in error; it stays in the history."""
    row = service.void_report(chart, report_id, if_match, body.reason)
    return created(f"/v1/threat-reports/{row['id']}", facts.shaped(service.REPORT, row), fact_tag(row))
