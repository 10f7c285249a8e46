"""Checking: whether sessions, addenda and marks are what was sealed, couple by couple; integrity comes in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from app.chart import seals, signing
from app.chart.chart import Chart, Row
from app.chart.keys import SealBroken
from app.chart.seals import SEALS, Fault
from app.chart.tables import tombstone
from app.sessions.sealing import INSIDE, SHOWN
from app.sessions.tables import addendum, seal, session

PAGE: Final = 500
_CHAIN = (
    select(*(seal.c[name] for name in SHOWN))
    .where(seal.c.number > bindparam("above", required=True))
    .order_by(seal.c.number)
    .limit(bindparam("most", required=True))
)
_WITH_SESSIONS = select(session.c.couple_id).distinct()
_WITH_SEALS = select(seal.c.couple_id).distinct()
_TOMBSTONES = select(tombstone.c.couple_id)
_ROWS: Final[Mapping[str, Select[Any]]] = {
    table.name: select(*table.c).order_by(table.c.id) for table in (session, addendum, seal, *INSIDE)
}
_ENTRIES: Final = tuple(table.name for table in INSIDE)

Rows = dict[str, dict[str, Row]]
"""A couple's rows by table and id."""


@dataclass
class Checked:
    """What was looked at: contents compared with their seals, and couples whose record was destroyed."""

    contents: int = 0
    destroyed: set[str] = field(default_factory=set)


def chain(chart: Chart) -> Iterator[Row]:
    """All seals of the practice in the order of their chain, without what only the couple's key opens."""
    above = 0
    while page := chart.rows(_CHAIN, above=above, most=PAGE):
        yield from page
        above = page[-1]["number"]


def content_faults(chart: Chart, checked: Checked) -> Iterator[Fault]:
    """Where sessions and what was sealed of them do not fit, in all couples."""
    there = {row[0] for row in chart.tuples(_WITH_SESSIONS)}
    checked.destroyed = {row[0] for row in chart.tuples(_TOMBSTONES)}
    for couple_id in sorted(there & checked.destroyed):
        yield Fault("tombstone", couple_id, "stands over a record that is still there")
    for couple_id in sorted((there | {row[0] for row in chart.tuples(_WITH_SEALS)}) - checked.destroyed):
        if signing.text_opens(chart, couple_id):
            yield from _of_couple(chart, couple_id, checked)
        else:
            yield Fault("data_key", couple_id, "the couple's key is gone, and no tombstone says why")


def _of_couple(chart: Chart, couple_id: str, checked: Checked) -> Iterator[Fault]:
    rows: Rows = {}
    for table, statement in _ROWS.items():
        try:
            rows[table] = {row["id"]: row for row in chart.rows(statement, couple=couple_id)}
        except SealBroken as broken:
            yield Fault(table, couple_id, f"text does not open: {broken}")
            return
    for check in CHECKS:
        yield from check(rows)
    checked.contents += sum(each["kind"] != "cosignature" for each in rows["seal"].values())


# --- what is demanded of a couple's rows ---


def what_was_sealed_stands(rows: Rows) -> Iterator[Fault]:
    """Each seal's rows are all there and give its content digest."""
    for each in rows["seal"].values():
        if each["kind"] == "cosignature":
            continue
        parts, missing = _parts(each, rows)
        for table, row_id in missing:
            yield Fault(table, row_id, f"was sealed under number {each['number']} and is gone")
        fault = None if missing else seals.content_fault(each, parts)
        if fault:
            yield fault


def _parts(each: Row, rows: Rows) -> tuple[dict[str, list[Row]], list[tuple[str, str]]]:
    covers = seals.covered(each)
    missing = [(table, i) for table, ids in covers.items() for i in ids if i not in rows.get(table, {})]
    parts = {
        table: [rows[table][i] for i in ids if i in rows.get(table, {})] for table, ids in covers.items()
    }
    return parts, missing


def each_state_has_its_seal(rows: Rows) -> Iterator[Fault]:
    """A signed session, a mark on it, an addendum: each has exactly one seal, and nothing else has."""
    signed = {row["id"] for row in rows["session"].values() if row["state"] == "signed"}
    marked = {row["id"] for row in rows["session"].values() if any(row[name] for name in seals.MARKS)}
    yield from _exactly(signed, _sealed(rows, "session", "session_id"), "session", "signed")
    yield from _exactly(signed & marked, _sealed(rows, "entered_in_error", "session_id"), "session", "marked")
    yield from _exactly(set(rows["addendum"]), _sealed(rows, "addendum", "addendum_id"), "addendum", "added")


def _sealed(rows: Rows, kind: str, column: str) -> list[str]:
    return [each[column] for each in rows["seal"].values() if each["kind"] == kind]


def _exactly(there: set[str], sealed: Sequence[str], table: str, what: str) -> Iterator[Fault]:
    for row_id in sorted(there - set(sealed)):
        yield Fault(table, row_id, f"is {what} without a seal")
    for row_id in sorted(set(sealed) - there):
        yield Fault(table, row_id, f"has a seal and is not {what}")
    for row_id in sorted({each for each in sealed if sealed.count(each) > 1}):
        yield Fault(table, row_id, f"was {what} twice")


def seals_are_of_their_session(rows: Rows) -> Iterator[Fault]:
    """What a seal covers is the session that it names, or its addendum."""
    for each in rows["seal"].values():
        if each["kind"] == "cosignature":
            continue
        covers, named = seals.covered(each), each["addendum_id"] or each["session_id"]
        table = "addendum" if each["addendum_id"] else "session"
        if covers.get(table) != [named]:
            yield Fault("seals", str(each["number"]), f"does not hold the {table} that it names")
        if each["kind"] != "entered_in_error" and named in rows[table]:
            yield from _same_hand(each, rows[table][named], table)


HANDS: Final = {"session": ("signed_by", "signed_at"), "addendum": ("recorded_by", "recorded_at")}
"""Who signed what was sealed, and when, by its own row."""


def _same_hand(each: Row, row: Row, table: str) -> Iterator[Fault]:
    if (each["signed_by"], each["signed_at"]) != tuple(row[name] for name in HANDS[table]):
        yield Fault(
            "seals", str(each["number"]), "was signed by another, or at another time, than the record says"
        )


def nothing_was_put_in(rows: Rows) -> Iterator[Fault]:
    """A signed session holds no entry that was not there when it was signed, but for corrections of those."""
    first = {each["session_id"]: each for each in rows["seal"].values() if each["kind"] == "session"}
    for table in _ENTRIES:
        for row in rows[table].values():
            sealed = first.get(row["session_id"])
            known = sealed is None or row["id"] in seals.covered(sealed).get(table, [])
            if not known and row.get("supersedes_id") is None:
                yield Fault(table, row["id"], "stands in a signed session and was not signed")


CHECKS: Final = (
    what_was_sealed_stands,
    each_state_has_its_seal,
    seals_are_of_their_session,
    nothing_was_put_in,
)


def chain_faults(links: Sequence[Row], keys: Mapping[str, bytes], adopted: set[str]) -> Iterator[Fault]:
    """What does not fit in the chain itself, and in who co-signed what.

    Seals that came with one couple's archive stand in front, with gaps: each is checked by itself.
    """
    brought = list(takewhile(lambda link: link["signing_key_id"] in adopted, links))
    yield from seals.chain_faults(SEALS, brought, keys, checks=seals.ALONE)
    own, last = links[len(brought) :], brought[-1] if brought else None
    yield from seals.chain_faults(SEALS, own, keys, after=last)
    yield from seals.cosignature_faults(links)
