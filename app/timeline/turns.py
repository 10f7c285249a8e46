"""Where the slope may have changed: candidate turns counted back from today, alone and in pairs; internal."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.timeline.parameters import Trend

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_Array = TypeVar("_Array", bound=NDArray[Any])


class Turns(NamedTuple):
    """Candidate ``months`` and the configurations: two places each, and the log of their prior weight.

    The place after the last candidate stands for "no turn", so none and one turn are pairs as well. Of the
    prior there is one row for each slope, whose own weight is in it.
    """

    months: Floats
    first: Places
    second: Places
    log_prior: Floats


class _Layout(NamedTuple):
    """How long ago each candidate lies, the newest first, and the configurations of the newest none, one, two..."""

    ages: Floats
    configurations: tuple[tuple[Places, Places, Floats], ...]


def candidate_turns(now: float, earliest: float, rules: Trend) -> Turns:
    """Return the candidates between ``earliest`` and ``now``, in months since the start."""
    layout = _layout(rules)
    months = now - layout.ages
    live = sum(month > earliest for month in months.tolist())
    return Turns(months[:live], *layout.configurations[live])


@lru_cache(maxsize=8)
def _layout(rules: Trend) -> _Layout:
    """Return the candidates and their configurations; they lie alike whatever the day."""
    gaps = rules.newest_turn_months * rules.turn_gap_growth ** np.arange(rules.turn_candidates)
    ages, chances = np.cumsum(gaps), np.log(rules.turn_rate_per_month * gaps)
    return _Layout(
        _kept(ages),
        tuple(_configurations(ages, chances[:live], rules) for live in range(rules.turn_candidates + 1)),
    )


def _configurations(ages: Floats, chances: Floats, rules: Trend) -> tuple[Places, Places, Floats]:
    none = len(chances)
    first, second = np.triu_indices(none, 1)
    apart = ages[second] - ages[first] >= rules.turn_pair_gap_months
    first, second = first[apart], second[apart]
    singles, pairs = np.arange(none), chances[first] + chances[second]
    return (
        _kept(np.concatenate(([none], singles, first))),
        _kept(np.concatenate(([none], np.full(none, none), second))),
        _kept(np.log(rules.slope_weights)[:, None] + np.concatenate(([0.0], chances, pairs))),
    )


def _kept(values: _Array) -> _Array:
    """Return an array that many fits share, locked."""
    values.flags.writeable = False
    return values
