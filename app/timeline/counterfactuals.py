"""What the calculation still lacks: evidence is added on trial and assessed again, never guessed; for explanation.

Each answer holds the items that were added, as an evidence document would, and the day on which they were
assessed: whoever adds exactly these and asks for exactly that day is told exactly that status. A change counts
only if the same day without the items would not bring it, so that time alone is never sold as evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from app.timeline import progress, stopping
from app.timeline.look import Look
from app.timeline.prerequisites import accountability, cessation, commitments, transparency
from app.timeline.records import Record
from app.timeline.stopping import (
    chronic_deflection,
    continuing_betrayal,
    no_measurable_progress,
    threat_at_maximum,
)
from app.timeline.trials import Trial, begun, observed, observed_cessation, reported
from app.timeline.wording import on, opening

NOTE = (
    "What the calculation still lacks, found by assessing the record again with that evidence added. "
    "It asks nobody for a report and foretells nothing."
)
MOST_TRIES, FEWEST_TRIES = 240, 3
READINGS = 120_000
"""How many items may be read over all trials: a long record is tried less often, so its cost is bounded too."""
SUFFICIENCY, PROGRESS = "data_sufficiency", "progress"

_GRID = (1, 2, 3, 4, 6, 8, 10, 13, 18, 26, 52, 91, 182)
_OF_REPORTS = (SUFFICIENCY, PROGRESS, no_measurable_progress.CODE, threat_at_maximum.CODE)
_OF_ENDING = (cessation.CODE, continuing_betrayal.CODE)


class Family(NamedTuple):
    """One kind of evidence in growing amounts: ``trial(n)`` adds n of it; ``watched`` is what it may change."""

    code: str
    watched: tuple[str, ...]
    most: int
    trial: Callable[[int], Trial]


class Found(NamedTuple):
    """A change that a trial brings about."""

    indicator: str
    before: str
    after: str
    family: str
    trial: Trial


class Search:
    """All trials on one look; each amount of each kind is assessed at most once, and their number is bounded."""

    def __init__(self, look: Look) -> None:
        """Start without any trial."""
        self.look = look
        self.tries = 0
        self._left = max(FEWEST_TRIES, min(MOST_TRIES, READINGS // max(1, _size(look.known))))
        self._looks: dict[tuple[str, int], tuple[Trial, Look]] = {}
        self._bare: dict[int, Look] = {}

    def changes(self, family: Family) -> Iterator[Found]:
        """Return for each watched status the least amount found that changes it."""
        for indicator in family.watched:
            before = told(self.look, indicator)
            amount = self._least(family, indicator, before)
            if amount is not None:
                trial, look = self._looks[family.code, amount]
                yield Found(indicator, before, told(look, indicator), family.code, trial)

    def _least(self, family: Family, indicator: str, before: str) -> int | None:
        """Go up in widening steps to an amount that changes the status, then back down by halves."""
        last = 0
        for amount in (step for step in _GRID if step <= family.most):
            changed = self._changed(family, amount, indicator, before)
            if changed is None:
                return None
            if changed:
                return self._between(family, indicator, before, last, amount)
            last = amount
        return None

    def _between(self, family: Family, indicator: str, before: str, low: int, high: int) -> int:
        while high - low > 1:
            middle = (low + high) // 2
            if self._changed(family, middle, indicator, before):
                high = middle
            else:
                low = middle
        return high

    def _changed(self, family: Family, amount: int, indicator: str, before: str) -> bool | None:
        """Tell whether the amount changes the status and time alone would not; ``None`` when no try is left."""
        look = self._tried(family, amount)
        if look is None:
            return None
        after = told(look, indicator)
        return after != before and after != told(self._without(look.as_of), indicator)

    def _tried(self, family: Family, amount: int) -> Look | None:
        key = family.code, amount
        if key not in self._looks:
            if self._left <= 0:
                return None
            self._left, self.tries = self._left - 1, self.tries + 1
            trial = family.trial(amount)
            self._looks[key] = trial, Look(trial.record, trial.day, self.look.parameters)
        return self._looks[key][1]

    def _without(self, day: int) -> Look:
        if day not in self._bare:
            self._left, self.tries = self._left - 1, self.tries + 1
            self._bare[day] = Look(self.look.known, day, self.look.parameters)
        return self._bare[day]


def _size(known: Record) -> int:
    check_ins = sum(len(made.check_ins) for made in known.commitments)
    return check_ins + sum(len(items) for items in known if isinstance(items, tuple))


def told(look: Look, indicator: str) -> str:
    """Return the status of one indicator, prerequisite or criterion."""
    if indicator == SUFFICIENCY:
        return "sufficient" if look.enough.sufficient else "insufficient_evidence"
    if indicator == PROGRESS:
        return progress.status(look)
    if indicator in look.prerequisites:
        return look.prerequisites[indicator]["status"]
    criteria: dict[str, str] = stopping.statuses(look)["criteria"]
    return criteria[indicator]


def counterfactuals(search: Search) -> list[dict[str, Any]]:
    """Return what would change each status: one way for each change, the most ordinary one that does it."""
    found: dict[tuple[str, str], Found] = {}
    for family in _families(search.look):
        for change in search.changes(family):
            found.setdefault((change.indicator, change.after), change)
    order = {name: place for place, name in enumerate(_order())}
    kept = sorted(found.values(), key=lambda each: (order[each.indicator], each.trial.day, each.after))
    return [_as_json(each) for each in kept]


def unmoved(lacks: list[dict[str, Any]]) -> list[str]:
    """Return what no trial changed, which is an answer as well."""
    moved = {each["indicator"] for each in lacks}
    return [name for name in _order() if name not in moved]


def _order() -> tuple[str, ...]:
    prerequisites = (accountability.CODE, transparency.CODE, cessation.CODE, commitments.CODE)
    criteria = tuple(each.CODE for each in stopping.CRITERIA)
    return (SUFFICIENCY, PROGRESS, *prerequisites, *criteria)


def _families(look: Look) -> Iterator[Family]:
    yield from _ending(look)
    yield from _shares(look)
    yield from _reports(look)


def _ending(look: Look) -> Iterator[Family]:
    for level in ("verified_ceased", "self_reported_ceased", "continuing"):
        yield Family(level, _OF_ENDING, 1, partial(observed_cessation, look, level))


def _shares(look: Look) -> Iterator[Family]:
    kinds = (
        ("accountability", "full_ownership", (accountability.CODE, chronic_deflection.CODE)),
        ("accountability", "deflected", (accountability.CODE, chronic_deflection.CODE)),
        ("transparency", "proactive", (transparency.CODE,)),
        ("transparency", "withheld", (transparency.CODE,)),
        ("check_ins", "kept", (commitments.CODE,)),
        ("check_ins", "missed", (commitments.CODE,)),
    )
    for kind, level, watched in kinds:
        yield Family(level, watched, 26, partial(observed, look, kind, level))


def _reports(look: Look) -> Iterator[Family]:
    start = begun(look)
    for shape in start.shapes:
        # Without reports of their own there is nothing to be alike: the number alone can be spoken of.
        watched = _OF_REPORTS if start.told else (SUFFICIENCY,)
        yield Family(shape.code, watched, max(1, 182 // start.length), partial(reported, look, start, shape))


def _as_json(found: Found) -> dict[str, Any]:
    trial = found.trial
    return {
        "indicator": found.indicator,
        "from": found.before,
        "to": found.after,
        "evidence": found.family,
        "count": trial.amount,
        "as_of": trial.as_of,
        "added": trial.added,
        "text": _sentence(found),
    }


def _sentence(found: Found) -> str:
    name, after, before = (word.replace("_", " ") for word in (found.indicator, found.after, found.before))
    return (
        f"{opening(name)}: the record would read “{after}” instead of “{before}” on {on(found.trial.day)} "
        f"with {found.trial.words}."
    )
