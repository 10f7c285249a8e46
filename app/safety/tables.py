"""Tables of safety: concerns and separate screens, always the clinician's own; safety's service comes in."""

from sqlalchemy import Boolean, Column, Index

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

safety_concern = fact_table(
    "safety_concern",
    Column("kind", Code, nullable=False),
    Column("person_at_risk_id", Id),
    Column("direction_id", Id),
    Column("raised_on", Day, nullable=False),
    Column("state", Code, nullable=False),
    Column("state_on", Day, nullable=False),
    Column("details", Sealed),
    reference("person_at_risk_id", "partner"),
    reference("direction_id", "direction"),
    Index(
        "ix_safety_concern_evidence",
        "practice_id",
        "couple_id",
        "raised_on",
        "id",
        "kind",
        "state",
        "state_on",
        "direction_id",
        "person_at_risk_id",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)

safety_screen = fact_table(
    "safety_screen",
    Column("partner_id", Id, nullable=False),
    Column("screened_on", Day, nullable=False),
    Column("separately", Boolean, nullable=False),
    Column("result", Code, nullable=False),
    Column("concern_kind", Code),
    Column("occasion", Code),
    Column("instrument", Sealed),
    Column("details", Sealed),
    reference("partner_id", "partner"),
    Index(
        "ix_safety_screen_evidence",
        "practice_id",
        "couple_id",
        "screened_on",
        "id",
        "partner_id",
        "separately",
        "result",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)
