"""The one rule that accountability, transparency and commitments share: a faded share of good evidence."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

import numpy as np

from app.timeline.findings import Answer, Finding, interval, rounded
from app.timeline.parameters import Prerequisites
from app.timeline.records import Observation
from app.timeline.shares import Floats, Share, certainly_above, faded, surely_above
from app.timeline.wording import chance, count, on

Scores = tuple[tuple[str, float], ...]


class Words(NamedTuple):
    """How one prerequisite is called: ``noun`` for its items, ``good`` for what a full score means."""

    name: str
    noun: str
    good: str


class Weighed(NamedTuple):
    """Items in order of day with their scores; ``good`` and ``poor`` are the faded sums."""

    items: tuple[Observation, ...]
    scores: Floats
    weights: Floats

    @property
    def good(self) -> float:
        """Faded sum of scores."""
        return float(self.weights @ self.scores)

    @property
    def poor(self) -> float:
        """Faded sum of what was missing from a full score."""
        return float(self.weights @ (1.0 - self.scores))


def weigh(items: tuple[Observation, ...], scores: Scores, as_of: int, rules: Prerequisites) -> Weighed:
    """Score every item and let it fade with its age."""
    ordered = tuple(sorted(items, key=attrgetter("day", "id")))
    points = dict(scores)
    scored = np.array([points[i.level] for i in ordered], dtype=np.float64)
    ages = as_of - np.array([i.day for i in ordered], dtype=np.float64)
    return Weighed(ordered, scored, faded(ages, rules.half_life_days))


def judge(weighed: Weighed, words: Words, rules: Prerequisites) -> Finding:
    """Return the finding for one kind of evidence."""
    items, status = weighed.items, standing(weighed, rules)
    ids = [i.id for i in items]
    if status == "insufficient_evidence":
        return {
            "status": status,
            "estimate": None,
            "interval": None,
            "evidence_ids": ids,
            "basis": _too_little(weighed, words, rules),
        }
    share = Share(weighed.good, weighed.poor)
    low, high = share.interval(rules.interval_level)
    return {
        "status": status,
        "estimate": rounded(share.mean),
        "interval": interval(low, high, rules.interval_level),
        "evidence_ids": ids,
        "basis": (
            f"{count(len(items), words.noun).capitalize()} between {on(items[0].day)} and "
            f"{on(items[-1].day)}, "
            f"recent ones counting more: about {chance(share.mean)} {words.good} "
            f"(likely between {low:.0%} and {high:.0%})."
        ),
    }


def standing(weighed: Weighed, rules: Prerequisites) -> Answer:
    """Return the status alone."""
    good, poor, days = weighed.good, weighed.poor, [i.day for i in weighed.items]
    if len(days) < rules.fewest_items or good + poor < rules.least_weight:
        return "insufficient_evidence"
    long_enough = len(days) >= rules.met_items and days[-1] - days[0] >= rules.met_span_days
    if long_enough and certainly_above(good, poor, rules.met_share, rules.certainty):
        return "met"
    return "emerging" if certainly_above(good, poor, rules.emerging_share, rules.certainty) else "not_met"


def emerging_since(weighed: Weighed, rules: Prerequisites) -> int | None:
    """Return the day from which the share has been at least emerging without a break, or ``None``."""
    if not weighed.items:
        return None
    days = np.array([i.day for i in weighed.items], dtype=np.float64)
    # Sums as they stood on each item's own day: growing weights summed, then faded to that day.
    growth = np.exp2((days - days[0]) / rules.half_life_days)
    good = np.cumsum(growth * weighed.scores) / growth
    poor = np.cumsum(growth * (1.0 - weighed.scores)) / growth
    enough = (np.arange(1, len(days) + 1) >= rules.fewest_items) & (good + poor >= rules.least_weight)
    holds = enough & surely_above(good, poor, rules.emerging_share, rules.certainty)
    if not holds[-1]:
        return None
    breaks = np.flatnonzero(~holds)
    return int(days[breaks[-1] + 1 if len(breaks) else 0])


def _too_little(weighed: Weighed, words: Words, rules: Prerequisites) -> str:
    if len(weighed.items) >= rules.fewest_items:
        return (
            f"The newest {words.noun} is from {on(weighed.items[-1].day)}; evidence this old no longer says "
            f"how {words.name} stands. A few new ones would."
        )
    have = count(len(weighed.items), words.noun)
    return f"{have.capitalize()} recorded; at least {rules.fewest_items} are needed to say anything about {words.name}."
