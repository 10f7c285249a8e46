"""Blocks: lines of the trail are sealed in their order, apart from the requests that write them; integrity comes in.

Until a line is in a block only its own stamp protects it. A line that became visible late, because its transaction was
slow, goes into a later block: which lines a block holds is said by the block and by nothing else.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from app.chart import seals, signing
from app.chart.chart import Chart, Row
from app.chart.plans import among
from app.chart.seals import BLOCKS, SEALS
from app.chart.trail import trail, trail_block

MOST: Final = 500
"""Lines of one block: as many as are read and sealed without keeping other writers waiting."""

OVERLAP: Final = timedelta(minutes=2)
"""How far below the newest sealed line others are looked for; longer than a transaction may take."""

_LOWEST: Final = "00000000-0000-0000-0000-000000000000"

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


def seal_lines(chart: Chart, *, everything: bool = False) -> int:
    """Seal up to MOST lines that no block holds yet; gives how many. `everything` looks at the whole trail for them."""
    at_head = signing.hold(chart, BLOCKS)
    above = _LOWEST if everything or at_head["number"] == 0 else _bound(chart)
    known = {member for row in chart.tuples(_REACHING, above=above) for member in _ids(row[0])}
    found = list(_unsealed(chart, above, known))
    if found:
        _add_block(chart, found)
    return len(found)


def _bound(chart: Chart) -> str:
    """An id from a little before the newest sealed line."""
    newest = UUID(str(chart.tuples(_NEWEST)[0][0]))
    made = max((newest.int >> 80) - int(OVERLAP.total_seconds() * 1000), 0)
    return str(UUID(int=made << 80))


def _unsealed(chart: Chart, above: str, known: set[str]) -> Iterator[Row]:
    """The next lines that are in none of the blocks, up to MOST."""
    count = 0
    for line in lines(chart, above):
        if line["id"] not in known:
            yield line
            count += 1
        if count == MOST:
            return


def _add_block(chart: Chart, found: list[Row]) -> None:
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
    signing.add_link(chart, BLOCKS, trail_block, values)


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
    ids = _ids(block["members"])
    found = {line["id"]: line for line in chart.rows(_NAMED, ids=chart.list_value(ids))}
    return [found[each] for each in ids if each in found], [each for each in ids if each not in found]


def _ids(members: bytes) -> list[str]:
    whole = bytes(members)
    return [str(UUID(bytes=whole[start : start + 16])) for start in range(0, len(whole) - 15, 16)]


def seal_all(chart: Chart, *, everything: bool = False) -> int:
    """Seal lines until none is left out; gives how many."""
    sealed = 0
    while done := seal_lines(chart, everything=everything):
        sealed += done
    return sealed
