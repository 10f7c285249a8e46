"""Evidence added on trial: the same record with some more of one kind, and the day it would be known; internal."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from app.timeline.days import iso
from app.timeline.look import Look
from app.timeline.records import CONTINUING, Commitment, Observation, Record, Report
from app.timeline.wording import count, listed, per_week

APART_DAYS = 14
USUAL_WINDOW = 14
_MONTH = 30.4375


class Trial(NamedTuple):
    """A record with something added; ``added`` is the same as an evidence document says it."""

    record: Record
    added: dict[str, Any]
    day: int
    amount: int
    words: str

    @property
    def as_of(self) -> str | None:
        """The day of the assessment, in ISO form."""
        return iso(self.day)


class Shape(NamedTuple):
    """How the added reports compare with the last two: a factor at once, and a fall a month on the log scale."""

    code: str
    words: str
    factor: float = 1.0
    fall: float = 0.0


class Start(NamedTuple):
    """From where reports would go on: the record they are added to, and what the last two were like."""

    record: Record
    added: dict[str, Any]
    words: str
    first_day: int
    length: int
    told: tuple[Report, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Return the kinds of reports to try, the most ordinary first."""
        return SHAPES if self.told else (Shape("reports_with_a_count", "with the number of episodes"),)

    @property
    def rate(self) -> float:
        """Episodes a week of the last two reports together."""
        weeks = sum(r.weeks for r in self.told)
        return sum(r.episodes or 0 for r in self.told) / weeks if weeks else 7.0


SHAPES = (
    Shape("reports_like_the_last_two", "like the last two"),
    Shape("reports_falling_by_a_tenth", "falling by a tenth each month from the last two", fall=0.1053605),
    Shape("reports_falling_by_a_fifth", "falling by a fifth each month from the last two", fall=0.2231436),
    Shape("reports_with_half_as_many", "with half as many episodes as the last two", factor=0.5),
    Shape("reports_with_twice_as_many", "with twice as many episodes as the last two", factor=2.0),
)
_SPOKEN = {
    "full_ownership": ("observation", "in which the act was owned in full"),
    "deflected": ("observation", "in which the harm was deflected"),
    "proactive": ("observation", "of openness that was offered"),
    "withheld": ("observation", "of something withheld"),
    "kept": ("check-in", "at which a commitment was kept"),
    "missed": ("check-in", "at which a commitment was missed"),
    "verified_ceased": ("entry", "that the end of the behaviour was verified"),
    "self_reported_ceased": ("entry", "of the involved partner's word that it ended"),
    "continuing": ("entry", "that the behaviour goes on"),
}


def observed(look: Look, kind: str, level: str, number: int) -> Trial:
    """Add observations of one level, a fortnight apart, the first of them today."""
    days = [look.as_of + APART_DAYS * n for n in range(number)]
    items = tuple(
        Observation(f"{_prefix(look.known)}-{n + 1}", None, day, level, None) for n, day in enumerate(days)
    )
    if kind == "check_ins":
        record, added = _checked(look, items)
    else:
        field: dict[str, Any] = {kind: (*getattr(look.known, kind), *items)}
        record = look.known._replace(**field)
        added = {kind: [{"id": i.id, "date": iso(i.day), "level": i.level} for i in items]}
    noun, said = _SPOKEN[level]
    apart = ", a fortnight apart" if number > 1 else ""
    return Trial(record, added, days[-1], number, f"{count(number, 'more ' + noun)} {said}{apart}")


def observed_cessation(look: Look, level: str, number: int = 1) -> Trial:
    """Add one entry on whether the behaviour has ended; one that answers a contrary entry comes a day after it."""
    last = max((c.day for c in look.known.cessation if c.level in CONTINUING), default=0)
    day = max(look.as_of, last + 1)
    record, added = _ended(look, level, day)
    noun, said = _SPOKEN[level]
    return Trial(record, added, day, number, f"one more {noun} {said}")


def begun(look: Look) -> Start:
    """Return from where reports would go on; what must come before any report counts is added first."""
    record, added, words, day = look.known, dict[str, Any](), list[str](), look.as_of
    if record.repair_started_on is None:
        record, added = record._replace(repair_started_on=day), {"repair_started_on": iso(day)}
        words.append("a recorded start of repair")
    if look.contradicted:
        ended = observed_cessation(look, "verified_ceased")
        record = record._replace(cessation=ended.record.cessation)
        added, day = {**added, **ended.added}, ended.day
        words.append(ended.words)
    told = look.placed[-2:]
    length = told[-1].end - told[-1].start + 1 if told else USUAL_WINDOW
    last = max(told[-1].end if told else 0, look.as_of - length)
    # After a start or a restart only what lies wholly after it counts; else reports go on where they ended.
    return Start(record, added, listed(words), (day if words else last) + 1, length, told)


def reported(look: Look, start: Start, shape: Shape, number: int) -> Trial:
    """Add reports one after the other, each as long as the last one was."""
    prefix = _prefix(look.known)
    items = tuple(_report(f"{prefix}-{n + 1}", start, shape, n) for n in range(number))
    record = start.record._replace(reports=(*start.record.reports, *items))
    added = {**start.added, "threat_reports": [_as_document(item) for item in items]}
    level = f" (about {per_week(start.rate)})" if start.told else ""
    own = f"{count(number, 'more report')} {shape.words}{level}"
    words = f"{start.words}, and then {own}" if start.words else own
    return Trial(record, added, items[-1].end, number, words)


def _report(ident: str, start: Start, shape: Shape, place: int) -> Report:
    first = start.first_day + place * start.length
    rate = start.rate * shape.factor * math.exp(-shape.fall * (place + 0.5) * start.length / _MONTH)
    episodes = min(round(rate * start.length / 7.0), 10_000)
    minutes, peak, rest = (
        _typical([getattr(r, name) for r in start.told]) for name in ("duration", "peak", "recovery")
    )
    end = first + start.length - 1
    return Report(ident, None, first, end, episodes, minutes, peak, rest, "none_identified")


def _typical(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 1) if known else None


def _as_document(report: Report) -> dict[str, Any]:
    return {
        "id": report.id,
        "window_start": iso(report.start),
        "window_end": iso(report.end),
        "episodes": report.episodes,
        "typical_duration_minutes": report.duration,
        "peak_intensity": report.peak,
        "recovery_minutes": report.recovery,
        "trigger": report.trigger,
    }


def _ended(look: Look, level: str, day: int) -> tuple[Record, dict[str, Any]]:
    item = Observation(f"{_prefix(look.known)}-0", None, day, level, None)
    record = look.known._replace(cessation=(*look.known.cessation, item))
    return record, {"cessation": [{"id": item.id, "date": iso(day), "status": level}]}


def _checked(look: Look, items: tuple[Observation, ...]) -> tuple[Record, dict[str, Any]]:
    """Add check-ins to the first commitment there is, or to one made today."""
    made = look.known.commitments[:1] or (Commitment(f"{_prefix(look.known)}-0", None, look.as_of, None, ()),)
    more = made[0]._replace(check_ins=items)
    record = look.known._replace(commitments=(*look.known.commitments, more))
    told = [{"id": i.id, "date": iso(i.day), "result": i.level} for i in items]
    return record, {
        "commitments": [{"id": more.id, "made_on": iso(more.made_on), "owner": more.owner, "check_ins": told}]
    }


def _prefix(known: Record) -> str:
    """Return what the ids of added items begin with, so that they meet no id of the record."""
    lists = (known.reports, known.accountability, known.transparency, known.cessation, known.commitments)
    names = {item.id for items in lists for item in items}
    names |= {check_in.id for made in known.commitments for check_in in made.check_ins}
    prefix = "added"
    while any(name.startswith(prefix) for name in names):
        prefix += "+"
    return prefix
