"""Rhythm: a cadence on its way from the wire to its columns, and back to words and dates; the service comes in."""

from datetime import date, timedelta
from typing import Any, Final

from app.chart.chart import Row
from app.commitments import cadence as cadences
from app.commitments.cadence import AnyCadence, Cadence, CadenceError, OnceBy, Whenever
from app.commitments.concreteness import Finding
from app.commitments.schemas import CadenceIn

DATES_SHOWN: Final = 5
_NEEDED: Final = {"recurring": "rule", "whenever": "event", "once": "due_on"}
_OPTIONAL: Final = {"recurring": {"exdates", "starts_on"}}
COLUMNS: Final = ("rrule", "exdates", "starts_on", "event", "due_on")


def read(given: CadenceIn, made_on: date) -> tuple[AnyCadence | None, list[Finding]]:
    """The cadence that was sent, or what is wrong with it."""
    findings = _shape(given)
    if findings:
        return None, findings
    try:
        cadence = _parsed(given)
    except CadenceError as wrong:
        return None, [_finding(_NEEDED[given.kind], wrong.code, wrong.message, wrong.hint)]
    return cadence, _dates(given, cadence, made_on)


def _shape(given: CadenceIn) -> list[Finding]:
    """Each kind of cadence needs one part and takes no part of another."""
    needed = _NEEDED[given.kind]
    taken = {"kind", needed, *_OPTIONAL.get(given.kind, ())}
    findings = []
    if not getattr(given, needed):
        findings.append(
            _finding(needed, "part_needed", f"A cadence of this kind needs `{needed}`.", "Send it.")
        )
    for name in CadenceIn.model_fields:
        if name not in taken and getattr(given, name):
            words = "A cadence of this kind has no such part."
            findings.append(_finding(name, "part_not_wanted", words, "Leave it out."))
    return findings


def _parsed(given: CadenceIn) -> AnyCadence:
    if given.rule is not None:
        return cadences.parse(given.rule)
    if given.event is not None:
        return cadences.whenever(given.event)
    assert given.due_on is not None
    return OnceBy(given.due_on)


def _dates(given: CadenceIn, cadence: AnyCadence, made_on: date) -> list[Finding]:
    start = given.starts_on or made_on
    if start < made_on:
        words = "It cannot fall due before it was made."
        return [_finding("starts_on", "before_made", words, "Give the day it was made, or a later one.")]
    if not isinstance(cadence, Cadence):
        return []
    over = cadence.until is not None and cadence.until < made_on  # the checks have their own word for that
    if over or cadences.next_dates(cadence, start, start - timedelta(days=1), given.exdates, 1):
        return []
    return [
        _finding(
            "rule", "never_due", "It never falls due.", "Look at its days, its end and what is left out."
        )
    ]


def _finding(part: str, code: str, message: str, hint: str) -> Finding:
    return Finding("reject", code, f"/cadence/{part}", message, hint)


def columns(given: CadenceIn, cadence: AnyCadence, made_on: date) -> dict[str, Any]:
    """How the store keeps it."""
    return {
        "cadence": given.kind,
        "rrule": cadence.rule() if isinstance(cadence, Cadence) else None,
        "exdates": " ".join(sorted({day.isoformat() for day in given.exdates})) or None,
        "starts_on": given.starts_on or made_on,
        "event": cadence.event if isinstance(cadence, Whenever) else None,
        "due_on": cadence.by if isinstance(cadence, OnceBy) else None,
    }


def shown(row: Row) -> Row:
    """The cadence of a stored commitment as the wire tells it."""
    return {
        "kind": row["cadence"],
        "rule": row["rrule"],
        "exdates": (row["exdates"] or "").split(),
        "starts_on": row["starts_on"],
        "event": row["event"],
        "due_on": row["due_on"],
    }


def of_row(row: Row) -> AnyCadence:
    """The cadence of a stored commitment."""
    if row["rrule"] is not None:
        return cadences.parse(row["rrule"])
    if row["cadence"] == "whenever":  # its event may not open any more
        return Whenever(row["event"] or "")
    return OnceBy(date.fromisoformat(row["due_on"]))


def upcoming(cadence: AnyCadence, starts_on: date, exdates: list[date], today: date) -> list[str]:
    """The next days, from today on, on which it falls due."""
    found = cadences.next_dates(cadence, starts_on, today - timedelta(days=1), exdates, DATES_SHOWN)
    return [day.isoformat() for day in found]
