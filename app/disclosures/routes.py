"""HTTP for disclosures: what may leave, the copy, the ledger, and requests that look into the record; all come in."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Row
from app.client_requests import service as requests
from app.client_requests.schemas import AmendmentDecisionIn, AmendmentRequestIn, AmendmentRequestOut
from app.couples.case import open_case
from app.disclosures import looking, service
from app.disclosures.schemas import (
    AccountPage,
    DisclosureIn,
    DisclosureMade,
    DisclosureOut,
    DisclosurePage,
    PreviewOut,
    SplitOut,
)
from app.practice.door import DoorRoute, Reading, Signing, Writing
from app.wire import pages
from app.wire.answers import (
    IfMatch,
    IfNoneMatch,
    answer,
    computed,
    created,
    documents,
    tagged,
    version_tag,
)
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute)


def _tag(row: Row) -> str:
    """ETag of what never changes."""
    return version_tag({"id": row["id"], "version": 1})


@router.post(
    "/couples/{couple_id}/disclosures/preview",
    operation_id="previewDisclosure",
    tags=["releases"],
    **documents(PreviewOut, kind="create"),
)
def preview_disclosure(couple_id: Id, body: DisclosureIn, chart: Writing) -> Response:
    """What a disclosure would hold, and whose authorisation is missing for what; nothing leaves."""
    return answer(service.preview(chart, couple_id, body))


@router.post(
    "/couples/{couple_id}/disclosures",
    operation_id="makeDisclosure",
    tags=["releases"],
    **documents(
        DisclosureMade,
        201,
        kind="create",
        problems=("clinician_needed", "export_locked", "authorisation_missing"),
        description="On the ledger, with the copy.",
    ),
)
def make_disclosure(couple_id: Id, body: DisclosureIn, chart: Signing) -> Response:
    """Let content out: the copy stands in this answer alone, its digest on the ledger."""
    row = service.disclose(chart, couple_id, body)
    return created(f"/v1/disclosures/{row['id']}", row, _tag(row))


@router.get(
    "/couples/{couple_id}/disclosures",
    operation_id="listDisclosures",
    tags=["releases"],
    **documents(DisclosurePage),
)
def list_disclosures(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The couple's ledger of disclosures, newest first."""
    open_case(chart, couple_id)
    path = f"/v1/couples/{couple_id}/disclosures"
    return pages.by_id(chart, path, partial(service.listed, chart, couple_id), {"path": path}, limit, cursor)


@router.get(
    "/disclosures/{disclosure_id}",
    operation_id="getDisclosure",
    tags=["releases"],
    **documents(DisclosureOut),
)
def get_disclosure(disclosure_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One disclosure on the ledger: ids and digests of what left, without its words."""
    row = service.read(chart, disclosure_id)
    return tagged(row, _tag(row), if_none_match)


@router.get(
    "/couples/{couple_id}/partners/{partner_id}/disclosures",
    operation_id="getAccountOfDisclosures",
    tags=["releases"],
    **documents(AccountPage),
)
def get_account_of_disclosures(
    couple_id: Id,
    partner_id: Id,
    chart: Reading,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """One person's account: what of both, and what of this person's own, went to whom; fit to be handed to them."""
    case = open_case(chart, couple_id)
    path = f"/v1/couples/{couple_id}/partners/{partner_id}/disclosures"
    rows = partial(service.account, chart, case, partner_id)
    return pages.by_id(chart, path, rows, {"path": path}, limit, cursor)


# --- requests that look into the record ---


@router.get(
    "/access-requests/{access_request_id}/content",
    operation_id="splitForAccess",
    tags=["client requests"],
    **documents(SplitOut),
)
def split_for_access(access_request_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """The record split into the parts that are decided on, with how much each holds; for the treating team alone."""
    return computed(looking.split(chart, access_request_id), if_none_match)


@router.post(
    "/couples/{couple_id}/amendment-requests",
    operation_id="recordAmendmentRequest",
    tags=["client requests"],
    **documents(AmendmentRequestOut, 201, kind="create"),
)
def record_amendment_request(couple_id: Id, body: AmendmentRequestIn, chart: Writing) -> Response:
    """Record that one partner asks for an entry to be put right; the clock runs from the day it came."""
    row = looking.receive_amendment(chart, couple_id, body)
    return created(f"/v1/amendment-requests/{row['id']}", row, requests.tag(row))


@router.post(
    "/amendment-requests/{amendment_request_id}/decision",
    operation_id="decideAmendment",
    tags=["client requests"],
    **documents(AmendmentRequestOut, kind="change", problems=("clinician_needed",)),
)
def decide_amendment(
    amendment_request_id: Id, body: AmendmentDecisionIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Accept with the addendum or correction that was made, or deny with the basis."""
    row = looking.decide_amendment(chart, amendment_request_id, body, if_match)
    return tagged(row, requests.tag(row), None)
