"""Tables of commitments and their check-ins; commitments' service comes in."""

from sqlalchemy import Boolean, Column, Index, String

from app.chart.base import Code, Day, Id, Sealed, fact_table, part_of, reference

commitment = fact_table(
    "commitment",
    # The entry that began it: a corrected commitment keeps its check-ins. Empty in that entry itself.
    Column("first_id", Id),
    Column("direction_id", Id, nullable=False),
    Column("owner_partner_id", Id, nullable=False),
    Column("action", Sealed, nullable=False),
    Column("cadence", Code, nullable=False),
    Column("rrule", String(200)),
    Column("exdates", String(800)),
    Column("starts_on", Day, nullable=False),
    Column("event", Sealed),
    Column("due_on", Day),
    Column("context", Sealed),
    Column("evidence_agreed", Sealed),
    Column("linked_marker", Code),
    Column("linked_words", Sealed),
    Column("made_on", Day, nullable=False),
    Column("review_on", Day, nullable=False),
    Column("agreed_by_both", Boolean, nullable=False),
    Column("answers_access", Boolean, nullable=False),
    Column("session_id", Id),
    reference("first_id", "commitment"),
    reference("direction_id", "direction"),
    reference("owner_partner_id", "partner"),
    reference("session_id", "session"),
    Index(
        "ix_commitment_evidence",
        "practice_id",
        "couple_id",
        "made_on",
        "direction_id",
        "owner_partner_id",
        "visibility",
        "id",
        "first_id",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
)

check_in = fact_table(
    "check_in",
    Column("commitment_id", Id, nullable=False),
    Column("checked_on", Day, nullable=False),
    Column("outcome", Code, nullable=False),
    Column("words", Sealed),
    Column("session_id", Id),
    reference("commitment_id", "commitment"),
    reference("session_id", "session"),
    Index(
        "ix_check_in_evidence",
        "practice_id",
        "couple_id",
        "checked_on",
        "commitment_id",
        "outcome",
        "visibility",
        "id",
        "supersedes_id",
        "entered_in_error",
        "recorded_at",
        "source_recorded_at",
    ),
    Index("ix_check_in_commitment", "practice_id", "commitment_id", "checked_on", "id"),
)
part_of(check_in, "commitment_id", "commitment")
