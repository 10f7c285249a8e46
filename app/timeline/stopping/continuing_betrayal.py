"""Continuing betrayal: one credible item is enough, at once, and nothing outvotes it; read by stopping."""

from __future__ import annotations

from app.timeline.course import Course
from app.timeline.findings import ARTICLE, DESIGN, Answer, Criterion, Rule
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.records import CONTINUING, LAPSE_BASIS, Observation
from app.timeline.stopping.criterion import finding
from app.timeline.wording import CONSULT, count, on, opening

CODE = "continuing_betrayal"


def status(look: Look) -> Answer:
    """Return the status alone."""
    return _found(look)["status"]


def measure(look: Look, course: Course) -> Criterion:
    """Return the finding; needs no minimum data and no statistics."""
    return _found(look)


def _found(look: Look) -> Criterion:
    items = sorted(look.known.cessation, key=lambda c: (c.day, c.id))
    if look.contradicted:
        return _met(look, items)
    return _recently(look, items) or _quiet(look, items)


def _met(look: Look, items: list[Observation]) -> Criterion:
    open_ids = set(look.clock.open_ids)
    against = [i for i in items if i.id in open_ids]
    kind = against[-1].level.replace("_", " ")
    basis = (
        f"Criterion met: continuing betrayal. {opening(count(len(against), 'entry', 'entries'))} from "
        f"{on(against[0].day)} on, the latest of {on(against[-1].day)} ({kind}), not followed by a "
        "verification "
        f"that it ended. {CONSULT}"
    )
    known_since = min(max(i.day, i.recorded_on or i.day) for i in against)
    return finding("met", against, basis, first_met=known_since)


def _recently(look: Look, items: list[Observation]) -> Criterion | None:
    rules = look.parameters.stopping
    against = [i for i in items if i.level in CONTINUING]
    if against and look.as_of - against[-1].day < rules.betrayal_emerging_days:
        last = against[-1]
        verified = next(i for i in items if i.level == "verified_ceased" and i.day > last.day)
        basis = (
            f"The behaviour was last known to continue on {on(last.day)}; its end was verified on "
            f"{on(verified.day)}. It stays in view for {rules.betrayal_emerging_days} days after the "
            "last such entry."
        )
        return finding("emerging", [last, verified], basis)
    lapses = [i for i in items if i.basis == LAPSE_BASIS and look.as_of - i.day < rules.lapse_emerging_days]
    if not lapses:
        return None
    basis = f"A lapse was disclosed on {on(lapses[-1].day)}. It stays in view for {rules.lapse_emerging_days} days."
    return finding("emerging", lapses[-1:], basis)


def _quiet(look: Look, items: list[Observation]) -> Criterion:
    cessation = look.cessation
    if cessation["status"] == "insufficient_evidence":
        return finding("insufficient_evidence", items[-1:], cessation["basis"])
    basis = f"Nothing recorded says that the behaviour goes on. {cessation['basis']}"
    return finding("not_met", items[-1:], basis)


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.stopping
    return Rule(
        CODE,
        "Continuing betrayal",
        "Met on the day any continuing, diminished, changed-form or new betrayal is known and not yet "
        "followed by a "
        f"verification of its end. Emerging for {rules.betrayal_emerging_days} days after the last such "
        "entry once its "
        f"end is verified, and for {rules.lapse_emerging_days} days after a lapse the involved partner "
        "disclosed.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "Rests on what was recorded: a prompt for review at once, not proof. Suspicion alone never meets it.",
        {
            "betrayal_emerging_days": rules.betrayal_emerging_days,
            "lapse_emerging_days": rules.lapse_emerging_days,
        },
    )
