"""Tables of imports: which couple an earlier system meant, and which of its records are in; imports' service comes in.

Names and contents are kept as digests only, under a secret that the couple's own key seals: whoever reads the database
learns neither how the earlier system called a couple nor what it wrote.
"""

from sqlalchemy import Column, Index

from app.chart.base import Code, Id, Instant, Sealed, couple_table, reference

import_origin = couple_table(
    "import_origin",
    Column("source", Code, nullable=False),
    Column("name_digest", Code, nullable=False),
    Column("secret", Sealed, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", Id, nullable=False),
    reference("imported_by", "person"),
    Index("uq_import_origin_name", "practice_id", "imported_by", "name_digest", unique=True),
    Index(None, "practice_id", "name_digest"),
    mutable=False,
)

import_entry = couple_table(
    "import_entry",
    Column("origin_id", Id, nullable=False),
    Column("kind", Code, nullable=False),
    Column("ref_digest", Code, nullable=False),
    Column("content_digest", Code, nullable=False),
    Column("row_id", Id, nullable=False),
    reference("origin_id", "import_origin"),
    Index("uq_import_entry_ref", "practice_id", "origin_id", "kind", "ref_digest", unique=True),
    mutable=False,
)
