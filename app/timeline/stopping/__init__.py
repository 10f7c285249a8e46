"""When to talk about stopping: one file a criterion, named in one tuple; prompts for review, never verdicts."""

from __future__ import annotations

from typing import Any

from app.timeline.course import Course
from app.timeline.findings import RANK, Criterion
from app.timeline.look import Look
from app.timeline.stopping import (
    chronic_deflection,
    continuing_betrayal,
    no_measurable_progress,
    threat_at_maximum,
)

CRITERIA = (continuing_betrayal, chronic_deflection, no_measurable_progress, threat_at_maximum)
TREND_CRITERIA = (no_measurable_progress.CODE, threat_at_maximum.CODE)


def measure(look: Look, course: Course) -> dict[str, Any]:
    """Return all criteria with the strongest status of any."""
    criteria = {each.CODE: each.measure(look, course) for each in CRITERIA}
    return {"status": _strongest(criteria), "criteria": criteria}


def _strongest(criteria: dict[str, Criterion]) -> str:
    strongest = max((c["status"] for c in criteria.values()), key=RANK.__getitem__)
    unjudged = criteria[no_measurable_progress.CODE]["status"] == "insufficient_evidence"
    # "Not met" must not be heard where the question of progress could not even be asked.
    return "insufficient_evidence" if strongest == "not_met" and unjudged else strongest
