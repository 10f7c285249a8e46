"""Safety vocabulary: concerns, separate screens and how long a screen holds; for the treating clinician."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

SCREEN_VALID_MONTHS: Final = 6
SCREEN_OVERDUE_WORDS: Final = "safety screen overdue"
SCREEN_BEFORE_TURN_DAYS: Final = 30
"""How long before a change of stage, or a review, a separate screen may lie to count for it."""

_CONJOINT_ON_HOLD: Final = (
    "Progress and every criterion are suspended, transparency is not scored, no commitment may grant access, "
    "and nothing is shown to either partner."
)


@dataclass(frozen=True, slots=True)
class ConcernKind:
    """One kind of danger, what it suspends and what the clinician is asked to do."""

    code: str
    words: str
    effect: str
    tasks: tuple[str, ...]
    opens_as: str = "active"
    locks_export: bool = False
    speaker_at_risk: bool = True
    opened_by_markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConcernState:
    """Where a concern stands; an open one outranks everything else."""

    code: str
    words: str
    open: bool


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """How a separate safety screen of one partner turned out."""

    code: str
    words: str
    screened: bool
    opens_concern: bool


@dataclass(frozen=True, slots=True)
class ScreenOccasion:
    """When each partner is to be screened alone."""

    code: str
    words: str


_SEPARATE: Final = (
    "See each partner alone.",
    "Look at the danger to life.",
    "Make a safety plan with the person at risk.",
    "Decide whether conjoint work pauses.",
)
_CRISIS: Final = (
    "Assess the danger, alone with the person.",
    "Make a crisis plan.",
    "Note whom to contact, and who has been informed.",
)

CONCERN_KINDS: Final[tuple[ConcernKind, ...]] = (
    ConcernKind(
        "violence",
        "Physical or sexual violence, threats, weapons, strangulation or stalking",
        _CONJOINT_ON_HOLD,
        _SEPARATE,
    ),
    # Demanding openness can itself be the means of control, and either partner can be the one controlling.
    ConcernKind(
        "coercive_control",
        "Coercive control, also by demands for openness or by using the betrayal as a lever",
        _CONJOINT_ON_HOLD,
        _SEPARATE,
        opened_by_markers=("TRN-COERCED",),
    ),
    ConcernKind(
        "fear_of_partner",
        "One partner is afraid of the other",
        _CONJOINT_ON_HOLD,
        ("See the person alone before anything else.",),
        opens_as="under_assessment",
    ),
    ConcernKind("suicidality_or_self_harm", "Thoughts of suicide, or self-harm", _CONJOINT_ON_HOLD, _CRISIS),
    ConcernKind(
        "intent_to_harm_others",
        "Intent to harm someone else",
        _CONJOINT_ON_HOLD,
        _CRISIS,
        speaker_at_risk=False,
    ),
    ConcernKind(
        "dependant_at_risk",
        "A child or a dependent adult at risk",
        _CONJOINT_ON_HOLD,
        (*_CRISIS, "Go through the reporting duties that hold where they are."),
        speaker_at_risk=False,
    ),
    ConcernKind(
        "honour_based_threat",
        "Honour-based threat, forced marriage, or threat of exposure to family or police",
        _CONJOINT_ON_HOLD + " Nothing is exported.",
        (*_SEPARATE, "Check every channel by which records could leave."),
        locks_export=True,
    ),
    ConcernKind(
        "intoxication_or_psychosis",
        "Acute intoxication or psychosis",
        _CONJOINT_ON_HOLD,
        ("Assess again when the acute state has passed.", "Arrange medical help where it is needed."),
        opens_as="under_assessment",
    ),
)
CONCERN_BY_CODE: Final[dict[str, ConcernKind]] = {kind.code: kind for kind in CONCERN_KINDS}

CONCERN_STATES: Final[tuple[ConcernState, ...]] = (
    ConcernState("under_assessment", "being assessed", open=True),
    ConcernState("active", "active", open=True),
    ConcernState("resolved", "resolved", open=False),
)
STATE_BY_CODE: Final[dict[str, ConcernState]] = {state.code: state for state in CONCERN_STATES}

# A screen that finds nothing proves nothing: the words claim only what was said.
SCREEN_RESULTS: Final[tuple[ScreenResult, ...]] = (
    ScreenResult("no_concern_stated", "no concern was stated", screened=True, opens_concern=False),
    ScreenResult("concern_stated", "a concern was stated", screened=True, opens_concern=True),
    ScreenResult("unclear", "unclear; screen again soon", screened=False, opens_concern=False),
    ScreenResult("declined", "the partner declined", screened=False, opens_concern=False),
    ScreenResult("not_alone", "the partner could not speak alone", screened=False, opens_concern=False),
)
SCREEN_RESULT_BY_CODE: Final[dict[str, ScreenResult]] = {result.code: result for result in SCREEN_RESULTS}

SCREEN_OCCASIONS: Final[tuple[ScreenOccasion, ...]] = (
    ScreenOccasion("intake", "at intake"),
    ScreenOccasion("stage_change", "at a change of stage"),
    ScreenOccasion("review", "at a review"),
    ScreenOccasion("access_commitment", "before a commitment that grants access"),
    ScreenOccasion("interval", f"at least every {SCREEN_VALID_MONTHS} months"),
    ScreenOccasion("other", "for another reason"),
)
OCCASION_BY_CODE: Final[dict[str, ScreenOccasion]] = {item.code: item for item in SCREEN_OCCASIONS}


def screen_due_on(screened_on: date) -> date:
    """The day by which the next separate screen is due."""
    years, month = divmod(screened_on.month - 1 + SCREEN_VALID_MONTHS, 12)
    year = min(screened_on.year + years, date.max.year)
    return date(year, month + 1, min(screened_on.day, monthrange(year, month + 1)[1]))


def screen_is_current(screened_on: date | None, as_of: date) -> bool:
    """Whether a partner's last completed screen still holds on a day."""
    return screened_on is not None and screened_on <= as_of <= screen_due_on(screened_on)
