"""Refusals never count, estimates only beside enough of the partner's own reports."""

from datetime import date, timedelta
from typing import Any

from app.progress.counting import counted


def told(*sources: str | None, every: int = 14) -> list[str]:
    """The ids that count of reports from these sources, one a fortnight; None is a refusal."""
    rows: list[dict[str, Any]] = [
        {
            "id": f"{n}",
            "window_end": str(date(2025, 1, 14) + timedelta(every * n)),
            "episodes": None if source is None else 3,
            "source": source or "self_in_session",
        }
        for n, source in enumerate(sources)
    ]
    return [row["id"] for row in counted(reversed(rows))]


OWN, GUESS = "self_checkin", "clinician_estimate"


def test_own_reports_all_count_and_refusals_never() -> None:
    assert told(OWN, None, OWN) == ["0", "2"]


def test_an_estimate_counts_beside_two_own_reports() -> None:
    assert told(OWN, OWN, GUESS) == ["0", "1", "2"]


def test_estimates_alone_do_not_count() -> None:
    assert told(GUESS, GUESS, OWN) == ["2"]


def test_a_second_estimate_waits_for_further_own_reports() -> None:
    assert told(OWN, OWN, GUESS, GUESS, OWN, OWN, GUESS) == ["0", "1", "2", "4", "5", "6"]


def test_reports_of_more_than_half_a_year_ago_carry_no_estimate() -> None:
    assert told(OWN, OWN, GUESS, every=120) == ["0", "1"]


def test_what_comes_later_never_changes_what_counted() -> None:
    sources = (OWN, OWN, GUESS, GUESS, OWN, GUESS, OWN, OWN)
    for n in range(len(sources)):
        assert told(*sources[:n]) == [one for one in told(*sources) if int(one) < n]
