"""Table of threat reports: how often alarm returned in a window of days; threat responses' service comes in."""

from sqlalchemy import Boolean, Column, Index, Integer, String

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

threat_report = fact_table(
    "threat_report",
    Column("direction_id", Id, nullable=False),
    Column("reporter_id", Id, nullable=False),
    Column("window_start", Day, nullable=False),
    Column("window_end", Day, nullable=False),
    Column("episodes", Integer),
    Column("band", Code),
    Column("declined", Boolean, nullable=False),
    Column("typical_duration_minutes", Integer),
    Column("recovery_minutes", Integer),
    Column("peak_intensity", Integer),
    Column("triggers", String(500), nullable=False),
    Column("checking", Integer),
    Column("source", Code, nullable=False),
    Column("words", Sealed),
    Column("session_id", Id),
    reference("direction_id", "direction"),
    reference("reporter_id", "partner"),
    reference("session_id", "session"),
    # Holds all that the calculation reads, so that three years of reports are read without touching the rows.
    Index(
        "ix_threat_report_evidence",
        "practice_id",
        "couple_id",
        "window_end",
        "id",
        "direction_id",
        "window_start",
        "episodes",
        "declined",
        "typical_duration_minutes",
        "recovery_minutes",
        "peak_intensity",
        "triggers",
        "source",
        "visibility",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)
