"""The four phases of the work, told from evidence and never from the calendar; read by the assessment."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.timeline.days import iso
from app.timeline.findings import DESIGN, RANK, Rule
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.prerequisites import PREREQUISITES, accountability, cessation, transparency
from app.timeline.wording import listed, on

STABILISATION = "stabilisation"
UNDERSTANDING = "understanding_the_injury"
REPAIR = "repair_and_reconnection"
GROWTH = "growth_and_redefinition"
PHASES = (STABILISATION, UNDERSTANDING, REPAIR, GROWTH)


class Phase(NamedTuple):
    """A phase, the day it is held since, why, and what would move it on."""

    name: str
    since: int | None
    basis: str
    needed_next: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the phase as plain JSON."""
        return {**self._asdict(), "since": iso(self.since), "needed_next": list(self.needed_next)}


def name(look: Look) -> str:
    """Return the name of the phase alone."""
    settled_on = _settled_on(look)
    if settled_on is None or settled_on > look.as_of:
        return STABILISATION
    if not all(_at_least(look, each.CODE) for each in PREREQUISITES):
        return UNDERSTANDING
    return GROWTH if _grown(look) else REPAIR


def phase(look: Look) -> Phase:
    """Return the phase on the day of the look."""
    settled_on = _settled_on(look)
    if settled_on is None or settled_on > look.as_of:
        return _stabilisation(look, settled_on)
    if not _at_least(look, accountability.CODE):
        return Phase(
            UNDERSTANDING,
            settled_on,
            "The end of the behaviour is at least reported, and there was no new disclosure in the "
            "weeks before "
            f"{on(settled_on)}. Responsibility for the harm is not yet established.",
            ("More recorded answers that own the act and its harm.",),
        )
    unmet = [each.CODE for each in PREREQUISITES if not _at_least(look, each.CODE)]
    if unmet:
        return Phase(
            UNDERSTANDING,
            settled_on,
            f"Responsibility is being taken; {listed(unmet)} {'is' if len(unmet) == 1 else 'are'} not yet "
            "established.",
            tuple(f"Evidence for {code}." for code in unmet),
        )
    since = settled_on
    for each in PREREQUISITES:
        since = max(since, _since(look, each.CODE, since))
    return _later(look, since)


def _later(look: Look, repair_on: int) -> Phase:
    if look.trend is not None and _grown(look):
        since = max(repair_on, look.trend.quiet_since)
        basis = f"All prerequisites are met and the threat response has been rare since about {on(since)}."
        return Phase(GROWTH, since, basis, ())
    needed = tuple(f"More evidence for {code}." for code in _below(look))
    if not _resolved(look):
        needed += ("A threat response that comes less than about once a fortnight, and stays so.",)
    return Phase(
        REPAIR, repair_on, f"All prerequisites have been at least emerging since {on(repair_on)}.", needed
    )


def _grown(look: Look) -> bool:
    return _resolved(look) and not _below(look)


def _resolved(look: Look) -> bool:
    return look.trend is not None and look.trend.p_resolved >= look.parameters.phases.growth_resolved


def _below(look: Look) -> list[str]:
    return [e.CODE for e in PREREQUISITES if look.standings[e.CODE] != "met"]


def _stabilisation(look: Look, settled_on: int | None) -> Phase:
    clock = look.clock
    if clock.started_on is None:
        return Phase(
            STABILISATION, None, "Repair has not been recorded as started.", ("The start of repair.",)
        )
    since = clock.stopped_on or clock.origin_on
    if clock.stopped_on is not None:
        basis = f"Evidence of {on(clock.stopped_on)} says that the behaviour went on."
        return Phase(STABILISATION, since, basis, ("A later verification that the behaviour has ended.",))
    if settled_on is None:
        basis = "Whether the behaviour has ended is not established."
        return Phase(
            STABILISATION, since, basis, ("Word, or better verification, that the behaviour has ended.",)
        )
    days = look.parameters.phases.quiet_days
    told = max(_disclosures(look), default=0) > look.as_of - days
    what = "The last disclosure or discovery is" if told else "The work of repair is"
    return Phase(
        STABILISATION,
        since,
        f"{what} less than {days} days old.",
        (f"No new disclosure until {on(settled_on)}.",),
    )


def _settled_on(look: Look) -> int | None:
    """Return the day by which cessation was emerging and eight weeks had passed quietly, perhaps in future."""
    ceased_on = cessation.emerging_since(look.known)
    if look.clock.origin_on is None or ceased_on is None:
        return None
    if not _at_least(look, cessation.CODE):
        return None
    quiet_from = max([look.clock.origin_on, *_disclosures(look)])
    return max(ceased_on, quiet_from + look.parameters.phases.quiet_days)


def _disclosures(look: Look) -> list[int]:
    told = [r.end for r in look.known.reports if r.trigger == "new_disclosure"]
    return told + [t.day for t in look.known.transparency if t.level == "concealment_discovered"]


def _at_least(look: Look, code: str) -> bool:
    return RANK[look.standings[code]] >= RANK["emerging"]


def _since(look: Look, code: str, earliest: int) -> int:
    """Return the day since which a prerequisite has held, exact only if it is after ``earliest``."""
    if code == cessation.CODE:
        return cessation.emerging_since(look.known) or look.as_of
    since = look.weighed[code].emerging_since(earliest) or look.as_of
    if code == transparency.CODE:
        # While a concealment decides the status, the share does not count.
        days = look.parameters.prerequisites.concealment_days
        found = [t.day + days for t in look.known.transparency if t.level == "concealment_discovered"]
        return max([since, *found])
    return since


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.phases
    return Rule(
        "phase",
        "Phase of the work",
        "Stabilisation until the end of the behaviour is at least reported and "
        f"{rules.quiet_days} days pass without a new disclosure; understanding the injury until "
        "accountability and the "
        "other prerequisites are at least emerging; repair and reconnection; growth and redefinition "
        "when all "
        f"prerequisites are met and resolution is at least {rules.growth_resolved:.0%} sure. A restart "
        "returns to "
        "stabilisation.",
        f"Four stages of an emotionally focused practice; numbers: {DESIGN}",
        "Follows evidence, not the calendar. It describes; the clinician records the stage of the work.",
        {"quiet_days": rules.quiet_days, "growth_resolved": rules.growth_resolved},
        PHASES,
    )
