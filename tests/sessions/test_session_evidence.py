"""What the calculation reads of sessions: as known then, whatever was changed or taken back since."""

from typing import Any

import pytest

from app.chart.chart import Chart
from app.couples.facts import FAR_INSTANT
from app.practice import service as practice
from app.sessions import service
from tests.people import Caller, Json, World
from tests.sessions.test_sessions_api import MARKER, REPORT, a_session, held_by, recorded


def evidence(world: World, row: Json, known: str = FAR_INSTANT) -> list[tuple[str, str, str]]:
    """Day, kind and outcome of a couple's sessions, as known before an instant."""
    with practice.operating(world.store, world.home(), world.watch(), "test") as chart:
        rows = service.evidence(chart, row["couple_id"], known)
    return [(item["local_day"], item["kind"], item["outcome"]) for item in rows]


def test_a_session_counts_from_the_moment_it_was_recorded(world: World, therapist: Caller) -> None:
    row = recorded(therapist)

    assert evidence(world, row) == [("2026-03-01", "conjoint", "held")]
    assert evidence(world, row, row["recorded_at"]) == []


def test_a_changed_draft_was_known_then_as_it_stood_then(world: World, therapist: Caller) -> None:
    row = recorded(therapist)
    world.watch.go(days=2)
    patch = {"starts_at": "2026-02-20T16:00:00Z"}
    changed = therapist.patch(f"/v1/sessions/{row['id']}", patch, headers=held_by(therapist, row)).json()

    assert evidence(world, row) == [("2026-02-20", "conjoint", "held")]
    assert evidence(world, row, changed["written_at"]) == [("2026-03-01", "conjoint", "held")]


def test_a_session_taken_back_was_still_known_before(world: World, therapist: Caller) -> None:
    row = recorded(therapist)
    world.watch.go(days=2)
    voided = therapist.post(
        f"/v1/sessions/{row['id']}/entered-in-error", {"reason": "Twice."}, headers=held_by(therapist, row)
    ).json()

    assert evidence(world, row) == []
    assert evidence(world, row, voided["voided_at"]) == [("2026-03-01", "conjoint", "held")]


def test_a_whole_session_is_recorded_and_read_with_few_questions(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/couples/{recorded(therapist)['couple_id']}/sessions"
    asked = counting(monkeypatch)

    therapist.made(path, a_session(markers=[MARKER] * 4, threat_reports=[REPORT]))
    whole, asked[:] = len(asked), []
    row = therapist.made(path, a_session(markers=[MARKER] * 4, sign=True))
    signed, asked[:] = len(asked), []
    therapist.get(f"/v1/sessions/{row['id']}")

    assert whole <= 4  # who knocks, the case, the betrayals before the report, reports beside it
    assert (
        signed <= 6
    )  # who knocks, the case; what is sealed: session and markers; the chain's head, the signing key
    assert len(asked) <= 3  # who knocks, the session with its signers, its addenda


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows with every statement whose rows are brought back."""
    asked: list[str] = []
    plain = Chart._fetch

    def counted(chart: Chart, plan: Any, params: Any) -> list[tuple[Any, ...]]:
        asked.append(plan.sql[:60])
        return plain(chart, plan, params)

    monkeypatch.setattr(Chart, "_fetch", counted)
    return asked
