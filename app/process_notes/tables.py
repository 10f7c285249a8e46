"""Tables of process notes and of who may read them for a time, each its author's own; the slice's service comes in."""

from sqlalchemy import Column, Index

from app.chart.base import Day, Id, Instant, Sealed, couple_table, fact_table, private, reference

KEY = "process_notes"

process_note = private(
    fact_table(
        "process_note",
        Column("written_on", Day, nullable=False),
        Column("text", Sealed, nullable=False),
        Index("ix_process_note_listed", "practice_id", "couple_id", "recorded_by", "written_on", "id"),
    ),
    "recorded_by",
    key=KEY,
    through="process_note_grant",
)

process_note_grant = private(
    couple_table(
        "process_note_grant",
        Column("author_id", Id, nullable=False),
        Column("person_id", Id, nullable=False),
        Column("purpose", Sealed),
        Column("begins_at", Instant, nullable=False),
        Column("ends_at", Instant, nullable=False),
        reference("author_id", "person"),
        reference("person_id", "person"),
        Index(None, "practice_id", "person_id", "couple_id", "author_id"),
    ),
    "author_id",
    "person_id",
    key=KEY,
)
