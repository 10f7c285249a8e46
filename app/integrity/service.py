"""Verification of a live database: seals, contents, trail, anchors; and sealing of the trail; its command comes in."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.chart import blocks, seals, signing, texts
from app.chart.chart import Chart, Row
from app.chart.keys import SealBroken
from app.chart.seals import BLOCKS, SEALS, Chain, Fault
from app.sessions import checking

DESTROYING = "destroyCouple"
"""What the trail calls it; nobody can write such a line without the key of its stamps."""


@dataclass
class Verdict:
    """What was checked in one practice, and every fault found."""

    practice_id: str
    seals: int = 0
    contents: int = 0
    texts: int = 0
    destroyed: set[str] = field(default_factory=set)
    blocks: int = 0
    lines: int = 0
    lines_not_sealed: int = 0
    lines_brought: int = 0
    anchors: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify(chart: Chart, anchors: Sequence[Row] = ()) -> Verdict:
    """Check the practice of an operator's chart; changes nothing."""
    verdict = Verdict(chart.actor.practice_id)
    keys = signing.keys_by_id(chart)
    verdict.faults += signing.key_faults(chart)
    _texts(chart, verdict)
    mine = [each for each in anchors if each["practice_id"] == chart.actor.practice_id]
    verdict.anchors = len(mine)
    links = _seals(chart, verdict, keys)
    digests = {link["number"]: link["digest"] for link in links}
    verdict.faults += seals.anchor_faults(mine, SEALS, digests, keys)
    blocks_ = _trail(chart, verdict, keys, digests)
    known = {link["number"]: link["digest"] for link in blocks_}
    verdict.faults += seals.anchor_faults(mine, BLOCKS, known, keys)
    verdict.faults += _readable(BLOCKS.name, seals.overtaken_key_faults(links, blocks_))
    return verdict


def _readable(where: str, faults: Iterator[Fault]) -> Iterator[Fault]:
    """What somebody wrote into the database past the service may not even have the form of a link."""
    try:
        yield from faults
    except (TypeError, ValueError, LookupError, AttributeError, SealBroken) as broken:
        yield Fault(where, "?", f"holds something that cannot be read ({type(broken).__name__})")


def _texts(chart: Chart, verdict: Verdict) -> None:
    """Signed or not: a text that was put in another's place opens nowhere."""
    counted = texts.Counted()
    verdict.faults += texts.faults(chart, counted)
    verdict.texts = counted.texts


Digests = dict[int, str]


def _seals(chart: Chart, verdict: Verdict, keys: dict[str, bytes]) -> list[Row]:
    links = list(checking.chain(chart))
    checked = checking.Checked()
    verdict.faults += _readable(SEALS.name, checking.chain_faults(links, keys, signing.adopted(chart)))
    verdict.faults += seals.replaced_key_faults(SEALS, links)
    verdict.faults += _head_faults(chart, SEALS, links[-1] if links else None)
    verdict.faults += _readable(SEALS.name, checking.content_faults(chart, checked))
    verdict.seals, verdict.contents = len(links), checked.contents
    verdict.destroyed = checked.destroyed
    return links


def _head_faults(chart: Chart, chain: Chain, last: Row | None) -> Iterator[Fault]:
    """The head says how far the chain had come: links cut off at the end are missed."""
    head = signing.head(chart, chain)
    wanted = (last["number"], last["digest"]) if last else (0, seals.START)
    if head is None or (head["number"], head["digest"]) != wanted:
        yield Fault(chain.name, "head", "the chain does not end where its head says")


def _trail(chart: Chart, verdict: Verdict, keys: dict[str, bytes], of_seals: Digests) -> list[Row]:
    sealed: set[str] = set()
    links: list[Row] = []
    for block in blocks.blocks(chart):
        verdict.faults += _readable(BLOCKS.name, _block_faults(chart, block, sealed))
        verdict.faults += _seal_known(block, of_seals)
        links.append({name: value for name, value in block.items() if name != "members"})
    verdict.faults += _readable(BLOCKS.name, seals.chain_faults(BLOCKS, links, keys))
    verdict.faults += seals.replaced_key_faults(BLOCKS, links)
    verdict.faults += _head_faults(chart, BLOCKS, links[-1] if links else None)
    verdict.faults += _readable(BLOCKS.name, _stamp_faults(chart, verdict, sealed))
    verdict.blocks = len(links)
    return links


def _block_faults(chart: Chart, block: Row, sealed: set[str]) -> Iterator[Fault]:
    found, gone = blocks.members(chart, block)
    for line_id in gone:
        yield Fault("trail", line_id, f"was sealed in block {block['number']} and is gone")
    if len(found) + len(gone) != block["lines"] or seals.lines_digest(found) != block["lines_digest"]:
        yield Fault("trail", f"block {block['number']}", "its lines are not those that were sealed")
    if not sealed.isdisjoint(line["id"] for line in found):
        yield Fault("trail", f"block {block['number']}", "holds a line that an earlier block holds")
    sealed.update(line["id"] for line in found)


def _seal_known(block: Row, of_seals: Digests) -> Iterator[Fault]:
    """Each block says how far the chain of seals had come."""
    if of_seals.get(block["seals_number"], seals.START) != block["seals_digest"]:
        yield Fault("seals", str(block["seals_number"]), f"is not the one that block {block['number']} knows")


def _stamp_faults(chart: Chart, verdict: Verdict, sealed: set[str]) -> Iterator[Fault]:
    key, told = signing.stamping_key(chart), set[str]()
    since = signing.stamps_since(chart) if signing.adopted(chart) else ""
    for line in blocks.lines(chart):
        if line["at"] < since:
            verdict.lines_brought += 1
            continue
        told.add(line["couple_id"] if line["action"] == DESTROYING and line["status"] < 300 else "")
        verdict.lines += 1
        verdict.lines_not_sealed += line["id"] not in sealed
        if seals.stamp(key, line) != line["stamp"]:
            yield Fault("trail", line["id"], "is not the line that was written")
    for couple_id in sorted(verdict.destroyed - told):
        yield Fault(
            "tombstone", couple_id, "says that a record was destroyed, and the trail knows nothing of it"
        )


def anchors(chart: Chart) -> list[dict[str, Any]]:
    """The heads of the practice's chains, to be kept somewhere else."""
    heads = ((chain, deque(links, maxlen=1)) for chain, links in _chains(chart))
    return [{**seals.anchor(chain, link), "at": chart.at} for chain, last in heads for link in last]


def _chains(chart: Chart) -> Iterator[tuple[Chain, Iterator[Row]]]:
    yield SEALS, checking.chain(chart)
    yield BLOCKS, blocks.blocks(chart)


def seal_some(chart: Chart, waiting: blocks.Waiting) -> int:
    """Seal one block of new lines, if there are any; gives how many."""
    return blocks.seal_lines(chart, waiting)


def seal_trail(chart: Chart, *, everything: bool = False) -> int:
    """Seal what lines of the trail no block holds yet; gives how many."""
    return blocks.seal_all(chart, everything=everything)
