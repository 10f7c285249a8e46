"""The table of records opened in an emergency, kept by the database itself; the slice's service comes in."""

from sqlalchemy import Column, Index

from app.chart.base import Code, Id, Instant, Sealed, couple_table, keep, reference

break_glass = keep(
    couple_table(
        "break_glass",
        Column("person_id", Id, nullable=False),
        Column("grant_id", Id, nullable=False),
        Column("reason", Code, nullable=False),
        Column("words", Sealed, nullable=False),
        Column("begins_at", Instant, nullable=False),
        Column("ends_at", Instant, nullable=False),
        Column("reported_at", Instant),
        Column("report", Sealed),
        Column("reviewed_at", Instant),
        Column("reviewed_by", Id),
        Column("finding", Code),
        Column("review", Sealed),
        reference("person_id", "person"),
        reference("grant_id", "care_team"),
        reference("reviewed_by", "person"),
        Index(None, "practice_id", "couple_id", "begins_at"),
        Index(None, "practice_id", "person_id", "begins_at"),
    ),
    once=("reported_at", "report", "reviewed_at", "reviewed_by", "finding", "review"),
    free=("version", "ends_at"),
)
