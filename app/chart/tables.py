"""Tables that the chart keeps for itself: data keys and remembered answers; nobody else reads them."""

from sqlalchemy import Column, Index, Integer, LargeBinary

from app.chart.base import Code, Id, Instant, Sealed, practice_table

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
