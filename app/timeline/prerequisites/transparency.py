"""Transparency: is openness offered rather than extracted; read by the assessment and by phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.timeline.findings import ARTICLE, DESIGN, Answer, Finding, Rule
from app.timeline.parameters import Parameters
from app.timeline.prerequisites.evidence_share import Weighed, Words, judge, weigh
from app.timeline.records import Observation, Record
from app.timeline.wording import count, on

if TYPE_CHECKING:  # the look holds the findings of the prerequisites
    from app.timeline.look import Look

CODE = "transparency"
WORDS = Words("transparency", "transparency observation", "counted as openness that was offered")


def weighed(known: Record, as_of: int, parameters: Parameters) -> Weighed:
    """Return the transparency evidence with its scores and weights."""
    rules = parameters.prerequisites
    return weigh(known.transparency, rules.transparency_scores, as_of, rules)


def measure(look: Look) -> Finding:
    """Return the finding; a discovered concealment outweighs any share for half a year."""
    rules = look.parameters.prerequisites
    finding = judge(look.weighed[CODE], WORDS, rules)
    hidden = recent_concealments(look)
    if not hidden:
        return finding
    finding["status"] = "not_met"
    finding["basis"] = (
        f"{count(len(hidden), 'concealment').capitalize()} came to light, the last on {on(hidden[-1].day)}. "
        f"For {rules.concealment_days} days after that, transparency is not met whatever else was offered."
    )
    return finding


def standing(look: Look) -> Answer:
    """Return the status alone."""
    if recent_concealments(look):
        return "not_met"
    return look.weighed[CODE].standing


def recent_concealments(look: Look) -> list[Observation]:
    """Return the concealments discovered so recently that they decide the status, oldest first."""
    first = look.as_of - look.parameters.prerequisites.concealment_days
    items = look.weighed[CODE].items
    return [t for t in items if t.level == "concealment_discovered" and t.day > first]


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.prerequisites
    return Rule(
        CODE,
        "Transparency",
        "Share of openness that was offered, recent observations counting more (half-life "
        f"{rules.half_life_days:g} days); openness on demand counts little. Bounds as for accountability. A "
        f"discovered concealment makes it not met for {rules.concealment_days} days.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "Access obtained by pressure is a safety matter and must not be entered here.",
        {
            "scores": dict(rules.transparency_scores),
            "half_life_days": rules.half_life_days,
            "met_share": rules.met_share,
            "emerging_share": rules.emerging_share,
            "certainty": rules.certainty,
            "met_items": rules.met_items,
            "met_span_days": rules.met_span_days,
            "fewest_items": rules.fewest_items,
            "least_weight": rules.least_weight,
            "concealment_days": rules.concealment_days,
        },
    )
