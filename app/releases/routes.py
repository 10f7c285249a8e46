"""HTTP for releases: recipients, authorisations and holds of a couple; integrations and frontends come in."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Chart, Row
from app.couples import holds
from app.couples.case import open_case
from app.practice.door import DoorRoute, Reading, Signing, Writing
from app.releases import service
from app.releases.schemas import (
    AuthorisationIn,
    AuthorisationOut,
    AuthorisationPage,
    HoldIn,
    HoldOut,
    HoldPage,
    LiftIn,
    RecipientIn,
    RecipientOut,
    RecipientPage,
    RevocationIn,
)
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, state_tag, tagged, version_tag
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["releases"])


def _tag_once(row: Row) -> str:
    """ETag of what never changes."""
    return version_tag({"id": row["id"], "version": 1})


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


@router.post(
    "/couples/{couple_id}/recipients",
    operation_id="nameRecipient",
    **documents(RecipientOut, 201, kind="create"),
)
def name_recipient(couple_id: Id, body: RecipientIn, chart: Writing) -> Response:
    """Name somebody to whom something of the record may go; both partners' authorisations then refer to it."""
    row = service.name_recipient(chart, open_case(chart, couple_id), body)
    return created(f"/v1/recipients/{row['id']}", row, _tag_once(row))


@router.get("/couples/{couple_id}/recipients", operation_id="listRecipients", **documents(RecipientPage))
def list_recipients(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The couple's recipients, newest first."""
    return _page(chart, couple_id, "recipients", service.recipients, limit, cursor)


@router.get("/recipients/{recipient_id}", operation_id="getRecipient", **documents(RecipientOut))
def get_recipient(recipient_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One recipient."""
    row = service.read_recipient(chart, recipient_id)
    return tagged(row, _tag_once(row), if_none_match)


@router.post(
    "/couples/{couple_id}/authorisations",
    operation_id="recordAuthorisation",
    **documents(AuthorisationOut, 201, kind="create"),
)
def record_authorisation(couple_id: Id, body: AuthorisationIn, chart: Signing) -> Response:
    """Record what one partner signed; what belongs to both leaves only when both have signed for it."""
    row = service.authorise(chart, open_case(chart, couple_id), body)
    return created(f"/v1/authorisations/{row['id']}", row, state_tag(row))


@router.get(
    "/couples/{couple_id}/authorisations", operation_id="listAuthorisations", **documents(AuthorisationPage)
)
def list_authorisations(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The couple's authorisations, newest first, with those that hold no longer."""
    return _page(chart, couple_id, "authorisations", service.authorisations, limit, cursor)


@router.get(
    "/authorisations/{authorisation_id}", operation_id="getAuthorisation", **documents(AuthorisationOut)
)
def get_authorisation(authorisation_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One authorisation, and whether it holds today."""
    row = service.read_authorisation(chart, authorisation_id)
    return tagged(row, state_tag(row), if_none_match)


@router.post(
    "/authorisations/{authorisation_id}/revoke",
    operation_id="revokeAuthorisation",
    **documents(AuthorisationOut, kind="change"),
)
def revoke_authorisation(
    authorisation_id: Id, body: RevocationIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Take an authorisation back, with effect on every disclosure from now on."""
    row = service.revoke(chart, authorisation_id, body.words, if_match)
    return tagged(row, state_tag(row), None)


@router.post("/couples/{couple_id}/holds", operation_id="placeHold", **documents(HoldOut, 201, kind="create"))
def place_hold(couple_id: Id, body: HoldIn, chart: Writing) -> Response:
    """Place a legal hold or an export lock on the case, with effect from now on."""
    row = service.place_hold(chart, open_case(chart, couple_id, held=True), body)
    return created(f"/v1/holds/{row['id']}", row, version_tag(row))


@router.get("/couples/{couple_id}/holds", operation_id="listHolds", **documents(HoldPage))
def list_holds(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The couple's holds, newest first, with those that were lifted."""

    def rows(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
        return [service.shaped_hold(chart, row) for row in holds.listed(chart, couple_id, below, most)]

    return _page(chart, couple_id, "holds", rows, limit, cursor)


@router.get("/holds/{hold_id}", operation_id="getHold", **documents(HoldOut))
def get_hold(hold_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One hold, standing or lifted."""
    row = service.shaped_hold(chart, holds.read(chart, hold_id))
    return tagged(row, version_tag(row), if_none_match)


@router.post(
    "/holds/{hold_id}/lift",
    operation_id="liftHold",
    **documents(HoldOut, kind="change", problems=("clinician_needed",)),
)
def lift_hold(hold_id: Id, body: LiftIn, chart: Writing, if_match: IfMatch = None) -> Response:
    """Lift a hold, with the reason; it stays in the history."""
    row = service.lift_hold(chart, hold_id, body.reason, if_match)
    return tagged(row, version_tag(row), None)
