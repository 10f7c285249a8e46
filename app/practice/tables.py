"""Tables of the practice, its people, their API keys and the care teams; the practice's service and door come in."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, column

from app.chart.base import Code, Id, Instant, Sealed, couple_table, metadata, practice_table, reference

practice = Table(
    "practice",
    metadata,
    Column("practice_id", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("zone", Code, nullable=False),
    Column("created_at", Instant, nullable=False),
    info={"owner": "practice", "listed": True},  # the owner's login may list practices, for the command line
)

person = practice_table(
    "person",
    Column("version", Integer, nullable=False, server_default="1"),
    Column("name", Sealed, nullable=False),
    Column("role", Code, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

api_key = practice_table(
    "api_key",
    Column("version", Integer, nullable=False, server_default="1"),
    Column("person_id", Id, nullable=False),
    Column("label", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("hint", String(40), nullable=False),
    Column("scopes", String(400), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    reference("person_id", "person"),
    Index("uq_api_key_digest", "practice_id", "digest", unique=True),
)

sign_in_name = practice_table(  # a person's name at the configured issuer: the subject of its tokens
    "sign_in_name",
    Column("version", Integer, nullable=False, server_default="1"),
    Column("person_id", Id, nullable=False),
    Column("subject", Sealed, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    reference("person_id", "person"),
    Index(
        "uq_sign_in_name_digest",
        "practice_id",
        "digest",
        unique=True,
        postgresql_where=column("ended_at").is_(None),
        sqlite_where=column("ended_at").is_(None),
    ),
)

care_team = couple_table(
    "care_team",
    Column("person_id", Id, nullable=False),
    Column("part", Code, nullable=False),
    Column("purpose", Sealed),
    Column("begins_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("granted_by", Id, nullable=False),
    reference("person_id", "person"),
    Index(None, "practice_id", "person_id", "couple_id"),
)
