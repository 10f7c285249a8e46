"""Cessation: has the behaviour ended, and on whose word; read by the assessment, phases and stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.timeline.findings import ARTICLE, DESIGN, Answer, Finding, Rule
from app.timeline.parameters import Parameters
from app.timeline.records import CONTINUING, Observation, Record
from app.timeline.wording import on

if TYPE_CHECKING:  # the look holds the findings of the prerequisites
    from app.timeline.look import Look

CODE = "cessation"


def judged(known: Record, as_of: int, parameters: Parameters) -> Finding:
    """Return the finding; there is no share to estimate, one contrary item decides."""
    items = sorted(known.cessation, key=lambda c: (c.day, c.id))
    against = unanswered(items)
    if against:
        return _finding("not_met", against, _contrary(against))
    days = parameters.prerequisites.verification_days
    status, resting_on, basis = _without_contrary(items, as_of, days)
    return _finding(status, resting_on, basis)


def measure(look: Look) -> Finding:
    """Return the finding, which the look works out once for all that ask."""
    return look.cessation


def standing(look: Look) -> Answer:
    """Return the status alone."""
    return look.cessation["status"]


def unanswered(items: list[Observation]) -> list[Observation]:
    """Return the contrary items, oldest first, that no verification on a later day has answered."""
    verified = max((i.day for i in items if i.level == "verified_ceased"), default=0)
    return [i for i in items if i.level in CONTINUING and i.day >= verified]


def emerging_since(known: Record) -> int | None:
    """Return the day of the first word of cessation after the last contrary item, or ``None``."""
    items = sorted(known.cessation, key=lambda c: (c.day, c.id))
    last = max((i.day for i in items if i.level in CONTINUING), default=0)
    return next((i.day for i in items if i.day > last and i.level.endswith("_ceased")), None)


def _contrary(against: list[Observation]) -> str:
    days = f"on {on(against[0].day)}"
    if len(against) > 1:
        days = f"from {on(against[0].day)} to {on(against[-1].day)}"
    return f"Evidence {days} says that the behaviour went on; no later verification of its end is recorded."


def _without_contrary(
    items: list[Observation], as_of: int, verification_days: int
) -> tuple[Answer, list[Observation], str]:
    # What is asked is the latest word; several items of that day all count.
    last = [i for i in items if items and i.day == items[-1].day]
    verified = [i for i in items if i.level == "verified_ceased"]
    if verified and as_of - verified[-1].day < verification_days:
        return "met", verified[-1:], f"The end of the behaviour was verified on {on(verified[-1].day)}."
    if verified:
        return (
            "emerging",
            verified[-1:],
            (
                f"The end of the behaviour was last verified on {on(verified[-1].day)}, "
                f"{'' if as_of - verified[-1].day == verification_days else 'more than '}{verification_days} "
                "days ago; nothing since then contradicts it."
            ),
        )
    told = [i for i in last if i.level == "self_reported_ceased"]
    if told:
        return (
            "emerging",
            told,
            f"The involved partner said on {on(told[-1].day)} that it ended; not verified yet.",
        )
    return "insufficient_evidence", last, "Whether the behaviour has ended is not recorded; ask about it."


def _finding(status: Answer, items: list[Observation], basis: str) -> Finding:
    return {
        "status": status,
        "estimate": None,
        "interval": None,
        "evidence_ids": [i.id for i in items],
        "basis": basis,
    }


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    days = parameters.prerequisites.verification_days
    return Rule(
        CODE,
        "Cessation",
        f"Met: verified within the last {days} days and not contradicted. A self-report alone is at most "
        "emerging. Any "
        "continuing, diminished, changed-form or new behaviour makes it not met until a later verification.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "Suspicion alone is not evidence of continuation.",
        {"verification_days": days},
    )
