"""Blocks: lines of the trail are sealed in their order, apart from the requests that write them; integrity comes in.

Until a line is in a block only its own stamp protects it. A line that became visible late, because its transaction was
slow, goes into a later block: which lines a block holds is said by the block and by nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from app.chart import seals, signing
from app.chart.chart import Chart, Row
from app.chart.keys import stored
from app.chart.plans import among
from app.chart.seals import BLOCKS, SEALS
from app.chart.trail import trail, trail_block

MOST: Final = 500
"""Lines of one block: as many as are read and sealed without keeping other writers waiting."""

AT_A_LOOK: Final = 40 * MOST
"""Lines that one look finds at most; their ids wait in memory for their blocks."""

OVERLAP: Final = timedelta(minutes=2)
"""How far below the newest sealed line others are looked for; longer than a transaction may take."""

_LOWEST: Final = "00000000-0000-0000-0000-000000000000"

_IDS = (
    select(trail.c.id)
    .where(trail.c.id > bindparam("above", required=True))
    .order_by(trail.c.id)
    .limit(bindparam("most", required=True))
)
_LINES = (
    select(*trail.c)
    .where(trail.c.id > bindparam("above", required=True))
    .order_by(trail.c.id)
    .limit(bindparam("most", required=True))
)
_NAMED = select(*trail.c).where(among(trail.c.id, bindparam("ids", required=True)))
_NEWEST = select(trail_block.c.last_id).order_by(trail_block.c.last_id.desc()).limit(1)
_REACHING = select(trail_block.c.members).where(trail_block.c.last_id > bindparam("above", required=True))
_ALL = (
    select(*trail_block.c)
    .where(trail_block.c.number > bindparam("above", required=True))
    .order_by(trail_block.c.number)
    .limit(bindparam("most", required=True))
)


@dataclass
class Waiting:
    """Ids that a look found in no block; good for as long as the chain ends where this sealer left it."""

    ids: list[str] = field(default_factory=list)
    head: str = ""


def seal_lines(chart: Chart, waiting: Waiting | None = None, *, everything: bool = False) -> int:
    """Seal up to MOST lines that no block holds yet; gives how many. `everything` looks at the whole trail for them.

    `waiting` is handed from block to block, so that one look serves many: to look costs more than to seal.
    """
    waiting = waiting or Waiting()
    at_head = signing.hold(chart, BLOCKS)
    if not waiting.ids or waiting.head != at_head["digest"]:
        above = _LOWEST if everything or at_head["number"] == 0 else _bound(chart)
        waiting.ids = _unsealed(chart, above)
    ids, waiting.ids = waiting.ids[:MOST], waiting.ids[MOST:]
    found = _in_order(chart, ids)[0] if ids else []
    if found:
        waiting.head = _add_block(chart, found)
    return len(found)


def _bound(chart: Chart) -> str:
    """An id from a little before the newest sealed line, or before now, if that line was written by a clock ahead."""
    newest = UUID(str(chart.tuples(_NEWEST)[0][0])).int >> 80
    now = int(chart.now.timestamp() * 1000)
    made = max(min(newest, now) - int(OVERLAP.total_seconds() * 1000), 0)
    return str(UUID(int=made << 80))


def _unsealed(chart: Chart, above: str) -> list[str]:
    """Ids of the next lines that are in none of the blocks, up to AT_A_LOOK."""
    known = {member for row in chart.tuples(_REACHING, above=above) for member in _members(row[0])}
    found: list[str] = []
    while len(found) < AT_A_LOOK and (page := chart.tuples(_IDS, above=above, most=AT_A_LOOK)):
        found += (line_id for (line_id,) in page if bytes.fromhex(line_id.replace("-", "")) not in known)
        above = page[-1][0]
    return found[:AT_A_LOOK]


def _add_block(chart: Chart, found: list[Row]) -> str:
    """Add a link with these lines; gives its digest."""
    of_seals = signing.head(chart, SEALS)
    assert of_seals is not None
    values = {
        "sealed_at": chart.at,
        "lines": len(found),
        "members": b"".join(UUID(line["id"]).bytes for line in found),
        "lines_digest": seals.lines_digest(found),
        "last_id": found[-1]["id"],
        "seals_number": of_seals["number"],
        "seals_digest": of_seals["digest"],
    }
    return str(signing.add_link(chart, BLOCKS, trail_block, values)["digest"])


# --- reading back ---


def lines(chart: Chart, above: str = _LOWEST) -> Iterator[Row]:
    """Lines of the trail in order of id, page by page."""
    while page := chart.rows(_LINES, above=above, most=MOST):
        yield from page
        above = page[-1]["id"]


def blocks(chart: Chart) -> Iterator[Row]:
    """The trail's blocks in order, page by page."""
    above = 0
    while page := chart.rows(_ALL, above=above, most=MOST):
        yield from page
        above = page[-1]["number"]


def members(chart: Chart, block: Row) -> tuple[list[Row], list[str]]:
    """A block's lines in its order, and the ids of those that are gone."""
    return _in_order(chart, [str(UUID(bytes=member)) for member in _members(block["members"])])


def _in_order(chart: Chart, ids: list[str]) -> tuple[list[Row], list[str]]:
    """The lines of these ids in their order, and the ids of those that are not there."""
    found = {line["id"]: line for line in chart.rows(_NAMED, ids=chart.list_value(ids))}
    return [found[each] for each in ids if each in found], [each for each in ids if each not in found]


def _members(members: bytes) -> Iterator[bytes]:
    """A block's ids, 16 bytes each."""
    whole = stored(members)
    return (whole[start : start + 16] for start in range(0, len(whole) - 15, 16))


def seal_all(chart: Chart, *, everything: bool = False) -> int:
    """Seal lines until none is left out; gives how many."""
    sealed, waiting = 0, Waiting()
    while done := seal_lines(chart, waiting, everything=everything):
        sealed += done
    return sealed
