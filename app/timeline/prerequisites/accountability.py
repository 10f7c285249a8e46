"""Accountability: is responsibility taken in full, again and again; read by the assessment and by phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.timeline.findings import ARTICLE, DESIGN, Answer, Finding, Rule
from app.timeline.parameters import Parameters
from app.timeline.prerequisites.evidence_share import Weighed, Words, judge, weigh
from app.timeline.records import Record

if TYPE_CHECKING:  # the look holds the findings of the prerequisites
    from app.timeline.look import Look

CODE = "accountability"
WORDS = Words("accountability", "accountability observation", "owned the act or its harm")


def weighed(known: Record, as_of: int, parameters: Parameters) -> Weighed:
    """Return the accountability evidence with its scores and weights."""
    rules = parameters.prerequisites
    return weigh(known.accountability, rules.accountability_scores, as_of, rules)


def measure(look: Look) -> Finding:
    """Return the finding; the estimate is the share of good evidence, 0 to 1."""
    return judge(look.weighed[CODE], WORDS, look.parameters.prerequisites)


def standing(look: Look) -> Answer:
    """Return the status alone."""
    return look.weighed[CODE].standing


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.prerequisites
    return Rule(
        CODE,
        "Accountability",
        "Share of observations in which the involved partner owned the act or its harm, recent ones counting "
        f"more (half-life {rules.half_life_days:g} days). Met: at least {rules.certainty:.0%} sure that "
        "the share is "
        f"above {rules.met_share:.0%}, from {rules.met_items} or more observations over "
        f"{rules.met_span_days} days. "
        f"Emerging: as sure that it is above {rules.emerging_share:.0%}.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "Counts what was recorded in and between sessions. Apologies and promises are not evidence.",
        {
            "scores": dict(rules.accountability_scores),
            "half_life_days": rules.half_life_days,
            "met_share": rules.met_share,
            "emerging_share": rules.emerging_share,
            "certainty": rules.certainty,
            "met_items": rules.met_items,
            "met_span_days": rules.met_span_days,
            "fewest_items": rules.fewest_items,
            "least_weight": rules.least_weight,
        },
    )
