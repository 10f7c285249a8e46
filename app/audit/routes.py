"""HTTP for access reports and the practice's audit: clinicians for a partner, and administrators come in."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.audit import service
from app.audit.kinds import LEFT_OUT
from app.audit.schemas import AccessReport, AuditPage
from app.practice.door import Accounting, Auditing, DoorRoute
from app.wire import pages
from app.wire.answers import documents
from app.wire.types import Day, Id

router = APIRouter(prefix="/v1", route_class=DoorRoute)
From = Annotated[Day | None, Query(alias="from", description="First day, in the practice's zone.")]
To = Annotated[Day | None, Query(alias="to", description="Last day, in the practice's zone.")]


@router.get(
    "/couples/{couple_id}/partners/{partner_id}/access-report",
    operation_id="getAccessReport",
    tags=["access reports"],
    **documents(AccessReport),
)
def get_access_report(
    couple_id: Id,
    partner_id: Id,
    chart: Accounting,
    since: From = None,
    until: To = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """Who saw what about one partner, refusals included, for handing to this partner: it tells nothing of what the
    other said alone, of safety or of process notes."""
    service.open_for_report(chart, couple_id, partner_id)
    path = f"/v1/couples/{couple_id}/partners/{partner_id}/access-report"
    filters = {"from": since and since.isoformat(), "to": until and until.isoformat()}
    bound = {"path": "access-report", "couple": couple_id, "partner": partner_id}
    place = pages.position(chart, cursor, {**filters, **bound})
    rows = service.access_report(chart, couple_id, partner_id, since, until, place, limit + 1)
    return pages.page(
        chart,
        path,
        rows,
        limit=limit,
        filters=filters,
        bound=bound,
        sort=lambda row: [row["at"], row["id"]],
        shape=service.access_shape,
        beside={"left_out": LEFT_OUT},
    )


@router.get("/audit", operation_id="listAudit", tags=["practice"], **documents(AuditPage))
def list_audit(
    chart: Auditing,
    person_id: Annotated[Id | None, Query(description="Only what this person did.")] = None,
    since: From = None,
    until: To = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """What was done in the practice, newest first, without what it was about: no words, no findings, no safety."""
    days = {"from": since and since.isoformat(), "to": until and until.isoformat()}
    filters = {"person_id": person_id, **days}
    place = pages.position(chart, cursor, {**filters, "path": "audit"})
    return pages.page(
        chart,
        "/v1/audit",
        service.audit(chart, person_id, since, until, place, limit + 1),
        limit=limit,
        filters=filters,
        bound={"path": "audit"},
        sort=lambda row: [row["id"]],
        shape=service.audit_shape,
    )
