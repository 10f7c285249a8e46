"""Tables of the ledger: each disclosure, and each part of it with its digest; disclosures' service comes in."""

from sqlalchemy import Column, Index, Integer, String

from app.chart.base import Code, Day, Id, Instant, Sealed, couple_table, reference

disclosure = couple_table(
    "disclosure",
    Column("recipient_id", Id, nullable=False),
    Column("form", Code, nullable=False),
    Column("partner_id", Id),
    Column("access_request_id", Id),
    Column("digest", String(64), nullable=False),
    Column("made_on", Day, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Id, nullable=False),
    Column("kept_until", Day, nullable=False),
    reference("recipient_id", "recipient"),
    reference("partner_id", "partner"),
    reference("access_request_id", "access_request"),
    reference("made_by", "person"),
    Index(None, "practice_id", "couple_id", "id"),
    mutable=False,
)

# One class of content; `partner_id` is empty for what belongs to both, so that each person's account is a plain filter.
disclosure_part = couple_table(
    "disclosure_part",
    Column("disclosure_id", Id, nullable=False),
    Column("content", Code, nullable=False),
    Column("partner_id", Id),
    Column("authorisation_a_id", Id),
    Column("authorisation_b_id", Id),
    Column("amount", Integer, nullable=False),
    Column("entries", Sealed, nullable=False),
    Column("digest", String(64), nullable=False),
    reference("disclosure_id", "disclosure"),
    reference("partner_id", "partner"),
    reference("authorisation_a_id", "authorisation"),
    reference("authorisation_b_id", "authorisation"),
    Index(None, "practice_id", "disclosure_id", "id"),
    Index("ix_disclosure_part_account", "practice_id", "couple_id", "partner_id", "id"),
    mutable=False,
)
