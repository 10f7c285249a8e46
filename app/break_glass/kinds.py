"""Vocabulary of emergencies: why a record is opened, and what its review may find; the slice itself comes in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Word:
    """A code and what it says."""

    code: str
    words: str


REASONS: Final[tuple[Word, ...]] = (
    Word("imminent_danger", "Somebody is in danger now."),
    Word("medical_emergency", "A medical emergency of one of the partners."),
    Word("clinician_incapacitated", "The treating clinician cannot act."),
)
FINDINGS: Final[tuple[Word, ...]] = (
    Word("justified", "Opening the record was called for."),
    Word("not_justified", "It was not called for."),
    Word("needs_follow_up", "Something is still to be done about it."),
)
REASON_BY_CODE: Final = {each.code: each for each in REASONS}
FINDING_BY_CODE: Final = {each.code: each for each in FINDINGS}

OPEN_FOR: Final = timedelta(minutes=60)
REVIEW_WITHIN: Final = timedelta(hours=72)
MOST_IN_A_DAY: Final = 3
DAY: Final = timedelta(hours=24)
