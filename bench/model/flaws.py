"""Planted flaws and ablations: guards and ingredients taken away one at a time; the command comes in.

A proof that cannot fail proves nothing: with a guard removed, a target must be missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from app.timeline import CURRENT, Parameters, parameters_for
from bench.model.looks import Plan


class Flaw(NamedTuple):
    """What is taken away, in words; the parameters without it; and whether known dates are hidden as well."""

    words: str
    parameters: Parameters
    blind: bool = False

    def plan(self, seed: int, every_days: int = 7) -> Plan:
        """Return the run without it."""
        return Plan(seed, self.parameters, every_days, self.blind, simple_methods=False)


def _with(part: str, **changes: Any) -> Parameters:
    return replace(
        CURRENT, version=f"{CURRENT.version}-flawed", **{part: replace(getattr(CURRENT, part), **changes)}
    )


_NO_GATE: Mapping[str, Any] = {"gate_months": 0.0, "early_gate_months": 0.0}
_NO_BOUND: Mapping[str, Any] = {
    "long_bound": 0.5,
    "short_bound": 0.5,
    "early_bound": 0.5,
    "load_bound": 0.5,
    "load_early_bound": 0.5,
}
_ONE_LOOK: Mapping[str, Any] = {
    "long_window_months": 6.0,
    "long_bound": 0.8,
    "short_bound": 0.8,
    "load_bound": 0.8,
    "deflection_met": 4.0,
    "deflection_items": 4,
    "deflection_span_days": 0,
    "deflection_net_months": 0.0,
    "deflection_recent_least": 0,
}

FLAWS: dict[str, Flaw] = {
    "gate": Flaw("no time gate before the trend criteria", _with("stopping", **_NO_GATE)),
    "bound": Flaw("“more likely than not” instead of the high bounds", _with("stopping", **_NO_BOUND)),
    "setbacks": Flaw("known dates and named triggers ignored", CURRENT, blind=True),
    "repeat-looks": Flaw(
        "every look judged as if it were the only one: half a year, 80%, an evidence value of 4",
        replace(
            _with("stopping", **_ONE_LOOK), status=replace(CURRENT.status, no_progress_window_months=6.0)
        ),
    ),
    "gate+bound": Flaw("neither gate nor high bounds", _with("stopping", **_NO_GATE, **_NO_BOUND)),
}

ABLATIONS: dict[str, Flaw] = {
    "everything": Flaw("the model as it is", CURRENT),
    "turns": Flaw("no changes of slope", _with("trend", turn_rate_per_month=1e-9)),
    "wobble": Flaw("extra noise all white, no memory", _with("trend", wobble_share=0.0)),
    "known dates": Flaw("known dates and triggers ignored", CURRENT, blind=True),
    "durations": Flaw("durations not used: frequency alone", _with("trend", duration_bins=10**6)),
    "slope prior": Flaw(
        "one vague prior of the slope (sd 0.15)",
        _with("trend", slope_means=(0.0,), slope_weights=(1.0,), slope_sd=0.15),
    ),
    "noise grid": Flaw("one noise level (0.55) for everybody", _with("trend", noise_levels=(0.55,))),
    "wandering": Flaw("no wandering between turns", _with("trend", wander=1e-6)),
    "bins": Flaw(
        "every bin 56 days", _with("binning", fine_needs_in_14_days=1e9, middle_needs_in_14_days=1e9)
    ),
    "recalibration": Flaw(
        "probability of a fall as the mixture gives it",
        _with("reading", recalibration_success=1.0, recalibration_failure=1.0, recalibration_shift=0.0),
    ),
    "draw-in": Flaw("ends of the interval not drawn in", _with("reading", interval_draw_in=1.0)),
    "running out": Flaw(
        "falls never run out, however rare the response", _with("reading", floor_per_week=0.0)
    ),
    "long wobble": Flaw("a wobble of ten days instead of twenty", _with("trend", wobble_memory_days=10.0)),
    "2026.2": Flaw("the parameters before these, fitted to other couples", parameters_for("2026.2")),
    "allowance": Flaw("no allowance for background setbacks", _with("reading", setback_allowance=0.0)),
}
