"""What a clinician sees of one direction: the result with safety, wishes, clocks and words; pure, for service."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from app.progress import service_rules, wishes, wording
from app.progress.case_record import CaseRecord, Evidence
from app.progress.rests import DAYS_PER_MONTH
from app.progress.starting import disclosures
from app.safety.kinds import CONCERN_BY_CODE

Json = dict[str, Any]
SUSPENDED: Final = "suspended_safety"
RAW: Final = ("p_diminishing", "rate_per_month", "frequency", "duration", "recovery", "evidence_ids")
RANK: Final[Mapping[str, int]] = {"insufficient_evidence": 0, "not_met": 1, "emerging": 2, "met": 3}
FIGURES: Final = (
    "p_diminishing",
    "p_resolved",
    "rate_per_month",
    "frequency",
    "duration",
    "recovery",
    "projected_resolution_month",
    "reference_band",
)


def progress_view(record: CaseRecord, evidence: Evidence, result: Json) -> Json:
    """The first question for one direction, with everything it cites."""
    return _cited(evidence, progress_told(record, evidence, result))


def progress_told(record: CaseRecord, evidence: Evidence, result: Json) -> Json:
    """The first question for one direction: is repair moving."""
    safe = not record.concerns
    dated = {**result, "setbacks": [_dated(each, evidence) for each in result["setbacks"]]}
    headline = wording.progress_headline(
        dated, safety_open=not safe, process_months=record.process.months, ended_on=record.ended_on
    )
    return {
        **_heading(evidence),
        "headline": {"code": headline.code, "text": headline.text},
        "status": result["progress"]["status"] if safe else "safety_first",
        "figures": {name: result["progress"][name] for name in FIGURES} if safe else None,
        "basis": result["progress"]["basis"] if safe else wording.SAFETY,
        "evidence_ids": result["progress"]["evidence_ids"],
        "raw_trend": None if safe else _raw(result),
        "prerequisites": prerequisites(record, evidence, result),
        "data_sufficiency": result["data_sufficiency"],
        "ask_next": ask_next(record, evidence, result),
        "setbacks": dated["setbacks"] if safe else [],
        "alerts": result["alerts"],
        "clocks": _clocks(record, evidence, result),
        "phase": result["phase"] if safe else None,
        "corridor": wording.corridor(result["clock"], result["progress"]["reference_band"]) if safe else None,
        "declined_reports": evidence.left_out.declined,
        "uncounted_estimates": evidence.left_out.estimates,
        "evidence_digest": result["evidence_digest"],
    }


def stop_view(record: CaseRecord, evidence: Evidence, result: Json, reviews: Iterable[Json]) -> Json:
    """The second question for one direction, with everything it cites."""
    return _cited(evidence, stop_told(record, evidence, result, reviews))


def stop_told(record: CaseRecord, evidence: Evidence, result: Json, reviews: Iterable[Json]) -> Json:
    """The second question for one direction: has trying longer become its own harm."""
    found = criteria(record, result)
    status = stop_status(record, found)
    headline = wording.stop_headline(status, found, ended_on=record.ended_on)
    last = last_review(reviews, evidence.direction.id)
    overridden = [] if last is None else last["overrides"]
    return {
        **_heading(evidence),
        "headline": {"code": headline.code, "text": headline.text},
        "status": status,
        "criteria": {code: {**each, "overridden": code in overridden} for code, each in found.items()},
        "review_prompts": _prompts(record, result, last),
        "last_review": last,
        "evidence_digest": result["evidence_digest"],
    }


def criteria(record: CaseRecord, result: Json) -> dict[str, Json]:
    """All criteria of one direction; while a concern is open none is judged."""
    found = {**result["stop"]["criteria"], wishes.CODE: wishes.stated_wish(record.wishes, record.as_of)}
    if not record.concerns:
        return found
    nothing: Json = {
        "status": SUSPENDED,
        "estimate": None,
        "interval": None,
        "first_met_on": None,
        "evidence_ids": [],
    }
    return {code: {**nothing, "basis": wording.SAFETY_STOP} for code in found}


def stop_status(record: CaseRecord, found: Mapping[str, Json]) -> str:
    """The strongest criterion; "not met" must not be heard where the trend could not even be asked."""
    return SUSPENDED if record.concerns else _strongest(found)


def _strongest(found: Mapping[str, Json]) -> str:
    strongest = max((each["status"] for each in found.values()), key=RANK.__getitem__)
    unjudged = found["no_measurable_progress"]["status"] == "insufficient_evidence"
    return "insufficient_evidence" if strongest == "not_met" and unjudged else str(strongest)


def prerequisites(record: CaseRecord, evidence: Evidence, result: Json) -> dict[str, Json]:
    """The prerequisites; openness under pressure is no openness, so transparency is not scored then."""
    found = dict(result["prerequisites"])
    if record.concerns or _coerced(evidence, record.as_of):
        found["transparency"] = {
            "status": SUSPENDED,
            "estimate": None,
            "interval": None,
            "evidence_ids": [],
            "basis": "Transparency is not scored: access may have been obtained by pressure.",
        }
    return found


def ask_next(record: CaseRecord, evidence: Evidence, result: Json) -> list[str]:
    """What to do or ask in the next session; safety outranks everything else."""
    if record.concerns:
        tasks = [task for row in record.concerns for task in CONCERN_BY_CODE[row["kind"]].tasks]
        return list(dict.fromkeys(tasks))
    unknown = [f"Ask about {code}." for code, found in result["prerequisites"].items() if _unasked(found)]
    asked = [*evidence.tasks, *result["data_sufficiency"]["needed_next"], *unknown]
    return list(dict.fromkeys(asked))


def last_review(reviews: Iterable[Json], direction_id: str) -> Json | None:
    """The clinician's newest decision that concerns a direction: its own, or one for the couple."""
    own = [row for row in reviews if row["direction_id"] in (None, direction_id)]
    if not own:
        return None
    row = own[-1]
    return {
        "id": row["id"],
        "href": f"/v1/reviews/{row['id']}",
        "reviewed_on": row["reviewed_on"],
        "decision": row["decision"],
        "next_review_on": row["next_review_on"],
        "overrides": row["overridden"].split(),
    }


def explanation_view(record: CaseRecord, evidence: Evidence, found: Json | None) -> Json:
    """Why one direction's answer is what it is; while a safety concern is open nothing is explained."""
    view = {
        **_heading(evidence),
        "suspended": found is None,
        "note": wording.SAFETY if found is None else found["note"],
        "explanation": found and _without_coerced(record, evidence, found),
        "declined_reports": evidence.left_out.declined,
        "uncounted_estimates": evidence.left_out.estimates,
    }
    return _cited(evidence, view)


def _without_coerced(record: CaseRecord, evidence: Evidence, found: Json) -> Json:
    """Transparency that is not scored is not explained either."""
    if not _coerced(evidence, record.as_of):
        return found
    lacks = [each for each in found["lacks"] if each["indicator"] != "transparency"]
    return {**found, "lacks": lacks, "prerequisites": {**found["prerequisites"], "transparency": SUSPENDED}}


def timeline_view(
    record: CaseRecord, evidence: Evidence, drawn: Json, weeks: Iterable[Json], stages: Iterable[Json]
) -> Json:
    """Series and events of one direction; while a concern is open no week is summarised."""
    until = record.as_of.isoformat()
    events = [*_drawn_events(drawn), *_betrayals(evidence), *_sessions(record), *_stages(evidence, stages)]
    return {
        **_heading(evidence),
        "unit": drawn["unit"],
        "suspended": bool(record.concerns),
        "reports": drawn["reports"],
        "fitted": drawn["fitted"],
        "band": drawn["band"],
        "events": sorted(
            (each for each in events if each["on"] <= until),
            key=lambda e: (e["on"], e["kind"], e["id"] or ""),
        ),
        "history": [] if record.concerns else list(weeks),
    }


def _drawn_events(drawn: Json) -> list[Json]:
    setbacks = [
        _event(report["to"], report["setback"], report["id"])
        for report in drawn["reports"]
        if report["setback"]
    ]
    told = [{**each, "id": each["id"] and each["id"].split("@")[0], "code": None} for each in drawn["events"]]
    return [*told, *setbacks]


def _betrayals(evidence: Evidence) -> list[Json]:
    found = [
        _event(each.came_to_light_on.isoformat(), "came_to_light", each.id) for each in evidence.betrayals
    ]
    full = [
        _event(each.full_disclosure_on.isoformat(), "full_disclosure", each.id)
        for each in evidence.betrayals
        if each.full_disclosure_on
    ]
    return [*found, *full]


def _sessions(record: CaseRecord) -> list[Json]:
    return [
        _event(row["local_day"], "session", row["id"], row["kind"])
        for row in record.sessions
        if row["outcome"] == "held"
    ]


def _stages(evidence: Evidence, stages: Iterable[Json]) -> list[Json]:
    own = (None, evidence.direction.id)
    return [
        _event(row["entered_on"], "stage", row["id"], row["stage"])
        for row in stages
        if row["direction_id"] in own
    ]


def _event(on: str, kind: str, row_id: str, code: str | None = None) -> Json:
    return {"on": on, "to": None, "kind": kind, "id": row_id, "code": code}


def known_week(record: CaseRecord, evidence: Evidence, week: Json) -> Json:
    """One week as known then, with its fan; a concern that was open then silences the week as it did that day."""
    told = {**dated_week(record, evidence, week), "fan": week["fan"]}
    if not record.concerns:
        return told
    criteria = dict.fromkeys(told["stop"]["criteria"], SUSPENDED)
    return {
        **told,
        "phase": None,
        "status": "safety_first",
        "figures": None,
        "fan": [],
        "prerequisites": {**told["prerequisites"], "transparency": SUSPENDED},
        "stop": {"status": SUSPENDED, "criteria": criteria},
    }


def dated_week(record: CaseRecord, evidence: Evidence, week: Json) -> Json:
    """One week of the history with the service's own criterion and suspension."""
    day = date.fromisoformat(week["as_of"])
    wish = wishes.stated_wish(record.wishes, day)["status"]
    statuses = {**week["stop"]["criteria"], wishes.CODE: wish}
    found = {code: {"status": status} for code, status in statuses.items()}
    shown = dict(week["prerequisites"])
    if _coerced(evidence, day):
        shown["transparency"] = SUSPENDED
    return {
        "as_of": week["as_of"],
        "clock_status": week["clock"]["status"],
        "net_months": week["clock"]["net_months"],
        "phase": week["phase"],
        "status": week["progress"]["status"],
        "figures": {name: week["progress"][name] for name in FIGURES},
        "prerequisites": shown,
        "stop": {"status": _strongest(found), "criteria": statuses},
        "reports": week["reports"],
        "fan": [],
    }


def repeated_restarts(result: Json) -> bool:
    """Whether the clock began again so often that a review is suggested."""
    return len(result["clock"]["restarts"]) >= service_rules.REPEATED_RESTARTS


def _heading(evidence: Evidence) -> Json:
    way = evidence.direction
    return {
        "direction_id": way.id,
        "affected_partner_id": way.affected_id,
        "betraying_partner_id": way.betraying_id,
    }


def _raw(result: Json) -> Json:
    figures = {name: result["progress"][name] for name in RAW}
    return {**figures, "note": wording.SAFETY_RAW}


def _dated(setback: Json, evidence: Evidence) -> Json:
    """The setback with the window of its report, so that a reader need not look it up."""
    report = next(r for r in evidence.document["threat_reports"] if r["id"] == setback["report_id"])
    linked = setback["linked_to"]
    return {
        **setback,
        "linked_to": linked and linked.split("@")[0],
        "window_start": report["window_start"],
        "window_end": report["window_end"],
    }


def _clocks(record: CaseRecord, evidence: Evidence, result: Json) -> Json:
    work, process = result["clock"], record.process
    since = max(disclosures(evidence.betrayals, record.as_of), default=None)
    net, elapsed = work["net_months"], work["elapsed_months"]
    return {
        "calendar": {
            "since": since and since.isoformat(),
            "months": since and round((record.as_of - since).days / DAYS_PER_MONTH, 1),
        },
        "work": {
            **work,
            "start_basis": evidence.start.basis,
            "work_share": round(net / elapsed, 3) if elapsed else None,
        },
        "process": {
            "since": process.since and process.since.isoformat(),
            "months": round(process.months, 1),
            "calendar_months": round(process.calendar_months, 1),
        },
    }


def _coerced(evidence: Evidence, as_of: date) -> bool:
    since = as_of - timedelta(days=service_rules.COERCED_DAYS)
    return any(since < day <= as_of for day in evidence.coerced)


def _unasked(found: Json) -> bool:
    return bool(found["status"] == "insufficient_evidence")


def _prompts(record: CaseRecord, result: Json, last: Json | None) -> list[Json]:
    """Reasons for a review beside the criteria: restarts again and again, and a review whose day has come."""
    found = []
    if repeated_restarts(result):
        months = round(record.process.months)
        text = (
            f"Repeated restarts: the clock began again {len(result['clock']['restarts'])} times; the work "
            f"as a whole has "
            f"taken {months} months. Review what has been tried."
        )
        found.append({"code": "repeated_restarts", "text": text})
    due = last and last["next_review_on"]
    if due and date.fromisoformat(due) <= record.as_of:
        found.append({"code": "review_due", "text": f"The next review was set for {wording.on(due)}."})
    return found


def _cited(evidence: Evidence, view: Json) -> Json:
    return {**view, "evidence": evidence.cited(_ids(view))}


def told_instead(view: Json, instead: Json) -> Json:
    """A view with other values where it has them, citing what it still rests on."""
    told: Json = {name: instead.get(name, value) for name, value in view.items()}
    if "evidence" not in told:
        return told
    cited = {name.partition("@")[0] for name in _ids(told)}
    return {**told, "evidence": [row for row in told["evidence"] if row["id"] in cited]}


def _ids(value: Any) -> list[str]:
    """All evidence ids that a view cites, in order."""
    if isinstance(value, list):
        return [name for each in value for name in _ids(each)]
    if not isinstance(value, dict):
        return []
    own = [value[name] for name in ("report_id",) if value.get(name)]
    inner = [name for key, each in value.items() if key != "evidence_ids" for name in _ids(each)]
    return [*value.get("evidence_ids", []), *own, *inner]
