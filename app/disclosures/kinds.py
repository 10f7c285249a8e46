"""Vocabulary of disclosures: forms of a copy, grounds for withholding, what is never in a copy; open to every room."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Coded:
    """A code with its words."""

    code: str
    words: str


FORMS: Final[tuple[Coded, ...]] = (
    Coded("full", "Everything that was asked for, on both partners' authorisations"),
    Coded("one_partner", "What one partner can let go, with a manifest of what was withheld"),
)
FORM_BY_CODE: Final = {each.code: each for each in FORMS}

GROUNDS: Final[tuple[Coded, ...]] = (
    Coded("needs_both", "It belongs to both and leaves only when both have signed for it."),
    Coded("not_authorised", "This partner has not signed for it, or the form holds no longer."),
    Coded("decided_in_request", "It was decided in answer to the request for access."),
)
GROUND_BY_CODE: Final = {each.code: each for each in GROUNDS}

# The same in every copy, whatever the record holds: a line that came and went would tell what it keeps.
NEVER: Final[tuple[str, ...]] = (
    "What the other partner said or gave alone, if there is any, is never part of a copy for one partner.",
    "Records of the treating team for its own use, if there are any, are not part of a copy.",
    "Separate process notes, if there are any, are never part of a copy.",
    "Drafts that nobody has signed, if there are any, are not part of a copy.",
)

# Which part of a request for access a class of content belongs to.
PART_OF: Final[dict[str, str]] = {"individual_sessions": "own_individual", "safety_screens": "own_safety"}
JOINT_PART: Final = "conjoint"

OTHERS_OWN: Final = "What the other partner said alone: never given, and not to be spoken of in the answer"
SPLIT_NOTES: Final[tuple[str, ...]] = (
    "Third persons may be named in any of it; read it before it leaves.",
    "Process notes are not counted and are not part of this request.",
)
