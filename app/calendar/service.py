"""What happens in the calendar: pauses and known dates are recorded, and read as evidence; routes come in."""

from calendar import isleap
from datetime import date, timedelta
from typing import Any

from app.calendar import hijri
from app.calendar.kinds import PAUSE_BY_CODE
from app.calendar.schemas import KnownDateIn, PauseIn
from app.calendar.tables import known_date, pause
from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import Case, open_for_writing, seen_by, visible
from app.couples.facts import FactKind
from app.errors import invalid

FARTHEST = timedelta(days=3 * 365 + 1)
# A moon that was sighted moves a day by one or two against the table; more than three is a slip of the pen.
_SIGHTING = timedelta(days=3)

PAUSE = FactKind(pause, "starts_on", "pauses")

_PAUSES = facts.evidence(pause, ("direction_id", "starts_on", "ends_on", "visibility"))
_KNOWN_DATES = facts.evidence(
    known_date,
    ("direction_id", "on_day", "kind", "recurs", "calendar", "hijri_month", "hijri_day", "visibility"),
)


# --- pauses ---


def record_pause(
    chart: Chart, case: Case, body: PauseIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record days on which the work rests."""
    return facts.record(chart, PAUSE, case, _pause_values(chart, case, body, pointer, None), source=source)


def correct_pause(chart: Chart, pause_id: str, body: PauseIn, if_match: str | None, reason: str) -> Row:
    """Correct a pause by a new entry, or say when it ended."""
    row = facts.get(chart, PAUSE, pause_id)
    case = open_for_writing(chart, row["couple_id"])
    return facts.correct(chart, PAUSE, row, case, if_match, _pause_values(chart, case, body, "", row), reason)


def void_pause(chart: Chart, pause_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a pause as entered in error."""
    row = facts.get(chart, PAUSE, pause_id)
    return facts.void(chart, PAUSE, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _pause_values(
    chart: Chart, case: Case, body: PauseIn, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    _not_too_far(chart, body.starts_on, f"{pointer}/starts_on")
    if body.ends_on is not None:
        _not_too_far(chart, body.ends_on, f"{pointer}/ends_on")
        if body.ends_on < body.starts_on:
            raise invalid(f"{pointer}/ends_on", "end_before_start", "The end lies before the start.")
    if body.kind == "other" and not body.words:
        raise invalid(f"{pointer}/words", "words_needed", "Kind `other` needs words.")
    return {**_values(case, body, pointer), **_pause_visible(case, body, pointer, corrected)}


def _pause_visible(case: Case, body: PauseIn, pointer: str, corrected: Row | None) -> dict[str, str | None]:
    """Who may learn of a pause; a hold for safety is the clinician's own, also when nobody said so."""
    if not PAUSE_BY_CODE[body.kind].clinician_only:
        return seen_by(body, case, pointer=pointer, corrected=corrected)
    if "visibility" in body.model_fields_set and body.visibility != "clinician":
        hint = "Leave `visibility` out, or send `clinician`."
        raise invalid(f"{pointer}/visibility", "clinician_only", "Neither partner may learn of this.", hint)
    return visible("clinician", body.visible_partner_id, case, pointer=pointer)


# --- known dates ---


def known_date_kind(today: date) -> FactKind:
    """Known dates, shown with the next days on which they come round."""
    return FactKind(
        known_date, "on_day", "known-dates", lambda row: {**row, "next_days": _next_days(row, today)}
    )


def record_known_date(
    chart: Chart, case: Case, body: KnownDateIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record a day that is likely to be hard."""
    values = _known_date_values(chart, case, body, pointer, None)
    return facts.record(chart, known_date_kind(chart.today), case, values, source=source)


def correct_known_date(
    chart: Chart, known_date_id: str, body: KnownDateIn, if_match: str | None, reason: str
) -> Row:
    """Correct a known date by a new entry."""
    kind = known_date_kind(chart.today)
    row = facts.get(chart, kind, known_date_id)
    case = open_for_writing(chart, row["couple_id"])
    values = _known_date_values(chart, case, body, "", row)
    return facts.correct(chart, kind, row, case, if_match, values, reason)


def void_known_date(chart: Chart, known_date_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a known date as entered in error."""
    kind = known_date_kind(chart.today)
    row = facts.get(chart, kind, known_date_id)
    return facts.void(chart, kind, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _known_date_values(
    chart: Chart, case: Case, body: KnownDateIn, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    _not_too_far(chart, body.on_day, f"{pointer}/on_day")
    month, day = _origin(body, pointer)
    who = seen_by(body, case, pointer=pointer, corrected=corrected)
    return {**_values(case, body, pointer), "hijri_month": month, "hijri_day": day, **who}


def _origin(body: KnownDateIn, pointer: str) -> tuple[int | None, int | None]:
    """The Hijri month and day that are meant, said or taken from the Gregorian day."""
    month, day = body.hijri_month, body.hijri_day
    where = f"{pointer}/hijri_month" if month is not None else f"{pointer}/hijri_day"
    if body.calendar == "gregorian":
        if month is not None or day is not None:
            raise invalid(where, "hijri_not_wanted", "Only calendar `hijri` names a Hijri month and day.")
        return None, None
    if month is None and day is None:
        _, month, day = hijri.from_gregorian(body.on_day)
        return month, day
    if month is None or day is None:
        raise invalid(
            where, "month_and_day_needed", "A Hijri month and day go together.", "Send both, or neither."
        )
    if abs(hijri.nearest(month, day, body.on_day) - body.on_day) > _SIGHTING:
        hint = "Send the Gregorian day on which it fell, or leave month and day out."
        raise invalid(
            f"{pointer}/on_day", "not_that_day", "This Hijri day does not fall near that day.", hint
        )
    return month, day


def _next_days(row: Row, today: date) -> list[str]:
    on, last = date.fromisoformat(row["on_day"]), today + 2 * FARTHEST
    if row["recurs"] == "none":
        days = [on] if on >= today else []
    elif row["calendar"] == "hijri":
        days = hijri_days(row, today, last)
    else:
        days = _gregorian_days(on, today, last)
    return [day.isoformat() for day in days[:3]]


def _gregorian_days(on: date, first: date, last: date) -> list[date]:
    """The day and its yearly returns, between two days; 29 February comes round on the 28th in common years."""
    days = [_in_year(on, year) for year in range(max(on.year, first.year), last.year + 1)]
    return [day for day in days if first <= day <= last]


def _in_year(on: date, year: int) -> date:
    short = (on.month, on.day) == (2, 29) and not isleap(year)
    return on.replace(year=year, day=28) if short else on.replace(year=year)


# --- evidence for the calculation ---


EVIDENCE = (_PAUSES, _KNOWN_DATES)


def pauses(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's pauses as known before an instant; `ends_on` is the last day that is paused, or None."""
    return facts.current(chart.rows(_PAUSES, couple=couple_id, known=known))


def known_dates(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's known dates as known before an instant; Hijri yearly ones are unfolded by `hijri_days`."""
    return facts.current(chart.rows(_KNOWN_DATES, couple=couple_id, known=known))


def hijri_days(row: Row, first: date, last: date) -> list[date]:
    """Between two days: a Hijri yearly known date's own day, and those on which it comes round after it."""
    on = date.fromisoformat(row["on_day"])
    again = hijri.yearly(row["hijri_month"], row["hijri_day"], first, last)
    own = [on] if first <= on <= last else []
    return own + [day for day in again if day > on + _SIGHTING]


# --- what both share ---


def _values(case: Case, body: PauseIn | KnownDateIn, pointer: str) -> dict[str, Any]:
    if body.direction_id is not None:
        case.direction(body.direction_id, f"{pointer}/direction_id")
    return body.model_dump(exclude={"reason"})


def _not_too_far(chart: Chart, day: date, pointer: str) -> None:
    """What is planned may lie ahead, but not so far that it is a mistyped year."""
    if day > chart.today + FARTHEST:
        raise invalid(
            pointer, "too_far_ahead", "This day lies more than three years ahead.", "Check the year."
        )
