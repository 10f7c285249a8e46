"""Tables of the calendar: pauses and known dates; calendar's service comes in."""

from sqlalchemy import Column, Index, Integer

from app.chart.base import Code, Day, Id, Sealed, fact_table, reference

pause = fact_table(
    "pause",
    Column("direction_id", Id),
    Column("kind", Code, nullable=False),
    Column("words", Sealed),
    Column("starts_on", Day, nullable=False),
    Column("ends_on", Day),
    reference("direction_id", "direction"),
    Index(
        "ix_pause_evidence",
        "practice_id",
        "couple_id",
        "starts_on",
        "ends_on",
        "direction_id",
        "visibility",
        "id",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)

known_date = fact_table(
    "known_date",
    Column("direction_id", Id),
    Column("on_day", Day, nullable=False),
    Column("kind", Code, nullable=False),
    Column("recurs", Code, nullable=False),
    Column("calendar", Code, nullable=False),
    # Kept as it was meant: computed again from `on_day`, a feast could drift by the day the moon was sighted.
    Column("hijri_month", Integer),
    Column("hijri_day", Integer),
    Column("words", Sealed),
    reference("direction_id", "direction"),
    Index(
        "ix_known_date_evidence",
        "practice_id",
        "couple_id",
        "on_day",
        "kind",
        "recurs",
        "calendar",
        "hijri_month",
        "hijri_day",
        "direction_id",
        "visibility",
        "id",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)
