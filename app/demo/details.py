"""What the stories leave open and a record needs: what was agreed, stages, hard dates, reviews; records come in."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Promised:
    """When a commitment falls due and how both know."""

    evidence: str
    rule: str = ""
    event: str = ""
    answers: str = "transparency"


@dataclass(frozen=True)
class KnownDate:
    """A day known to be hard, counted from the day of discovery."""

    days_after: int
    kind: str
    words: str
    recurs: str = "yearly"


BETRAYALS: Final = {
    "V01": "voluntary",
    "V02": "on_confrontation",
    "V03": "discovery",
    "V04": "discovery",
    "V05": "discovery",
    "V06": "on_confrontation",
    "V07": "discovery",
    "V08": "discovery",
    "V09": "on_confrontation",
    "V10": "facilitated",
    "V11": "discovery",
    "V12": "discovery",
    "V13": "on_confrontation",
}

# One for each direction of a story that holds a commitment, in the story's order.
PROMISES: Final[dict[str, tuple[Promised, ...]]] = {
    "V01": (Promised("It is told at the kitchen table.", event="the former contact writes"),),
    "V02": (Promised("Both see the papers on the table.", "FREQ=MONTHLY;BYMONTHDAY=1", answers="AFF-MARK"),),
    "V03": (Promised("The message is there.", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),),
    "V04": (
        Promised("Both are at home.", event="one of the dates on the list comes round", answers="AFF-MARK"),
    ),
    "V05": (Promised("It is told the same evening.", event="there was any contact", answers="cessation"),),
    "V06": (Promised("The slip lies in the drawer.", "FREQ=MONTHLY;BYMONTHDAY=28", answers="cessation"),),
    "V07": (Promised("Both sit at the table.", "FREQ=WEEKLY;BYDAY=SU"),),
    "V08": (Promised("A call is answered or returned at once.", "FREQ=DAILY", answers="AFF-MARK"),),
    "V10": (
        Promised("It is said in both families.", event="the subject comes up", answers="accountability"),
    ),
    "V11": (
        Promised("The plan hangs in the kitchen.", "FREQ=WEEKLY;BYDAY=SU"),
        Promised("Both see the bill.", "FREQ=MONTHLY;BYMONTHDAY=12"),
    ),
    "V12": (Promised("Offered in the morning.", "FREQ=DAILY"),),
    "V13": (Promised("Both are there.", event="one of the named days comes", answers="AFF-MARK"),),
}

SAFETY: Final = {
    "coercive_control": (
        "coercive_control",
        "Said alone: sharing the location by day is demanded, not offered.",
    ),
    "threat_of_exposure": ("honour_based_threat", "Said alone: threatened with telling the family."),
    "strangulation": ("violence", "Said alone: once a hand at the throat. Danger to life to be looked at."),
}

REVIEWS: Final[dict[str, dict[str, Any]]] = {
    "discernment": {
        "rationale": "The count stands where it stood a year ago; both ask which way to go, and neither blames.",
        "wish_a": "To know, and not to hope on from week to week.",
        "wish_b": "Does not know; wants to be asked alone.",
        "changes": "Four conversations, mostly with each alone, about which way each wants to go.",
        "safety_considered": True,
        "safety_words": "Each was seen alone; neither stated a concern.",
        "consultation": "Supervision group.",
    },
    "end_conjoint_support_parting": {
        "rationale": "Each said it alone, calmly and twice: they part, and want to part well.",
        "wish_a": "To part without a quarrel before the children.",
        "wish_b": "To part, and to be a father every week.",
        "alternatives": "Going on for half a year, and a separation for a set time; both were talked over.",
        "safety_considered": True,
        "safety_words": "Leaving was talked over with each alone; neither stated a concern.",
    },
}

KNOWN_DATES: Final[dict[str, tuple[KnownDate, ...]]] = {
    "V01": (KnownDate(0, "anniversary", "The evening on which it was told."),),
    "V04": (
        KnownDate(0, "anniversary", "The day on which it was found out."),
        KnownDate(-60, "reminder", "A birthday that fell into those weeks."),
    ),
    "V08": (KnownDate(0, "anniversary", "The day the letter came."),),
    "V13": (KnownDate(-200, "anniversary", "The funeral."),),
}

_CALM: Final = ("stabilisation", "The betrayal is on record; both were screened alone.")
_INJURY: Final = (
    "understanding_the_injury",
    "An order for the evenings holds; no session had to be stopped.",
)
_REPAIR: Final = (
    "repair_and_reconnection",
    "The act is owned and its meaning said; nothing speaks against an end.",
)
_GROWTH: Final = (
    "growth_and_redefinition",
    "Months of kept agreements; reaching and being met in several sessions.",
)

STAGES: Final[dict[str, tuple[tuple[int, str, str], ...]]] = {
    "V01": ((1, *_CALM), (4, *_INJURY), (8, *_REPAIR), (17, *_GROWTH)),
    "V02": ((1, *_CALM), (7, *_INJURY), (14, *_REPAIR), (33, *_GROWTH)),
    "V03": ((1, *_CALM), (5, *_INJURY), (12, *_REPAIR)),
    "V04": ((1, *_CALM), (4, *_INJURY), (9, *_REPAIR)),
    "V05": ((1, *_CALM), (5, *_INJURY), (14, *_INJURY)),
    "V06": ((1, *_CALM), (6, *_INJURY)),
    "V07": ((1, *_CALM),),
    "V08": ((1, *_CALM), (8, *_INJURY)),
    "V09": ((1, *_CALM),),
    "V10": ((1, *_CALM), (5, *_INJURY), (18, *_REPAIR)),
    "V11": ((1, *_CALM), (6, *_INJURY)),
    "V12": ((1, *_CALM), (5, *_INJURY)),
    "V13": ((1, *_CALM), (5, *_INJURY)),
}
