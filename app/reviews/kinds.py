"""Review decisions: what a clinician can decide on an indicator, and what that asks for; for reviews."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

NEXT_REVIEW_DAYS: Final = 90
NEXT_REVIEW_DAYS_AFTER_CONTINUING_BETRAYAL: Final = 30

Need = Literal["always", "for_alternatives", "for_changes", "unless_closed", "optional"]


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """One decision; ending conjoint work is as ordinary an entry as going on."""

    code: str
    words: str
    needs_alternatives: bool = False
    needs_changes: bool = False
    closes: bool = False
    caution: str = ""


@dataclass(frozen=True, slots=True)
class ReviewField:
    """One part of a review, and when it has to be filled in."""

    code: str
    words: str
    needed: Need


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

FIELDS: Final[tuple[ReviewField, ...]] = (
    ReviewField("snapshot", "the indicators as they stood, with their rule and version", "always"),
    ReviewField("rationale", "why, in the clinician's words", "always"),
    ReviewField("stated_wishes", "what each partner wishes, asked apart, with the date", "always"),
    ReviewField("safety", "whether and how safety was considered, and the last separate screens", "always"),
    ReviewField("changes", "what changes", "for_changes"),
    ReviewField("alternatives", "what else was considered", "for_alternatives"),
    ReviewField("consultation", "who was consulted, by role, and when", "optional"),
    ReviewField("disagreement", "where the clinician sees it otherwise than the indicator", "optional"),
    ReviewField("next_review_on", "when to look again", "unless_closed"),
)


def fields_needed(decision: str) -> tuple[str, ...]:
    """The parts of a review that may not be left empty for a decision."""
    kind = BY_CODE[decision]
    needs = {
        "always": True,
        "for_changes": kind.needs_changes,
        "for_alternatives": kind.needs_alternatives,
        "unless_closed": not kind.closes,
        "optional": False,
    }
    return tuple(field.code for field in FIELDS if needs[field.needed])


def next_review_on(decision: str, decided_on: date, *, continuing_betrayal: bool = False) -> date | None:
    """The day proposed for the next review, or None where the decision closes the work."""
    if BY_CODE[decision].closes:
        return None
    days = NEXT_REVIEW_DAYS_AFTER_CONTINUING_BETRAYAL if continuing_betrayal else NEXT_REVIEW_DAYS
    return min(decided_on, date.max - timedelta(days=days)) + timedelta(days=days)
