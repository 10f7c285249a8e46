"""Tombstones that leave as lines, and destroy again what an old backup brought back; its command and cli come in."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.chart import whole
from app.chart.chart import Chart, Row, Visit, new_id
from app.chart.tables import tombstone
from app.couples import holds
from app.couples import service as couples
from app.practice import service as practice
from app.retention import service

_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "practice_id": UUID,
    "id": UUID,
    "couple_id": UUID,
    "destroyed_at": datetime.fromisoformat,
    "destroyed_by": UUID,
    "basis": service.BASES.__getitem__,
    "opened_on": date.fromisoformat,
    "last_service_on": date.fromisoformat,
    "kept_until": date.fromisoformat,
    "keys_destroyed": int,
}
"""What a line holds, and what reads each value. Where a decision is filed is somebody's words, and stays behind."""


class NotTombstones(OSError):
    """The file does not hold what `mendline retention tombstones --lines` prints, or is of another database."""


class NobodyAnswers(OSError):
    """Who destroyed a record is not in the place where it came back."""


def line_of(chart: Chart, row: Row) -> Row:
    """One tombstone as it is kept elsewhere: ids, days and a basis, no word that somebody wrote."""
    return {"practice_id": chart.actor.practice_id, **{name: row[name] for name in _READ if name in row}}


def read(path: Path) -> list[Row]:
    """The tombstones of a file, each once, however often it was appended to."""
    try:
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        for each in found:
            if set(each) != set(_READ):
                raise ValueError
            for name, reads in _READ.items():
                reads(each[name])
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        told = f"{path} does not hold lines that `mendline retention tombstones --lines` printed"
        raise NotTombstones(told) from wrong
    return list({(each["practice_id"], each["couple_id"]): each for each in found}.values())


@dataclass
class Burial:
    """Destroys again, in practice after practice, what its tombstones say; keeps what it did and what it left."""

    lines: list[Row]
    by: str | None = None
    """Who is answerable where the person of the tombstone came later than the backup."""
    destroyed: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def _demand_any_of(self, practice_ids: Collection[str]) -> None:
        """Refuse a list that speaks of other practices alone."""
        if self.lines and {each["practice_id"] for each in self.lines}.isdisjoint(practice_ids):
            raise NotTombstones("no tombstone of this list is of a practice here: is it of another database?")

    def due(self, chart: Chart) -> Iterator[Row]:
        """The tombstones of this practice whose records are here again."""
        mine = [each for each in self.lines if each["practice_id"] == chart.actor.practice_id]
        here = couples.known_ids(chart) if mine else set()
        return (each for each in mine if each["couple_id"] in here)

    def take_place(self, chart: Chart, practice_ids: Collection[str]) -> None:
        """Destroy what is due in the chart's practice, one of all that are here.

        A legal hold younger than the destruction keeps a record: it was placed on one that had come back.
        """
        self._demand_any_of(practice_ids)
        for line in self.due(chart):
            couple_id = line["couple_id"]
            if holds.newest_since(chart, couple_id) > line["destroyed_at"]:
                self.held.append(couple_id)
                continue
            self._bury(replace(chart, visit=Visit("destroyCouple", new_id(), couple_id=couple_id)), line)
            self.destroyed.append(couple_id)

    def _bury(self, chart: Chart, line: Row) -> None:
        """Under the same tombstone as before."""
        values = {name: line[name] for name in _READ if name != "practice_id"}
        chart.add(tombstone, **{**values, "destroyed_by": self._person(chart, line)})
        whole.destroy(chart, line["couple_id"])
        chart.sign(200)

    def _person(self, chart: Chart, line: Row) -> str:
        """Who destroyed it then, or who is named to answer for it now."""
        wanted = [each for each in (line["destroyed_by"], self.by) if each]
        known = practice.known_by_id(chart, set(wanted))
        for person_id in wanted:
            if person_id in known:
                return person_id
        raise NobodyAnswers(
            f"{line['destroyed_by']}, who destroyed {line['couple_id']}, is not in this practice:"
            " say with --by which person of it answers for it"
        )
