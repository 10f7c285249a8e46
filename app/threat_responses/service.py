"""What happens to threat reports: recorded, corrected, read as evidence; routes and the slices above come in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples import service as couples
from app.couples.case import Case, open_for_writing, seen_by
from app.couples.facts import FactKind
from app.errors import Refusal, invalid
from app.threat_responses import bands
from app.threat_responses.schemas import ThreatReportCorrection, ThreatReportIn
from app.threat_responses.tables import threat_report

NUMBERS = ("typical_duration_minutes", "recovery_minutes", "peak_intensity", "checking")
_SAID = ("window_start", "window_end", "band", "declined", "source", "words", *NUMBERS)


def _shape(row: Row) -> Row:
    return {**row, "triggers": row["triggers"].split()}


REPORT = FactKind(threat_report, "window_end", "threat-reports", _shape)

_EVIDENCE = facts.evidence(
    threat_report,
    (
        "direction_id",
        "window_start",
        "window_end",
        "episodes",
        "declined",
        "typical_duration_minutes",
        "recovery_minutes",
        "peak_intensity",
        "triggers",
        "source",
        "visibility",
    ),
)

_later = threat_report.alias("later")
_STANDING = (
    select(
        threat_report.c.id,
        threat_report.c.direction_id,
        threat_report.c.window_start,
        threat_report.c.window_end,
    )
    .where(
        threat_report.c.window_end >= bindparam("first", required=True),
        threat_report.c.window_start <= bindparam("last", required=True),
        threat_report.c.entered_in_error.is_(False),
        ~select(_later.c.id)
        .where(
            _later.c.practice_id == threat_report.c.practice_id,
            _later.c.supersedes_id == threat_report.c.id,
        )
        .correlate(threat_report)
        .exists(),
    )
    .order_by(threat_report.c.window_end)
)
EVIDENCE = (_EVIDENCE,)


def evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's threat reports as known before an instant, without words; `triggers` are codes between spaces."""
    return facts.current(chart.rows(_EVIDENCE, couple=couple_id, known=known))


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """The published bands, triggers and sources."""
    return {
        "threat_bands": [asdict(band) for band in bands.BANDS],
        "triggers": [asdict(trigger) for trigger in bands.TRIGGERS],
        "threat_sources": [asdict(source) for source in bands.SOURCES],
    }


def record_report(
    chart: Chart,
    case: Case,
    body: ThreatReportIn,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record a threat report of the affected partner; one day is told of in one report only."""
    place = _place(chart, case, [body])
    return _record(chart, case, body, place, pointer, source=source, session_id=session_id)


def record_reports(
    chart: Chart,
    case: Case,
    bodies: Sequence[ThreatReportIn],
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> list[Row]:
    """Record the threat reports of a session; what stands in the record already is asked once for all of them."""
    if not bodies:
        return []
    place = _place(chart, case, bodies)
    return [
        _record(chart, case, body, place, f"{pointer}/{number}", source=source, session_id=session_id)
        for number, body in enumerate(bodies)
    ]


def expect_recording(chart: Chart, couple_id: str, bodies: Sequence[ThreatReportIn]) -> None:
    """Ask ahead what recording these reports will ask, once the couple's row is held."""
    if bodies:
        couples.expect_discoveries(chart, couple_id)
        chart.expect(_STANDING, couple=couple_id, **_span(bodies))


def read_report(chart: Chart, report_id: str) -> Row:
    """One threat report."""
    return facts.get(chart, REPORT, report_id)


def correct_report(chart: Chart, report_id: str, body: ThreatReportCorrection, if_match: str | None) -> Row:
    """Correct a threat report by a new entry; it stays in its session."""
    row = facts.get(chart, REPORT, report_id)
    case = open_for_writing(chart, row["couple_id"])
    place = _place(chart, case, [body])
    values = {**_values(chart, case, body, place.discovered, "", row), "session_id": row["session_id"]}
    corrected = facts.correct(chart, REPORT, row, case, if_match, values, body.reason)
    _demand_apart(corrected, [other for other in place.standing if other["id"] != report_id])
    return corrected


def void_report(chart: Chart, report_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a threat report as entered in error."""
    row = facts.get(chart, REPORT, report_id)
    return facts.void(chart, REPORT, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


@dataclass
class _Place:
    """What reports are recorded beside: when the betrayals came to light, and the reports that stand."""

    discovered: list[Row]
    standing: list[Row]


def _place(chart: Chart, case: Case, bodies: Sequence[ThreatReportIn]) -> _Place:
    """Days of discovery, and the reports that touch the span of these.

    Asked while the couple's row is held: of two callers at once, the second sees the first one's report.
    """
    expect_recording(chart, case.id, bodies)
    found = couples.discoveries(chart, case.id)
    return _Place(found, chart.rows(_STANDING, couple=case.id, **_span(bodies)))


def _span(bodies: Sequence[ThreatReportIn]) -> dict[str, date]:
    return {
        "first": min(body.window_start for body in bodies),
        "last": max(body.window_end for body in bodies),
    }


def _record(
    chart: Chart, case: Case, body: ThreatReportIn, place: _Place, pointer: str, **options: Any
) -> Row:
    values = _values(chart, case, body, place.discovered, pointer, None)
    values["session_id"] = options.pop("session_id")
    row = facts.record(chart, REPORT, case, values, **options)
    _demand_apart(row, place.standing)
    place.standing.append(row)
    return row


def _values(
    chart: Chart,
    case: Case,
    body: ThreatReportIn,
    discovered: list[Row],
    pointer: str,
    corrected: Row | None,
) -> dict[str, Any]:
    """The columns of a report, checked; `corrected` is the entry that this one will supersede."""
    kept = corrected["direction_id"] if corrected else None
    way = case.direction(body.direction_id or kept, f"{pointer}/direction_id")
    _check_numbers(body, pointer)
    couples.demand_come(chart, case, corrected, pointer, window_end=body.window_end)
    seen = seen_by(body, case, pointer=pointer, corrected=_standing(way.affected_id, corrected))
    _check_window(couples.discovered_on(discovered, way.id, seen), body, pointer)
    days = (body.window_end - body.window_start).days + 1
    return {
        **{name: getattr(body, name) for name in _SAID},
        "direction_id": way.id,
        "reporter_id": way.affected_id,
        "episodes": bands.episodes_for(body.band, days) if body.band else body.episodes,
        "triggers": " ".join(body.triggers),
        **seen,
    }


def _standing(reporter_id: str, corrected: Row | None) -> Mapping[str, str | None] | None:
    """Who might learn of the corrected report; what the other partner turns out to have said alone is not told on."""
    if corrected is None or corrected["visibility"] != "partner" or corrected["reporter_id"] == reporter_id:
        return corrected
    return couples.CLINICIAN


def _check_numbers(body: ThreatReportIn, pointer: str) -> None:
    """Zero is a figure, a refusal is none: neither may be mistaken for the other."""
    where = f"{pointer}/episodes"
    given = [body.episodes is not None, body.band is not None, body.declined]
    if sum(given) != 1:
        detail = "A report holds exactly one of `episodes`, `band` and `declined`."
        raise invalid(where, "one_of_needed", detail, "Send `declined: true` when there was no answer.")
    if body.declined:
        _refuse_figures(body, pointer, NUMBERS, "A declined report carries no figures.")
        if body.triggers:
            raise invalid(f"{pointer}/triggers", "figure_not_wanted", "A declined report names no triggers.")
    if body.episodes == 0 or body.band == "none":
        _refuse_figures(body, pointer, NUMBERS[:3], "With no episodes there is nothing to measure.")


def _refuse_figures(body: ThreatReportIn, pointer: str, names: tuple[str, ...], detail: str) -> None:
    """Figures that cannot be; 0 passes where there were no episodes, because nothing is what it says."""
    for name in names:
        value = getattr(body, name)
        if value or (value is not None and body.declined):
            raise invalid(f"{pointer}/{name}", "figure_not_wanted", detail, "Leave it out.")


def _check_window(discovered: str | None, body: ThreatReportIn, pointer: str) -> None:
    days = (body.window_end - body.window_start).days + 1
    if days < 1:
        raise invalid(f"{pointer}/window_end", "end_before_start", "The end lies before the start.")
    if days > bands.LONGEST_WINDOW_DAYS:
        longest = f"A window has at most {bands.LONGEST_WINDOW_DAYS} days."
        raise invalid(
            f"{pointer}/window_end", "window_too_long", longest, "Send one report for each stretch."
        )
    if discovered is not None and body.window_start.isoformat() < discovered:
        detail = "The window begins before the betrayal came to light."
        hint = f"It came to light on {discovered}."
        raise invalid(f"{pointer}/window_start", "before_discovery", detail, hint)


def _demand_apart(row: Row, standing: Sequence[Row]) -> None:
    """Refuse a report whose days another one tells of already; the refusal takes back what was stored."""
    for other in standing:
        same = other["direction_id"] == row["direction_id"]
        if same and other["window_end"] >= row["window_start"] and other["window_start"] <= row["window_end"]:
            raise Refusal("report_overlaps", extra={"overlapping_id": other["id"]})
