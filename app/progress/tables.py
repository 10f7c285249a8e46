"""Tables of computed results, one a couple, and of summaries shared with both partners; caseload and joint come in."""

from sqlalchemy import Column, Index, Integer, String

from app.chart.base import Code, Day, Id, Instant, Sealed, couple_table, keep, reference

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

joint_summary = couple_table(
    "joint_summary",
    Column("as_of", Day, nullable=False),
    Column("answers", String(64), nullable=False),
    Column("content", Sealed, nullable=False),
    Column("released_at", Instant, nullable=False),
    Column("released_by", Id, nullable=False),
    Column("lapses_on", Day, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Id),
    reference("released_by", "person"),
    reference("withdrawn_by", "person"),
    Index(None, "practice_id", "couple_id", "id"),
)
keep(joint_summary, once=("withdrawn_at", "withdrawn_by"), free=("version",))
