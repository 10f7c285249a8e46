"""The weekly history of the indicators, each week exactly as a single call on that day would say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app.timeline import phases, progress, stopping
from app.timeline.course import WEEK
from app.timeline.days import iso
from app.timeline.findings import rounded
from app.timeline.ledger import Ledger
from app.timeline.look import Look
from app.timeline.parameters import CURRENT, Parameters
from app.timeline.reading import EvidenceError, as_day, read

MOST_WEEKS = 520


def history(
    evidence: Mapping[str, Any],
    until: date,
    *,
    weeks: Iterable[date] | None = None,
    parameters: Parameters = CURRENT,
) -> list[dict[str, Any]]:
    """Return one entry for each week, oldest first, as known on that day.

    ``weeks`` names the days to look on; without it, every seventh day from the start of repair up to
    ``until``, and ``until`` itself. Raises ``EvidenceError`` for a malformed document or too many weeks.
    """
    record, last = read(evidence), as_day(until)
    days = (
        _every_week(record.repair_started_on, last) if weeks is None else sorted({as_day(w) for w in weeks})
    )
    days = [day for day in days if day <= last]
    if len(days) > MOST_WEEKS:
        raise EvidenceError("/weeks", f"must be at most {MOST_WEEKS}")
    ledger = Ledger(record)
    return [entry(Look(record, day, parameters, ledger)) for day in days]


def entry(look: Look) -> dict[str, Any]:
    """Return what a chart or a list needs of one week; every value equals that of a whole assessment."""
    return {
        "as_of": iso(look.as_of),
        "clock": {"status": look.clock.status, "net_months": rounded(look.clock.net_months)},
        "phase": phases.name(look),
        "progress": progress.figures(look),
        "prerequisites": dict(look.standings),
        "stop": stopping.statuses(look),
        "reports": len(look.known.reports),
    }


def _every_week(start: int | None, last: int) -> list[int]:
    if start is None:
        return [last]
    days = list(range(start + WEEK, last, WEEK))
    return [*days[-(MOST_WEEKS - 1) :], last]
