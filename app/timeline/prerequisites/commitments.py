"""Commitments: are concrete undertakings kept; read by the assessment and by phases."""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from app.timeline.findings import ARTICLE, DESIGN, Answer, Finding, Rule
from app.timeline.parameters import Parameters
from app.timeline.prerequisites.evidence_share import Weighed, Words, judge, weigh
from app.timeline.records import Record

if TYPE_CHECKING:  # the look holds the findings of the prerequisites
    from app.timeline.look import Look

CODE = "commitments"
_ID = attrgetter("id")
WORDS = Words("commitments", "check-in", "kept")


def weighed(known: Record, as_of: int, parameters: Parameters) -> Weighed:
    """Return all check-ins with their scores and weights."""
    rules = parameters.prerequisites
    made = known.commitments
    # Those of one commitment are sorted by id already.
    check_ins = made[0].check_ins if len(made) == 1 else sorted(chain(*(m.check_ins for m in made)), key=_ID)
    return weigh(check_ins, rules.commitment_scores, as_of, rules)


def measure(look: Look) -> Finding:
    """Return the finding; the estimate is the share kept, 0 to 1."""
    return judge(look.weighed[CODE], WORDS, look.parameters.prerequisites)


def standing(look: Look) -> Answer:
    """Return the status alone."""
    return look.weighed[CODE].standing


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.prerequisites
    return Rule(
        CODE,
        "Commitments",
        "Share of check-ins at which a concrete commitment was kept, partly kept ones counting half, "
        "recent ones "
        f"counting more (half-life {rules.half_life_days:g} days). Bounds as for accountability.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "A check-in that did not take place is missing, not missed.",
        {
            "scores": dict(rules.commitment_scores),
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
