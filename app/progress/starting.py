"""When repair started: the latest of disclosure, cessation and first conjoint session, or the clinician's day; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

DERIVED: Final = "derived"
PROVISIONAL: Final = "provisional"
SET: Final = "set_by_clinician"


@dataclass(frozen=True, slots=True)
class Betrayal:
    """A betrayal on record: when it came to light, when the material facts were known, when it began."""

    id: str
    came_to_light_on: date
    full_disclosure_on: date | None = None
    began_on: date | None = None


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Dated facts of one direction that the start of repair rests on."""

    betrayals: Sequence[Betrayal]
    ceased: Sequence[date]
    continued: Sequence[date]
    conjoint: Sequence[date]
    chosen: Sequence[tuple[str, date]] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """The day repair started as seen on a day, on what it rests, and which betrayals came during repair."""

    on: date | None
    basis: str | None
    renewed: tuple[Betrayal, ...]


def repair_start(found: Beginnings, as_of: date) -> Start:
    """Work out the start; a betrayal that began after repair had started does not move it: it is a new betrayal."""
    first: list[Betrayal] = []
    renewed: list[Betrayal] = []
    for each in sorted(found.betrayals, key=lambda b: (b.came_to_light_on, b.id)):
        if each.came_to_light_on > as_of:
            break
        start = _latest(found, first, as_of)
        (renewed if start and each.began_on and each.began_on > start else first).append(each)
    derived = _latest(found, first, as_of)
    # Ids sort by the time they were made: the clinician's newest word counts.
    chosen = max((entry for entry in found.chosen if entry[1] <= as_of), default=None)
    if chosen is not None:
        return Start(chosen[1], SET, tuple(renewed))
    known = any(day <= as_of for day in found.ceased)
    basis = None if derived is None else DERIVED if known else PROVISIONAL
    return Start(derived, basis, tuple(renewed))


def disclosures(betrayals: Iterable[Betrayal], as_of: date) -> list[date]:
    """For each betrayal known on a day, the day on which its material facts were known as far as one could tell."""
    return [
        each.full_disclosure_on
        if each.full_disclosure_on and each.full_disclosure_on <= as_of
        else each.came_to_light_on
        for each in betrayals
        if each.came_to_light_on <= as_of
    ]


def _latest(found: Beginnings, betrayals: Sequence[Betrayal], as_of: date) -> date | None:
    conjoint = min((day for day in found.conjoint if day <= as_of), default=None)
    if conjoint is None or not betrayals:
        return None
    ceased = min((day for day in found.ceased if day <= as_of), default=conjoint)
    return max(conjoint, ceased, *disclosures(_before_relapse(found, betrayals, as_of), as_of))


def _before_relapse(found: Beginnings, betrayals: Sequence[Betrayal], as_of: date) -> list[Betrayal]:
    """What comes to light once it is known that the behaviour went on belongs to the restart, not to the start."""
    first = min(each.came_to_light_on for each in betrayals)
    relapse = min((day for day in found.continued if first < day <= as_of), default=None)
    return [each for each in betrayals if relapse is None or each.came_to_light_on < relapse]
