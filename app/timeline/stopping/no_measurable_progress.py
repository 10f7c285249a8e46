"""No measurable progress: months that could have become years, judged over long windows; read by stopping."""

from __future__ import annotations

from app.timeline.course import Course
from app.timeline.findings import ARTICLE, DESIGN, Answer, Criterion, Rule
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.stopping import unmoved
from app.timeline.stopping.criterion import finding
from app.timeline.wording import CONSULT

CODE = "no_measurable_progress"


def status(look: Look) -> Answer:
    """Return the status alone."""
    return unmoved.status(look)


def measure(look: Look, course: Course) -> Criterion:
    """Return the finding; the estimate is the monthly change of log load over the last twelve months."""
    if look.year_lacks is not None or look.trend is None:
        return finding("insufficient_evidence", look.year, f"Cannot be judged yet: {look.year_lacks}")
    answer = status(look)
    first_met = None
    if answer == "met":
        gate = look.parameters.stopping.gate_months
        first_met = course.first_met(look, lambda past: status(past) == "met", gate)
    return finding(
        answer,
        look.year,
        _basis(look, answer),
        estimate=look.trend.rate_short,
        interval=look.trend.rate_short_interval,
        first_met=first_met,
    )


def _basis(look: Look, answer: Answer) -> str:
    if answer == "met":
        return (
            f"Criterion met: no measurable progress. {unmoved.figures(look)} This speaks of the months "
            "behind, "
            f"not of what is still possible. {CONSULT}"
        )
    if answer == "emerging":
        return f"No measurable progress may be forming. {unmoved.figures(look)}"
    return unmoved.too_early(look) or f"Not met. {unmoved.figures(look)}"


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules, floor = parameters.stopping, parameters.reading.minimum_progress
    return Rule(
        CODE,
        "No measurable progress",
        f"Met from month {rules.gate_months:g} of the work: at least {rules.long_bound:.0%} sure that "
        "the load fell by "
        f"less than {-floor:.0%} a month over the last {rules.long_window_months:g} months (or since the "
        "clock's origin "
        f"when shorter), or {rules.short_bound:.0%} sure over the last {rules.short_window_months:g}; and "
        f"{rules.load_bound:.0%} sure that there is more than {rules.load_per_week:g} episode a week. "
        "Emerging from month "
        f"{rules.early_gate_months:g}: {rules.early_bound:.0%} sure over the last "
        f"{rules.short_window_months:g} months. "
        f"Needs {rules.reports} reports in {rules.months_with_reports} different months of the last year.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "A real rest of nine to twelve months early in the work looks like a stall. It describes the months "
        "behind, never what will happen.",
        {
            "gate_months": rules.gate_months,
            "early_gate_months": rules.early_gate_months,
            "long_window_months": rules.long_window_months,
            "short_window_months": rules.short_window_months,
            "long_bound": rules.long_bound,
            "short_bound": rules.short_bound,
            "early_bound": rules.early_bound,
            "minimum_progress_per_month": floor,
            "load_per_week": rules.load_per_week,
            "load_bound": rules.load_bound,
            "load_early_bound": rules.load_early_bound,
            "reports": rules.reports,
            "months_with_reports": rules.months_with_reports,
            "window_days": rules.window_days,
        },
    )
