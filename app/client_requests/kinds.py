"""Vocabulary of clients' requests: steps, parts of a record, decisions and their grounds; open to every room.

Law and ethics pull apart where one partner asks for a couple's record, so this is a workflow and no rule: nothing is
given by software alone. What the other partner said alone, and process notes, are no part that could be decided on.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Coded:
    """A code with its words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the record that is decided on, and whether a request cannot be answered without."""

    code: str
    words: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a part, and whether it needs a ground."""

    code: str
    words: str
    needs_ground: bool


PARTS: Final[tuple[Part, ...]] = (
    Part("own_individual", "What this partner said or gave alone", needed=True),
    Part("conjoint", "What belongs to both", needed=True),
    Part("own_safety", "This partner's own safety screens", needed=False),
    Part("clinician_records", "What the clinician keeps for the treating team", needed=False),
)
PART_BY_CODE: Final = {each.code: each for each in PARTS}
NEEDED: Final = tuple(each.code for each in PARTS if each.needed)

DECISIONS: Final[tuple[Decision, ...]] = (
    Decision("give", "Given", needs_ground=False),
    Decision("give_redacted", "Given with passages taken out, prepared by hand", needs_ground=True),
    Decision("deny", "Not given", needs_ground=True),
)
DECISION_BY_CODE: Final = {each.code: each for each in DECISIONS}

GROUNDS: Final[tuple[Coded, ...]] = (
    Coded("danger_to_life_or_safety", "It would endanger somebody's life or physical safety."),
    Coded("substantial_harm_to_another", "It would harm a person named in it substantially."),
    Coded("promised_confidentiality", "Somebody else gave it under a promise of confidentiality."),
    Coded("rights_of_others", "It would take away from the rights of somebody else."),
    Coded("other_partner_declines", "It belongs to both, and the other partner does not agree."),
    Coded("required_by_law", "The law forbids it here."),
)
GROUND_BY_CODE: Final = {each.code: each for each in GROUNDS}

IDENTITY: Final[tuple[Coded, ...]] = (
    Coded("known_in_person", "Known to the clinician, in person"),
    Coded("document", "By an identity document"),
    Coded("video", "In a video session"),
    Coded("called_back", "Called back on the number on file"),
)
IDENTITY_BY_CODE: Final = {each.code: each for each in IDENTITY}

OTHER_PARTNER: Final[tuple[Coded, ...]] = (
    Coded("agrees", "Agrees"),
    Coded("declines", "Does not agree"),
    Coded("no_answer", "Was asked and has not answered"),
    Coded("not_asked", "Is not asked, for the reason given"),
)
OTHER_PARTNER_BY_CODE: Final = {each.code: each for each in OTHER_PARTNER}

ENTRIES: Final[tuple[Coded, ...]] = (
    Coded("session", "A session's note"),
    Coded("marker", "A marker"),
    Coded("cessation", "An entry on whether a betrayal has ended"),
    Coded("threat_report", "A threat report"),
    Coded("commitment", "A commitment"),
    Coded("check_in", "A check-in"),
    Coded("betrayal", "A betrayal"),
    Coded("stage", "A stage"),
)
ENTRY_BY_CODE: Final = {each.code: each for each in ENTRIES}

DENIALS: Final[tuple[Coded, ...]] = (
    Coded("accurate_and_complete", "The entry is accurate and complete."),
    Coded("made_elsewhere", "The entry was not made by this practice, and its maker can still be asked."),
    Coded("not_of_this_record", "It is not part of the record that decisions rest on."),
    Coded("not_open_to_access", "It would not be open to this person's access."),
)
DENIAL_BY_CODE: Final = {each.code: each for each in DENIALS}
