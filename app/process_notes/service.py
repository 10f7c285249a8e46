"""What happens to process notes: written, corrected, shown to a supervisor for a time; only the slice's routes come in.

No other slice asks here: a process note feeds no calculation, search, feed, export or import. Every statement meets
the wall of the Chart that leaves each author only the author's own rows.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import BindParameter, Select, and_, bindparam, exists, or_, select

from app.chart.chart import Chart, Row
from app.chart.trail import trail
from app.couples import facts
from app.couples.case import Case, open_for_writing
from app.couples.facts import FactKind
from app.couples.service import CLINICIAN, not_in_future
from app.errors import Refusal, invalid
from app.practice import service as practice
from app.process_notes.schemas import NoteGrantIn, ProcessNoteCorrection, ProcessNoteIn, ProcessNoteReceipt
from app.process_notes.tables import process_note, process_note_grant
from app.wire.answers import demand_match, version_tag

NOTE = FactKind(process_note, "written_on", "process-notes", counts=False)
AREA: Final = "process notes"
LONGEST: Final = timedelta(days=366)

_GRANTS = select(*(column for column in process_note_grant.c if column.name != "practice_id"))
_GRANT = _GRANTS.where(process_note_grant.c.id == bindparam("row", required=True))
_PAGE = (
    _GRANTS.where(process_note_grant.c.id > bindparam("above", required=True))
    .order_by(process_note_grant.c.id)
    .limit(bindparam("most", required=True))
)
_IN_FORCE = select(process_note_grant.c.id).where(
    process_note_grant.c.author_id == bindparam("author", required=True),
    process_note_grant.c.person_id == bindparam("person", required=True),
    process_note_grant.c.ends_at > bindparam("now", required=True),
)


# --- notes ---


def record_note(chart: Chart, case: Case, body: ProcessNoteIn) -> Row:
    """Write a process note; who writes it is its author."""
    not_in_future(chart, body.written_on, "/written_on")
    return facts.record(chart, NOTE, case, {**body.model_dump(), **CLINICIAN})


def receipt(row: Row) -> Row:
    """What an answer to a change says of a note: all but its words."""
    return {name: row[name] for name in ProcessNoteReceipt.model_fields}


def read_note(chart: Chart, note_id: str) -> Row:
    """One process note, for its author or whom the author lets read it."""
    return facts.get(chart, NOTE, note_id)


def correct_note(chart: Chart, note_id: str, body: ProcessNoteCorrection, if_match: str | None) -> Row:
    """Correct a note by a new one that supersedes it."""
    row = _own(chart, note_id)
    not_in_future(chart, body.written_on, "/written_on")
    case = open_for_writing(chart, row["couple_id"])
    values = {**body.model_dump(exclude={"reason"}), **CLINICIAN}
    return facts.correct(chart, NOTE, row, case, if_match, values, body.reason)


def void_note(chart: Chart, note_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a note as entered in error; it stays in its author's history."""
    row = _own(chart, note_id)
    return facts.void(chart, NOTE, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _own(chart: Chart, note_id: str) -> Row:
    """A note of the caller's own: whoever may only read it meets nothing to change."""
    row = facts.get(chart, NOTE, note_id)
    if row["recorded_by"] != chart.actor.person_id:
        raise Refusal("not_found")
    return row


# --- who may read them for a time ---


def let_read(chart: Chart, case: Case, body: NoteGrantIn) -> Row:
    """Let one supervisor of the care team read the caller's process notes of this couple until a day."""
    if not practice.supervises(chart, case.id, body.person_id):
        words = "No supervisor of this couple's care team has this id."
        raise invalid("/person_id", "unknown_person", words, "Let the supervisor into the care team first.")
    if body.ends_at <= chart.now:
        raise invalid("/ends_at", "in_the_past", "The grant would have ended already.")
    if body.ends_at > chart.now + LONGEST:
        raise invalid("/ends_at", "too_far_ahead", "A grant ends within a year; it can be given anew.")
    author_id = chart.actor.person_id
    if chart.find(_IN_FORCE, couple=case.id, author=author_id, person=body.person_id, now=chart.at):
        raise Refusal("conflict", "This person may read these notes already.")
    values = {**body.model_dump(), "author_id": author_id, "begins_at": chart.at}
    return read_grant(chart, chart.add(process_note_grant, couple_id=case.id, **values))


def read_grant(chart: Chart, grant_id: str) -> Row:
    """One grant, for who gave it and who holds it."""
    row = chart.one(_GRANT, row=grant_id)
    chart.note(couple_id=row["couple_id"], target_id=grant_id, seen_by=CLINICIAN)
    return row


def grants(chart: Chart, couple_id: str, above: str, most: int) -> list[Row]:
    """The grants that the caller gave or holds for an opened couple, ended ones included."""
    return chart.rows(_PAGE, couple=couple_id, above=above, most=most)


def end_grant(chart: Chart, grant_id: str, if_match: str | None) -> Row:
    """End a grant, with effect on the next request; only who gave it does."""
    row = read_grant(chart, grant_id)
    if row["author_id"] != chart.actor.person_id:
        raise Refusal("not_found")
    demand_match(if_match, version_tag(row))
    if row["ends_at"] <= chart.at:
        return row
    version = chart.amend(process_note_grant, grant_id, row["version"], ends_at=chart.at)
    return {**row, "ends_at": chart.at, "version": version}


# --- who touched them: told to the author alone ---


def _touching() -> Select[tuple[object, ...]]:
    """The trail's lines about the caller's own notes and grants: by the author, by readers let in, or refused.

    A reader may read another author's notes too: of a reader's lines only those are told that name what is the
    caller's own, or all of the caller's notes at a time when they were open to this reader.
    """
    me: BindParameter[str] = bindparam("author", required=True)
    of: BindParameter[str] = bindparam("of", required=True)
    mine = select(process_note.c.id).where(process_note.c.recorded_by == me)
    own = select(process_note_grant.c.id).where(process_note_grant.c.author_id == me)
    reading = (
        select(process_note_grant.c.id)
        .where(
            process_note_grant.c.author_id == me,
            process_note_grant.c.couple_id == of,
            process_note_grant.c.person_id == trail.c.person_id,
            process_note_grant.c.begins_at <= trail.c.at,
            process_note_grant.c.ends_at >= trail.c.at,
        )
        .correlate(trail)
    )
    asked_for_own = or_(trail.c.asked_id.in_(mine), trail.c.asked_id.in_(own))
    in_couple = or_(trail.c.couple_id == of, trail.c.asked_id == of)
    return (
        select(
            trail.c.id,
            trail.c.at,
            trail.c.person_id,
            trail.c.action,
            trail.c.status,
            trail.c.target_id,
            trail.c.asked_id,
        )
        .where(
            trail.c.area == AREA,
            trail.c.id < bindparam("below", required=True),
            or_(
                asked_for_own,
                and_(in_couple, trail.c.person_id == me),
                and_(in_couple, trail.c.target_id.is_(None), exists(reading)),
            ),
        )
        .order_by(trail.c.id.desc())
        .limit(bindparam("most", required=True))
    )


_TOUCHING = _touching()


def accesses(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """Who touched the caller's own process notes of an opened couple, newest first, refusals included."""
    params = {"of": couple_id, "author": chart.actor.person_id, "below": below, "most": most}
    return chart.rows(_TOUCHING, couple=couple_id, **params)


def access_shape(row: Row) -> Row:
    """One line as the author is told it."""
    return {
        "at": row["at"],
        "person_id": row["person_id"],
        "operation": row["action"],
        "outcome": "done" if row["status"] < 400 else "refused",
        "status": row["status"],
        "target_id": row["target_id"] or (row["asked_id"] if row["status"] >= 400 else None),
    }
