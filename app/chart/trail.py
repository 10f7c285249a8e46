"""The trail: who read or changed what, refusals included, in the same transaction as the deed; ids only, never text."""

from sqlalchemy import Column, Index, Integer

from app.chart.base import Code, Id, Instant, practice_table

trail = practice_table(
    "trail",
    Column("at", Instant, nullable=False),
    Column("person_id", Id),
    Column("key_id", Id),
    Column("request_id", Code, nullable=False),
    Column("action", Code, nullable=False),
    Column("status", Integer, nullable=False),
    Column("couple_id", Id),
    Column("target_id", Id),
    Index(None, "practice_id", "couple_id", "at"),
)
