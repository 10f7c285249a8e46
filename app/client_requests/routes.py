"""HTTP for clients' requests: access step by step, amendment once recorded; integrations and frontends come in."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Chart, Row
from app.client_requests import service
from app.client_requests.schemas import (
    AccessRequestIn,
    AccessRequestOut,
    AccessRequestPage,
    AmendmentRequestOut,
    AmendmentRequestPage,
    DecisionIn,
    ExtensionIn,
    IdentityIn,
    OtherPartnerIn,
    ReplyIn,
    StatementIn,
)
from app.couples.case import open_case
from app.practice.door import DoorRoute, Reading, Writing
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, tagged
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["client requests"])


def _page(
    chart: Chart,
    couple_id: str,
    name: str,
    rows: Callable[[Chart, str, str, int], list[Row]],
    limit: int,
    cursor: str | None,
) -> Response:
    """A page of what belongs to a couple, newest first."""
    open_case(chart, couple_id)
    path, bound = f"/v1/couples/{couple_id}/{name}", {"path": name, "couple": couple_id}
    return pages.by_id(chart, path, partial(rows, chart, couple_id), bound, limit, cursor)


def _access(row: Row) -> Response:
    return tagged(service.shaped_access(row), service.tag(row), None)


@router.post(
    "/couples/{couple_id}/access-requests",
    operation_id="recordAccessRequest",
    **documents(AccessRequestOut, 201, kind="create"),
)
def record_access_request(couple_id: Id, body: AccessRequestIn, chart: Writing) -> Response:
    """Record that one partner asks for the record; the clock runs from the day it came."""
    row = service.receive(chart, open_case(chart, couple_id, held=True), body)
    return created(f"/v1/access-requests/{row['id']}", service.shaped_access(row), service.tag(row))


@router.get(
    "/couples/{couple_id}/access-requests",
    operation_id="listAccessRequests",
    **documents(AccessRequestPage),
)
def list_access_requests(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The couple's requests for access, newest first."""
    return _page(chart, couple_id, "access-requests", service.access_requests, limit, cursor)


@router.get(
    "/access-requests/{access_request_id}", operation_id="getAccessRequest", **documents(AccessRequestOut)
)
def get_access_request(access_request_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One request for access: its clock, its steps and every decision."""
    row = service.read_access(chart, access_request_id)
    return tagged(service.shaped_access(row), service.tag(row), if_none_match)


@router.post(
    "/access-requests/{access_request_id}/identity",
    operation_id="checkAccessIdentity",
    **documents(AccessRequestOut, kind="change"),
)
def check_access_identity(
    access_request_id: Id, body: IdentityIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Record how it was made sure that this partner asked."""
    return _access(service.check_identity(chart, access_request_id, body, if_match))


@router.post(
    "/access-requests/{access_request_id}/other-partner",
    operation_id="hearOtherPartner",
    **documents(AccessRequestOut, kind="change"),
)
def hear_other_partner(
    access_request_id: Id, body: OtherPartnerIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Record what the other partner says to it, or why they are not asked."""
    return _access(service.hear_other_partner(chart, access_request_id, body, if_match))


@router.post(
    "/access-requests/{access_request_id}/decisions",
    operation_id="decideAccess",
    **documents(AccessRequestOut, kind="change", problems=("clinician_needed",)),
)
def decide_access(
    access_request_id: Id, body: DecisionIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Decide on one part of the record; nothing leaves by deciding."""
    return _access(service.decide(chart, access_request_id, body, if_match))


@router.post(
    "/access-requests/{access_request_id}/extension",
    operation_id="prolongAccessRequest",
    **documents(AccessRequestOut, kind="change"),
)
def prolong_access_request(
    access_request_id: Id, body: ExtensionIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Take more time, once, with the reason that the partner is told."""
    return _access(service.prolong_access(chart, access_request_id, body.reason, if_match))


@router.post(
    "/access-requests/{access_request_id}/reply",
    operation_id="replyToAccessRequest",
    **documents(AccessRequestOut, kind="change", problems=("clinician_needed", "request_incomplete")),
)
def reply_to_access_request(
    access_request_id: Id, body: ReplyIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Record the written answer; what is given goes out as a disclosure of its own."""
    return _access(service.reply(chart, access_request_id, body, if_match))


# --- amendment ---


@router.get(
    "/couples/{couple_id}/amendment-requests",
    operation_id="listAmendmentRequests",
    **documents(AmendmentRequestPage),
)
def list_amendment_requests(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The couple's requests to amend, newest first."""
    return _page(chart, couple_id, "amendment-requests", service.amendment_requests, limit, cursor)


@router.get(
    "/amendment-requests/{amendment_request_id}",
    operation_id="getAmendmentRequest",
    **documents(AmendmentRequestOut),
)
def get_amendment_request(
    amendment_request_id: Id, chart: Reading, if_none_match: IfNoneMatch = None
) -> Response:
    """One request to amend, with what became of it."""
    row = service.read_amendment(chart, amendment_request_id)
    return tagged(row, service.tag(row), if_none_match)


@router.post(
    "/amendment-requests/{amendment_request_id}/extension",
    operation_id="prolongAmendmentRequest",
    **documents(AmendmentRequestOut, kind="change"),
)
def prolong_amendment_request(
    amendment_request_id: Id, body: ExtensionIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Take more time, once, with the reason that the partner is told."""
    row = service.prolong_amendment(chart, amendment_request_id, body.reason, if_match)
    return tagged(row, service.tag(row), None)


@router.post(
    "/amendment-requests/{amendment_request_id}/statement",
    operation_id="stateDisagreement",
    **documents(AmendmentRequestOut, kind="change"),
)
def state_disagreement(
    amendment_request_id: Id, body: StatementIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Keep the partner's statement of disagreement; it goes along with the entry from now on."""
    row = service.state_disagreement(chart, amendment_request_id, body, if_match)
    return tagged(row, service.tag(row), None)
