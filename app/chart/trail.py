"""The trail: who read or changed what, refusals included, in the same transaction as the deed; ids only, never text.

`couple_id` and `target_id` are what was reached, `asked_id` the first id in the address, reached or not; `area` is the
part of the API. `visibility` and `visible_partner_id` say who may learn of the one entry that was touched.
"""

from sqlalchemy import Column, Index, Integer

from app.chart.base import Code, Id, Instant, practice_table

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
    Index(None, "practice_id", "couple_id", "at"),
)
