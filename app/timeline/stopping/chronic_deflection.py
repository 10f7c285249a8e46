"""Chronic deflection: an e-value that stays honest however often one looks; read by stopping."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.course import Course
from app.timeline.findings import ARTICLE, DESIGN, Answer, Criterion, Rule
from app.timeline.look import Look
from app.timeline.parameters import Parameters, Stopping
from app.timeline.prerequisites import accountability
from app.timeline.records import Observation
from app.timeline.stopping.criterion import finding
from app.timeline.wording import CONSULT, on

CODE = "chronic_deflection"

Floats = NDArray[np.float64]

_WEIGHT = {"deflected": 1.0, "blame_shifted": 1.0, "minimised": 0.5}
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(48)


class Pattern(NamedTuple):
    """Accountability items of the window in order, and the evidence that deflection is the rule."""

    items: tuple[Observation, ...]
    turned: tuple[float, ...]
    evidence: float

    @property
    def span_days(self) -> int:
        """Days from the first to the last answer that turned away.

        Good answers do not stretch the span: one more act of ownership must never meet the criterion.
        """
        days = [i.day for i, weight in zip(self.items, self.turned) if weight > 0]
        return days[-1] - days[0] if days else 0


def e_value(turned: float, answers: int, base_rate: float) -> float:
    """Return the evidence against "turned away no more often than ``base_rate``".

    The mean over theta, uniform above the base rate, of the likelihood ratio of theta against the base
    rate. By Ville's inequality it reaches E with probability at most 1/E however often one looks, as long as
    answers are only added: a window that moves begins anew again and again.
    """
    for_turned, for_owned = _log_ratios(base_rate)
    ratio = turned * for_turned + (answers - turned) * for_owned
    # More than a factor of 1e300 says nothing more and would not be a JSON number.
    return float(0.5 * _NODE_WEIGHTS @ np.exp(np.minimum(ratio, 690.0)))


@lru_cache(maxsize=8)
def _log_ratios(base_rate: float) -> tuple[Floats, Floats]:
    """Return for each node what one answer adds to the log ratio: one that turned away, one that did not."""
    theta = (base_rate + 1.0) / 2.0 + (1.0 - base_rate) / 2.0 * _NODES
    return np.log(theta / base_rate), np.log((1.0 - theta) / (1.0 - base_rate))


def pattern(look: Look) -> Pattern:
    """Return the accountability answers of the last year since the clock's origin."""
    rules, origin = look.parameters.stopping, look.clock.origin_on
    first = look.as_of - rules.deflection_window_days
    first = first if origin is None or not look.clock.restarts else max(first, origin - 1)
    weighed = look.weighed[accountability.CODE]
    items = weighed.items[bisect_right(weighed.days, first) :]
    turned = tuple([_WEIGHT.get(i.level, 0.0) for i in items])
    return Pattern(items, turned, e_value(sum(turned), len(items), rules.deflection_base_rate))


def status(look: Look) -> Answer:
    """Return the status alone."""
    return _status(pattern(look), look.clock.net_months, look.parameters.stopping)


def measure(look: Look, course: Course) -> Criterion:
    """Return the finding; the estimate is the share of answers that turned away, minimising counted half."""
    found = pattern(look)
    if not found.items:
        since = " since the clock began again" if look.clock.restarts else " in the last year"
        return finding("insufficient_evidence", (), f"No answers to the harm are recorded{since}.")
    answer = _status(found, look.clock.net_months, look.parameters.stopping)
    first_met = None
    if answer == "met":
        gate = look.parameters.stopping.deflection_net_months
        first_met = course.first_met(look, lambda past: status(past) == "met", gate)
    share = sum(found.turned) / len(found.items)
    return finding(
        answer,
        found.items,
        _basis(found, answer, look.parameters.stopping),
        estimate=share,
        first_met=first_met,
    )


def _status(found: Pattern, net_months: float, rules: Stopping) -> Answer:
    recent = sum(weight > 0 for weight in found.turned[-rules.deflection_recent :])
    if (
        found.evidence >= rules.deflection_met
        and len(found.items) >= rules.deflection_items
        and found.span_days >= rules.deflection_span_days
        and net_months >= rules.deflection_net_months
        and recent >= rules.deflection_recent_least
    ):
        return "met"
    if len(found.items) < rules.deflection_emerging_items:
        return "insufficient_evidence"
    return "emerging" if found.evidence >= rules.deflection_emerging else "not_met"


def _basis(found: Pattern, answer: Answer, rules: Stopping) -> str:
    away = sum(weight > 0 for weight in found.turned)
    figures = (
        f"{away} of {len(found.items)} recorded answers to the harm between "
        f"{on(found.items[0].day)} and "
        f"{on(found.items[-1].day)} deflected, shifted blame or minimised"
    )
    if answer == "insufficient_evidence":
        return f"{figures}; that is too few to speak of a pattern."
    figures = f"{figures} (evidence value {_spoken(found.evidence, rules)})"
    if answer == "met":
        return f"Criterion met: chronic deflection. {figures}. {CONSULT}"
    return f"{figures}; {'a pattern may be forming' if answer == 'emerging' else 'no settled pattern'}."


def _spoken(evidence: float, rules: Stopping) -> str:
    """Return the value in whole numbers, never rounded up to a bound that it does not reach."""
    if evidence > 9999.0:
        return "over 9999"
    said = round(evidence)
    return f"{said - (evidence < said and said in (rules.deflection_emerging, rules.deflection_met))}"


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.stopping
    return Rule(
        CODE,
        "Chronic deflection",
        f"Evidence value of deflection over the last {rules.deflection_window_days} days against a rate of "
        f"{rules.deflection_base_rate:.0%}; deflecting and shifting blame count one, minimising a half. "
        "Met: at least "
        f"{rules.deflection_met:g}, from {rules.deflection_items} or more answers, the turning away "
        "spread over "
        f"{rules.deflection_span_days} days, after {rules.deflection_net_months:g} months of work, with "
        "at least "
        f"{rules.deflection_recent_least} of the last {rules.deflection_recent} turning away. Emerging: "
        "at least "
        f"{rules.deflection_emerging:g} from {rules.deflection_emerging_items} answers.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "For a window that only grows, a couple at the base rate reaches the met value with a chance of "
        "at most "
        f"{1 / rules.deflection_met:.0%} however often one looks; with the moving window this was checked by "
        "simulation only.",
        {
            "base_rate": rules.deflection_base_rate,
            "met": rules.deflection_met,
            "emerging": rules.deflection_emerging,
            "items": rules.deflection_items,
            "emerging_items": rules.deflection_emerging_items,
            "window_days": rules.deflection_window_days,
            "span_days": rules.deflection_span_days,
            "net_months": rules.deflection_net_months,
            "recent": rules.deflection_recent,
            "recent_least": rules.deflection_recent_least,
        },
    )
