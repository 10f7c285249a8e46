"""Review decisions: what a clinician can decide on an indicator, and what that asks for; for reviews."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

NEXT_REVIEW_DAYS: Final = 90
NEXT_REVIEW_DAYS_AFTER_CONTINUING_BETRAYAL: Final = 30


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """One decision; ending conjoint work is as ordinary an entry as going on."""

    code: str
    words: str
    needs_alternatives: bool = False
    needs_changes: bool = False
    closes: bool = False
    caution: str = ""


DECISIONS: Final[tuple[ReviewDecision, ...]] = (
    ReviewDecision("continue", "Continue"),
    ReviewDecision("continue_with_changes", "Continue with changes", needs_changes=True),
    ReviewDecision("pause", "Pause"),
    ReviewDecision("individual_first", "Individual work first"),
    ReviewDecision(
        "discernment",
        "Discernment: a few mostly individual conversations about which way to go",
        caution="Not with a danger of violence, nor where someone has already decided.",
    ),
    ReviewDecision(
        "structured_separation",
        "Structured separation, for a set time and on written terms",
        caution="Safety at the time of leaving needs a plan.",
    ),
    # Handing on ends this clinician's work, not the couple's; alternatives are asked for all the same.
    ReviewDecision("refer_out", "Refer to someone else", needs_alternatives=True),
    ReviewDecision(
        "end_conjoint_support_parting",
        "End conjoint work and support the parting",
        needs_alternatives=True,
        closes=True,
        caution="Safety at the time of leaving needs a plan.",
    ),
    ReviewDecision("end_completed", "End conjoint work, completed", needs_alternatives=True, closes=True),
)
BY_CODE: Final[dict[str, ReviewDecision]] = {decision.code: decision for decision in DECISIONS}


def next_review_on(decision: str, decided_on: date, *, continuing_betrayal: bool = False) -> date | None:
    """The day proposed for the next review, or None where the decision closes the work."""
    if BY_CODE[decision].closes:
        return None
    days = NEXT_REVIEW_DAYS_AFTER_CONTINUING_BETRAYAL if continuing_betrayal else NEXT_REVIEW_DAYS
    return min(decided_on, date.max - timedelta(days=days)) + timedelta(days=days)
