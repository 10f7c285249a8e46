"""Tables that the chart keeps for itself: data and signing keys, heads of chains, remembered answers."""

from sqlalchemy import Column, Index, Integer, LargeBinary

from app.chart.base import Code, Day, Id, Instant, Sealed, keep, practice_table, reference

data_key = practice_table(
    "data_key",
    Column("couple_id", Id),
    Column("purpose", Code, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
    Index(None, "practice_id", "couple_id", "purpose"),
)
data_key.info["told"] = True  # opens the words of rows that the audience may learn; no route shows keys

signing_key = practice_table(
    "signing_key",
    Column("public", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),
)
keep(signing_key, once=("retired_at",), free=("wrapped",))

# How far a chain has come: who adds a link holds this row, so that there is neither gap nor fork.
chain_head = practice_table(
    "chain_head",
    Column("chain", Code, nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", Code, nullable=False),
    Index("uq_chain_head_chain", "practice_id", "chain", unique=True),
)
keep(chain_head, free=("number", "digest"))

remembered_answer = practice_table(
    "remembered_answer",
    Column("key_id", Id, nullable=False),
    Column("key_digest", Code, nullable=False),
    Column("request_digest", Code, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Sealed, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("uq_remembered_answer_key", "practice_id", "key_id", "key_digest", unique=True),
)

# What is left of a record that was destroyed: ids, days, who and why, no clinical word.
tombstone = practice_table(
    "tombstone",
    Column("couple_id", Id, nullable=False),
    Column("destroyed_at", Instant, nullable=False),
    Column("destroyed_by", Id, nullable=False),
    Column("basis", Code, nullable=False),
    Column("decision", Sealed),
    Column("opened_on", Day, nullable=False),
    Column("last_service_on", Day, nullable=False),
    Column("kept_until", Day, nullable=False),
    Column("keys_destroyed", Integer, nullable=False),
    reference("destroyed_by", "person"),
    Index("uq_tombstone_couple", "practice_id", "couple_id", unique=True),
)
keep(tombstone)
