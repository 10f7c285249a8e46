"""How a finding of a stop criterion is put together; used by the criteria only."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from app.timeline.days import iso
from app.timeline.findings import Answer, Criterion, Interval, rounded
from app.timeline.records import Observation, Report

_ID = attrgetter("id")


def finding(
    status: Answer,
    items: Sequence[Observation | Report],
    basis: str,
    *,
    estimate: float | None = None,
    interval: Interval | None = None,
    first_met: int | None = None,
) -> Criterion:
    """Return the criterion's finding; ``first_met`` is an ordinal day."""
    return {
        "status": status,
        "estimate": None if estimate is None else rounded(estimate),
        "interval": interval,
        "first_met_on": iso(first_met),
        "evidence_ids": list(map(_ID, items)),
        "basis": basis,
    }
