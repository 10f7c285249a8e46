"""The table of constants in docs/model.md, written from the parameters in force so that none is typed twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.timeline import CURRENT, MODEL_VERSION, Parameters

BEGINS, ENDS = "<!-- constants -->", "<!-- /constants -->"
MEANINGS: dict[str, str] = {
    "sufficiency.reports": "reports with a count before anything is said",
    "sufficiency.span_days": "days they cover",
    "sufficiency.newest_within_days": "days the newest may be old",
    "sufficiency.recent_reports": "reports in the last half year",
    "trend.slope_means": "monthly slopes of the prior, log frequency",
    "trend.slope_weights": "their weights",
    "trend.slope_sd": "spread of each slope",
    "trend.wander": "intensity of the integrated walk",
    "trend.turn_sd": "spread of a change of slope",
    "trend.turn_rate_per_month": "changes of slope a month, before any data",
    "trend.turn_candidates": "candidate dates of a change",
    "trend.noise_levels": "extra noise, standard deviations on the log scale",
    "trend.wobble_share": "share of the extra noise with a memory",
    "trend.wobble_memory_days": "its memory in days",
    "trend.known_date_mean": "expected lift near a known date, log scale",
    "trend.known_date_sd": "spread of that lift",
    "trend.known_date_days_before": "days before a known date that carry it",
    "trend.known_date_days_after": "days after it",
    "trend.duration_share": "share of the movement that durations follow",
    "reading.rate_window_days": "window of the rate",
    "reading.interval_draw_in": "how far the ends of the rate's interval are drawn in",
    "reading.minimum_progress": "least measurable progress, a month",
    "reading.resolved_per_week": "episodes a week at which the response counts as resolved",
    "reading.setback_allowance": "allowance for ordinary setbacks, log scale",
    "reading.floor_per_week": "episodes a week at which a fall has half run out",
    "reading.floor_sharpness": "how suddenly it runs out, per unit of log frequency",
    "reading.floor_doubt": "how much of what ran out comes back as doubt",
    "reading.projection_tail": "tail of the projection's interval",
    "reading.recalibration_success": "a of the recalibration",
    "reading.recalibration_failure": "b",
    "reading.recalibration_shift": "c",
    "status.on_track": "certainty for “on track”",
    "status.worsening": "certainty for “worsening”",
    "status.no_progress": "certainty for “no measurable progress”",
    "prerequisites.half_life_days": "half-life of an observation",
    "prerequisites.met_share": "share to be above for “met”",
    "prerequisites.emerging_share": "share to be above for “emerging”",
    "prerequisites.certainty": "how sure of either",
    "stopping.gate_months": "months of work before a trend criterion can be met",
    "stopping.early_gate_months": "months before it can be emerging",
    "stopping.long_bound": "certainty over the long window",
    "stopping.short_bound": "certainty over twelve months",
    "stopping.load_bound": "certainty that the load is still high",
    "stopping.reports": "reports in the last year",
    "stopping.deflection_met": "evidence value for “met”",
    "stopping.deflection_emerging": "evidence value for “emerging”",
    "stopping.peak": "intensity that counts as maximum",
    "stopping.peak_share": "share of reports at it",
    "setbacks.expected_excess": "excess of an expected setback, log scale",
    "setbacks.unexplained_excess": "excess of an unexplained one",
}


def table(parameters: Parameters = CURRENT) -> str:
    """Return the table with the version it belongs to."""
    held: dict[str, Any] = asdict(parameters)
    lines = [
        f"Of model {MODEL_VERSION}, parameters {parameters.version}; written by `make figures`.",
        "",
        "| constant | value | meaning |",
        "|---|---|---|",
    ]
    for name, meaning in MEANINGS.items():
        part, field = name.split(".")
        lines.append(f"| `{name}` | {_told(held[part][field])} | {meaning} |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """Return the page with the table between its two marks."""
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    return f"{before}{BEGINS}\n\n{table()}\n\n{ENDS}{after}"


def _told(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_told(each) for each in value)
    return repr(value).replace("-", "−")
