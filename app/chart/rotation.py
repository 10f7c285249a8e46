"""Rotating keys: new data keys for new text, old keys wrapped anew by a new master key; the command line comes in.

A retired data key still opens what it sealed: signed text may not be written again, not even as another ciphertext.
Text is brought wholly under fresh keys by moving a practice through an archive.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Table, bindparam, select, update

from app.chart import file_keys
from app.chart.chart import Chart
from app.chart.database import BUSY_SECONDS
from app.chart.inspection import Finding, finding
from app.chart.keys import MasterKey, context_of, stored
from app.chart.signing import TRAIL
from app.chart.tables import data_key, signing_key

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


_LOWEST: Final = "00000000-0000-0000-0000-000000000000"


class Wrapping:
    """A table that holds wrapped keys, and what rotation asks of it and sends to it."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.page = (
            select(table.c.id, table.c.wrapped)
            .where(table.c.id > bindparam("above", required=True))
            .order_by(table.c.id)
            .limit(bindparam("most", required=True))
        )
        self.change = (
            update(table)
            .where(
                table.c.id == bindparam("key", required=True),
                table.c.wrapped == bindparam("was", required=True),
            )
            .values(wrapped=bindparam("anew", required=True))
        )


WRAPPINGS = (Wrapping(data_key), Wrapping(signing_key))
_AGES = select(data_key.c.created_at, data_key.c.retired_at).order_by(data_key.c.created_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one practice's keys stand: since when those in use are, how many are retired, how many want wrapping anew.

    `shut` counts those that no master key at hand opens.
    """

    in_use_since: tuple[str, ...]
    retired: int
    under_former: int
    shut: int


def retire_data_keys(chart: Chart, above: str, below: str) -> tuple[int, str]:
    """Give the next thousand owners of text, with keys between two ids, a new data key; how many, and where to go on.

    Other processes go on sealing with the old key for up to a minute, which does no harm: it opens for good.
    """
    rows = chart.tuples(_IN_USE, above=above, below=below, most=BATCH)
    for key_id, couple_id, purpose in rows:
        chart.run(_RETIRE, key=key_id, at=chart.at)
        chart.new_key(couple_id, purpose)
    return len(rows), str(rows[-1][0]) if rows else above


def rewrap(opened: Callable[[], AbstractContextManager[Chart]]) -> int:
    """Wrap anew, under the master key in use, whatever of a practice the former one still wraps; how many.

    `opened` gives a chart of the practice for each thousand keys: only in a practice's name does PostgreSQL show them,
    and the owner, whom the forced walls leave none, would wrap nothing. Running it again is free. Raises
    SealBroken when neither key opens a wrapping: then nothing of that thousand is changed.
    """
    count = 0
    for wrapping in WRAPPINGS:
        above: str | None = _LOWEST
        while above is not None:
            with opened() as chart:
                done, above = _rewrapped(chart, wrapping, above)
            count += done
    return count


def _rewrapped(chart: Chart, wrapping: Wrapping, above: str) -> tuple[int, str | None]:
    """One thousand keys above an id: how many were wrapped anew, and where to go on, if there are more."""
    master, count = chart.store.master, 0
    rows = chart.tuples(wrapping.page, above=above, most=BATCH)
    for key_id, kept in rows:
        was, context = stored(kept), _context(chart, wrapping, key_id)
        if not master.wraps(was, context):
            chart.run(
                wrapping.change, key=key_id, was=was, anew=master.wrap(master.unwrap(was, context), context)
            )
            count += 1
    return count, str(rows[-1][0]) if len(rows) == BATCH else None


def _context(chart: Chart, wrapping: Wrapping, key_id: str) -> str:
    return context_of(chart.actor.practice_id, wrapping.table.name, key_id, "wrapped")


def rekey_file(url: str) -> bool:
    """Write an encrypted SQLite file anew under the key in use; whether there was anything to do."""
    path = file_keys.path_of(url)
    keys = file_keys.keys_of(path)
    if keys is None:
        return False
    from app.chart import sqlcipher

    return sqlcipher.rekey(path, keys, BUSY_SECONDS)


def standing(chart: Chart) -> Standing:
    """How the keys of the chart's practice stand."""
    ages = chart.tuples(_AGES)
    openers = Counter(opener for wrapping in WRAPPINGS for opener in _openers(chart, wrapping))
    return Standing(
        tuple(made for made, retired_at in ages if retired_at is None),
        sum(retired_at is not None for _, retired_at in ages),
        openers["former"],
        openers["none"],
    )


def _openers(chart: Chart, wrapping: Wrapping) -> Iterator[Literal["in use", "former", "none"]]:
    """Which master key opens each of the practice's wrappings."""
    above = _LOWEST
    while rows := chart.tuples(wrapping.page, above=above, most=BATCH):
        for key_id, kept in rows:
            yield _opener(chart.store.master, stored(kept), _context(chart, wrapping, key_id))
        above = str(rows[-1][0])


def _opener(master: MasterKey, wrapped: bytes, context: str) -> Literal["in use", "former", "none"]:
    if master.wraps(wrapped, context):
        return "in use"
    return "former" if master.former is not None and master.former.wraps(wrapped, context) else "none"


def told(found: Sequence[Standing], master: MasterKey) -> list[Finding]:
    """How old the data keys in use are, how many are retired, and whether any wrapping still needs the former key.

    Where no practice could be looked at, nobody is told that the former key may go.
    """
    used = sorted(made for each in found for made in each.in_use_since)
    oldest = f", the oldest of {used[0][:10]}" if used else ""
    ages = f"{len(used)} in use{oldest}; {sum(each.retired for each in found)} retired"
    return [Finding("data keys", "ok", ages), _wrapped(found, master)]


def _wrapped(found: Sequence[Standing], master: MasterKey) -> Finding:
    if not found and master.former is not None:
        unseen = "this login may list no practice, so none was looked at: set MENDLINE_MIGRATION_URL"
        return Finding("wrapped keys", "warning", unseen)
    shut = sum(each.shut for each in found)
    if shut:
        stranger = f"{shut} open under no master key at hand: this is not the key of this database"
        return Finding("wrapped keys", "wrong", stranger)
    former = sum(each.under_former for each in found)
    anew = f"{former} still need the former one: run `mendline keys rotate --master`"
    return finding(
        "wrapped keys", not former, anew if former else "all under the master key in use", "warning"
    )
