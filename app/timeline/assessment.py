"""The single way in: evidence and a day go in, the whole assessment comes out; anyone may call it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.timeline import progress, stopping
from app.timeline.alerts import alerts
from app.timeline.clock import Clock
from app.timeline.course import Course
from app.timeline.days import iso
from app.timeline.findings import rounded
from app.timeline.knowledge import digest
from app.timeline.look import Look
from app.timeline.parameters import CURRENT, MODEL_VERSION, Parameters
from app.timeline.phases import phase
from app.timeline.reading import as_day, read
from app.timeline.setbacks import setbacks


def assess(evidence: Mapping[str, Any], as_of: date, *, parameters: Parameters = CURRENT) -> dict[str, Any]:
    """Assess one direction of one couple as known on ``as_of``.

    ``evidence`` is an evidence document (see ``evidence.EvidenceDoc``) and is not changed. The result is
    strict JSON: ISO days, months of 30.4375 days, rates a month on the natural log scale, minutes, and
    episodes a week. Raises ``EvidenceError`` for a malformed document or day.
    """
    course = Course(read(evidence), parameters)
    return result(course, as_day(as_of))


def result(course: Course, as_of: int) -> dict[str, Any]:
    """Return the assessment on one day of a course."""
    look = course.look(as_of)
    return {
        "model_version": MODEL_VERSION,
        "parameters_version": look.parameters.version,
        "schema_version": "1",
        "as_of": iso(as_of),
        "evidence_digest": digest(look.known),
        "clock": _clock(look.clock),
        "phase": phase(look).as_json(),
        "data_sufficiency": _sufficiency(look),
        "progress": progress.measure(look),
        "prerequisites": look.prerequisites,
        "setbacks": setbacks(look),
        "stop": stopping.measure(look, course),
        "alerts": alerts(look),
    }


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "status": clock.status,
        "started_on": iso(clock.started_on),
        "origin_on": iso(clock.origin_on),
        "stopped_on": iso(clock.stopped_on),
        "elapsed_months": rounded(clock.elapsed_months),
        "net_months": rounded(clock.net_months),
        "restarts": [
            {
                "betrayal_on": iso(r.betrayal_on),
                "origin_on": iso(r.origin_on),
                "evidence_ids": list(r.evidence_ids),
            }
            for r in clock.restarts
        ],
    }


def _sufficiency(look: Look) -> dict[str, Any]:
    enough = look.enough
    return {
        "status": "sufficient" if enough.sufficient else "insufficient_evidence",
        "reasons": list(enough.reasons),
        "needed_next": list(enough.needed_next),
    }
