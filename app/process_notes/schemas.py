"""Shape of the wire for process notes and for who may read them for a time."""

from pydantic import ConfigDict, Field

from app.couples.facts import FactOut
from app.wire.types import SHUT, Day, Id, Input, Instant, NoteText, Output, Passage


class ProcessNoteIn(Input):
    """A note on the contents of conversation, for its author's own use."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"written_on": "2026-03-01", "text": "My own impatience with the silences; supervision."}
            ]
        }
    )

    written_on: Day
    text: NoteText = Field(
        description="Not the place for what belongs to the record: times, tests, diagnosis, plan, symptoms, progress, "
        "markers, reports and commitments."
    )


class ProcessNoteCorrection(ProcessNoteIn):
    """The note as it should have been written, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"written_on": "2026-03-01", "text": "My impatience; supervision.", "reason": "Shorter."}
            ]
        }
    )

    reason: Passage


class ProcessNoteItem(FactOut):
    """A process note in a list; `recorded_by` is its author."""

    written_on: str
    text: str | None = Field(description=SHUT)


class ProcessNoteOut(ProcessNoteItem):
    """A process note; `recorded_by` is its author."""

    text: str


class ProcessNoteReceipt(Output):
    """A stored process note without its words: an answer that may be repeated must not keep them elsewhere."""

    id: str
    couple_id: str
    written_on: str
    recorded_at: str
    recorded_by: str
    supersedes_id: str | None
    entered_in_error: bool


class ProcessNotePage(Output):
    """A page of process notes."""

    items: list[ProcessNoteItem]
    next_cursor: str | None
    has_more: bool


class NoteGrantIn(Input):
    """Letting one supervisor of the couple's care team read one's own process notes of this couple, for a time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
                    "ends_at": "2026-12-31T00:00:00Z",
                    "purpose": "Supervised training.",
                }
            ]
        }
    )

    person_id: Id
    ends_at: Instant = Field(description="At most a year ahead.")
    purpose: Passage | None = None


class NoteGrantOut(Output):
    """Who may read whose process notes, and until when."""

    id: str
    version: int
    couple_id: str
    author_id: str
    person_id: str
    purpose: str | None
    begins_at: str
    ends_at: str


class NoteGrantPage(Output):
    """A page of such grants."""

    items: list[NoteGrantOut]
    next_cursor: str | None
    has_more: bool


class NoteAccessOut(Output):
    """One request that touched one's own process notes."""

    at: str
    person_id: str
    operation: str
    outcome: str = Field(description="`done` or `refused`.")
    status: int
    target_id: str | None = Field(description="The note or grant, when it was about a single one.")


class NoteAccessPage(Output):
    """A page of such requests, newest first."""

    items: list[NoteAccessOut]
    next_cursor: str | None
    has_more: bool
