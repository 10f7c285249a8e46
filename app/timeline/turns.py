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
    layout = _layout(
        rules.turn_candidates,
        rules.newest_turn_months,
        rules.turn_gap_growth,
        rules.turn_rate_per_month,
        rules.turn_pair_gap_months,
        rules.slope_weights,
    )
    months = now - layout.ages
    live = sum(month > earliest for month in months.tolist())
    return Turns(months[:live], *layout.configurations[live])


@lru_cache(maxsize=8)
def _layout(
    candidates: int,
    newest: float,
    growth: float,
    rate: float,
    pair_gap: float,
    slope_weights: tuple[float, ...],
) -> _Layout:
    """Return the candidates and their configurations; they lie alike whatever the day.

    Asked for by the few figures it rests on: to find it by all rules of the trend costs more than using it.
    """
    gaps = newest * growth ** np.arange(candidates)
    ages, chances = np.cumsum(gaps), np.log(rate * gaps)
    return _Layout(
        _kept(ages),
        tuple(
            _configurations(ages, chances[:live], pair_gap, slope_weights) for live in range(candidates + 1)
        ),
    )


def _configurations(
    ages: Floats, chances: Floats, pair_gap: float, slope_weights: tuple[float, ...]
) -> tuple[Places, Places, Floats]:
    none = len(chances)
    first, second = np.triu_indices(none, 1)
    apart = ages[second] - ages[first] >= pair_gap
    first, second = first[apart], second[apart]
    singles, pairs = np.arange(none), chances[first] + chances[second]
    return (
        _kept(np.concatenate(([none], singles, first))),
        _kept(np.concatenate(([none], np.full(none, none), second))),
        _kept(np.log(slope_weights)[:, None] + np.concatenate(([0.0], chances, pairs))),
    )


def _kept(values: _Array) -> _Array:
    """Return an array that many fits share, locked."""
    values.flags.writeable = False
    return values
