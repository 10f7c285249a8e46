"""The thirteen stories, brought in like an earlier system's records: what each must show, as known then, over HTTP."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from app.demo.records import SOURCE, Telling
from app.demo.stories import STORIES
from tests.people import Caller, Json, World

BY_CODE = {story.code: story for story in STORIES}


class Vignette:
    """One story on record, asked at the end of a month with what was known on that day."""

    def __init__(self, world: World, caller: Caller, code: str) -> None:
        self.telling = Telling(BY_CODE[code], date(2026, 3, 2))
        self.caller = caller
        header = {"kind": "mendline-import", "version": 1, "source": SOURCE}
        lines = [json.dumps(each) for each in (header, *self.telling.entries())]
        answer = caller.http.post(
            "/v1/imports", content="\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
        )
        assert answer.json()["couples"]["imported"] == 1, answer.text
        self.couple = caller.get("/v1/couples").json()["items"][0]["id"]

    def day(self, month: int, day: int = 30) -> date:
        return self.telling.day_of(month, day)

    def shown(self, month: int, way: int = 0, day: int = 30, known: int = 1) -> tuple[Json, Json]:
        """Both answers for one direction; entries are typed in on the evening of their day or the morning after."""
        on = self.day(month, day)
        query = {"as_of": str(on), "known_at": str(min(on + timedelta(known), date(2026, 3, 2)))}
        first, second = (
            self.caller.get(f"/v1/couples/{self.couple}/{question}", params=query).json()
            for question in ("progress", "stopping")
        )
        assert first["known_basis"] == "claimed"
        return first["directions"][way], second["directions"][way]

    def statuses(self, months: range, way: int = 0) -> dict[int, str]:
        return {month: self.shown(month, way)[0]["status"] for month in months}

    def criteria(self, month: int) -> dict[str, str]:
        return {code: found["status"] for code, found in self.shown(month)[1]["criteria"].items()}

    def first(self, criterion: str, status: str, months: range) -> int:
        return next(month for month in months if self.criteria(month)[criterion] == status)


@pytest.fixture
def story(world: World, therapist: Caller) -> Callable[[str], Vignette]:
    return lambda code: Vignette(world, therapist, code)


everywhere = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def stopped(found: Json) -> bool:
    return found["status"] in ("emerging", "met")


@everywhere
def test_v01_fast_repair_is_on_track_and_resolved_by_month_18(story: Callable[[str], Vignette]) -> None:
    told = story("V01")
    for month in (6, 12, 18):
        progress, stop = told.shown(month)
        assert (progress["status"], stop["status"]) == ("on_track", "not_met")
        assert all(cited["href"] for cited in progress["evidence"])
    assert told.shown(12)[0]["headline"]["code"] != "consolidating"
    assert told.shown(18)[0]["figures"]["p_resolved"] > 0.8


@embedded
def test_v02_slow_repair_is_slower_and_never_a_reason_to_stop(story: Callable[[str], Vignette]) -> None:
    told = story("V02")
    assert set(told.statuses(range(12, 25, 2)).values()) == {"slower_than_expected"}
    assert not any(stopped(told.shown(month)[1]) for month in range(6, 39, 4))
    assert told.shown(38)[0]["corridor"]["window"] == "beyond_typical_window"


@embedded
def test_v03_two_steps_forward_one_back_stays_on_track(story: Callable[[str], Vignette]) -> None:
    told = story("V03")
    assert set(told.statuses(range(6, 19, 2)).values()) == {"on_track"}
    assert not any(stopped(told.shown(month)[1]) for month in range(6, 19, 3))


@embedded
def test_v04_the_anniversary_is_an_expected_setback_and_moves_nothing(
    story: Callable[[str], Vignette],
) -> None:
    told = story("V04")
    assert set(told.statuses(range(11, 14)).values()) == {"on_track"}
    progress, _ = told.shown(12)
    assert {each["kind"] for each in progress["setbacks"]} == {"expected_setback"}
    assert "usual" in progress["setbacks"][-1]["basis"]
    assert progress["headline"]["code"] == "moving_with_setback"
    assert told.criteria(11) == told.criteria(12)


@everywhere
def test_v05_covert_continuation_is_met_on_its_day_and_what_was_known_then_stays(
    story: Callable[[str], Vignette],
) -> None:
    told = story("V05")
    assert told.shown(9)[0]["status"] == "on_track"
    progress, stop = told.shown(10, day=1)
    assert stop["criteria"]["continuing_betrayal"]["status"] == "met"
    assert progress["headline"]["code"] == "repair_blocked"
    assert told.shown(12)[0]["status"] != "on_track"
    late = told.shown(21)[0]
    assert len(late["clocks"]["work"]["restarts"]) == 1
    assert late["clocks"]["process"]["months"] > late["clocks"]["work"]["net_months"] + 9
    assert told.shown(18)[0]["status"] == "on_track"


@embedded
def test_v06_changed_form_is_met_at_the_entry(story: Callable[[str], Vignette]) -> None:
    told = story("V06")
    assert told.criteria(11)["continuing_betrayal"] != "met"
    assert told.criteria(12)["continuing_betrayal"] == "met"


@embedded
def test_v07_a_deflection_pattern_is_met_by_month_nine(story: Callable[[str], Vignette]) -> None:
    told = story("V07")
    # What was seen between two sessions is typed in with the next one, here early in month 10.
    assert told.shown(9, known=20)[1]["criteria"]["chronic_deflection"]["status"] == "met"
    assert told.shown(9, known=1)[1]["criteria"]["chronic_deflection"]["status"] == "emerging"
    assert told.shown(5, known=20)[1]["criteria"]["chronic_deflection"]["status"] != "met"


@embedded
def test_v08_threat_at_maximum_emerges_and_is_met_and_asks_for_safety(
    story: Callable[[str], Vignette],
) -> None:
    told = story("V08")
    for criterion in ("no_measurable_progress", "threat_at_maximum"):
        assert told.first(criterion, "emerging", range(11, 21)) in (12, 13, 14)
        assert told.criteria(20)[criterion] == "met"
    basis = told.shown(20)[1]["criteria"]["threat_at_maximum"]["basis"]
    assert "Screen each partner separately" in basis


@embedded
def test_v09_sparse_data_stay_insufficient_throughout(story: Callable[[str], Vignette]) -> None:
    told = story("V09")
    assert set(told.statuses(range(1, 15)).values()) == {"insufficient_evidence"}
    progress, stop = told.shown(14)
    assert progress["ask_next"]
    assert not stopped(stop)


@embedded
def test_v10_a_gap_is_no_stall(story: Callable[[str], Vignette]) -> None:
    told = story("V10")
    gap, after = told.shown(12)[0], told.shown(22)[0]
    assert (gap["status"], gap["clocks"]["work"]["status"]) == ("insufficient_evidence", "paused")
    assert after["status"] in ("slower_than_expected", "on_track")
    assert not any(stopped(told.shown(month)[1]) for month in range(6, 23, 2))


@embedded
def test_v11_directions_are_judged_apart(story: Callable[[str], Vignette]) -> None:
    told = story("V11")
    assert told.shown(14, way=0)[0]["status"] == "on_track"
    assert "on_track" not in told.statuses(range(2, 15, 2), way=1).values()


@everywhere
def test_v12_safety_comes_first_from_the_entry_on(story: Callable[[str], Vignette]) -> None:
    told = story("V12")
    concern = told.telling.story.safety[0]
    progress, stop = told.shown(concern.month, day=concern.day)
    assert (progress["status"], stop["status"]) == ("safety_first", "suspended_safety")
    assert progress["raw_trend"]["rate_per_month"]["estimate"] < 0
    assert progress["prerequisites"]["transparency"]["status"] == "suspended_safety"


@everywhere
def test_v13_a_stall_after_a_good_start_is_found_and_ends_with_clarity(
    story: Callable[[str], Vignette],
) -> None:
    told = story("V13")
    assert told.shown(10)[0]["status"] == "on_track"
    assert {told.shown(month)[0]["status"] for month in (16, 18)} <= {
        "slower_than_expected",
        "no_measurable_progress",
    }
    assert 19 <= told.first("no_measurable_progress", "met", range(12, 27)) <= 26
    final = told.caller.get(f"/v1/couples/{told.couple}/stopping").json()["directions"][0]
    assert final["criteria"]["stated_wish"]["status"] == "met"
    assert final["last_review"] is not None
