"""The words in which progress is answered; read by the assessment and by the published rules."""

from __future__ import annotations

from typing import Literal

Status = Literal[
    "insufficient_evidence", "on_track", "slower_than_expected", "no_measurable_progress", "worsening"
]
STATES: tuple[Status, ...] = (
    "insufficient_evidence",
    "on_track",
    "slower_than_expected",
    "no_measurable_progress",
    "worsening",
)
