"""Tables of releases: recipients of a couple's record and each partner's authorisations; releases' service comes in."""

from sqlalchemy import Column, Index, String

from app.chart.base import Code, Day, Id, Instant, Sealed, couple_table, reference

recipient = couple_table(
    "recipient",
    Column("kind", Code, nullable=False),
    Column("partner_id", Id),
    Column("name", Sealed),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Id, nullable=False),
    reference("partner_id", "partner"),
    reference("created_by", "person"),
    Index(None, "practice_id", "couple_id", "id"),
    mutable=False,
)

authorisation = couple_table(
    "authorisation",
    Column("partner_id", Id, nullable=False),
    Column("recipient_id", Id, nullable=False),
    Column("content", String(400), nullable=False),
    Column("purpose", Sealed, nullable=False),
    Column("valid_from", Day, nullable=False),
    Column("expires_on", Day, nullable=False),
    Column("language", Code, nullable=False),
    Column("signed_on", Day, nullable=False),
    Column("witnessed", Code, nullable=False),
    Column("witness", Sealed),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Id, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", Id),
    Column("revocation", Sealed),
    Column("kept_until", Day, nullable=False),
    reference("partner_id", "partner"),
    reference("recipient_id", "recipient"),
    reference("recorded_by", "person"),
    reference("revoked_by", "person"),
    Index("ix_authorisation_standing", "practice_id", "couple_id", "recipient_id", "expires_on"),
)
