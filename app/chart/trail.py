"""The trail: who read or changed what, refusals included, in the same transaction as the deed; ids only, never text.

`couple_id` and `target_id` are what was reached, `asked_id` the first id in the address, reached or not; `area` is the
part of the API. `visibility` and `visible_partner_id` say who may learn of the one entry that was touched. `stamp` is
the line's keyed hash; a block seals lines in their order (blocks.py).
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, text

from app.chart.base import Code, Id, Instant, keep, practice_table, reference

trail = practice_table(
    "trail",
    Column("at", Instant, nullable=False),
    Column("person_id", Id),
    Column("key_id", Id),
    Column("request_id", Code, nullable=False),
    Column("action", Code, nullable=False),
    Column("status", Integer, nullable=False),
    Column("couple_id", Id),
    Column("target_id", Id),
    Column("area", Code),
    Column("asked_id", Id),
    Column("visibility", Code),
    Column("visible_partner_id", Id),
    Column("stamp", Code, nullable=False),
    Index(None, "practice_id", "couple_id", "at"),
    Index(
        "ix_trail_missed",
        "practice_id",
        "asked_id",
        "at",
        postgresql_where=text("couple_id IS NULL"),
        sqlite_where=text("couple_id IS NULL"),
    ),
)
keep(trail)

trail_block = practice_table(
    "trail_block",
    Column("number", Integer, nullable=False),
    Column("previous", Code, nullable=False),
    Column("form", Integer, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("members", LargeBinary, nullable=False),  # the lines' ids in order, 16 bytes each
    Column("lines_digest", Code, nullable=False),
    Column("last_id", Id, nullable=False),
    Column("seals_number", Integer, nullable=False),  # how far the chain of seals had come
    Column("seals_digest", Code, nullable=False),
    Column("signing_key_id", Id, nullable=False),
    Column("digest", Code, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    reference("signing_key_id", "signing_key"),
    Index("uq_trail_block_number", "practice_id", "number", unique=True),
    Index("ix_trail_block_last", "practice_id", "last_id"),
)
keep(trail_block)
