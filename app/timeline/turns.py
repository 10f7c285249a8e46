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

    The place after the last candidate stands for "no turn", so none and one turn are pairs as well.
    """

    months: Floats
    first: Places
    second: Places
    log_prior: Floats


def candidate_turns(now: float, earliest: float, rules: Trend) -> Turns:
    """Return the candidates between ``earliest`` and ``now``, in months since the start."""
    ages = _ages(rules)
    live = int((now - ages > earliest).sum())
    return Turns(now - ages[:live], *_configurations(live, rules))


@lru_cache(maxsize=8)
def _ages(rules: Trend) -> Floats:
    """Return how many months ago each candidate lies, the newest first."""
    return _kept(np.cumsum(_gaps(rules)))


def _gaps(rules: Trend) -> Floats:
    gaps = rules.newest_turn_months * rules.turn_gap_growth ** np.arange(rules.turn_candidates)
    return np.asarray(gaps, dtype=np.float64)


@lru_cache(maxsize=32)
def _configurations(none: int, rules: Trend) -> tuple[Places, Places, Floats]:
    """Return the configurations of the newest candidates; they lie alike whatever the day."""
    ages, chances = _ages(rules), np.log(rules.turn_rate_per_month * _gaps(rules))[:none]
    first, second = np.triu_indices(none, 1)
    apart = ages[second] - ages[first] >= rules.turn_pair_gap_months
    first, second = first[apart], second[apart]
    singles = np.arange(none)
    return (
        _kept(np.concatenate(([none], singles, first))),
        _kept(np.concatenate(([none], np.full(none, none), second))),
        _kept(np.concatenate(([0.0], chances, chances[first] + chances[second]))),
    )


def _kept(values: _Array) -> _Array:
    """Return an array that many fits share, locked."""
    values.flags.writeable = False
    return values
