"""The one rule that accountability, transparency and commitments share: a faded share of good evidence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from app.timeline.findings import Answer, Finding, interval, rounded
from app.timeline.once import once
from app.timeline.parameters import Prerequisites
from app.timeline.records import Observation
from app.timeline.shares import Floats, Share, by_moments, faded, unbroken
from app.timeline.wording import chance, count, on

Scores = tuple[tuple[str, float], ...]
_ID, _DAY, _LEVEL = attrgetter("id"), attrgetter("day"), attrgetter("level")


class Words(NamedTuple):
    """How one prerequisite is called: ``noun`` for its items, ``good`` for what a full score means."""

    name: str
    noun: str
    good: str


class Weighed:
    """Items in order of day with their scores and faded weights; each sum and share is worked out once."""

    def __init__(
        self,
        items: tuple[Observation, ...],
        days: list[int],
        scores: Floats,
        weights: Floats,
        rules: Prerequisites,
    ) -> None:
        """Keep the evidence with the rule it is judged by."""
        self.items, self.days, self.scores, self.weights, self._rules = items, days, scores, weights, rules

    @once
    def good(self) -> float:
        """Faded sum of scores."""
        return float(self.weights @ self.scores)

    @once
    def poor(self) -> float:
        """Faded sum of what was missing from a full score."""
        return float(self.weights @ (1.0 - self.scores))

    @once
    def share(self) -> Share:
        """What is known of the share of good evidence."""
        return Share(self.good, self.poor)

    @once
    def standing(self) -> Answer:
        """The status alone."""
        rules, days = self._rules, self.days
        if len(days) < rules.fewest_items or self.good + self.poor < rules.least_weight:
            return "insufficient_evidence"
        long_enough = len(days) >= rules.met_items and days[-1] - days[0] >= rules.met_span_days
        if long_enough and self._surely_above(rules.met_share):
            return "met"
        return "emerging" if self._surely_above(rules.emerging_share) else "not_met"

    def _surely_above(self, bound: float) -> bool:
        certainty = self._rules.certainty
        told = by_moments(self.good, self.poor, bound, certainty)
        return self.share.above(bound) >= certainty if told is None else told

    def emerging_since(self, earliest: int) -> int | None:
        """Return a day from which the share has been at least emerging without a break, or ``None``.

        It is the first such day if that is after ``earliest``; else any day up to ``earliest`` may be
        returned, because nobody asks what came before.
        """
        if not self.items:
            return None
        rules, days = self._rules, np.array(self.days, dtype=np.float64)
        # Sums as they stood on each item's own day: growing weights summed, then faded to that day.
        growth = np.exp2((days - days[0]) / rules.half_life_days)
        first = max(0, bisect_right(self.days, earliest) - 1)
        good = (np.cumsum(growth * self.scores) / growth)[first:]
        poor = (np.cumsum(growth * (1.0 - self.scores)) / growth)[first:]
        enough = good + poor >= rules.least_weight
        enough[: max(0, rules.fewest_items - 1 - first)] = False
        place = first + unbroken(enough, good, poor, rules.emerging_share, rules.certainty)
        return self.days[place] if place < len(self.days) else None


def weigh(items: Iterable[Observation], scores: Scores, as_of: int, rules: Prerequisites) -> Weighed:
    """Score every item and let it fade with its age; items come sorted by id, and stay so within a day."""
    ordered = tuple(sorted(items, key=_DAY))
    days = list(map(_DAY, ordered))
    scored = np.array(list(map(dict(scores).__getitem__, map(_LEVEL, ordered))), dtype=np.float64)
    ages = as_of - np.array(days, dtype=np.float64)
    return Weighed(ordered, days, scored, faded(ages, rules.half_life_days), rules)


def judge(weighed: Weighed, words: Words, rules: Prerequisites) -> Finding:
    """Return the finding for one kind of evidence."""
    items, status = weighed.items, weighed.standing
    ids = list(map(_ID, items))
    if status == "insufficient_evidence":
        return {
            "status": status,
            "estimate": None,
            "interval": None,
            "evidence_ids": ids,
            "basis": _too_little(weighed, words, rules),
        }
    share = weighed.share
    low, high = share.interval(rules.interval_level)
    return {
        "status": status,
        "estimate": rounded(share.mean),
        "interval": interval(low, high, rules.interval_level),
        "evidence_ids": ids,
        "basis": (
            f"{count(len(items), words.noun).capitalize()} between {on(items[0].day)} and "
            f"{on(items[-1].day)}, "
            f"recent ones counting more: {_about(share.mean)} {words.good} "
            f"(likely between {low:.0%} and {high:.0%})."
        ),
    }


def _about(share: float) -> str:
    said = chance(share)
    return said if " " in said else f"about {said}"


def _too_little(weighed: Weighed, words: Words, rules: Prerequisites) -> str:
    if len(weighed.items) >= rules.fewest_items:
        return (
            f"The newest {words.noun} is from {on(weighed.items[-1].day)}; evidence this old no longer says "
            f"how {words.name} stands. A few new ones would."
        )
    have = count(len(weighed.items), words.noun)
    return f"{have.capitalize()} recorded; at least {rules.fewest_items} are needed to say anything about {words.name}."
