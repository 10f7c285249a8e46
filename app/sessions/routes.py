"""HTTP for sessions: the whole hour in one POST, drafts, signing, addenda; integrations and frontends come in."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.couples import facts
from app.couples.case import expect_case, open_case, open_for_writing
from app.practice.door import Cosigning, DoorRoute, Reading, Signing, Writing
from app.sessions import sealing, service
from app.sessions.schemas import (
    AddendumIn,
    AddendumOut,
    EntriesIn,
    SealPage,
    SessionChange,
    SessionIn,
    SessionOut,
    SessionPage,
    VersionPage,
)
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, computed, created, documents, fact_tag, tagged
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute)
HIGHEST_NUMBER = 2**31 - 1
ENTRIES_MAY_MEET = ("report_overlaps", "screens_needed", "commitment_closed")


@router.post(
    "/couples/{couple_id}/sessions",
    operation_id="recordSession",
    tags=["sessions"],
    **documents(
        SessionOut,
        201,
        kind="create",
        problems=("couple_closed", "clinician_needed", "policy_needed", *ENTRIES_MAY_MEET),
    ),
)
def record_session(couple_id: Id, body: SessionIn, chart: Writing) -> Response:
    """Record a session with its note and all that was noted in it; all of it or nothing."""
    service.expect_recording(chart, couple_id, body)
    case = open_for_writing(chart, couple_id)
    service.demand_consent(chart, case, body)
    row = service.record(chart, case, body)
    return created(f"/v1/sessions/{row['id']}", service.shaped(row), service.tag(row))


@router.get(
    "/couples/{couple_id}/sessions",
    operation_id="listSessions",
    tags=["sessions"],
    **documents(SessionPage),
)
def list_sessions(
    couple_id: Id,
    chart: Reading,
    state: Annotated[
        Literal["draft", "signed"] | None, Query(description="Only sessions in this state.")
    ] = None,
    history: Annotated[
        bool, Query(description="Also show sessions entered in error, to the treating team alone.")
    ] = False,
    audience: pages.Audience = pages.AUDIENCE,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """A couple's sessions, newest first, without their notes."""
    if cursor is None:
        expect_case(chart, couple_id)
    else:  # whether a cursor fits is told only to whoever may open the couple
        open_case(chart, couple_id)
    filters = {"state": state, "history": history or None}
    bound = {"path": "sessions", "couple": couple_id}
    place = pages.position(chart, cursor, {**filters, **bound})
    rows = service.listed(chart, couple_id, state=state, history=history, place=place, most=limit + 1)
    if cursor is None:
        open_case(chart, couple_id)
    return pages.page(
        chart,
        f"/v1/couples/{couple_id}/sessions",
        rows,
        limit=limit,
        filters=filters,
        bound=bound,
        sort=lambda row: [row["starts_at"], row["id"]],
        shape=lambda row: service.told(chart, service.item(row)),
    )


@router.get("/sessions/{session_id}", operation_id="getSession", tags=["sessions"], **documents(SessionOut))
def get_session(
    session_id: Id,
    chart: Reading,
    include: Annotated[
        Literal["entries"] | None, Query(description="`entries` adds the ids of what was recorded in it.")
    ] = None,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One session with its note and addenda."""
    row = service.read(chart, session_id, with_entries=include is not None)
    if audience != pages.AUDIENCE:
        return computed(service.told(chart, service.shaped(row)), if_none_match)
    return tagged(service.shaped(row), service.tag(row), if_none_match)


@router.patch(
    "/sessions/{session_id}",
    operation_id="changeSession",
    tags=["sessions"],
    **documents(
        SessionOut, kind="change", problems=("session_signed", "already_superseded", "couple_closed")
    ),
)
def change_session(session_id: Id, body: SessionChange, chart: Writing, if_match: IfMatch = None) -> Response:
    """Change a draft (merge patch); the version before is kept."""
    row = service.change(chart, session_id, body, if_match)
    return tagged(service.shaped(row), service.tag(row), None)


@router.get(
    "/sessions/{session_id}/versions",
    operation_id="listSessionVersions",
    tags=["sessions"],
    **documents(VersionPage),
)
def list_session_versions(
    session_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """How a session stood before each change that was made while it was a draft, the last one first."""
    row = service.read(chart, session_id)
    bound = {"path": "versions", "session": session_id}
    place = pages.position(chart, cursor, bound)
    rows = service.versions(chart, row, int(place[0]) if place else HIGHEST_NUMBER, limit + 1)
    return pages.page(
        chart,
        f"/v1/sessions/{session_id}/versions",
        rows,
        limit=limit,
        filters={},
        bound=bound,
        sort=lambda row: [str(row["number"])],
        shape=service.shaped_version,
    )


@router.post(
    "/sessions/{session_id}/entries",
    operation_id="addSessionEntries",
    tags=["sessions"],
    **documents(
        SessionOut,
        kind="change",
        problems=("session_signed", "already_superseded", "couple_closed", *ENTRIES_MAY_MEET),
    ),
)
def add_session_entries(
    session_id: Id, body: EntriesIn, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Record markers, reports, commitments and the like in a draft; `entries` names what was added."""
    row = service.add_entries(chart, session_id, body, if_match)
    return tagged(service.shaped(row), service.tag(row), None)


@router.post(
    "/sessions/{session_id}/sign",
    operation_id="signSession",
    tags=["sessions"],
    **documents(
        SessionOut,
        kind="change",
        problems=("session_signed", "already_superseded", "clinician_needed", "note_needed"),
    ),
)
def sign_session(session_id: Id, chart: Signing, if_match: IfMatch = None) -> Response:
    """Sign a draft: it stays as it is from now on, with everything recorded in it."""
    row = service.sign(chart, session_id, if_match)
    return tagged(service.shaped(row), service.tag(row), None)


@router.post(
    "/sessions/{session_id}/cosign",
    operation_id="cosignSession",
    tags=["sessions"],
    **documents(
        SessionOut,
        kind="change",
        problems=("session_not_signed", "already_signed", "already_superseded", "clinician_needed"),
    ),
)
def cosign_session(session_id: Id, chart: Cosigning, if_match: IfMatch = None) -> Response:
    """Sign what somebody else has signed: a supervisor, or another clinician of the care team."""
    row = service.cosign(chart, session_id, if_match)
    return tagged(service.shaped(row), service.tag(row), None)


@router.get(
    "/sessions/{session_id}/seals", operation_id="listSeals", tags=["sessions"], **documents(SealPage)
)
def list_seals(
    session_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """A session's seals in the order of the practice's chain: whoever has the public key can check them."""
    row = service.read(chart, session_id)
    bound = {"path": "seals", "session": session_id}
    place = pages.position(chart, cursor, bound)
    rows = sealing.listed(chart, row, int(place[0]) if place else 0, limit + 1)
    return pages.page(
        chart,
        f"/v1/sessions/{session_id}/seals",
        rows,
        limit=limit,
        filters={},
        bound=bound,
        sort=lambda row: [str(row["number"])],
        shape=sealing.shaped,
    )


@router.post(
    "/sessions/{session_id}/addenda",
    operation_id="addAddendum",
    tags=["sessions"],
    **documents(AddendumOut, 201, kind="create", problems=("session_not_signed", "already_superseded")),
)
def add_addendum(session_id: Id, body: AddendumIn, chart: Signing) -> Response:
    """Add to a signed session: an addendum, a late entry or a correction; the signed text stays."""
    row = service.add_addendum(chart, session_id, body)
    return created(f"/v1/addenda/{row['id']}", facts.shaped(service.ADDENDUM, row), fact_tag(row))


@router.get("/addenda/{addendum_id}", operation_id="getAddendum", tags=["sessions"], **documents(AddendumOut))
def get_addendum(
    addendum_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One addendum; a session shows all of its own."""
    row = service.read_addendum(chart, addendum_id)
    return tagged(facts.shaped(service.ADDENDUM, row), fact_tag(row), if_none_match)


@router.post(
    "/sessions/{session_id}/entered-in-error",
    operation_id="voidSession",
    tags=["sessions"],
    **documents(SessionOut, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")),
)
def void_session(session_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a session as entered in error, with what was recorded in it; the treating team reads it still."""
    row = service.void(chart, session_id, body.reason, if_match)
    return tagged(service.shaped(row), service.tag(row), None)
