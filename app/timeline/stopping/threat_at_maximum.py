"""Threat at maximum: no measurable progress and intensity at the top of the scale; read by stopping."""

from __future__ import annotations

from app.timeline.course import Course
from app.timeline.findings import ARTICLE, DESIGN, Answer, Criterion, Rule
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.records import Report
from app.timeline.stopping import unmoved
from app.timeline.stopping.criterion import finding
from app.timeline.wording import CONSULT, count

CODE = "threat_at_maximum"
SAFETY = (
    "Screen each partner separately for present safety; consider individual trauma-focused support for the "
    "affected partner."
)


def status(look: Look) -> Answer:
    """Return the status alone."""
    rated = _rated(look)
    return _status(look, len(rated), _highest(look, rated))


def measure(look: Look, course: Course) -> Criterion:
    """Return the finding; the estimate is the share of the year's reports at the top of the scale."""
    rated = _rated(look)
    highest = _highest(look, rated)
    answer = _status(look, len(rated), highest)
    if answer == "insufficient_evidence":
        missing = look.year_lacks or (
            f"{count(len(rated), 'report')} with a peak intensity in the last year; at least "
            f"{look.parameters.stopping.peak_reports} are needed."
        )
        return finding(answer, rated, f"Cannot be judged yet: {missing}")
    first_met = None
    if answer == "met":
        gate = look.parameters.stopping.gate_months
        first_met = course.first_met(look, lambda past: status(past) == "met", gate)
    basis = _basis(look, answer, highest, len(rated))
    return finding(answer, rated, basis, estimate=highest / len(rated), first_met=first_met)


def _rated(look: Look) -> tuple[Report, ...]:
    return tuple([r for r in look.year if r.peak is not None])


def _highest(look: Look, rated: tuple[Report, ...]) -> int:
    top = look.parameters.stopping.peak
    return len([True for r in rated if r.peak is not None and r.peak >= top])


def _status(look: Look, rated: int, highest: int) -> Answer:
    answer, rules = unmoved.status(look), look.parameters.stopping
    if answer == "insufficient_evidence" or rated < max(1, rules.peak_reports):
        return "insufficient_evidence"
    return answer if highest / rated >= rules.peak_share else "not_met"


def _basis(look: Look, answer: Answer, highest: int, rated: int) -> str:
    top = look.parameters.stopping.peak
    peaks = f"Peak intensity was {top:g} or more in {highest} of {rated} reports of the last year."
    if answer == "met":
        return f"Criterion met: threat at maximum. {peaks} {unmoved.figures(look)} {SAFETY} {CONSULT}"
    if answer == "emerging":
        return f"Threat at maximum may be forming. {peaks} {unmoved.figures(look)} {SAFETY}"
    early = unmoved.too_early(look)
    return f"{early} {peaks}" if early else f"Not met. {peaks} {unmoved.figures(look)}"


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.stopping
    return Rule(
        CODE,
        "Threat at maximum",
        f"As no measurable progress, and peak intensity {rules.peak:g} or more in at least "
        f"{rules.peak_share:.0%} of at "
        f"least {rules.peak_reports} reports of the last {rules.window_days} days.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "Peak intensity is a personal scale. High threat may be the right answer to a relationship that "
        "is not "
        "safe; it is never the affected partner's fault.",
        {
            "peak": rules.peak,
            "peak_share": rules.peak_share,
            "peak_reports": rules.peak_reports,
            "window_days": rules.window_days,
            "gate_months": rules.gate_months,
            "early_gate_months": rules.early_gate_months,
        },
    )
