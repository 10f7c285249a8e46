"""Table of stages: where the clinician saw the work stand, from which day on; stages' service comes in."""

from sqlalchemy import Column, Index

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

stage = fact_table(
    "stage",
    Column("direction_id", Id),
    Column("stage", Code, nullable=False),
    Column("entered_on", Day, nullable=False),
    Column("evidence", Sealed, nullable=False),
    Column("session_id", Id),
    reference("direction_id", "direction"),
    reference("session_id", "session"),
    Index("ix_stage_entered", "practice_id", "couple_id", "entered_on", "id"),
)
