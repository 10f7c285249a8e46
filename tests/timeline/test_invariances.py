"""Laws that hold for any evidence: what must not matter does not, and what must matter does."""

from __future__ import annotations

import copy
import json
import math
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.timeline import assess
from app.timeline.findings import RANK
from tests.timeline.documents import START, documents, on, questions, steady

LISTS = (
    "pauses",
    "known_dates",
    "threat_reports",
    "accountability",
    "transparency",
    "cessation",
    "commitments",
)
PROGRESS_RANK = {"worsening": 0, "no_measurable_progress": 1, "slower_than_expected": 2, "on_track": 3}

few = settings(derandomize=True, deadline=None, max_examples=40, print_blob=False)
fewer = settings(few, max_examples=25)


@few
@given(documents(), questions, st.randoms(use_true_random=False))
def test_the_order_of_entry_is_irrelevant(evidence: dict[str, Any], as_of: date, chance: Any) -> None:
    shuffled = copy.deepcopy(evidence)
    for key in (*LISTS, "sessions"):
        chance.shuffle(shuffled[key])
    for made in shuffled["commitments"]:
        chance.shuffle(made["check_ins"])

    assert assess(shuffled, as_of) == assess(evidence, as_of)


@few
@given(documents(), questions)
def test_items_entered_twice_under_one_id_are_one_item(evidence: dict[str, Any], as_of: date) -> None:
    doubled = {key: value * 2 if key in LISTS else value for key, value in evidence.items()}

    assert assess(doubled, as_of) == assess(evidence, as_of)


@few
@given(documents(), questions)
def test_what_happened_or_was_recorded_later_has_no_effect(evidence: dict[str, Any], as_of: date) -> None:
    later, day = copy.deepcopy(evidence), as_of.isoformat()
    for key, field in (("threat_reports", "window_end"), ("accountability", "date"), ("cessation", "date")):
        later[key] = [i for i in later[key] if i[field] <= day and (i.get("recorded_on") or day) <= day]
    for key in ("transparency", "known_dates", "sessions"):
        later[key] = [i for i in later[key] if i["date"] <= day]
    later["pauses"] = [p for p in later["pauses"] if p["start"] <= day]
    later["cessation"].append(
        {"id": "late", "date": "2022-03-01", "status": "continuing", "recorded_on": _later(as_of)}
    )

    assert assess(later, as_of) == assess(evidence, as_of)


def _later(day: date) -> str:
    return (day + timedelta(days=1)).isoformat()


_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_SPOKEN = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")


@few
@given(documents(), questions)
def test_moving_every_date_by_four_years_moves_the_dates_of_the_result_and_nothing_else(
    evidence: dict[str, Any], as_of: date
) -> None:
    days = timedelta(days=1461)
    moved = json.loads(
        _ISO.sub(lambda m: (date.fromisoformat(m[0]) + days).isoformat(), json.dumps(evidence))
    )

    before, after = assess(evidence, as_of), assess(moved, as_of + days)

    text = json.dumps({**before, "evidence_digest": ""})
    text = _ISO.sub(lambda m: (date.fromisoformat(m[0]) + days).isoformat(), text)
    text = _SPOKEN.sub(lambda m: f"{m[1]} {m[2]} {int(m[3]) + 4}", text)
    assert json.loads(text) == {**after, "evidence_digest": ""}


@few
@given(documents(contradicted=False), questions)
def test_doubling_every_duration_leaves_the_rates_unchanged(evidence: dict[str, Any], as_of: date) -> None:
    doubled = copy.deepcopy(evidence)
    for report in doubled["threat_reports"]:
        if report["typical_duration_minutes"] is not None:
            report["typical_duration_minutes"] *= 2

    once, twice = assess(evidence, as_of)["progress"], assess(doubled, as_of)["progress"]

    assert twice["status"] == once["status"]
    for key in ("estimate", "low", "high"):
        assert twice["rate_per_month"][key] == pytest.approx(once["rate_per_month"][key], abs=1e-7)
    if once["duration"]["estimate"] is not None:
        assert twice["duration"]["estimate"] == pytest.approx(2 * once["duration"]["estimate"], rel=1e-6)


@pytest.mark.parametrize(("per_week", "change"), [(20, 0.0), (16, -0.1), (6, -0.05), (10, -0.15)])
def test_splitting_a_report_of_two_weeks_into_halves_barely_matters(per_week: float, change: float) -> None:
    whole = steady(80, per_week, change=change)
    halves = copy.deepcopy(whole)
    halves["threat_reports"] = [half for r in whole["threat_reports"] for half in _halves(r)]
    as_of = START + timedelta(days=560)

    one, two = assess(whole, as_of)["progress"], assess(halves, as_of)["progress"]

    assert two["rate_per_month"]["estimate"] == pytest.approx(one["rate_per_month"]["estimate"], abs=0.015)
    assert two["frequency"]["estimate"] == pytest.approx(one["frequency"]["estimate"], rel=0.08)
    assert two["status"] == one["status"]


def _halves(report: dict[str, Any]) -> list[dict[str, Any]]:
    middle = date.fromisoformat(report["window_start"]) + timedelta(days=6)
    first = report["episodes"] // 2
    return [
        {**report, "id": report["id"] + "a", "window_end": middle.isoformat(), "episodes": first},
        {
            **report,
            "id": report["id"] + "b",
            "window_start": (middle + timedelta(days=1)).isoformat(),
            "episodes": report["episodes"] - first,
        },
    ]


GOOD = (
    ("accountability", {"level": "full_ownership"}),
    ("transparency", {"level": "proactive"}),
    ("check_ins", {"result": "kept"}),
)


@pytest.mark.parametrize(("kind", "what"), GOOD, ids=[kind for kind, _ in GOOD])
@few
@given(evidence=documents(), as_of=questions, ago=st.integers(0, 400))
def test_one_more_good_item_never_worsens_anything(
    kind: str, what: dict[str, str], evidence: dict[str, Any], as_of: date, ago: int
) -> None:
    better = copy.deepcopy(evidence)
    item = {"id": "good", "date": (as_of - timedelta(days=ago)).isoformat(), **what}
    (better["commitments"][0]["check_ins"] if kind == "check_ins" else better[kind]).append(item)

    before, after = assess(evidence, as_of), assess(better, as_of)

    for code, found in before["prerequisites"].items():
        assert RANK[after["prerequisites"][code]["status"]] >= RANK[found["status"]]
    for code, found in before["stop"]["criteria"].items():
        # Known and not met is no worse than unknown.
        assert RANK[after["stop"]["criteria"][code]["status"]] <= max(1, RANK[found["status"]])
    assert after["progress"] == {**before["progress"], **_better(before, after)}


def _better(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Status and sentence may improve, when low reports are no longer held back; no figure may move."""
    ranks = {"insufficient_evidence": 2.5, **PROGRESS_RANK}
    assert ranks[after["progress"]["status"]] >= ranks[before["progress"]["status"]]
    return {key: after["progress"][key] for key in ("status", "basis")}


@few
@given(documents(), questions, st.integers(0, 60), st.sampled_from(("continuing", "new_betrayal")))
def test_one_continuing_item_meets_the_criterion_at_once_and_removes_on_track(
    evidence: dict[str, Any], as_of: date, ago: int, status: str
) -> None:
    against = copy.deepcopy(evidence)
    day = as_of - timedelta(days=ago)
    against["cessation"] = [c for c in against["cessation"] if c["date"] <= day.isoformat()]
    against["cessation"].append({"id": "now", "date": day.isoformat(), "status": status})

    result = assess(against, as_of)

    assert result["stop"]["status"] == "met"
    assert "now" in result["stop"]["criteria"]["continuing_betrayal"]["evidence_ids"]
    assert result["progress"]["status"] == "insufficient_evidence"
    assert result["prerequisites"]["cessation"]["status"] == "not_met"


@few
@given(documents(), questions)
def test_nothing_cites_what_was_not_known(evidence: dict[str, Any], as_of: date) -> None:
    day, known = as_of.isoformat(), set()
    for key, field in (
        ("threat_reports", "window_end"),
        ("accountability", "date"),
        ("transparency", "date"),
    ):
        known |= {i["id"] for i in evidence[key] if i[field] <= day and (i.get("recorded_on") or day) <= day}
    for key in ("cessation", "known_dates"):
        known |= {i["id"] for i in evidence[key] if i["date"] <= day}
    known |= {i["id"] for made in evidence["commitments"] for i in made["check_ins"] if i["date"] <= day}

    assert set(_cited(assess(evidence, as_of))) <= known


def _cited(part: Any) -> list[Any]:
    if isinstance(part, dict):
        own: list[Any] = part.get("evidence_ids", []) + ([part["report_id"]] if "report_id" in part else [])
        return own + [i for value in part.values() for i in _cited(value)]
    return [i for value in part for i in _cited(value)] if isinstance(part, list) else []


@few
@given(documents(), questions)
def test_the_input_is_not_changed_and_the_same_question_has_the_same_answer(
    evidence: dict[str, Any], as_of: date
) -> None:
    before = copy.deepcopy(evidence)

    first, second = assess(evidence, as_of), assess(evidence, as_of)

    assert evidence == before
    assert json.dumps(first) == json.dumps(second)


@few
@given(documents(), questions)
def test_every_result_is_strict_json_with_the_fixed_names(evidence: dict[str, Any], as_of: date) -> None:
    result = assess(evidence, as_of)

    json.dumps(result, allow_nan=False)
    assert set(result["clock"]) >= {
        "status",
        "started_on",
        "origin_on",
        "elapsed_months",
        "net_months",
        "restarts",
    }
    assert set(result["phase"]) >= {"name", "since", "basis"}
    assert set(result["data_sufficiency"]) >= {"status", "reasons", "needed_next"}
    assert set(result["progress"]["projected_resolution_month"]) >= {
        "estimate",
        "low",
        "high",
        "level",
        "p_by_36",
    }
    for found in (*result["prerequisites"].values(), *result["stop"]["criteria"].values()):
        assert found["status"] in RANK
        assert found["basis"].endswith(".")
    p = result["progress"]["p_diminishing"]
    assert p is None or (0 <= p <= 1 and math.isfinite(p))


@fewer
@given(documents(contradicted=False), questions)
def test_a_couple_without_enough_evidence_is_never_told_a_figure(
    evidence: dict[str, Any], as_of: date
) -> None:
    result = assess(evidence, as_of)

    answered = result["data_sufficiency"]["status"] == "sufficient"
    assert (result["progress"]["p_diminishing"] is not None) == answered
    assert bool(result["data_sufficiency"]["reasons"]) != answered
    if not answered:
        assert result["progress"]["status"] == "insufficient_evidence"
        assert result["stop"]["criteria"]["no_measurable_progress"]["status"] == "insufficient_evidence"


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"repair_started_on": on(0)},
        {**steady(12, 10), "threat_reports": steady(12, 10)["threat_reports"][:2]},
        {**steady(40, 10), "threat_reports": steady(40, 10)["threat_reports"][:10]},
    ],
    ids=["empty", "started only", "two reports", "stale by 140 days"],
)
def test_too_little_is_an_answer(evidence: dict[str, Any]) -> None:
    result = assess(evidence, START + timedelta(days=280))

    assert result["progress"]["status"] == "insufficient_evidence"
    assert result["stop"]["status"] == "insufficient_evidence"
    assert result["data_sufficiency"]["needed_next"]


@fewer
@given(documents(), questions)
def test_every_optional_field_may_be_null(evidence: dict[str, Any], as_of: date) -> None:
    bare = copy.deepcopy(evidence)
    for report in bare["threat_reports"]:
        for field in set(report) - {"id", "window_start", "window_end"}:
            report[field] = None
    for key in ("case_id", "discovery_date", "repair_started_on", "sessions", "pauses"):
        bare[key] = None

    assert assess(bare, as_of)["progress"]["status"] == "insufficient_evidence"


@fewer
@given(documents(), questions)
def test_every_second_report_left_out_never_turns_falling_into_worsening(
    evidence: dict[str, Any], as_of: date
) -> None:
    thinner = {**evidence, "threat_reports": evidence["threat_reports"][::2]}

    statuses = {assess(e, as_of)["progress"]["status"] for e in (evidence, thinner)}

    assert statuses != {"on_track", "worsening"}
