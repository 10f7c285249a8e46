"""Holds on a case: a legal hold keeps it as it is, an export lock keeps it here; every slice may ask."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import bindparam, func, select

from app.chart.chart import Chart, Row
from app.couples.case import Case
from app.couples.tables import hold
from app.errors import Refusal


@dataclass(frozen=True, slots=True)
class HoldKind:
    """One kind of hold and what it stops."""

    code: str
    words: str


KINDS: Final[tuple[HoldKind, ...]] = (
    HoldKind("legal_hold", "Nothing is destroyed, and nothing is marked as entered in error."),
    HoldKind("export_lock", "Nothing leaves: no disclosure and no export."),
)
BY_CODE: Final[dict[str, HoldKind]] = {kind.code: kind for kind in KINDS}

_COLUMNS = tuple(column for column in hold.c if column.name != "practice_id")
_STANDING = (
    select(hold.c.id)
    .where(hold.c.kind == bindparam("kind", required=True), hold.c.lifted_at.is_(None))
    .limit(1)
)
_NEWEST = select(func.max(hold.c.placed_at)).where(hold.c.kind == "legal_hold", hold.c.lifted_at.is_(None))
_REASONS = select(hold.c.id, hold.c.reason).where(
    hold.c.kind == bindparam("kind", required=True), hold.c.lifted_at.is_(None)
)
_ONE = select(*_COLUMNS).where(hold.c.id == bindparam("row", required=True))
_PAGE = (
    select(*_COLUMNS)
    .where(hold.c.id < bindparam("below", required=True))
    .order_by(hold.c.id.desc())
    .limit(bindparam("most", required=True))
)


def held(chart: Chart, couple_id: str) -> bool:
    """Whether a legal hold stands on a couple's record."""
    return bool(chart.tuples(_STANDING, couple=couple_id, kind="legal_hold"))


def newest_since(chart: Chart, couple_id: str) -> str:
    """Since when the newest legal hold stands on a couple's record; empty when none does."""
    ((since,),) = chart.tuples(_NEWEST, couple=couple_id)
    return since or ""


def locked(chart: Chart, couple_id: str) -> bool:
    """Whether nothing of a couple's record may leave."""
    return bool(chart.tuples(_STANDING, couple=couple_id, kind="export_lock"))


def reasons_of_locks(chart: Chart, couple_id: str) -> set[str]:
    """Why nothing of a couple's record may leave at present, as far as that can still be read."""
    return {row["reason"] for row in chart.marked_rows(_REASONS, couple=couple_id, kind="export_lock")}


def demand_not_held(chart: Chart, couple_id: str) -> None:
    """Refuse to hide or destroy anything while a legal hold stands."""
    if held(chart, couple_id):
        raise Refusal("legal_hold")


def demand_not_locked(chart: Chart, couple_id: str) -> None:
    """Refuse to let anything out while the export lock stands."""
    if locked(chart, couple_id):
        raise Refusal("export_locked")


def place(chart: Chart, case: Case, kind: str, reason: str, effective_on: date) -> Row:
    """Place a hold on an opened case; several of one kind may stand, and each is lifted on its own."""
    values = {"kind": kind, "reason": reason, "effective_on": effective_on}
    hold_id = chart.add(
        hold, couple_id=case.id, placed_at=chart.at, placed_by=chart.actor.person_id, **values
    )
    return read(chart, hold_id)


def read(chart: Chart, hold_id: str) -> Row:
    """One hold, standing or lifted."""
    row = chart.one(_ONE, row=hold_id)
    chart.note(couple_id=row["couple_id"], target_id=hold_id)
    return row


def listed(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """A couple's holds, standing and lifted, newest first."""
    return chart.rows(_PAGE, couple=couple_id, below=below, most=most)


def lift(chart: Chart, row: Row, reason: str) -> Row:
    """Lift a hold; it stays in the history."""
    if row["lifted_at"]:
        raise Refusal("conflict", "The hold was lifted already.")
    values = {"lifted_at": chart.at, "lifted_by": chart.actor.person_id, "lift_reason": reason}
    chart.amend(hold, row["id"], row["version"], couple_id=row["couple_id"], **values)
    return read(chart, row["id"])
