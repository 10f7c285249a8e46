"""The service's own published rules, beside those of the calculation: safety, wishes, rests, lapses; pure data."""

from typing import Any, Final

from app.markers.cessation_kinds import EMERGING_DAYS_AFTER_LAPSE
from app.progress import counting, rests, wishes
from app.threat_responses.bands import MAX_SHARE_OF_ESTIMATES

VERSION: Final = "2026.1"
REPEATED_RESTARTS: Final = 3
COERCED_DAYS: Final = 183

ARTICLE: Final = 'Ali Ahmad Awan, "How to Rebuild Trust in a Relationship After Betrayal", 20 November 2024'
EFT_PAGE: Final = "EFT practice page 'Rebuilding Trust After Betrayal: A Path to Healing and Connection'"
DESIGN: Final = "design default of this project, to be confirmed by a clinician"


def _rule(
    code: str, label: str, definition: str, source: str, limits: str, thresholds: dict[str, Any], *states: str
) -> dict[str, Any]:
    return {
        "code": code,
        "label": label,
        "definition": definition,
        "source": source,
        "limits": limits,
        "thresholds": thresholds,
        "states": list(states),
    }


RULES: Final[tuple[dict[str, Any], ...]] = (
    _rule(
        "safety_first",
        "Safety first",
        "While any safety concern is being assessed or active, progress is not summarised, every criterion "
        "is suspended "
        "and transparency is not scored, at once and whatever the figures say. A concern that is still "
        "open also covers "
        "questions about earlier days, unless they are asked as known before it was recorded.",
        DESIGN,
        "Knows only concerns that somebody recorded. The figures from reports stay visible to the "
        "clinician, without "
        "words on how it goes.",
        {"coerced_transparency_days": COERCED_DAYS},
        "safety_first",
        "suspended_safety",
    ),
    _rule(
        wishes.CODE,
        "Stated wish",
        f"Emerging: one partner, asked apart, leaned out at least {wishes.TIMES} times, "
        f"{wishes.APART_DAYS} days or more "
        "apart, and has not leaned otherwise since. Met: the newest choice that either partner stated is "
        "to part, or both "
        "lean out. A partner who turns back clears their own entries.",
        f"Idea: {EFT_PAGE}; numbers: {DESIGN}",
        "A threat to leave in the middle of a fight is no wish and must not be recorded as one.",
        {"apart_days": wishes.APART_DAYS, "times": wishes.TIMES},
        "insufficient_evidence",
        "not_met",
        "emerging",
        "met",
    ),
    _rule(
        "repeated_restarts",
        "Repeated restarts",
        f"After {REPEATED_RESTARTS} restarts of the clock a review is suggested. The couple's own clock, "
        f"which counts from "
        "the first conjoint session and never resets, is shown beside the clock of the work.",
        f"Idea: {ARTICLE}; number: {DESIGN}",
        "A prompt to look at what has been tried, not a criterion.",
        {"restarts": REPEATED_RESTARTS},
        "not_met",
        "met",
    ),
    _rule(
        "rests_by_gaps",
        "Gaps rest",
        f"More than {rests.GAP_DAYS} days without a session held, a check-in or a threat report count as a "
        f"rest from the "
        f"day after the {rests.COUNTED_DAYS}th on. A closed case rests too.",
        DESIGN,
        "A couple that works on without telling anybody looks as if it rested.",
        {"gap_days": rests.GAP_DAYS, "counted_days": rests.COUNTED_DAYS},
        "running",
        "paused",
    ),
    _rule(
        "estimates",
        "Clinician's estimates",
        "A threat report that the clinician estimated counts only while estimates are at most a third of the reports "
        f"that count in the {counting.WINDOW.days} days up to it. A declined report counts as nothing, never as zero.",
        DESIGN,
        "An estimate that counts weighs as much as the affected partner's own report.",
        {"most": round(float(MAX_SHARE_OF_ESTIMATES), 3), "window_days": counting.WINDOW.days},
        "counted",
        "left_out",
    ),
    _rule(
        "disclosed_lapse",
        "Lapse, volunteered",
        "A lapse that was volunteered leaves the clock running and counts as the involved partner's word "
        "from its day; "
        f"continuing betrayal stays emerging for {EMERGING_DAYS_AFTER_LAPSE} days.",
        DESIGN,
        "A lapse that was found out is no volunteered one.",
        {"emerging_days": EMERGING_DAYS_AFTER_LAPSE},
        "emerging",
    ),
    _rule(
        "repair_start",
        "Start of repair",
        "The latest of: the last material disclosure (the day of full disclosure, or else of coming to "
        "light), the first "
        "claimed or verified cessation, and the first conjoint session held. Where nothing is recorded "
        "about cessation, "
        "the start is provisional. A clinician may set another day, with a reason. Betrayals that come to "
        "light after "
        "evidence that the behaviour went on belong to the restart.",
        f"Idea: {ARTICLE}; rule: {DESIGN}",
        "Work done before the last of these days is not counted.",
        {},
        "derived",
        "provisional",
        "set_by_clinician",
    ),
)
