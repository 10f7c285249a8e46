"""HTTP for process notes, under scopes of their own: authors, and supervisors whom an author lets read, come in."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from app.chart.chart import Row
from app.couples import facts
from app.couples.case import open_case, open_for_writing
from app.practice.door import DoorRoute, OwnNotesReading, OwnNotesWriting
from app.process_notes import service
from app.process_notes.schemas import (
    NoteAccessPage,
    NoteGrantIn,
    NoteGrantOut,
    NoteGrantPage,
    ProcessNoteCorrection,
    ProcessNoteIn,
    ProcessNoteOut,
    ProcessNotePage,
    ProcessNoteReceipt,
)
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged, version_tag
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=[service.AREA])
CHANGES = ("already_superseded", "couple_closed")


# --- notes ---


@router.post(
    "/couples/{couple_id}/process-notes",
    operation_id="recordProcessNote",
    **documents(ProcessNoteReceipt, 201, kind="create", problems=("couple_closed",)),
)
def record_process_note(couple_id: Id, body: ProcessNoteIn, chart: OwnNotesWriting) -> Response:
    """Write a process note, readable by its author alone: nobody else learns that there is one."""
    return _note_created(service.record_note(chart, open_for_writing(chart, couple_id), body))


def _note_created(row: Row) -> Response:
    return created(f"/v1/process-notes/{row['id']}", service.receipt(row), fact_tag(row))


@router.get(
    "/couples/{couple_id}/process-notes", operation_id="listProcessNotes", **documents(ProcessNotePage)
)
def list_process_notes(couple_id: Id, chart: OwnNotesReading, look: Look) -> Response:
    """One's own process notes of a couple, and those one may read for a time, newest first."""
    return facts.listed(chart, service.NOTE, couple_id, look)


@router.get("/process-notes/{process_note_id}", operation_id="getProcessNote", **documents(ProcessNoteOut))
def get_process_note(
    process_note_id: Id, chart: OwnNotesReading, if_none_match: IfNoneMatch = None
) -> Response:
    """One process note, corrected or not."""
    row = service.read_note(chart, process_note_id)
    return tagged(facts.shaped(service.NOTE, row), fact_tag(row), if_none_match)


@router.post(
    "/process-notes/{process_note_id}/corrections",
    operation_id="correctProcessNote",
    **documents(ProcessNoteReceipt, 201, kind="change", problems=CHANGES),
)
def correct_process_note(
    process_note_id: Id, body: ProcessNoteCorrection, chart: OwnNotesWriting, if_match: IfMatch = None
) -> Response:
    """Correct a process note: a new one supersedes it, with the reason."""
    return _note_created(service.correct_note(chart, process_note_id, body, if_match))


@router.post(
    "/process-notes/{process_note_id}/entered-in-error",
    operation_id="voidProcessNote",
    **documents(ProcessNoteReceipt, 201, kind="change", problems=CHANGES),
)
def void_process_note(
    process_note_id: Id, body: Reason, chart: OwnNotesWriting, if_match: IfMatch = None
) -> Response:
    """Mark a process note as entered in error; it stays in its author's history."""
    return _note_created(service.void_note(chart, process_note_id, if_match, body.reason))


# --- who may read them for a time ---


@router.post(
    "/couples/{couple_id}/process-note-grants",
    operation_id="grantProcessNotes",
    **documents(NoteGrantOut, 201, kind="create"),
)
def grant_process_notes(couple_id: Id, body: NoteGrantIn, chart: OwnNotesWriting) -> Response:
    """Let one supervisor of the care team read one's own process notes of this couple, for a time."""
    row = service.let_read(chart, open_case(chart, couple_id, held=True), body)
    return created(f"/v1/process-note-grants/{row['id']}", row, version_tag(row))


@router.get(
    "/couples/{couple_id}/process-note-grants",
    operation_id="listProcessNoteGrants",
    **documents(NoteGrantPage),
)
def list_process_note_grants(
    couple_id: Id,
    chart: OwnNotesReading,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """The grants that one gave or holds for a couple, ended ones included."""
    open_case(chart, couple_id)
    path, bound = f"/v1/couples/{couple_id}/process-note-grants", {"path": "note-grants", "couple": couple_id}
    rows = partial(service.grants, chart, couple_id)
    return pages.by_id(chart, path, rows, bound, limit, cursor, begin=pages.LOWEST_ID)


@router.get(
    "/process-note-grants/{note_grant_id}", operation_id="getProcessNoteGrant", **documents(NoteGrantOut)
)
def get_process_note_grant(
    note_grant_id: Id, chart: OwnNotesReading, if_none_match: IfNoneMatch = None
) -> Response:
    """One grant, for who gave it and who holds it."""
    row = service.read_grant(chart, note_grant_id)
    return tagged(row, version_tag(row), if_none_match)


@router.delete(
    "/process-note-grants/{note_grant_id}",
    operation_id="endProcessNoteGrant",
    **documents(NoteGrantOut, kind="change"),
)
def end_process_note_grant(note_grant_id: Id, chart: OwnNotesWriting, if_match: IfMatch = None) -> Response:
    """End a grant, with effect on the next request; it stays listed."""
    row = service.end_grant(chart, note_grant_id, if_match)
    return tagged(row, version_tag(row), None)


# --- who touched them ---


@router.get(
    "/couples/{couple_id}/process-notes/accesses",
    operation_id="listProcessNoteAccesses",
    **documents(NoteAccessPage),
)
def list_process_note_accesses(
    couple_id: Id,
    chart: OwnNotesReading,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """Who touched one's own process notes of a couple, refusals included: the author alone is told."""
    open_case(chart, couple_id)
    path = f"/v1/couples/{couple_id}/process-notes/accesses"
    bound = {"path": "note-accesses", "couple": couple_id, "person": chart.actor.person_id}
    rows = partial(service.accesses, chart, couple_id)
    return pages.by_id(chart, path, rows, bound, limit, cursor, shape=service.access_shape)
