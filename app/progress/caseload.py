"""The caseload, most in need of attention first, from stored results that say which evidence and day they come from."""

import json
from calendar import isleap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, get_args

from pydantic_core import to_json
from sqlalchemy import bindparam, select

from app import __version__
from app.break_glass import service as break_glass
from app.chart.chart import Chart, Row, Store, among
from app.chart.keys import SealBroken
from app.client_requests import service as client_requests
from app.confidences import service as confidences
from app.couples import facts
from app.couples import service as couples
from app.couples.case import Case, open_case
from app.couples.facts import FAR_INSTANT
from app.progress import joint, schemas, service, views, wording
from app.progress.case_record import Evidence
from app.progress.rests import SILENCE
from app.progress.shared import Shared
from app.progress.tables import indicator_result
from app.reviews import service as reviews
from app.safety import service as safety
from app.safety.kinds import SCREEN_BEFORE_TURN_DAYS, SCREEN_OVERDUE_WORDS
from app.sessions import service as sessions
from app.stages import service as stages
from app.wire.answers import content_tag

Json = dict[str, Any]
AHEAD_DAYS: Final = 21
STALE_DAYS: Final = 49
MOST_AT_ONCE: Final = 500
NEVER: Final = "0001-01-01"
VERSION: Final = f"{__version__} {service.VERSIONS}"

# What comes first in the list; ties by the oldest look.
ATTENTION: Final[tuple[str, ...]] = get_args(schemas.ATTENTION)
_KEPT: Final = ("as_of", "evidence_version", "versions", "attention", "looked_on", "summary", "computed_at")
_LISTED = couples.open_cases_beside(indicator_result, _KEPT)
_STANDING = couples.open_cases_beside(
    indicator_result, ("as_of", "evidence_version", "versions", "computed_at"), own=()
)
_STORED = select(indicator_result.c.id, indicator_result.c.version).where(
    among(indicator_result.c.id, bindparam("ids", required=True))
)


# What waits in a case besides what its figures ask for: a slice that has such things adds its line.
_GIVEN: Final[tuple[Callable[[Chart, str], list[Json]], ...]] = (
    client_requests.tasks,
    confidences.tasks,
    break_glass.tasks,
    sessions.tasks,
    joint.tasks,
)
_STAGES = facts.evidence(stages.STAGE.table, ("entered_on",))


@dataclass(frozen=True, slots=True)
class Computed:
    """A fresh result of one couple and the evidence version it was computed from."""

    couple_id: str
    evidence_version: int
    as_of: str
    attention: int
    looked_on: str | None
    summary: Json
    computed_at: str


SHARED: Final = Shared[Computed]()


@dataclass(frozen=True, slots=True)
class Caseload:
    """The items in their order, and the tag of what they were made from."""

    items: list[Row]
    tag: str


def caseload(chart: Chart, asking: Json) -> Caseload:
    """The caller's open couples, most in need of attention first; what is stale is computed anew and stored."""
    rows = chart.marked_rows(_LISTED)
    fresh = _fresh(chart, [row for row in rows if _stale(chart, row)])
    items = [_item(row, fresh.get(row["id"])) for row in rows]
    tag = _tag(chart, asking, zip(rows, (item["computed_at"] for item in items)))
    return Caseload(sorted(items, key=place), tag)


def standing_tag(chart: Chart, asking: Json) -> str | None:
    """The tag of the caseload as it is stored, without reading it; None while something is stale."""
    rows = chart.rows(_STANDING)
    if any(_stale(chart, row) for row in rows):
        return None
    return _tag(chart, asking, ((row, row["beside_computed_at"]) for row in rows))


def _tag(chart: Chart, asking: Json, rows: Iterable[tuple[Row, str]]) -> str:
    seen = [(row["id"], row["version"], row["evidence_version"], at) for row, at in rows]
    return content_tag(to_json([chart.today, chart.actor.zone, VERSION, asking, seen]))


def _fresh(chart: Chart, stale: Sequence[Row]) -> dict[str, Computed]:
    """New results; many callers at the start of a day share them: the first computes and stores, the others wait."""
    fresh, mine = {}, {}
    keys = {row["id"]: (row["id"], row["evidence_version"], chart.today, service.VERSIONS) for row in stale}
    try:
        for row in stale:
            result, own = SHARED.work_out(keys[row["id"]], partial(_compute, chart, row))
            fresh[row["id"]] = result
            if own:
                mine[row["id"]] = result
        if fresh:
            # The request looked at a list: the trail must not name the couple that happened to be read last.
            chart.visit.forget()
        if mine:
            _store(chart, mine)
    finally:
        SHARED.done(keys[couple_id] for couple_id in mine)
    return fresh


def place(item: Row) -> list[str]:
    """Where an item stands in the list."""
    return [f"{item['rank']:02d}", item["looked_on"] or NEVER, item["couple_id"]]


def _stale(chart: Chart, row: Row) -> bool:
    made_from = (row["beside_evidence_version"], row["beside_as_of"], row["beside_versions"])
    as_it_stands = (row["evidence_version"], chart.today.isoformat(), service.VERSIONS)
    return made_from != as_it_stands or "beside_summary" in row.get("unreadable", ())


def _item(row: Row, fresh: Computed | None) -> Row:
    summary = fresh.summary if fresh else json.loads(row["beside_summary"])
    rank = fresh.attention if fresh else row["beside_attention"]
    return {
        "couple_id": row["id"],
        "label": row["label"],
        "unreadable": [name for name in row["unreadable"] if name == "label"],
        "rank": rank,
        "attention": ATTENTION[rank],
        "looked_on": fresh.looked_on if fresh else row["beside_looked_on"],
        **summary,
        "as_of": fresh.as_of if fresh else row["beside_as_of"],
        "evidence_version": row["evidence_version"],
        "computed_at": fresh.computed_at if fresh else row["beside_computed_at"],
    }


# --- computing and storing ---


def _compute(chart: Chart, row: Row) -> Computed:
    case = open_case(chart, row["id"])
    question = service.asked(chart, None, None)
    looked = service.look(chart, case, question)
    decided = reviews.evidence(chart, case.id, FAR_INSTANT)
    ways = [_direction(looked, evidence, result, decided) for evidence, result in looked.each()]
    ranked = [way.pop("rank") for way in ways]
    summary = {"directions": ways, "tasks": _tasks(chart, case, looked, decided)}
    last = [
        day for day in (looked.record.last_session, decided[-1]["reviewed_on"] if decided else None) if day
    ]
    return Computed(
        case.id,
        row["evidence_version"],
        question.as_of.isoformat(),
        min(ranked, default=ATTENTION.index(_without_directions(looked))),
        max(last, default=None),
        summary,
        chart.at,
    )


def _without_directions(looked: service.Looked) -> str:
    """Why a case stands where it does before a betrayal is on record; danger waits for none."""
    return "safety_first" if looked.record.concerns else "too_little_yet"


def _direction(looked: service.Looked, evidence: Evidence, result: Json, decided: Sequence[Row]) -> Json:
    record = looked.record
    # A list shows no evidence, so what the answers cite need not be looked up.
    seen = views.progress_told(record, evidence, result)
    stop = views.stop_told(record, evidence, result, decided)
    code = attention(seen["status"], stop["criteria"], _reports_missing(record.as_of, evidence))
    headline = seen["headline"] if stop["status"] not in ("met", "emerging") else stop["headline"]
    return {
        "rank": ATTENTION.index(code),
        "direction_id": evidence.direction.id,
        "progress": seen["status"],
        "stop": stop["status"],
        "criteria": {name: found["status"] for name, found in stop["criteria"].items()},
        "why": {"code": code, "text": headline["text"]},
        "net_months": result["clock"]["net_months"],
        "next_review_on": stop["last_review"] and stop["last_review"]["next_review_on"],
    }


def attention(status: str, criteria: Mapping[str, Json], reports_missing: bool) -> str:
    """Why a direction stands where it does in the list."""
    statuses = {found["status"] for found in criteria.values()}
    asked = (
        ("safety_first", status == "safety_first"),
        ("continuing_betrayal", criteria["continuing_betrayal"]["status"] == "met"),
        ("criterion_met", "met" in statuses),
        ("worsening", status == "worsening"),
        ("criterion_emerging", "emerging" in statuses),
        ("reports_missing", status == "insufficient_evidence" and reports_missing),
        ("too_little_yet", status == "insufficient_evidence"),
    )
    return next((code for code, so in asked if so), status)


def _reports_missing(as_of: date, evidence: Evidence) -> bool:
    """Whether there were reports once, and for weeks there have been none though nobody said that the work rests."""
    today = as_of.isoformat()
    rests = [each for each in evidence.document["pauses"] if not each["id"].startswith(SILENCE)]
    if any(each["start"] <= today and (each["end"] is None or today < each["end"]) for each in rests):
        return False
    reports = [row["window_end"] for row in evidence.document["threat_reports"] if row["window_end"] <= today]
    rested = [each["end"] for each in rests if each["end"] and each["end"] <= today]
    return bool(reports) and max(reports + rested) < (as_of - timedelta(days=STALE_DAYS)).isoformat()


def _store(chart: Chart, fresh: Mapping[str, Computed]) -> None:
    """Keep results in a transaction of its own, each only if its evidence is still what it was made from."""
    store: Store = chart.store
    with store.chart(chart.actor, chart.now, chart.visit, writing=True) as writing:
        ids = sorted(fresh)
        held = couples.held_versions(writing, ids)
        stored = {row["id"]: row["version"] for row in writing.rows(_STORED, ids=writing.list_value(ids))}
        for couple_id in ids:
            if held.get(couple_id) == fresh[couple_id].evidence_version:
                with suppress(SealBroken):  # its key is gone: told all the same, worked out anew each time
                    _keep(writing, fresh[couple_id], stored.get(couple_id))


def _keep(writing: Chart, result: Computed, version: int | None) -> None:
    values = {
        "as_of": result.as_of,
        "evidence_version": result.evidence_version,
        "versions": service.VERSIONS,
        "attention": result.attention,
        "looked_on": result.looked_on,
        "summary": json.dumps(result.summary, separators=(",", ":"), ensure_ascii=False),
        "computed_at": result.computed_at,
    }
    writing.opened.add(result.couple_id)
    if version is None:
        writing.add(indicator_result, id=result.couple_id, couple_id=result.couple_id, **values)
    else:
        writing.amend(indicator_result, result.couple_id, version, couple_id=result.couple_id, **values)


# --- what else waits to be done ---


def _tasks(chart: Chart, case: Case, looked: service.Looked, decided: Iterable[Row]) -> list[Json]:
    record, found = looked.record, []
    for evidence, result in looked.each():
        found += [_task("ask_next", text) for text in evidence.tasks]
        last = views.last_review(decided, evidence.direction.id)
        if last and last["next_review_on"] and last["next_review_on"] <= record.as_of.isoformat():
            found.append(_task("review_due", "A review is due.", last["next_review_on"]))
        if views.repeated_restarts(result):
            found.append(
                _task("repeated_restarts", "The clock began again repeatedly; review what has been tried.")
            )
        found += [
            _task("hard_day_ahead", text, day.isoformat()) for day, text in _hard_days(evidence, record.as_of)
        ]
    if not safety.both_screened(chart, case, record.as_of):
        found.append(_task("screen_overdue", wording.opening(SCREEN_OVERDUE_WORDS) + "."))
    found += _screens_due(chart, case, record.as_of, decided)
    for tasks in _GIVEN:
        found += tasks(chart, case.id)
    return [dict(each) for each in dict.fromkeys(tuple(task.items()) for task in found)]


def _screens_due(chart: Chart, case: Case, as_of: date, decided: Iterable[Row]) -> list[Json]:
    """A stage that changed and a review each ask for screens of about that time, besides the half-yearly ones."""
    entered = facts.current(chart.rows(_STAGES, couple=case.id, known=FAR_INSTANT))
    turns = [*(row["entered_on"] for row in entered), *(row["reviewed_on"] for row in decided)]
    newest = max((day for day in turns if day <= as_of.isoformat()), default=None)
    screens = [day for day in safety.screens_current(chart, case, as_of).values() if day is not None]
    if newest is None or len(screens) < len(case.partner_ids):
        return []
    if min(screens) >= date.fromisoformat(newest) - timedelta(days=SCREEN_BEFORE_TURN_DAYS):
        return []
    return [
        _task("screen_due", "A stage changed or a review was held since: screen each partner apart.", newest)
    ]


def _hard_days(evidence: Evidence, as_of: date) -> list[tuple[date, str]]:
    """Anniversaries and other known days of the coming three weeks."""
    document = evidence.document
    known = [(row["date"], row["kind"], row["recurs"]) for row in document["known_dates"]]
    if document["discovery_date"]:
        known.append((document["discovery_date"], "anniversary", "yearly"))
    found = []
    for first, kind, recurs in known:
        day = _next(date.fromisoformat(first), as_of) if recurs == "yearly" else date.fromisoformat(first)
        if as_of <= day <= as_of + timedelta(days=AHEAD_DAYS):
            found.append(
                (day, f"A hard day lies ahead ({kind}, {wording.on(day)}); a stronger response is usual.")
            )
    return sorted(found)


def _next(first: date, as_of: date) -> date:
    """When a yearly day comes round next, on or after a day; 29 February keeps to the 28th in common years."""
    if first >= as_of:
        return first
    years = (as_of.year, as_of.year + 1)
    return next(day for year in years if (day := _in_year(first, year)) >= as_of)


def _in_year(first: date, year: int) -> date:
    short = (first.month, first.day) == (2, 29) and not isleap(year)
    return date(year, first.month, 28 if short else first.day)


def _task(code: str, text: str, on: str | None = None) -> Json:
    return {"code": code, "text": text, "on": on}
