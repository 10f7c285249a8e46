"""Rotating keys: new data keys for new text, old keys wrapped anew by a new master key; the command line comes in.

A retired data key still opens what it sealed: signed text may not be written again, not even as another ciphertext.
Text is brought wholly under fresh keys by moving a practice through an archive.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

from app.chart import file_keys
from app.chart.chart import Chart
from app.chart.database import BUSY_SECONDS, engine_for
from app.chart.inspection import Finding, finding
from app.chart.keys import MasterKey, context_of
from app.chart.signing import TRAIL
from app.chart.tables import data_key, signing_key

WRAPPED = (data_key, signing_key)
BATCH = 1000

_IN_USE = (
    select(data_key.c.id, data_key.c.couple_id, data_key.c.purpose)
    .where(
        data_key.c.retired_at.is_(None),
        data_key.c.purpose != TRAIL,  # stamps are checked with the key that made them, all by one
        data_key.c.id > bindparam("above", required=True),
        data_key.c.id < bindparam("below", required=True),
    )
    .order_by(data_key.c.id)
    .limit(bindparam("most", required=True))
)
_RETIRE = (
    update(data_key)
    .where(data_key.c.id == bindparam("key", required=True))
    .values(retired_at=bindparam("at", required=True))
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One stored wrapping: where it stands, and which master key opens it."""

    practice_id: str
    id: str
    context: str
    wrapped: bytes


def retire_data_keys(chart: Chart, above: str, below: str) -> tuple[int, str]:
    """Give the next thousand owners of text, with keys between two ids, a new data key; how many, and where to go on.

    Other processes go on sealing with the old key for up to a minute, which does no harm: it opens for good.
    """
    rows = chart.tuples(_IN_USE, above=above, below=below, most=BATCH)
    for key_id, couple_id, purpose in rows:
        chart.run(_RETIRE, key=key_id, at=chart.at)
        chart.new_key(couple_id, purpose)
    return len(rows), str(rows[-1][0]) if rows else above


def rewrap(url: str, master: MasterKey) -> int:
    """Wrap anew, under the master key in use, whatever the former one still wraps; how many. Running it again is free.

    Raises SealBroken when neither opens a wrapping: then nothing of that thousand is changed.
    """
    engine, count = engine_for(url), 0
    try:
        for table in WRAPPED:
            above = ("", "")
            while True:
                with engine.begin() as connection:
                    rows = _standing(connection, table, above)
                    count += sum(_rewrapped(connection, table, row, master) for row in rows)
                if not rows:
                    break
                above = (rows[-1].practice_id, rows[-1].id)
    finally:
        engine.dispose()
    return count


def rekey_file(url: str) -> bool:
    """Write an encrypted SQLite file anew under the key in use; whether there was anything to do."""
    path = file_keys.path_of(url)
    keys = file_keys.keys_of(path)
    if keys is None:
        return False
    from app.chart import sqlcipher

    return sqlcipher.rekey(path, keys, BUSY_SECONDS)


def _standing(connection: Connection, table: Table, above: tuple[str, str]) -> list[Standing]:
    order = (table.c.practice_id, table.c.id)
    asked = select(*order, table.c.wrapped).order_by(*order).limit(BATCH)
    if above[0]:
        practice_id, row_id = above
        asked = asked.where(
            (table.c.practice_id > practice_id)
            | ((table.c.practice_id == practice_id) & (table.c.id > row_id))
        )
    return [
        Standing(str(home), str(row), context_of(str(home), table.name, str(row), "wrapped"), bytes(wrapped))
        for home, row, wrapped in connection.execute(asked)
    ]


def _rewrapped(connection: Connection, table: Table, row: Standing, master: MasterKey) -> bool:
    if master.wraps(row.wrapped, row.context):
        return False
    anew = master.wrap(master.unwrap(row.wrapped, row.context), row.context)
    place = (table.c.practice_id == row.practice_id) & (table.c.id == row.id)
    connection.execute(update(table).where(place, table.c.wrapped == row.wrapped).values(wrapped=anew))
    return True


def state(url: str, master: MasterKey) -> list[Finding]:
    """How old the data keys in use are, how many are retired, and whether any wrapping still needs the former key."""
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            keys = connection.execute(
                select(data_key.c.created_at, data_key.c.retired_at.is_(None)).order_by(data_key.c.created_at)
            ).all()
            former = sum(_opened_by_former(connection, table, master) for table in WRAPPED)
    finally:
        engine.dispose()
    used = [made for made, in_use in keys if in_use]
    oldest = f", the oldest of {str(used[0])[:10]}" if used else ""
    told = f"{len(used)} in use{oldest}; {len(keys) - len(used)} retired"
    anew = f"{former} still need the former one: run `mendline keys rotate --master`"
    under = anew if former else "all under the master key in use"
    return [Finding("data keys", "ok", told), finding("wrapped keys", not former, under, "warning")]


def _opened_by_former(connection: Connection, table: Table, master: MasterKey) -> int:
    asked = select(table.c.practice_id, table.c.id, table.c.wrapped)
    rows: Any = connection.execute(asked)
    return sum(
        not master.wraps(bytes(wrapped), context_of(str(home), table.name, str(row), "wrapped"))
        for home, row, wrapped in rows
    )
