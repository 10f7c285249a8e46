"""Vocabulary of the calendar: why the work rests, and which days are known to be hard; open to every room."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PauseKind:
    """Why the work rests; `clinician_only` ones are never shown to a partner."""

    code: str
    words: str
    clinician_only: bool = False


@dataclass(frozen=True, slots=True)
class KnownDateKind:
    """Why a day is likely to be hard."""

    code: str
    words: str


PAUSE_KINDS: Final[tuple[PauseKind, ...]] = (
    PauseKind("gap", "nothing took place for a while"),
    PauseKind("treatment_break", "a break in treatment that was agreed"),
    PauseKind("separation_unstructured", "a separation without contact or agreed structure"),
    # That conjoint work is on hold for safety would itself say that a concern is open.
    PauseKind("safety_hold", "conjoint work is on hold for safety", clinician_only=True),
    PauseKind("illness", "illness"),
    PauseKind("travel", "travel"),
    PauseKind("other", "another reason, in words"),
)
PAUSE_BY_CODE: Final[dict[str, PauseKind]] = {kind.code: kind for kind in PAUSE_KINDS}

KNOWN_DATE_KINDS: Final[tuple[KnownDateKind, ...]] = (
    KnownDateKind("anniversary", "the anniversary of something that happened"),
    KnownDateKind("stressor", "a day that weighs on its own: a court date, an operation, a move"),
    KnownDateKind("reminder", "a day that brings it back: a feast, a birthday, a place visited each year"),
)
KNOWN_DATE_BY_CODE: Final[dict[str, KnownDateKind]] = {kind.code: kind for kind in KNOWN_DATE_KINDS}
