"""Where the slope may have changed: candidate turns counted back from today, alone and in pairs; internal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.parameters import Trend

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


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
    gaps = rules.newest_turn_months * rules.turn_gap_growth ** np.arange(rules.turn_candidates)
    months = now - np.cumsum(gaps)
    live = months > earliest
    months, chances = months[live], np.log(rules.turn_rate_per_month * gaps[live])
    none = len(months)
    first, second = np.triu_indices(none, 1)
    apart = months[first] - months[second] >= rules.turn_pair_gap_months
    first, second = first[apart], second[apart]
    singles = np.arange(none)
    return Turns(
        months,
        np.concatenate(([none], singles, first)),
        np.concatenate(([none], np.full(none, none), second)),
        np.concatenate(([0.0], chances, chances[first] + chances[second])),
    )
