"""Tables of sessions: session with note, a draft's earlier versions, addenda, seals; sessions' service comes in."""

from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary

from app.chart.base import (
    FOR_THE_TEAM,
    Code,
    Day,
    Id,
    Instant,
    Sealed,
    couple_table,
    fact_table,
    keep,
    part_of,
    reference,
)


def _content() -> tuple[Column[Any], ...]:
    """What a draft may still change; an earlier version keeps the same columns."""
    return (
        Column("starts_at", Instant, nullable=False),
        Column("zone", Code, nullable=False),
        Column("duration_minutes", Integer, nullable=False),
        Column("local_day", Day, nullable=False),
        Column("outcome", Code, nullable=False),
        Column("attendance_a", Code),
        Column("country_a", Code, info=FOR_THE_TEAM),
        Column("subdivision_a", Code, info=FOR_THE_TEAM),
        Column("attendance_b", Code),
        Column("country_b", Code, info=FOR_THE_TEAM),
        Column("subdivision_b", Code, info=FOR_THE_TEAM),
        Column("others_present", Sealed),
        Column("note_format", Code),
        Column("note", Sealed),
        Column("written_at", Instant, nullable=False),
    )


CONTENT = tuple(str(column.name) for column in _content())

session = couple_table(
    "session",
    Column("kind", Code, nullable=False),
    Column("with_partner", Code),
    Column("with_partner_id", Id),
    *_content(),
    Column("state", Code, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Id, nullable=False),
    Column("source_recorded_at", Instant),
    Column("signed_at", Instant),
    Column("signed_by", Id),
    Column("visibility", Code, nullable=False),
    Column("visible_partner_id", Id),
    Column("voided_at", Instant),
    Column("voided_by", Id),
    Column("void_reason", Sealed, info=FOR_THE_TEAM),
    reference("with_partner_id", "partner"),
    reference("visible_partner_id", "partner"),
    reference("recorded_by", "person"),
    reference("signed_by", "person"),
    reference("voided_by", "person"),
    Index(None, "practice_id", "couple_id", "starts_at", "id"),
    Index(
        "ix_session_evidence",
        "practice_id",
        "couple_id",
        "local_day",
        "written_at",
        "voided_at",
        "kind",
        "outcome",
        "visibility",
        "visible_partner_id",
        "id",
    ),
)

keep(session, when="OLD.state = 'signed'", once=("voided_at", "voided_by", "void_reason"), free=("version",))

session_version = couple_table(
    "session_version",
    Column("session_id", Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Code, nullable=False),
    Column("visibility", Code, nullable=False),
    Column("visible_partner_id", Id),
    *_content(),
    Column("replaced_at", Instant, nullable=False),
    Column("replaced_by", Id, nullable=False),
    reference("session_id", "session"),
    reference("replaced_by", "person"),
    Index("uq_session_version_number", "practice_id", "session_id", "number", unique=True),
    Index(None, "practice_id", "couple_id", "replaced_at"),
    mutable=False,
)
part_of(keep(session_version), "session_id", "session")

addendum = fact_table(
    "addendum",
    Column("session_id", Id, nullable=False),
    Column("kind", Code, nullable=False),
    Column("text", Sealed, nullable=False),
    Column("written_on", Day, nullable=False),
    reference("session_id", "session"),
    Index(None, "practice_id", "session_id", "id"),
)
part_of(addendum, "session_id", "session")

seal = couple_table(
    "seal",
    Column("number", Integer, nullable=False),
    Column("previous", Code, nullable=False),
    Column("kind", Code, nullable=False),
    Column("form", Integer, nullable=False),
    Column("session_id", Id, nullable=False),
    Column("addendum_id", Id),
    Column("cosigned_id", Id),
    Column("signed_at", Instant, nullable=False),
    Column("signed_by", Id, nullable=False),
    Column("content_digest", Code, nullable=False),
    Column("nonce", Sealed),  # readable while the couple's key exists; the chain holds without it
    Column("covers", Sealed),  # ids of the rows that were sealed, by table
    Column("signing_key_id", Id, nullable=False),
    Column("digest", Code, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    reference("cosigned_id", "seal"),
    reference("signed_by", "person"),
    reference("signing_key_id", "signing_key"),
    Index("uq_seal_number", "practice_id", "number", unique=True),
    Index("ix_seal_session", "practice_id", "session_id", "number"),
    Index("uq_seal_cosigned", "practice_id", "cosigned_id", "signed_by", unique=True),
    mutable=False,
    survives=True,  # the practice's chain goes on without the text of a record that was destroyed
)
keep(seal)
