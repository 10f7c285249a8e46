"""Headlines in plain words: what the figures allow a clinician to say, and never more; pure, for progress.

Never a verdict, never blame, never a chance that a relationship succeeds. Each headline is one or two sentences.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

EARLY_MONTHS: Final = 12.0
HIGH_EARLY_MONTHS: Final = 6.0
TYPICAL_FROM, TYPICAL_UNTIL = 18.0, 36.0
WORK_SHARE: Final = 0.7
RESOLVED: Final = 0.8
RECENT_SETBACK_DAYS: Final = 45
SINGLE_A_WEEK: Final = 1.0

SAFETY: Final = "Progress is not summarised while a safety concern is open."
NOT_RELEASED: Final = (
    "No summary is shared at present. That is the usual case and says nothing about how it goes; talk about it in a "
    "session."
)
SAFETY_RAW: Final = (
    "Figures from reports given while a safety concern is open; low reports can be given under pressure."
)
SAFETY_STOP: Final = "No criterion is judged while a safety concern is open. Safety comes first."
BOTH_ENDINGS: Final = "Both staying and parting can be good outcomes."
OWN_HARM: Final = (
    "The article this rule comes from calls an unmoving process its own harm. "
    "Decide together what the next 90 days should test."
)
CONCERN_SINCE: Final = "This is what was known then. A safety concern is open today, and comes first."
CLAIMED: Final = (
    "Entries brought in from an earlier system count from the day that system claims; this service did not "
    "witness it."
)
WITNESSED: Final = "All entries used were recorded in this service at the time it says."
CRITERIA: Final[Mapping[str, str]] = {
    "continuing_betrayal": "continuing betrayal",
    "chronic_deflection": "a deflection pattern",
    "no_measurable_progress": "no measurable progress",
    "threat_at_maximum": "unrelieved threat",
    "stated_wish": "a stated wish",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """A short code for programs and a sentence for people."""

    code: str
    text: str


def on(day: str | date) -> str:
    """A day in words, such as 3 March 2026."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{found.day} {found:%B} {found.year}"


def opening(sentence: str) -> str:
    """The sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def listed(parts: Sequence[str]) -> str:
    """Parts joined with commas and a final `and`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def progress_headline(
    result: Mapping[str, Any], *, safety_open: bool, process_months: float, ended_on: date | None = None
) -> Headline:
    """The headline of one direction; nothing is asked any more of a couple whose work has ended."""
    if safety_open:
        return Headline("safety_first", SAFETY)
    if ended_on is not None:
        return _ended(ended_on)
    if result["stop"]["criteria"]["continuing_betrayal"]["status"] == "met":
        return Headline(
            "repair_blocked",
            "What is recorded about cessation is contradicted. Repair cannot be measured until this is "
            "addressed.",
        )
    told = _BY_STATUS[result["progress"]["status"]]
    return told(result, process_months)


def _insufficient(result: Mapping[str, Any], _: float) -> Headline:
    if any(alert["code"] == "falling_reports_without_prerequisites" for alert in result["alerts"]):
        return Headline(
            "quiet_but_open",
            "Reports have become rare, but what repair rests on is not established. "
            "Check that low reporting is not silence or giving up.",
        )
    if result["data_sufficiency"]["status"] == "sufficient":
        return Headline(
            "too_early", "Too early in the work to name a direction; high activation is expected."
        )
    needed = " ".join(result["data_sufficiency"]["needed_next"])
    clock = result["clock"]
    if clock["status"] == "not_started":
        return Headline("insufficient_evidence", f"Too little recorded to say. Needed: {needed}")
    if clock["restarts"]:
        origin = on(clock["origin_on"])
        since = f"The course is measured afresh since {origin}; not enough is recorded since then to say."
        return Headline("measured_afresh", f"{since} Needed: {needed}")
    if clock["status"] == "paused":
        return Headline("resting", f"The work rests, and a rest is no missing progress. Needed: {needed}")
    return Headline("insufficient_evidence", f"Too little recorded to say anything. Needed: {needed}")


def _on_track(result: Mapping[str, Any], _: float) -> Headline:
    setback = _recent_setback(result)
    if setback is not None:
        return Headline("moving_with_setback", f"A setback within an improving course. {setback['basis']}")
    progress, net = result["progress"], result["clock"]["net_months"]
    if progress["p_resolved"] > RESOLVED:
        settled = net >= TYPICAL_FROM and all(
            found["status"] == "met" for found in result["prerequisites"].values()
        )
        if settled:
            return Headline(
                "consolidating",
                "The threat response has become rare, and what repair rests on is established. "
                "Keep in view whether it stays so.",
            )
        return Headline(
            "quiet_and_open",
            "The threat response has become rare; consistency over time is still to be shown.",
        )
    later = " Consistency over time is still to be shown." if net < EARLY_MONTHS else ""
    return Headline("moving", f"The threat response is diminishing: {_change(progress)}.{later}")


def _slower(result: Mapping[str, Any], _: float) -> Headline:
    net, progress = result["clock"]["net_months"], result["progress"]
    nonlinear = " Still inside the first year, in which two steps forward and one back are usual." * (
        net < EARLY_MONTHS
    )
    if progress["p_diminishing"] >= 0.5:
        text = f"The threat response is diminishing ({_change(progress)}), but not yet surely enough to say more."
        if progress["reference_band"]["position"] == "behind":
            text = (
                f"The threat response is diminishing ({_change(progress)}), more slowly than the "
                "18-to-36-month orientation. That alone is no reason to stop."
            )
        return Headline("moving_slowly", text + nonlinear)
    if net < HIGH_EARLY_MONTHS:
        return Headline("early_expected", "High activation is expected this early in the work.")
    return Headline("plateau", f"No clear change over the last half year ({_change(progress)}).{nonlinear}")


def _unmoving(result: Mapping[str, Any], process_months: float) -> Headline:
    restarts = len(result["clock"]["restarts"])
    text = (
        f"No measurable change over the last {min(12, round(result['clock']['net_months']))} months of work."
    )
    if restarts:
        times = "once" if restarts == 1 else f"{restarts} times"
        text += f" The work as a whole has taken {process_months:.0f} months and began again {times}."
    return Headline("no_measurable_progress", f"{text} {OWN_HARM}")


def _worsening(result: Mapping[str, Any], _: float) -> Headline:
    if result["clock"]["net_months"] < HIGH_EARLY_MONTHS:
        return Headline(
            "early_expected",
            "The threat response is rising; high activation is expected this early in the work.",
        )
    return Headline(
        "worsening_check_new_information",
        f"The threat response is rising: {_change(result['progress'])}. "
        "Check for new information, a new stressor or contact that was not told.",
    )


_BY_STATUS = {
    "insufficient_evidence": _insufficient,
    "on_track": _on_track,
    "slower_than_expected": _slower,
    "no_measurable_progress": _unmoving,
    "worsening": _worsening,
}


def _ended(day: date) -> Headline:
    return Headline(
        "work_ended",
        f"The work ended on {on(day)}. What is told here speaks of the time before. {BOTH_ENDINGS}",
    )


def stop_headline(
    status: str, criteria: Mapping[str, Mapping[str, Any]], *, ended_on: date | None = None
) -> Headline:
    """The headline over the criteria: a prompt to talk, never a verdict."""
    if status == "suspended_safety":
        return Headline(status, SAFETY_STOP)
    if ended_on is not None:
        return _ended(ended_on)
    named = [CRITERIA[code] for code, found in criteria.items() if found["status"] == status]
    if status == "met":
        rules = "rule" if len(named) == 1 else "rules"
        return Headline(
            "review_recommended",
            f"Records meet this project's {rules} for {listed(named)}. Consider a review: discuss it with "
            f"the couple, "
            f"and consider supervision. {BOTH_ENDINGS}",
        )
    if status == "emerging":
        return Headline("watch", f"Something to keep in view: {listed(named)}. No criterion is met.")
    if status == "not_met":
        return Headline("not_indicated", "No criterion is met.")
    return Headline("insufficient_evidence", "Too little recorded to judge every criterion; none is met.")


def corridor(clock: Mapping[str, Any], band: Mapping[str, Any]) -> dict[str, Any]:
    """Where the work stands in the 18-to-36-month orientation; a label, never a verdict."""
    net, elapsed = clock["net_months"], clock["elapsed_months"]
    window = "before" if net < TYPICAL_FROM else "within" if net <= TYPICAL_UNTIL else "beyond"
    started = clock["started_on"] is not None
    thin = started and not clock["restarts"] and elapsed > 0 and net / elapsed < WORK_SHARE
    return {
        "window": f"{window}_typical_window" if started else None,
        "band_position": band["position"],
        "note": "Much of the time was rest; the typical range may not apply." if thin else None,
    }


def claimed_note(claimed: bool) -> str:
    """What `known_at` rests on."""
    return CLAIMED if claimed else WITNESSED


def _recent_setback(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest setback that is worth the headline: where the response is rare, a single episode is none."""
    newest = result["setbacks"][-1] if result["setbacks"] else None
    if newest is None or newest["kind"] == "sustained_reversal" or not newest["window_end"]:
        return None
    age = (date.fromisoformat(result["as_of"]) - date.fromisoformat(newest["window_end"])).days
    level = result["progress"]["frequency"]["estimate"] or 0.0
    single = (
        result["progress"]["p_resolved"] > RESOLVED and level * math.exp(newest["excess"]) <= SINGLE_A_WEEK
    )
    return newest if age <= RECENT_SETBACK_DAYS and not single else None


def _change(progress: Mapping[str, Any]) -> str:
    """The basis sentence's own figure, as a percentage a month."""
    rate = progress["rate_per_month"]["estimate"]
    share = round(abs(math.exp(rate) - 1) * 100)
    if share == 0:
        return "about the same from month to month"
    return f"about {share}% {'less' if rate < 0 else 'more'} each month over the last half year"
