"""Records for the tests of progress: a course of sessions and reports as a caller would enter it; tests come in."""

from datetime import date, timedelta
from typing import Any

from app.chart.chart import Actor, Visit, new_id
from app.couples.case import open_case
from app.markers import service as markers
from app.markers.schemas import CessationIn
from app.sessions import service as sessions
from app.sessions.schemas import SessionIn
from app.threat_responses import service as threats
from app.threat_responses.schemas import ThreatReportIn
from tests.people import Caller, Json, World

START = date(2025, 4, 1)


def _session(day: date, kind: str = "conjoint", **changes: Any) -> Json:
    both = {"a": {"status": "attended"}, "b": {"status": "attended"}}
    return {
        "kind": kind,
        "starts_at": f"{day}T16:00:00Z",
        "duration_minutes": 60,
        "attendance": both,
        **changes,
    }


def _report(end: date, episodes: int, **changes: Any) -> Json:
    start = str(end - timedelta(days=13))
    return {
        "window_start": start,
        "window_end": str(end),
        "episodes": episodes,
        "source": "self_in_session",
        **changes,
    }


def a_session(caller: Caller, couple: Json, day: date, kind: str = "conjoint", **changes: Any) -> Json:
    """A session held with both."""
    return caller.made(f"/v1/couples/{couple['id']}/sessions", _session(day, kind, **changes))


def a_report(caller: Caller, couple: Json, end: date, episodes: int, **changes: Any) -> Json:
    """A report for the fortnight up to a day."""
    return caller.made(f"/v1/couples/{couple['id']}/threat-reports", _report(end, episodes, **changes))


def a_marker(caller: Caller, couple: Json, code: str, day: date, **changes: Any) -> Json:
    """A marker seen on a day."""
    body = {"code": code, "observed_on": str(day), "basis": "observed_in_session", **changes}
    return caller.made(f"/v1/couples/{couple['id']}/markers", body)


def a_cessation(caller: Caller, couple: Json, status: str, day: date, **changes: Any) -> Json:
    """Whether the betrayal has ended, as known on a day."""
    body = {"status": status, "effective_on": str(day), **changes}
    return caller.made(f"/v1/couples/{couple['id']}/cessation", body)


def a_concern(caller: Caller, couple: Json, **changes: Any) -> Json:
    """An open safety concern."""
    body = {"kind": "violence", "raised_on": "2026-02-20", **changes}
    return caller.made(f"/v1/couples/{couple['id']}/safety-concerns", body)


def a_falling_course(world: World, caller: Caller, couple: Json, fortnights: int = 20) -> None:
    """Repair that moves: started in April 2025, a report a fortnight, about 13% less each month.

    Through the services in one transaction: over HTTP it would be thirty requests a test.
    """
    actor = Actor(world.home(), caller.person_id, "clinician", frozenset(), zone="Europe/Vienna")
    with world.store.chart(actor, world.watch(), Visit("testSetup", new_id()), writing=True) as chart:
        case = open_case(chart, couple["id"])
        sessions.record(chart, case, SessionIn.model_validate(_session(START)))
        ended = {"status": "verified", "effective_on": str(START), "grade": "documented"}
        markers.record_cessation(chart, case, CessationIn.model_validate(ended))
        for number in range(fortnights):
            end = START + timedelta(days=14 * (number + 1))
            report = _report(end, round(40 * 0.935**number), peak_intensity=max(3, 9 - number // 3))
            threats.record_report(chart, case, ThreatReportIn.model_validate(report))
            if number % 3 == 2:
                sessions.record(chart, case, SessionIn.model_validate(_session(end)))
        chart.sign(201)


def progress(caller: Caller, couple: Json, **query: Any) -> Json:
    """The only direction of the first answer."""
    (way,) = caller.get(f"/v1/couples/{couple['id']}/progress", params=query).json()["directions"]
    return dict(way)


def stopping(caller: Caller, couple: Json, **query: Any) -> Json:
    """The only direction of the second answer."""
    (way,) = caller.get(f"/v1/couples/{couple['id']}/stopping", params=query).json()["directions"]
    return dict(way)
