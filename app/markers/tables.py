"""Tables of what clinicians observe: markers and cessation; markers' service comes in."""

from sqlalchemy import Column, Index, Integer

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

marker = fact_table(
    "marker",
    Column("direction_id", Id, nullable=False),
    Column("code", Code, nullable=False),
    Column("about_id", Id),
    Column("observed_on", Day, nullable=False),
    Column("basis", Code, nullable=False),
    Column("strength", Integer),
    Column("stated_value", Code),
    Column("words", Sealed),
    Column("session_id", Id),
    reference("direction_id", "direction"),
    reference("about_id", "partner"),
    reference("session_id", "session"),
    # Holds all that the calculation reads, so that three years of markers are read without touching the rows.
    Index(
        "ix_marker_evidence",
        "practice_id",
        "couple_id",
        "observed_on",
        "id",
        "direction_id",
        "code",
        "about_id",
        "stated_value",
        "session_id",
        "visibility",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)

cessation = fact_table(
    "cessation",
    Column("direction_id", Id, nullable=False),
    Column("status", Code, nullable=False),
    Column("grade", Code),
    Column("effective_on", Day, nullable=False),
    Column("words", Sealed),
    Column("session_id", Id),
    reference("direction_id", "direction"),
    reference("session_id", "session"),
    Index(
        "ix_cessation_evidence",
        "practice_id",
        "couple_id",
        "effective_on",
        "id",
        "direction_id",
        "status",
        "grade",
        "visibility",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)
