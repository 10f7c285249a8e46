"""Headlines: what they say, and what no text of this service may ever say."""

import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from app.progress import service_rules, wishes, wording
from app.progress.wishes import CHOICE, LEAN, Stated
from app.timeline import assess

START = date(2025, 1, 1)
FORBIDDEN = re.compile(
    r"\bfail|\bsuccess|\bprobab|\bchance|\bverdict|\bblame|\bfault|\bguilt|\bend the relationship|\bbreak up|"
    r"\bdivorce|\bstop therapy|\bnot trying|\bnot accountable|\bregression|\bno problems|\bhopeless|"
    r"\bshould (leave|stay|end|part)",
    re.IGNORECASE,
)


def a_course(fortnights: int, first: float, factor: float, **changes: Any) -> dict[str, Any]:
    """An assessment of a smooth course."""
    evidence = {
        "repair_started_on": str(START),
        "cessation": [{"id": "c", "date": str(START), "status": "verified_ceased"}],
        "threat_reports": [
            {
                "id": f"r{n}",
                "window_start": str(START + timedelta(14 * n)),
                "window_end": str(START + timedelta(14 * n + 13)),
                "episodes": round(first * factor**n),
                "typical_duration_minutes": 60,
                "peak_intensity": 9,
            }
            for n in range(fortnights)
        ],
        **changes,
    }
    result = assess(evidence, START + timedelta(14 * fortnights))
    for setback in result["setbacks"]:
        report = next(r for r in evidence["threat_reports"] if r["id"] == setback["report_id"])
        setback["window_end"] = report["window_end"]
    return result


def headline(result: dict[str, Any], *, safety_open: bool = False) -> wording.Headline:
    return wording.progress_headline(result, safety_open=safety_open, process_months=30.0)


def all_texts() -> Iterator[str]:
    """Every text that this slice can produce over a wide field of courses."""
    again = [
        {"id": "c0", "date": "2025-01-01", "status": "verified_ceased"},
        {"id": "c1", "date": "2025-06-01", "status": "continuing"},
    ]
    for fortnights, first, factor in product((2, 8, 20, 45, 60), (1, 12, 50), (0.8, 0.93, 0.99, 1.0, 1.05)):
        for changes in ({}, {"cessation": again}):
            result = a_course(fortnights, first, factor, **changes)
            yield headline(result).text
            criteria = result["stop"]["criteria"]
            yield wording.stop_headline(result["stop"]["status"], criteria).text
    yield headline(a_course(8, 40, 0.9), safety_open=True).text
    yield wording.stop_headline("suspended_safety", {}).text
    for value, kind in (("part", CHOICE), ("out", LEAN), ("in", LEAN)):
        said = [Stated(f"{n}", kind, f"{n % 2}", value, START + timedelta(20 * n)) for n in range(4)]
        yield wishes.stated_wish(said, date(2026, 1, 1))["basis"]
    yield from (value for rule in service_rules.RULES for value in (rule["definition"], rule["limits"]))
    yield from (value for value in vars(wording).values() if isinstance(value, str) and " " in value)


def test_no_text_is_a_verdict_blame_or_a_chance_of_success() -> None:
    texts = set(all_texts())
    assert len(texts) > 40
    assert [text for text in texts if FORBIDDEN.search(text.replace(wording.__doc__ or "", ""))] == []


def test_a_steady_fall_is_called_diminishing_with_its_figure() -> None:
    found = headline(a_course(20, 40, 0.93))
    assert found.code == "moving"
    assert re.search(r"diminishing: about 1\d% less each month", found.text)


def test_what_is_only_unsure_is_not_called_slow() -> None:
    unsure, behind = headline(a_course(20, 4, 0.93)), headline(a_course(20, 40, 0.963))
    assert "not yet surely enough" in unsure.text
    assert "more slowly than the 18-to-36-month orientation" in behind.text
    assert {unsure.code, behind.code} == {"moving_slowly"}


def test_before_month_twelve_consistency_is_still_to_be_shown() -> None:
    assert "still to be shown" in headline(a_course(20, 40, 0.93)).text


def test_no_movement_names_the_own_harm_and_the_clock_that_never_resets() -> None:
    restarted = [
        {"id": "c1", "date": "2025-01-08", "status": "continuing"},
        {"id": "c2", "date": "2025-01-20", "status": "verified_ceased"},
    ]
    found = headline(a_course(50, 40, 1.0, cessation=restarted))
    assert found.code == "no_measurable_progress"
    assert "has taken 30 months and began again once" in found.text
    assert wording.OWN_HARM in found.text


def test_too_little_says_what_is_needed() -> None:
    found = headline(a_course(2, 20, 1.0))
    assert found.code == "insufficient_evidence"
    assert "Needed:" in found.text


def test_contradicted_cessation_blocks_every_other_headline() -> None:
    again = [{"id": "c1", "date": "2025-06-01", "status": "new_betrayal"}]
    assert headline(a_course(20, 40, 0.9, cessation=again)).code == "repair_blocked"


def test_safety_outranks_contradicted_cessation() -> None:
    again = [{"id": "c1", "date": "2025-06-01", "status": "new_betrayal"}]
    found = headline(a_course(20, 40, 0.9, cessation=again), safety_open=True)
    assert (found.code, found.text) == ("safety_first", wording.SAFETY)


def test_nothing_is_asked_of_a_couple_whose_work_has_ended() -> None:
    result, day = a_course(50, 40, 1.0), date(2026, 11, 1)
    told = wording.progress_headline(result, safety_open=False, process_months=30.0, ended_on=day)
    asked = wording.stop_headline("met", {"no_measurable_progress": {"status": "met"}}, ended_on=day)

    assert told == asked
    assert "ended on 1 November 2026" in told.text
    assert wording.BOTH_ENDINGS in told.text
    assert (
        wording.progress_headline(result, safety_open=True, process_months=30.0, ended_on=day).text
        == wording.SAFETY
    )


@pytest.mark.parametrize(("episodes", "code"), [(1, "quiet_and_open"), (8, "moving_with_setback")])
def test_a_single_episode_where_the_response_is_rare_is_no_setback_for_a_headline(
    episodes: int, code: str
) -> None:
    """The report stands out statistically, and yet says no more than that the response is not quite gone."""
    result = a_course(44, 40, 0.88)
    newest = str(START + timedelta(14 * 43 + 13))
    assert result["progress"]["p_resolved"] > wording.RESOLVED
    excess = math.log(episodes / 2 / result["progress"]["frequency"]["estimate"])
    result["setbacks"] = [
        {"kind": "unexplained_setback", "window_end": newest, "excess": excess, "basis": "It stands out."}
    ]

    assert headline(result).code == code


def test_a_met_criterion_is_named_and_prompts_a_review() -> None:
    criteria = {"chronic_deflection": {"status": "met"}, "stated_wish": {"status": "not_met"}}
    found = wording.stop_headline("met", criteria)
    assert "a deflection pattern" in found.text
    assert "a stated wish" not in found.text
    assert wording.BOTH_ENDINGS in found.text


@pytest.mark.parametrize(
    ("net", "window"), [(17.9, "before"), (18.0, "within"), (36.0, "within"), (36.1, "beyond")]
)
def test_the_corridor_names_the_window_of_net_months(net: float, window: str) -> None:
    clock = {"net_months": net, "elapsed_months": net, "started_on": "2025-01-01", "restarts": []}
    found = wording.corridor(clock, {"position": "behind"})
    assert (found["window"], found["note"]) == (f"{window}_typical_window", None)


def test_much_rest_is_said_beside_the_corridor() -> None:
    clock = {"net_months": 6.0, "elapsed_months": 12.0, "started_on": "2025-01-01", "restarts": []}
    assert wording.corridor(clock, {"position": None})["note"]
