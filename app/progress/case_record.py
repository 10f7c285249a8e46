"""The only bridge between chart and model: what a couple's record amounts to as evidence, for each direction.

Filtering by what was known happens in SQL, filtering by day in the model, item by item. One query a kind of row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from app.calendar import service as calendar
from app.chart.chart import Chart, Row
from app.commitments import service as commitments
from app.commitments.outcomes import BY_CODE as OUTCOMES
from app.couples import service as couples
from app.couples.case import Case, Direction
from app.markers import service as markers
from app.markers.cessation_kinds import evidence_status, task_for
from app.markers.kinds import BY_CODE as MARKERS
from app.progress import rests, starting, wishes
from app.progress.counting import counted
from app.progress.rests import ProcessClock, Rest
from app.progress.starting import Betrayal, Start
from app.progress.wishes import Stated
from app.safety import service as safety
from app.sessions import service as sessions
from app.threat_responses import service as threats
from app.threat_responses.bands import evidence_trigger
from app.timeline.reading import MOST_ITEMS, MOST_OF_A_FEW

CONTINUING: Final = frozenset(
    {"continuing", "continuing_diminished", "continuing_changed_form", "new_betrayal"}
)
CEASED: Final = frozenset({"verified_ceased", "self_reported_ceased"})
# Days that still lie ahead count for nothing in the model; they are unfolded so that a clinician can be reminded.
AHEAD: Final = timedelta(days=31)
LAPSE: Final = "lapse_disclosed"
COERCED: Final = "TRN-COERCED"
# What each marker says of accountability and of transparency, by its code.
LEVELS: Final[Mapping[str, Mapping[str, str | None]]] = {
    family: {code: kind.evidence_level for code, kind in MARKERS.items() if kind.evidence_family == family}
    for family in ("accountability", "transparency")
}
PLACES: Final[Mapping[str, str]] = {
    "threat_report": "threat-reports",
    "marker": "markers",
    "cessation": "cessation",
    "check_in": "check-ins",
    "commitment": "commitments",
    "betrayal": "betrayals",
    "known_date": "known-dates",
    "pause": "pauses",
    "session": "sessions",
}

EVIDENCE: Final = (
    *couples.EVIDENCE,
    *markers.EVIDENCE,
    *threats.EVIDENCE,
    *commitments.EVIDENCE,
    *sessions.EVIDENCE,
    *calendar.EVIDENCE,
    *safety.EVIDENCE,
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many threat reports are on record without being counted; none of them is a zero."""

    declined: int
    estimates: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the record holds for one direction: the model's document, and what stands beside it."""

    direction: Direction
    document: dict[str, Any]
    kinds: Mapping[str, str]
    start: Start
    betrayals: tuple[Betrayal, ...]
    left_out: LeftOut
    coerced: tuple[date, ...]
    tasks: tuple[str, ...]

    def cited(self, ids: Iterable[str]) -> list[Row]:
        """Evidence ids with what they are and where they can be fetched; rests that follow from gaps have no place."""
        found = []
        for name in dict.fromkeys(ids):
            row_id = name.partition("@")[0]
            kind = self.kinds.get(row_id, "derived")
            place = PLACES.get(kind)
            found.append({"id": row_id, "kind": kind, "href": place and f"/v1/{place}/{row_id}"})
        return found


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What a couple's record amounts to as known then, seen on a day."""

    case: Case
    as_of: date
    directions: tuple[Evidence, ...]
    process: ProcessClock
    wishes: tuple[Stated, ...]
    concerns: tuple[Row, ...]
    sessions: tuple[Row, ...]
    claimed: bool
    ended_on: date | None
    """The day on which the work ended, while it rests there."""

    @property
    def last_session(self) -> str | None:
        """The day of the last session held up to the day."""
        held = [row["local_day"] for row in self.sessions if row["outcome"] == "held"]
        return max((day for day in held if day <= self.as_of.isoformat()), default=None)


@dataclass(frozen=True, slots=True)
class Rows:
    """Plain rows as known then, before they are read as evidence."""

    betrayals: list[Row]
    starts: list[Row]
    steps: list[Row]
    markers: list[Row]
    cessation: list[Row]
    reports: list[Row]
    commitments: list[Row]
    check_ins: list[Row]
    sessions: list[Row]
    pauses: list[Row]
    known_dates: list[Row]
    concerns: list[Row]

    @property
    def claimed(self) -> bool:
        """Whether any of them rests on the word of an earlier system."""
        lists = (getattr(self, name) for name in self.__slots__ if name != "concerns")
        return any(row.get("source_recorded_at") for rows in lists for row in rows)


def load(chart: Chart, case: Case, known: str, as_of: date) -> Rows:
    """Everything that the calculation reads of one couple, as known before an instant; it travels together."""
    chart.expect(*EVIDENCE, couple=case.id, known=known)
    return Rows(
        couples.betrayal_evidence(chart, case.id, known),
        couples.repair_start_evidence(chart, case.id, known),
        couples.status_evidence(chart, case.id, known),
        markers.evidence(chart, case.id, known),
        markers.cessation_evidence(chart, case.id, known),
        threats.evidence(chart, case.id, known),
        commitments.evidence(chart, case.id, known),
        commitments.check_in_evidence(chart, case.id, known),
        sessions.evidence(chart, case.id, known),
        calendar.pauses(chart, case.id, known),
        calendar.known_dates(chart, case.id, known),
        safety.open_concerns(chart, case.id, known, as_of),
    )


def read_record(chart: Chart, case: Case, known: str, as_of: date) -> CaseRecord:
    """A couple's record as known before an instant, seen on a day."""
    return assemble(case, load(chart, case, known, as_of), as_of)


def assemble(case: Case, rows: Rows, as_of: date) -> CaseRecord:
    """Read rows as evidence; pure."""
    closed = rests.closures([(row["id"], row["status"], _day(row["effective_on"])) for row in rows.steps])
    kinds = _kinds(rows)
    contacts = {way.id: _contacts(rows, way.id) for way in case.directions}
    everyone = [day for days in contacts.values() for day in days] or _held(rows)
    resting = (*closed, *_paused(rows, None), *rests.gaps(everyone))
    return CaseRecord(
        case,
        as_of,
        tuple(
            _direction(case, way, rows, as_of, (*closed, *rests.gaps(contacts[way.id])), kinds)
            for way in case.directions
        ),
        rests.process_clock(_held(rows, "conjoint"), resting, as_of),
        tuple(_stated(rows)),
        tuple(rows.concerns),
        tuple(rows.sessions),
        rows.claimed,
        rests.ended_on(closed, as_of),
    )


def _direction(
    case: Case, way: Direction, rows: Rows, as_of: date, resting: Sequence[Rest], kinds: Mapping[str, str]
) -> Evidence:
    betrayals = [_betrayal(row) for row in rows.betrayals if row["direction_id"] == way.id]
    cessation = [row for row in rows.cessation if row["direction_id"] == way.id]
    start = _start(betrayals, cessation, rows, way, as_of)
    seen = [row for row in rows.markers if row["direction_id"] == way.id]
    reports = [row for row in rows.reports if row["direction_id"] == way.id]
    told = counted(reports)
    discovered = min((each.came_to_light_on for each in betrayals), default=None)
    document = {
        "schema_version": "1",
        "case_id": case.id,
        "discovery_date": discovered and discovered.isoformat(),
        "repair_started_on": start.on and start.on.isoformat(),
        "pauses": [_pause(rest) for rest in (*_paused(rows, way.id), *resting)],
        "known_dates": [*_known_dates(rows, way, as_of), *_later_discoveries(betrayals, discovered)],
        "threat_reports": [_report(row) for row in told],
        "accountability": _observed(seen, "accountability"),
        "transparency": _observed(seen, "transparency"),
        "cessation": [*map(_cessation, cessation), *map(_renewed, start.renewed)],
        "commitments": _commitments(rows, way),
        "sessions": [_session(row) for row in rows.sessions],
    }
    return Evidence(
        way,
        takeable(document),
        kinds,
        start,
        tuple(betrayals),
        _left_out(reports, told, as_of),
        tuple(_day(row["observed_on"]) for row in seen if row["code"] == COERCED),
        tuple(_tasks(cessation, as_of)),
    )


def takeable(document: dict[str, Any]) -> dict[str, Any]:
    """The document with no more of a kind than the calculation takes, the newest of them.

    No couple has as many; what a machine brought in by mistake must not take a whole caseload's answers away.
    """
    few = ("pauses", "known_dates", "commitments")
    return {
        name: _newest(found, MOST_OF_A_FEW if name in few else MOST_ITEMS)
        if isinstance(found, list)
        else found
        for name, found in document.items()
    }


def _newest(items: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return items if len(items) <= most else sorted(items, key=_age)[-most:]


def _age(item: Mapping[str, Any]) -> tuple[bool, str]:
    """What comes round each year is as new as the latest."""
    days = (item.get(name) for name in ("window_end", "date", "start", "made_on"))
    return item.get("recurs") == "yearly", next(day for day in days if day)


# --- the start, contacts and rests ---


def _start(
    betrayals: Sequence[Betrayal], cessation: Sequence[Row], rows: Rows, way: Direction, as_of: date
) -> Start:
    status = [(_day(row["effective_on"]), evidence_status(row["status"], row["grade"])) for row in cessation]
    beginnings = starting.Beginnings(
        betrayals,
        [day for day, word in status if word in CEASED],
        [day for day, word in status if word in CONTINUING],
        _held(rows, "conjoint"),
        [(row["id"], _day(row["starts_on"])) for row in rows.starts if row["direction_id"] == way.id],
    )
    return starting.repair_start(beginnings, as_of)


def _betrayal(row: Row) -> Betrayal:
    return Betrayal(
        row["id"],
        _day(row["came_to_light_on"]),
        _maybe(row["full_disclosure_on"]),
        _maybe(row["began_on"]) if row["began_precision"] == "day" else None,
    )


def _held(rows: Rows, kind: str | None = None) -> list[date]:
    return [_day(day) for day in _held_days(rows, kind)]


def _held_days(rows: Rows, kind: str | None = None) -> list[str]:
    return [
        row["local_day"] for row in rows.sessions if row["outcome"] == "held" and kind in (None, row["kind"])
    ]


def _contacts(rows: Rows, direction_id: str) -> list[date]:
    """Days on which somebody was heard: sessions held, check-ins, reports (a refusal to report is contact too)."""
    own = {row["id"] for row in rows.commitments if row["direction_id"] == direction_id}
    reports = [row["window_end"] for row in rows.reports if row["direction_id"] == direction_id]
    checked = [row["checked_on"] for row in rows.check_ins if row["commitment_id"] in own]
    # Many fall on one day, and to read a day costs more than to see that it is the same.
    return [_day(day) for day in {*_held_days(rows), *reports, *checked}]


def _paused(rows: Rows, direction_id: str | None) -> list[Rest]:
    """Recorded pauses of the couple, and of one direction; the last paused day is still part of the rest."""
    return [
        Rest(
            row["id"],
            _day(row["starts_on"]),
            _day(row["ends_on"]) + timedelta(days=1) if row["ends_on"] else None,
        )
        for row in rows.pauses
        if row["direction_id"] in (None, direction_id)
    ]


def _pause(rest: Rest) -> dict[str, Any]:
    return {
        "id": rest.id,
        "start": rest.start.isoformat(),
        "end": rest.end and rest.end.isoformat(),
        "recorded_on": rest.known_on and rest.known_on.isoformat(),
    }


def _known_dates(rows: Rows, way: Direction, as_of: date) -> list[dict[str, Any]]:
    own = [row for row in rows.known_dates if row["direction_id"] in (None, way.id)]
    return [each for row in own for each in _unfolded(row, as_of)]


def _unfolded(row: Row, as_of: date) -> list[dict[str, Any]]:
    """A Hijri date falls on other days each year, so each of them is an item of its own."""
    if row["recurs"] == "yearly" and row["calendar"] == "hijri":
        days = calendar.hijri_days(row, _day(row["on_day"]), as_of + AHEAD)
        return [_known_date(f"{row['id']}@{day}", day.isoformat(), row["kind"], "none") for day in days]
    return [_known_date(row["id"], row["on_day"], row["kind"], row["recurs"])]


def _known_date(name: str, day: str, kind: str, recurs: str) -> dict[str, Any]:
    return {"id": name, "date": day, "kind": kind, "recurs": recurs}


def _later_discoveries(betrayals: Sequence[Betrayal], first: date | None) -> list[dict[str, Any]]:
    """The model knows the anniversaries of the first discovery by itself; those of later ones are told to it."""
    return [
        _known_date(each.id, each.came_to_light_on.isoformat(), "anniversary", "yearly")
        for each in betrayals
        if each.came_to_light_on != first
    ]


# --- observations ---


def _report(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "window_start": row["window_start"],
        "window_end": row["window_end"],
        "episodes": row["episodes"],
        # Of nothing there is no length: a nought beside nought episodes is no measurement.
        "typical_duration_minutes": row["typical_duration_minutes"] or None,
        "peak_intensity": row["peak_intensity"],
        "recovery_minutes": row["recovery_minutes"] or None,
        "trigger": _trigger(row["triggers"]),
    }


@lru_cache(maxsize=1024)
def _trigger(codes: str) -> str:
    return evidence_trigger(codes.split())


def _left_out(reports: Sequence[Row], told: Sequence[Row], as_of: date) -> LeftOut:
    ids = {row["id"] for row in told}
    missing = [row for row in reports if row["id"] not in ids and row["window_end"] <= as_of.isoformat()]
    declined = sum(row["declined"] for row in missing)
    return LeftOut(declined, len(missing) - declined)


def _observed(rows: Iterable[Row], family: str) -> list[dict[str, Any]]:
    levels = LEVELS[family]
    return [
        {"id": row["id"], "date": row["observed_on"], "level": levels[row["code"]]}
        for row in rows
        if row["code"] in levels
    ]


def _cessation(row: Row) -> dict[str, Any]:
    """The model keeps a volunteered lapse in view by its basis; other words on the basis are not its business."""
    return {
        "id": row["id"],
        "date": row["effective_on"],
        "status": evidence_status(row["status"], row["grade"]),
        "basis": LAPSE if row["status"] == LAPSE else None,
    }


def _renewed(each: Betrayal) -> dict[str, Any]:
    """A betrayal that began after repair had started is a new betrayal on the day it came to light."""
    day = each.came_to_light_on.isoformat()
    return {"id": each.id, "date": day, "status": "new_betrayal", "basis": None}


def _commitments(rows: Rows, way: Direction) -> list[dict[str, Any]]:
    checks: dict[str, list[dict[str, Any]]] = {}
    for row in rows.check_ins:
        result = OUTCOMES[row["outcome"]].evidence_result
        if result is not None:
            entry = {"id": row["id"], "date": row["checked_on"], "result": result}
            checks.setdefault(row["commitment_id"], []).append(entry)
    return [
        {
            "id": row["id"],
            "made_on": row["made_on"],
            "owner": row["owner_partner_id"],
            "check_ins": _newest(checks.get(row["id"], []), MOST_ITEMS),
        }
        for row in rows.commitments
        if row["direction_id"] == way.id
    ]


def _session(row: Row) -> dict[str, Any]:
    status = "attended" if row["outcome"] == "held" else row["outcome"]
    return {"id": row["id"], "date": row["local_day"], "status": status}


def _stated(rows: Rows) -> list[Stated]:
    return [
        Stated(row["id"], row["code"], row["about_id"], row["stated_value"], _day(row["observed_on"]))
        for row in rows.markers
        if row["code"] in (wishes.LEAN, wishes.CHOICE) and row["stated_value"]
    ]


def _tasks(cessation: Iterable[Row], as_of: date) -> list[str]:
    """What the newest word on cessation asks the clinician to do."""
    known = [row for row in cessation if row["effective_on"] <= as_of.isoformat()]
    if not known:
        return []
    newest = max(known, key=lambda row: (row["effective_on"], row["id"]))
    task = task_for(newest["status"], newest["grade"])
    return [task] if task else []


def _kinds(rows: Rows) -> dict[str, str]:
    named = {
        "threat_report": rows.reports,
        "marker": rows.markers,
        "cessation": rows.cessation,
        "check_in": rows.check_ins,
        "commitment": rows.commitments,
        "betrayal": rows.betrayals,
        "known_date": rows.known_dates,
        "pause": rows.pauses,
        "session": rows.sessions,
    }
    return {row["id"]: kind for kind, found in named.items() for row in found}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _maybe(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
