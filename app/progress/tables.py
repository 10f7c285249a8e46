"""Table of computed results: one a couple, replaced when evidence, day or rules have moved on; caseload comes in."""

from sqlalchemy import Column, Integer

from app.chart.base import Code, Day, Instant, Sealed, couple_table

# A row's id is its couple's id: there is one result a couple, and nothing else ever refers to it.
indicator_result = couple_table(
    "indicator_result",
    Column("as_of", Day, nullable=False),
    Column("evidence_version", Integer, nullable=False),
    Column("versions", Code, nullable=False),
    Column("attention", Integer, nullable=False),
    Column("looked_on", Day),
    Column("summary", Sealed, nullable=False),
    Column("computed_at", Instant, nullable=False),
)
