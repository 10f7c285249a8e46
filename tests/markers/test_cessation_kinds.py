"""Cessation: what each entry means to the calculation, and which need an evidence grade."""

import pytest

from app.markers.cessation_kinds import (
    BY_CODE,
    GRADES,
    KINDS,
    TASK_ASK,
    TASK_LOOK_INTO,
    evidence_status,
    grade_problem,
    task_for,
)

CONTRADICTING = ("continuing_diminished", "continuing_changed_form", "continuing", "new_betrayal")


def test_the_statuses_and_grades_are_the_decided_ones() -> None:
    assert set(BY_CODE) == {"verified", "self_reported", "unknown", "lapse_disclosed", *CONTRADICTING}
    assert [grade.code for grade in GRADES] == ["admitted", "documented", "credible_report", "suspicion"]
    assert all(kind.definition and kind.evidence_needed and kind.effect and kind.label for kind in KINDS)


@pytest.mark.parametrize("status", CONTRADICTING)
@pytest.mark.parametrize("grade", ["admitted", "documented", "credible_report"])
def test_a_credible_continuation_keeps_its_name(status: str, grade: str) -> None:
    assert evidence_status(status, grade) == status
    assert task_for(status, grade) is None


@pytest.mark.parametrize("status", [*CONTRADICTING, "unknown"])
def test_suspicion_alone_is_not_knowing_and_becomes_a_task(status: str) -> None:
    assert evidence_status(status, "suspicion") == "unknown"
    assert task_for(status, "suspicion") == TASK_LOOK_INTO


@pytest.mark.parametrize("status", CONTRADICTING)
def test_a_continuation_without_a_grade_is_refused(status: str) -> None:
    assert BY_CODE[status].grade_mandatory
    with pytest.raises(ValueError, match="Give an evidence grade"):
        evidence_status(status)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("verified", "verified_ceased"),
        ("self_reported", "self_reported_ceased"),
        ("unknown", "unknown"),
        ("lapse_disclosed", "self_reported_ceased"),
    ],
)
def test_an_ending_needs_no_grade(status: str, meaning: str) -> None:
    assert evidence_status(status) == meaning
    assert not BY_CODE[status].grade_mandatory


def test_not_having_asked_becomes_a_task() -> None:
    assert task_for("unknown") == TASK_ASK
    assert task_for("verified") is None


def test_a_volunteered_lapse_is_watched_for_half_a_year() -> None:
    assert {kind.code: kind.emerging_days for kind in KINDS if kind.emerging_days} == {"lapse_disclosed": 183}


@pytest.mark.parametrize(
    ("status", "grade"),
    [
        ("suspected", None),
        ("self_reported", "admitted"),
        ("verified", "suspicion"),
        ("lapse_disclosed", "suspicion"),
        ("continuing", "rumour"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(status: str, grade: str | None) -> None:
    assert grade_problem(status, grade)
    with pytest.raises(ValueError):
        evidence_status(status, grade)
