"""When to talk about stopping: one file a criterion, named in one tuple; prompts for review, never verdicts."""

from __future__ import annotations

from typing import Any

from app.timeline.course import Course
from app.timeline.findings import RANK, Answer
from app.timeline.look import Look
from app.timeline.stopping import (
    chronic_deflection,
    continuing_betrayal,
    no_measurable_progress,
    threat_at_maximum,
)

CRITERIA = (continuing_betrayal, chronic_deflection, no_measurable_progress, threat_at_maximum)


def measure(look: Look, course: Course) -> dict[str, Any]:
    """Return all criteria with the strongest status of any."""
    criteria = {each.CODE: each.measure(look, course) for each in CRITERIA}
    return {"status": _strongest({code: c["status"] for code, c in criteria.items()}), "criteria": criteria}


def statuses(look: Look) -> dict[str, Any]:
    """Return the same with the bare status of each criterion, as a history needs it."""
    found = {each.CODE: each.status(look) for each in CRITERIA}
    return {"status": _strongest(found), "criteria": found}


def _strongest(found: dict[str, Answer]) -> Answer:
    strongest = max(found.values(), key=RANK.__getitem__)
    unjudged = found[no_measurable_progress.CODE] == "insufficient_evidence"
    # "Not met" must not be heard where the question of progress could not even be asked.
    return "insufficient_evidence" if strongest == "not_met" and unjudged else strongest
