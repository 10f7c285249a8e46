"""Cessation: whether a betrayal has ended, and how surely; written with markers, read by progress."""

from dataclasses import dataclass
from typing import Final, Literal

EvidenceStatus = Literal[
    "verified_ceased",
    "self_reported_ceased",
    "unknown",
    "continuing",
    "continuing_diminished",
    "continuing_changed_form",
    "new_betrayal",
]

# After a lapse that was volunteered, the continuing-betrayal criterion stays at emerging for half a year.
EMERGING_DAYS_AFTER_LAPSE: Final = 183
# Word of both partners alone verifies an ending only once it has held for this long.
DAYS_TO_VERIFY_BY_BOTH: Final = 90


@dataclass(frozen=True, slots=True)
class EvidenceGrade:
    """How firmly a continuation is known."""

    code: str
    words: str
    credible: bool


@dataclass(frozen=True, slots=True)
class CessationKind:
    """One thing a clinician can record about whether the betrayal has ended."""

    code: str
    label: str
    definition: str
    evidence_needed: str
    effect: str
    evidence_status: EvidenceStatus
    grade_mandatory: bool
    grades: tuple[str, ...]
    emerging_days: int = 0


GRADES: Final[tuple[EvidenceGrade, ...]] = (
    EvidenceGrade("admitted", "the involved partner says so", credible=True),
    EvidenceGrade("documented", "a document or record shows it", credible=True),
    EvidenceGrade("credible_report", "someone in a position to know reports it", credible=True),
    EvidenceGrade("suspicion", "a concern with a stated basis, and no credible evidence yet", credible=False),
)
GRADES_BY_CODE: Final[dict[str, EvidenceGrade]] = {grade.code: grade for grade in GRADES}

_ANY_GRADE: Final = tuple(grade.code for grade in GRADES)
_CREDIBLE_NEEDED: Final = "Admitted, documented or credibly reported; suspicion alone leaves it unknown."

# No status is called "suspected": suspicion is a grade, so one entry says both what and how surely.
KINDS: Final[tuple[CessationKind, ...]] = (
    CessationKind(
        "verified", "Ended, verified",
        "It has ended, and the evidence does not rest on the involved partner's word alone.",
        "A document seen, a programme's confirmation with a release on file, or both partners confirming "
        f"over at least {DAYS_TO_VERIFY_BY_BOTH} days with nothing that depends on surveillance.",
        "Counts as ended; a stopped clock starts again on this day.",
        "verified_ceased", grade_mandatory=False, grades=("documented", "credible_report"),
    ),
    CessationKind(
        "self_reported", "Ended, by own word",
        "They say it has ended, and nothing speaks against it. A promise to stop is not this.",
        "A statement in the session.",
        "Provisional: at most emerging.",
        "self_reported_ceased", grade_mandatory=False, grades=(),
    ),
    CessationKind(
        "unknown", "Not known",
        "Nobody has asked, or it cannot be judged. Every case begins here.",
        "None; a bare concern can be noted with the grade suspicion.",
        "Nothing can be said, and asking becomes a task.",
        "unknown", grade_mandatory=False, grades=("suspicion",),
    ),
    CessationKind(
        "lapse_disclosed", "Lapse, volunteered",
        "A single slip in a compulsive pattern, told freely in the agreed time; if found, it is not this.",
        "Told before it was found (TRN-VOLDISC), the only one in 90 days, with the agreed plan followed.",
        f"Provisional from this day; watched as possibly continuing for {EMERGING_DAYS_AFTER_LAPSE} days.",
        # Volunteering is the evidence, so a grade would ask the same thing twice.
        "self_reported_ceased", grade_mandatory=False, grades=("admitted", "documented"),
        emerging_days=EMERGING_DAYS_AFTER_LAPSE,
    ),
    CessationKind(
        "continuing_diminished", "Goes on, less",
        "The same behaviour goes on at a lower level.",
        _CREDIBLE_NEEDED,
        "Contradicts the ending at once, in any month, and stops the clock.",
        "continuing_diminished", grade_mandatory=True, grades=_ANY_GRADE,
    ),
    CessationKind(
        "continuing_changed_form", "Goes on in another form",
        "It goes on in another shape; one account closed while another stays hidden belongs here.",
        _CREDIBLE_NEEDED,
        "Contradicts the ending at once, in any month, and stops the clock.",
        "continuing_changed_form", grade_mandatory=True, grades=_ANY_GRADE,
    ),
    CessationKind(
        "continuing", "Goes on",
        "It goes on as before. Unavoidable contact that is scripted and reported does not belong here.",
        _CREDIBLE_NEEDED,
        "Contradicts the ending at once, in any month, and stops the clock.",
        "continuing", grade_mandatory=True, grades=_ANY_GRADE,
    ),
    CessationKind(
        "new_betrayal", "A new betrayal",
        "Another betrayal in the same direction.",
        _CREDIBLE_NEEDED,
        "Contradicts the ending at once; the course is measured afresh once this too has verifiably ended.",
        "new_betrayal", grade_mandatory=True, grades=_ANY_GRADE,
    ),
)  # fmt: skip
BY_CODE: Final[dict[str, CessationKind]] = {kind.code: kind for kind in KINDS}

TASK_ASK: Final = "Ask about cessation."
TASK_LOOK_INTO: Final = "Look into the suspicion: who raised it, and on what basis."


def grade_problem(status: str, grade: str | None) -> str | None:
    """What is wrong with this pair of status and grade, in words, or None."""
    kind = BY_CODE.get(status)
    if kind is None:
        return f"Unknown cessation status; use one of {', '.join(BY_CODE)}."
    if grade is None:
        return f"Give an evidence grade: {', '.join(kind.grades)}." if kind.grade_mandatory else None
    if grade not in kind.grades:
        return f"Use one of {', '.join(kind.grades)}." if kind.grades else "This status takes no grade."
    return None


def evidence_status(status: str, grade: str | None = None) -> EvidenceStatus:
    """The word the calculation knows; suspicion alone, whatever is suspected, is not knowing."""
    problem = grade_problem(status, grade)
    if problem is not None:
        raise ValueError(problem)
    return "unknown" if grade == "suspicion" else BY_CODE[status].evidence_status


def task_for(status: str, grade: str | None = None) -> str | None:
    """What the clinician is asked to do next because of this entry, or None."""
    if grade == "suspicion":
        return TASK_LOOK_INTO
    return TASK_ASK if evidence_status(status, grade) == "unknown" else None
