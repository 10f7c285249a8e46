"""Laws between the record and what is shown: two directions, markers that never count, open concerns, every grade."""

import json
import random
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commitments.outcomes import BY_CODE as OUTCOMES
from app.couples.case import Case, Direction
from app.markers.kinds import KINDS
from app.progress import case_record, views
from app.progress.case_record import CaseRecord, Rows, assemble
from app.progress.wording import SAFETY, SAFETY_STOP
from app.timeline import assess, explain, week
from tests.timeline.documents import START, on

ONE, TWO = Direction("d1", "a", "b"), Direction("d2", "b", "a")
CASE = Case("couple", 1, "open", ("a", "b"), (ONE, TWO), 1)
COUNTING = [kind.code for kind in KINDS if kind.evidence_family]
BESIDE = [kind.code for kind in KINDS if kind.code.startswith(("ACC-APOL", "ACC-CONTEXT", "AFF-", "MUT-"))]
MOST = 900
some = settings(derandomize=True, deadline=None, max_examples=30, print_blob=False)
numbers = st.integers(0, 2**40)


def a_record(chance: random.Random) -> Rows:
    """Rows of a couple in which both were betrayed."""
    ways = [way.id for way in (ONE, TWO)]
    found = Rows(*([] for _ in fields(Rows)))
    for way in ways:
        first = {"id": f"b-{way}", "direction_id": way, "came_to_light_on": on(-20)}
        found.betrayals.append(
            {**first, "full_disclosure_on": on(-10), "began_on": None, "began_precision": None}
        )
        found.commitments.append(
            {"id": f"c-{way}", "direction_id": way, "made_on": on(3), "owner_partner_id": "b"}
        )
        level = chance.uniform(1, 25)
        found.reports.extend(_report(way, place, level, chance) for place in range(chance.randint(0, 50)))
    for number in range(chance.randint(0, 60)):
        found.markers.append(_marker(f"m{number}", chance.choice(COUNTING), chance.choice(ways), chance))
        found.check_ins.append(_check_in(f"i{number}", f"c-{chance.choice(ways)}", chance))
    for number in range(chance.randint(0, 3)):
        found.cessation.append(_cessation(f"z{number}", chance.choice(ways), chance))
    held = [0, *sorted(chance.randint(0, MOST) for _ in range(30))]
    found.sessions.extend(
        {"id": f"s{n}", "local_day": on(day), "kind": "conjoint", "outcome": "held"}
        for n, day in enumerate(held)
    )
    return found


def _report(way: str, place: int, level: float, chance: random.Random) -> dict[str, Any]:
    return {
        "id": f"r-{way}-{place:03d}",
        "direction_id": way,
        "window_start": on(14 * place),
        "window_end": on(14 * place + 13),
        "episodes": round(2 * level * chance.uniform(0.5, 1.5) * 0.95**place),
        "declined": False,
        "typical_duration_minutes": chance.choice((None, 30)),
        "recovery_minutes": None,
        "peak_intensity": chance.choice((None, 5, 9)),
        "triggers": "",
        "source": "self_in_session",
    }


def _marker(name: str, code: str, way: str, chance: random.Random) -> dict[str, Any]:
    day, value = on(chance.randint(0, MOST)), "in" if code == "MUT-LEAN" else None
    return {
        "id": name,
        "code": code,
        "direction_id": way,
        "about_id": "b",
        "observed_on": day,
        "stated_value": value,
    }


def _check_in(name: str, commitment: str, chance: random.Random) -> dict[str, Any]:
    day, outcome = on(chance.randint(4, MOST)), chance.choice(list(OUTCOMES))
    return {"id": name, "commitment_id": commitment, "checked_on": day, "outcome": outcome}


def _cessation(name: str, way: str, chance: random.Random) -> dict[str, Any]:
    status, grade = chance.choice(
        (("verified", "documented"), ("self_reported", None), ("continuing", "admitted"))
    )
    day = on(chance.randint(0, MOST))
    return {"id": name, "direction_id": way, "status": status, "grade": grade, "effective_on": day}


def drawn(number: int) -> tuple[Rows, date, random.Random]:
    chance = random.Random(number)  # noqa: S311 - made-up evidence, not a secret
    return a_record(chance), START + timedelta(days=chance.randint(60, MOST)), chance


def first_of(rows: Rows, as_of: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """Document and result of the first direction."""
    evidence = assemble(CASE, rows, as_of).directions[0]
    return evidence.document, assess(evidence.document, as_of)


def without(rows: Rows, way: str) -> Rows:
    """The record without anything of one direction but the sessions, which belong to both."""
    kept = {
        each.name: [row for row in getattr(rows, each.name) if row.get("direction_id") != way]
        for each in fields(Rows)
    }
    kept["check_ins"] = [row for row in rows.check_ins if row["commitment_id"] != f"c-{way}"]
    return Rows(**kept)


@some
@given(numbers)
def test_what_is_recorded_of_one_direction_never_moves_the_other(number: int) -> None:
    rows, as_of, _ = drawn(number)

    assert first_of(rows, as_of) == first_of(without(rows, "d2"), as_of)


def test_a_bridge_that_mixes_directions_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    true = case_record._commitments
    monkeypatch.setattr(case_record, "_commitments", lambda rows, way: true(rows, ONE) + true(rows, TWO))
    rows, as_of, _ = drawn(3)

    assert first_of(rows, as_of) != first_of(without(rows, "d2"), as_of)


@some
@given(numbers)
def test_apologies_context_the_affected_partner_and_both_together_never_count(number: int) -> None:
    rows, as_of, chance = drawn(number)
    more = [_marker(f"x{n}", chance.choice(BESIDE), chance.choice(("d1", "d2")), chance) for n in range(9)]

    assert first_of(replace(rows, markers=[*rows.markers, *more]), as_of) == first_of(rows, as_of)


@some
@given(numbers)
def test_the_order_of_rows_is_irrelevant(number: int) -> None:
    rows, as_of, chance = drawn(number)
    shuffled = Rows(
        **{each.name: chance.sample(held := getattr(rows, each.name), len(held)) for each in fields(Rows)}
    )

    assert first_of(shuffled, as_of)[1] == first_of(rows, as_of)[1]


def with_concern(record: CaseRecord) -> CaseRecord:
    concern = {
        "id": "k",
        "kind": "violence",
        "raised_on": on(1),
        "direction_id": None,
        "person_at_risk_id": None,
    }
    return replace(record, concerns=(concern,))


@some
@given(numbers)
def test_an_open_concern_dominates_every_answer_of_the_case(number: int) -> None:
    rows, as_of, _ = drawn(number)
    record = with_concern(assemble(CASE, rows, as_of))
    for evidence in record.directions:
        result = assess(evidence.document, as_of)
        shown = views.progress_view(record, evidence, result)
        stop = views.stop_view(record, evidence, result, [])
        told = views.known_week(record, evidence, week(evidence.document, as_of))
        why = views.explanation_view(record, evidence, None)
        assert (shown["status"], shown["basis"], shown["figures"]) == ("safety_first", SAFETY, None)
        assert {found["basis"] for found in stop["criteria"].values()} == {SAFETY_STOP}
        assert (stop["status"], told["status"], told["figures"]) == ("suspended_safety", "safety_first", None)
        assert (why["suspended"], why["explanation"], told["fan"]) == (True, None, [])
        text = json.dumps([shown["headline"], stop["headline"], why, told["stop"]]).lower()
        for word in ("on track", "diminishing", "on_track", "consolidat", "continue"):
            assert word not in text


def test_without_a_concern_the_same_case_is_told_and_explained() -> None:
    rows, as_of, _ = drawn(11)
    record = assemble(CASE, rows, as_of)
    evidence = record.directions[0]
    shown = views.progress_view(record, evidence, assess(evidence.document, as_of))
    why = views.explanation_view(record, evidence, explain(evidence.document, as_of))

    assert shown["figures"] is not None
    assert why["explanation"]["lacks"]


@pytest.mark.parametrize("grade", ["admitted", "documented", "credible_report"])
@pytest.mark.parametrize("status", ["continuing", "continuing_diminished", "continuing_changed_form"])
@pytest.mark.parametrize("day", [20, 850])
def test_every_known_continuation_asks_for_a_review_in_month_1_as_in_month_28(
    status: str, grade: str, day: int
) -> None:
    rows, _, _ = drawn(5)
    entry = {"id": "z", "direction_id": "d1", "status": status, "grade": grade, "effective_on": on(day)}
    _, result = first_of(replace(rows, cessation=[entry]), START + timedelta(days=day))

    assert result["stop"]["criteria"]["continuing_betrayal"]["status"] == "met"


def test_suspicion_alone_asks_for_none() -> None:
    rows, _, _ = drawn(5)
    entry = {
        "id": "z",
        "direction_id": "d1",
        "status": "continuing",
        "grade": "suspicion",
        "effective_on": on(99),
    }
    _, result = first_of(replace(rows, cessation=[entry]), START + timedelta(days=100))

    assert result["stop"]["criteria"]["continuing_betrayal"]["status"] == "insufficient_evidence"
