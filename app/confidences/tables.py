"""Table of confidences, always the clinician's own; confidences' service comes in."""

from sqlalchemy import Column, Index

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

# `item_id` and `shared_as_id` name rows of the table that `item_kind` says, so that no foreign key can stand here.
confidence = fact_table(
    "confidence",
    Column("noted_on", Day, nullable=False),
    Column("item_kind", Code, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("partner_id", Id, nullable=False),
    Column("relevance", Code, nullable=False),
    Column("disclosure_due", Day),
    Column("words", Sealed),
    Column("told_on", Day),
    Column("permission_on", Day),
    Column("shared_on", Day),
    Column("shared_as_id", Id),
    reference("partner_id", "partner"),
    Index("ix_confidence_item", "practice_id", "couple_id", "item_id"),
)
