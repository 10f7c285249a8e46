"""What the thirteen stories must show, month by month; read by the test beside it.

A row is: story, direction (from 0), month, progress, stop. A month is asked on its last day, with all that
was known then. ``None`` stands for "not asserted".
"""

from __future__ import annotations

INSUFFICIENT = "insufficient_evidence"
ON_TRACK = "on_track"
SLOWER = "slower_than_expected"
STALLED = "no_measurable_progress"

MONTHS: tuple[tuple[str, int, int, str | None, str | None], ...] = (
    ("V01", 0, 6, ON_TRACK, "not_met"),
    ("V01", 0, 12, ON_TRACK, "not_met"),
    ("V01", 0, 18, ON_TRACK, "not_met"),
    ("V02", 0, 12, SLOWER, "not_met"),
    ("V02", 0, 15, SLOWER, "not_met"),
    ("V02", 0, 18, SLOWER, "not_met"),
    ("V02", 0, 21, SLOWER, "not_met"),
    ("V02", 0, 24, SLOWER, "not_met"),
    ("V03", 0, 6, ON_TRACK, "not_met"),
    ("V03", 0, 7, ON_TRACK, "not_met"),
    ("V03", 0, 9, ON_TRACK, "not_met"),
    ("V03", 0, 12, ON_TRACK, "not_met"),
    ("V03", 0, 18, ON_TRACK, "not_met"),
    ("V04", 0, 11, ON_TRACK, "not_met"),
    ("V04", 0, 12, ON_TRACK, "not_met"),
    ("V04", 0, 13, ON_TRACK, "not_met"),
    ("V05", 0, 9, ON_TRACK, "not_met"),
    ("V05", 0, 10, INSUFFICIENT, "met"),
    ("V05", 0, 11, INSUFFICIENT, "emerging"),
    ("V05", 0, 12, INSUFFICIENT, "emerging"),
    ("V05", 0, 18, ON_TRACK, "not_met"),
    ("V06", 0, 12, INSUFFICIENT, "met"),
    ("V07", 0, 9, None, "met"),
    ("V07", 0, 12, None, "met"),
    ("V08", 0, 11, STALLED, "not_met"),
    ("V08", 0, 14, STALLED, "emerging"),
    ("V08", 0, 18, STALLED, "emerging"),
    ("V08", 0, 20, STALLED, "met"),
    ("V08", 0, 26, STALLED, "met"),
    ("V09", 0, 3, INSUFFICIENT, INSUFFICIENT),
    ("V09", 0, 11, INSUFFICIENT, INSUFFICIENT),
    ("V09", 0, 12, INSUFFICIENT, INSUFFICIENT),
    ("V09", 0, 14, INSUFFICIENT, INSUFFICIENT),
    ("V10", 0, 7, ON_TRACK, None),
    ("V10", 0, 12, INSUFFICIENT, INSUFFICIENT),
    ("V10", 0, 22, ON_TRACK, "not_met"),
    ("V11", 0, 14, ON_TRACK, "not_met"),
    ("V11", 1, 14, STALLED, "emerging"),
    ("V12", 0, 7, ON_TRACK, "not_met"),
    ("V13", 0, 10, ON_TRACK, "not_met"),
    ("V13", 0, 16, SLOWER, "not_met"),
    ("V13", 0, 18, SLOWER, "not_met"),
    ("V13", 0, 26, STALLED, "met"),
)

# Story, direction, and the criteria that may ever rise above "not met" in its course.
RISING: tuple[tuple[str, int, frozenset[str]], ...] = (
    ("V01", 0, frozenset()),
    ("V02", 0, frozenset()),
    ("V03", 0, frozenset()),
    ("V04", 0, frozenset()),
    ("V05", 0, frozenset({"continuing_betrayal"})),
    ("V06", 0, frozenset({"continuing_betrayal"})),
    ("V07", 0, frozenset({"chronic_deflection", "no_measurable_progress", "threat_at_maximum"})),
    ("V08", 0, frozenset({"no_measurable_progress", "threat_at_maximum"})),
    ("V09", 0, frozenset()),
    ("V10", 0, frozenset()),
    ("V11", 0, frozenset()),
    ("V11", 1, frozenset({"no_measurable_progress"})),
    ("V12", 0, frozenset()),
    ("V13", 0, frozenset({"no_measurable_progress"})),
)

# Story, criterion, status, first and last month in which that status must first be seen.
FIRST_SEEN: tuple[tuple[str, str, str, int, int], ...] = (
    ("V07", "chronic_deflection", "met", 6, 9),
    ("V08", "no_measurable_progress", "emerging", 12, 14),
    ("V08", "threat_at_maximum", "emerging", 12, 14),
    ("V08", "no_measurable_progress", "met", 18, 20),
    ("V08", "threat_at_maximum", "met", 18, 20),
    ("V13", "no_measurable_progress", "met", 19, 26),
)
