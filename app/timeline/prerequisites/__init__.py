"""What must stand before repair can carry: one file each, named in one tuple; read by the assessment."""

from __future__ import annotations

from app.timeline.parameters import Parameters
from app.timeline.prerequisites import accountability, cessation, commitments, transparency
from app.timeline.prerequisites.evidence_share import Scored
from app.timeline.records import Record

PREREQUISITES = (accountability, transparency, cessation, commitments)
SHARES = (accountability, transparency, commitments)


def scored(record: Record, parameters: Parameters) -> dict[str, Scored]:
    """Return the evidence of those that are shares of good evidence with its scores, by code."""
    return {each.CODE: each.scored(record, parameters) for each in SHARES}
