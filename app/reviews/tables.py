"""Tables of the clinician's recorded decisions; reviews' service comes in."""

from sqlalchemy import Boolean, Column, Index, String

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

review = fact_table(
    "review",
    Column("direction_id", Id),
    Column("reviewed_on", Day, nullable=False),
    Column("decision", Code, nullable=False),
    Column("changes", Sealed),
    Column("rationale", Sealed, nullable=False),
    Column("wish_a", Sealed, nullable=False),
    Column("wish_a_on", Day, nullable=False),
    Column("wish_b", Sealed, nullable=False),
    Column("wish_b_on", Day, nullable=False),
    Column("alternatives", Sealed),
    Column("safety_considered", Boolean, nullable=False),
    Column("safety_words", Sealed),
    Column("last_screen_on", Day),
    Column("consultation", Sealed),
    Column("overridden", String(400), nullable=False),
    Column("disagreement", Sealed),
    Column("next_review_on", Day),
    Column("snapshot", Sealed, nullable=False),
    reference("direction_id", "direction"),
    Index("ix_review_evidence", "practice_id", "couple_id", "reviewed_on", "id"),
)
