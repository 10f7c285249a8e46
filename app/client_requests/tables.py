"""Tables of clients' requests: access with its decisions, and amendment; client requests' service comes in."""

from sqlalchemy import Boolean, Column, Index, String

from app.chart.base import Code, Day, Id, Instant, Sealed, couple_table, reference

access_request = couple_table(
    "access_request",
    Column("partner_id", Id, nullable=False),
    Column("jurisdictions", String(200), nullable=False),
    Column("received_on", Day, nullable=False),
    Column("asked", Sealed),
    Column("due_on", Day, nullable=False),
    Column("extended", Boolean, nullable=False),
    Column("extension_reason", Sealed),
    Column("identity_on", Day),
    Column("identity_how", Code),
    Column("other_partner", Code),
    Column("other_partner_on", Day),
    Column("other_partner_words", Sealed),
    Column("decided_at", Instant),
    Column("replied_on", Day),
    Column("reply", Sealed),
    Column("review_told", Boolean),
    Column("kept_until", Day, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Id, nullable=False),
    reference("partner_id", "partner"),
    reference("recorded_by", "person"),
    Index("ix_access_request_open", "practice_id", "couple_id", "replied_on", "due_on"),
)

access_decision = couple_table(
    "access_decision",
    Column("request_id", Id, nullable=False),
    Column("part", Code, nullable=False),
    Column("decision", Code, nullable=False),
    Column("grounds", String(400), nullable=False),
    Column("words", Sealed),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", Id, nullable=False),
    reference("request_id", "access_request"),
    reference("decided_by", "person"),
    Index(None, "practice_id", "request_id", "id"),
    mutable=False,
)

amendment_request = couple_table(
    "amendment_request",
    Column("partner_id", Id, nullable=False),
    Column("jurisdictions", String(200), nullable=False),
    Column("received_on", Day, nullable=False),
    Column("entry", Code, nullable=False),
    Column("entry_id", Id, nullable=False),
    Column("asked", Sealed, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("extended", Boolean, nullable=False),
    Column("extension_reason", Sealed),
    Column("outcome", Code),
    Column("basis", Code),
    Column("linked_id", Id),
    Column("words", Sealed),
    Column("decided_on", Day),
    Column("decided_by", Id),
    Column("statement", Sealed),
    Column("statement_on", Day),
    Column("kept_until", Day, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Id, nullable=False),
    reference("partner_id", "partner"),
    reference("recorded_by", "person"),
    reference("decided_by", "person"),
    Index("ix_amendment_request_open", "practice_id", "couple_id", "decided_on", "due_on"),
)
