"""Vocabulary of the calendar: why the work rests, and which days are known to be hard; open to every room."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PauseReason:
    """Why the work rests; `clinician_only` ones are never shown to a partner."""

    code: str
    words: str
    clinician_only: bool = False


@dataclass(frozen=True, slots=True)
class KnownDateKind:
    """Why a day is likely to be hard."""

    code: str
    words: str


PAUSE_REASONS: Final[tuple[PauseReason, ...]] = (
    PauseReason("gap", "nothing took place for a while"),
    PauseReason("treatment_break", "a break in treatment that was agreed"),
    PauseReason("separation_unstructured", "a separation without contact or agreed structure"),
    # That conjoint work is on hold for safety would itself say that a concern is open.
    PauseReason("safety_hold", "conjoint work is on hold for safety", clinician_only=True),
    PauseReason("illness", "illness"),
    PauseReason("travel", "travel"),
    PauseReason("other", "another reason, in words"),
)
REASON_BY_CODE: Final[dict[str, PauseReason]] = {reason.code: reason for reason in PAUSE_REASONS}

KNOWN_DATE_KINDS: Final[tuple[KnownDateKind, ...]] = (
    KnownDateKind("anniversary", "the anniversary of something that happened"),
    KnownDateKind("stressor", "a day that weighs on its own: a court date, an operation, a move"),
    KnownDateKind("reminder", "a day that brings it back: a feast, a birthday, a place visited each year"),
)
KNOWN_DATE_BY_CODE: Final[dict[str, KnownDateKind]] = {kind.code: kind for kind in KNOWN_DATE_KINDS}
