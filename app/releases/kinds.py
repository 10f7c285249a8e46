"""Vocabulary of releases: recipients, content classes and whose authorisation each needs; open to every room.

Psychotherapy notes are no class here: they never leave with anything else, and need a form of their own.
"""

from dataclasses import dataclass
from typing import Final, Literal

Whose = Literal["both", "own"]


@dataclass(frozen=True, slots=True)
class ContentClass:
    """One class of content: whose authorisation lets it leave, and the scope that its discloser must have."""

    code: str
    words: str
    whose: Whose
    scope: str = "record:read"


@dataclass(frozen=True, slots=True)
class Coded:
    """A code with its words."""

    code: str
    words: str


CONTENT: Final[tuple[ContentClass, ...]] = (
    ContentClass("conjoint_sessions", "Signed notes of sessions that belong to both, with addenda", "both"),
    ContentClass("markers", "What was seen in joint work, and how far the betrayals have ended", "both"),
    ContentClass("threat_reports", "How often alarm returned, as told in joint work", "both"),
    ContentClass("commitments", "Commitments of the joint work with their check-ins", "both"),
    ContentClass("summary", "The course of the joint work: events, stages, reviews", "both"),
    ContentClass(
        "indicators", "The released summary of the indicators, if one is released", "both", "indicators:read"
    ),
    ContentClass("individual_sessions", "One partner's own sessions and what was recorded as theirs", "own"),
    ContentClass("safety_screens", "One partner's own safety screens", "own", "safety:read"),
)
CONTENT_BY_CODE: Final = {each.code: each for each in CONTENT}

# Where the partners agreed on no secrets, what one said alone is treated as the couple's when it leaves.
OF_BOTH_UNDER: Final[dict[str, frozenset[str]]] = {"individual_sessions": frozenset({"no_secrets"})}

RECIPIENTS: Final[tuple[Coded, ...]] = (
    Coded("partner", "One of the two partners"),
    Coded("clinician", "Another clinician or practice"),
    Coded("physician", "A physician or clinic"),
    Coded("insurer", "An insurer or payer"),
    Coded("lawyer", "A lawyer"),
    Coded("court", "A court or its expert"),
    Coded("authority", "Another authority"),
    Coded("relative", "A relative or a person of trust"),
    Coded("other", "Someone else"),
)
RECIPIENT_BY_CODE: Final = {each.code: each for each in RECIPIENTS}

WITNESSED: Final[tuple[Coded, ...]] = (
    Coded("in_person", "Signed before a person of the practice"),
    Coded("by_video", "Signed in a video session"),
    Coded("electronic", "Signed electronically, with a check of who signs"),
    Coded("by_post", "Signed elsewhere and sent; identity checked on receipt"),
)
WITNESSED_BY_CODE: Final = {each.code: each for each in WITNESSED}


def needs_both(content: str, policies: frozenset[str]) -> bool:
    """Whether a class leaves only with both partners' authorisations, under the policies to be heeded."""
    return CONTENT_BY_CODE[content].whose == "both" or not policies.isdisjoint(OF_BOTH_UNDER.get(content, ()))
