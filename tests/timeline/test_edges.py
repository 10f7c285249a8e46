"""Where one answer ends and the next begins: every gate, bound and window on its last day and on the day after."""

from __future__ import annotations

import math
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.timeline import CURRENT, EvidenceError, alerts, assess, chart, history, phases, progress
from app.timeline.clock import read_clock
from app.timeline.course import Course
from app.timeline.history import MOST_WEEKS
from app.timeline.knowledge import known_on
from app.timeline.ledger import Ledger
from app.timeline.look import Look
from app.timeline.prerequisites import cessation
from app.timeline.projecting import Projection
from app.timeline.reading import read
from app.timeline.records import Observation, Report
from app.timeline.shares import Share, _reach
from app.timeline.stopping import chronic_deflection, threat_at_maximum, unmoved
from app.timeline.stopping.chronic_deflection import Pattern
from app.timeline.sufficiency import Enough, judge_year
from tests.timeline.documents import START, on, steady


def at(day: int) -> date:
    return START + timedelta(days=day)


def report(ident: str, first: int, last: int, **more: Any) -> dict[str, Any]:
    return {"id": ident, "window_start": on(first), "window_end": on(last), "episodes": 9, **more}


def reported(*windows: tuple[int, int], **more: Any) -> dict[str, Any]:
    reports = [report(f"r{n}", first, last) for n, (first, last) in enumerate(windows)]
    return {"repair_started_on": on(0), "threat_reports": reports, **more}


def marks(field: str, *found: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"id": f"{field}{n}", "date": on(day), field: word} for n, (day, word) in enumerate(found)]


def answer(evidence: dict[str, Any], day: int, code: str) -> str:
    return str(assess(evidence, at(day))["stop"]["criteria"][code]["status"])


# --- what is known on a day ---

ITEMS: dict[str, dict[str, Any]] = {
    "pauses": {"start": "DAY"},
    "known_dates": {"date": "DAY", "kind": "stressor"},
    "threat_reports": {"window_start": on(40), "window_end": "DAY", "episodes": 4},
    "accountability": {"date": "DAY", "level": "minimised"},
    "transparency": {"date": "DAY", "level": "withheld"},
    "cessation": {"date": "DAY", "status": "unknown"},
    "commitments": {"made_on": "DAY"},
    "sessions": {"date": "DAY", "status": "attended"},
}


def told(evidence: dict[str, Any], day: int) -> tuple[str, list[str]]:
    result = assess(evidence, at(day))
    return result["evidence_digest"], result["progress"]["evidence_ids"]


@pytest.mark.parametrize("twice", [False, True], ids=["each id once", "an id twice"])
@pytest.mark.parametrize("key", ITEMS)
def test_an_item_counts_from_its_own_day_and_from_the_day_it_was_recorded(key: str, twice: bool) -> None:
    bare = reported((0, 13), (14, 27))
    bare["threat_reports"] *= 1 + twice

    def known(day: int, recorded: int | None) -> bool:
        item = {name: on(day) if value == "DAY" else value for name, value in ITEMS[key].items()}
        item |= {"id": "x", "recorded_on": None if recorded is None else on(recorded)}
        more = {**bare, key: [*bare.get(key, []), item]}
        return told(more, 50) != told(bare, 50)

    assert known(50, None)
    assert not known(51, None)
    assert known(45, 50)
    assert not known(45, 51)


def test_a_start_or_an_end_counts_from_its_own_day() -> None:
    resting = {"repair_started_on": on(0), "pauses": [{"id": "p", "start": on(10), "end": on(50)}]}
    clocks = [assess(resting, at(day))["clock"] for day in (49, 50, 51)]

    assert [c["status"] for c in clocks] == ["paused", "running", "running"]
    assert [c["net_months"] for c in clocks] == pytest.approx([10 / 30.4375, 10 / 30.4375, 11 / 30.4375])
    assert assess(resting, START)["clock"]["status"] == "running"
    assert assess(resting, at(-1))["clock"]["status"] == "not_started"


def test_a_check_in_counts_from_its_own_day_and_only_under_a_commitment_that_is_known() -> None:
    def found(day: int, recorded: int | None, made: int = 0) -> list[str]:
        check = {"id": "i", "date": on(day), "result": "kept", "recorded_on": recorded and on(recorded)}
        evidence = {"commitments": [{"id": "c", "made_on": on(made), "check_ins": [check]}]}
        ids: list[str] = assess(evidence, at(50))["prerequisites"]["commitments"]["evidence_ids"]
        return ids

    assert found(50, None) == found(40, 50) == found(40, None, made=50) == ["i"]
    assert found(51, None) == found(40, 51) == found(40, None, made=51) == []


def test_of_one_id_the_entry_recorded_last_holds_whatever_the_order_and_whatever_it_says() -> None:
    early = {"id": "a", "date": on(9), "level": "full_ownership"}
    middle = {"id": "a", "date": on(2), "level": "minimised", "recorded_on": on(11)}
    late = {"id": "a", "date": on(1), "level": "deflected", "recorded_on": on(12)}

    def level(*entries: dict[str, Any], day: int = 20) -> list[str]:
        day += START.toordinal()
        known = {known_on(read({"accountability": list(e)}), day) for e in (entries, entries[::-1])}
        assert len(known) == 1
        return [found.level for found in known.pop().accountability]

    assert level(early, middle, late) == level(middle, early, late) == ["deflected"]
    assert level(early, middle, late, day=11) == ["minimised"]
    assert level(early, {**early, "date": on(8)}) == level({**early, "date": on(8)}, early)


def test_entries_with_one_id_are_one_commitment_and_share_their_check_ins() -> None:
    checks = marks("result", (3, "kept"), (5, "missed"), (5, "kept"))
    checks[2]["id"] = checks[1]["id"]
    made = [{"id": "c", "made_on": on(0), "check_ins": part} for part in (checks[:1], checks[1:2])]

    both = known_on(read({"commitments": made}), START.toordinal() + 9).commitments
    again = known_on(read({"commitments": [{**made[0], "check_ins": checks}]}), START.toordinal() + 9)
    within = Ledger(read({"commitments": [{**made[0], "check_ins": checks}]})).on(START.toordinal() + 9)

    assert [[i.id for i in found.check_ins] for found in both] == [["result0", "result1"]]
    for known in (again, within.known(START.toordinal() + 9)):
        assert [i.id for i in known.commitments[0].check_ins] == ["result0", "result1"]


def test_reports_that_end_on_one_day_stand_in_the_order_of_their_beginnings() -> None:
    evidence = reported((7, 13), (0, 13))

    assert assess(evidence, at(20))["progress"]["evidence_ids"] == ["r1", "r0"]


def test_a_report_counts_if_its_middle_does_not_lie_before_the_start() -> None:
    found = assess(reported((-7, 6), (-7, 7), (-7, 8)), at(20))["progress"]["evidence_ids"]

    assert found == ["r1", "r2"]


def test_a_window_of_62_days_can_be_placed_and_one_of_63_cannot() -> None:
    assert assess(reported((0, 61), (0, 62)), at(70))["progress"]["evidence_ids"] == ["r0"]


# --- the clock ---


def clock_of(*cessation: tuple[int, str], start: int = 0, day: int = 300) -> dict[str, Any]:
    evidence = {"repair_started_on": on(start), "cessation": marks("status", *cessation)}
    found: dict[str, Any] = assess(evidence, at(day))["clock"]
    return found


def test_every_verification_after_a_betrayal_begins_the_clock_anew_and_the_last_one_counts() -> None:
    found = clock_of(
        (50, "continuing"),
        (60, "new_betrayal"),
        (80, "verified_ceased"),
        (150, "continuing"),
        (170, "verified_ceased"),
    )

    assert (found["status"], found["origin_on"]) == ("restarted", on(170))
    assert found["restarts"] == [
        {"betrayal_on": on(50), "origin_on": on(80), "evidence_ids": ["status0", "status1"]},
        {"betrayal_on": on(150), "origin_on": on(170), "evidence_ids": ["status3"]},
    ]


def test_a_verification_must_be_later_than_the_last_contrary_entry() -> None:
    found = clock_of((100, "continuing"), (130, "continuing"), (130, "verified_ceased"))

    assert (found["status"], found["stopped_on"], found["restarts"]) == ("paused", on(100), [])


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_of_a_verification_and_a_contrary_entry_on_one_day_ids_decide_nothing(ids: str) -> None:
    first, *rest = marks("status", (100, "continuing"), (110, "verified_ceased"), (110, "continuing"))
    items = [first, *({**item, "id": ident} for item, ident in zip(rest, ids, strict=True))]

    found = assess({"repair_started_on": on(0), "cessation": items}, at(120))

    assert (found["clock"]["origin_on"], found["clock"]["stopped_on"]) == (on(0), on(100))
    assert found["stop"]["criteria"]["continuing_betrayal"]["evidence_ids"] == ["status0", ids[1]]


def test_what_was_verified_by_the_day_repair_began_is_no_restart() -> None:
    before = clock_of((-20, "continuing"), (0, "verified_ceased"))
    after = clock_of((-20, "continuing"), (1, "verified_ceased"))

    assert (before["status"], before["origin_on"]) == ("running", on(0))
    assert (after["status"], after["origin_on"]) == ("restarted", on(1))


def test_a_window_of_work_begins_after_a_pause_and_not_before_it_if_either_would_do() -> None:
    def begins(months: float, *pauses: tuple[int, int], stopped: int | None = None) -> int:
        items = [{"id": f"p{n}", "start": on(a), "end": on(b)} for n, (a, b) in enumerate(pauses)]
        against = [] if stopped is None else marks("status", (stopped, "continuing"))
        evidence = {"repair_started_on": on(0), "pauses": items, "cessation": against}
        day = START.toordinal() + 600
        return read_clock(known_on(read(evidence), day), day).window_start(months) - START.toordinal()

    month = 1 / 30.4375
    assert begins(100 * month, (400, 500)) == 500
    assert begins(101 * month, (400, 500)) == 399
    assert begins(101 * month, (300, 350), (400, 500)) == 399
    assert begins(700 * month, (400, 500)) == 0
    assert begins(50 * month, (400, 500), stopped=300) == 250


def test_a_pause_without_an_end_is_drawn_up_to_the_day() -> None:
    resting = {"repair_started_on": on(0), "pauses": [{"id": "p", "start": on(10)}]}

    [drawn] = [event for event in chart(resting, at(20))["events"] if event["kind"] == "pause"]

    assert (drawn["on"], drawn["to"]) == (on(10), on(20))


# --- enough to say anything ---

SIX = ((0, 6), (10, 16), (20, 26), (30, 36), (40, 46), (49, 55))


def missing(evidence: dict[str, Any], day: int) -> list[str]:
    return [reason.split(" ")[0] for reason in assess(evidence, at(day))["data_sufficiency"]["reasons"]]


def test_six_reports_over_56_days_of_which_the_newest_is_49_days_old_are_just_enough() -> None:
    assert missing(reported(*SIX), 55 + 49) == []
    assert missing(reported(*SIX), 55 + 50) == ["The"]
    assert missing(reported(*SIX[:4], (49, 55)), 60) == ["Five"]
    assert missing(reported(*SIX[:5], (48, 54)), 60) == ["The"]
    assert missing(reported((3, 6), (0, 16), *SIX[2:]), 60) == []


def test_four_reports_must_have_ended_in_the_last_183_days() -> None:
    old = ((0, 6), (14, 20), (28, 34))
    recent = ((40, 60), (180, 186), (200, 206), (230, 236))

    assert missing(reported(*old, *recent), 60 + 182) == []
    assert missing(reported(*old, *recent), 60 + 183) == ["Three"]
    assert missing(reported(*old, *recent[1:]), 242) == ["Three"]


def year(*ends: int) -> str | None:
    reports = [Report(str(end), None, end - 6, end, 3, None, None, None, "unknown") for end in sorted(ends)]
    return judge_year(tuple(reports), 400, Enough((), ()), CURRENT.stopping)


def test_a_year_is_judged_from_nine_reports_in_six_different_months() -> None:
    in_six_months = (400, 395, 390, 370, 365, 339, 308, 278, 247)

    assert year(*in_six_months) is None
    assert year(*in_six_months[1:]) is not None
    assert year(*(340 if end == 339 else end for end in in_six_months)) is not None


def test_the_last_year_holds_what_ended_less_than_365_days_ago() -> None:
    evidence = steady(80, 20)
    found = assess(evidence, at(13 + 365))["stop"]["criteria"]["no_measurable_progress"]["evidence_ids"]
    before = assess(evidence, at(13 + 364))["stop"]["criteria"]["no_measurable_progress"]["evidence_ids"]

    assert (found[0], before[0]) == ("r001", "r000")


def test_after_a_restart_only_reports_that_lie_wholly_after_it_count() -> None:
    again = marks("status", (30, "continuing"), (50, "verified_ceased"))
    evidence = reported((29, 48), (43, 50), (49, 62), (50, 63), cessation=again)

    assert assess(evidence, at(70))["progress"]["evidence_ids"] == ["r3"]


@pytest.mark.parametrize(("betrayals", "first"), [(6, "r0"), (7, "r3")])
def test_reports_from_before_the_last_six_betrayals_have_no_place(betrayals: int, first: str) -> None:
    pairs = ((50 + 20 * n, word) for n in range(betrayals) for word in ("continuing", "verified_ceased"))
    again = marks("status", *((day + 5 * (word != "continuing"), word) for day, word in pairs))
    evidence = reported((0, 9), (20, 29), (50, 59), (70, 79), (90, 99), cessation=again)

    assert chart(evidence, at(300))["reports"][0]["id"] == first


# --- statuses, on figures made up ---


def seen(**changes: Any) -> Any:
    """A look that found what is said; anything else says that nothing is sure."""
    trend = {
        "p_resolved": 0.0,
        "p_diminishing": 0.5,
        "p_worsening": 0.0,
        "p_flat_short": 0.0,
        "frequency": 5.0,
    }
    months, found = changes.pop("months", 20.0), changes.pop("found", None)
    calm = dict.fromkeys(("accountability", "transparency", "commitments", "cessation"), "met")
    return SimpleNamespace(
        trend=SimpleNamespace(**{**trend, **changes}),
        parameters=CURRENT,
        standings=calm,
        projection=None if found is None else Projection(found, None, None, 0.5),
        clock=SimpleNamespace(net_months=months, elapsed_months=months + 5.0),
    )


@pytest.mark.parametrize(
    ("look", "status"),
    [
        (seen(), "slower_than_expected"),
        (seen(p_resolved=0.801), "on_track"),
        (seen(p_resolved=0.799), "slower_than_expected"),
        (seen(p_diminishing=0.9, found=43.0), "on_track"),
        (seen(p_diminishing=0.9, found=43.1), "slower_than_expected"),
        (seen(p_diminishing=0.899, found=30.0), "slower_than_expected"),
        (seen(p_diminishing=0.99), "slower_than_expected"),
        (seen(p_worsening=0.95, frequency=1.01), "worsening"),
        (seen(p_worsening=0.95, frequency=1.0), "slower_than_expected"),
        (seen(p_worsening=0.949), "slower_than_expected"),
        (seen(p_flat_short=0.9), "no_measurable_progress"),
        (seen(p_flat_short=0.899), "slower_than_expected"),
        (seen(p_flat_short=0.99, months=6.01), "no_measurable_progress"),
        (seen(p_flat_short=0.99, months=5.99), "insufficient_evidence"),
        (seen(p_diminishing=0.9, months=5.99), "slower_than_expected"),
        (seen(p_diminishing=0.1, months=5.99), "slower_than_expected"),
        (seen(p_diminishing=0.89, months=5.99), "insufficient_evidence"),
        (seen(p_diminishing=0.11, months=5.99), "insufficient_evidence"),
    ],
)
def test_each_status_begins_at_its_bound(look: Any, status: str) -> None:
    """The band ends at month 36 of work, two months allowed: by calendar, pauses of five months with them, at 43."""
    assert progress.status(look) == status


def standing(short: float, long: float, loaded: float, months: float = 18.0) -> str:
    look: Any = SimpleNamespace(
        year_lacks=None,
        parameters=CURRENT,
        clock=SimpleNamespace(net_months=months),
        standstill=SimpleNamespace(flat_short=short, flat_long=long, loaded=loaded),
    )
    return unmoved.status(look)


def test_no_measurable_progress_asks_for_its_gate_its_windows_and_its_load() -> None:
    assert standing(0.0, 0.93, 0.95) == standing(0.88, 0.0, 0.95) == "met"
    assert standing(0.879, 0.929, 0.99) == standing(0.0, 0.929, 0.99) == "not_met"
    assert standing(0.99, 0.99, 0.949) == "emerging"
    assert standing(0.99, 0.99, 0.899) == "not_met"
    assert standing(0.88, 0.0, 0.90) == "emerging"
    assert standing(0.99, 0.99, 0.99, months=17.99) == standing(0.88, 0.0, 0.9, months=12.0) == "emerging"
    assert standing(0.0, 0.99, 0.99, months=17.99) == "not_met"
    assert standing(0.99, 0.99, 0.99, months=11.99) == "not_met"


def test_a_year_that_cannot_be_judged_is_not_judged_whatever_the_figures() -> None:
    look: Any = SimpleNamespace(year_lacks="Too few.", parameters=CURRENT, clock=None, standstill=None)

    assert unmoved.status(look) == "insufficient_evidence"
    assert threat_at_maximum._status(look, 20, 20) == "insufficient_evidence"


def test_threat_at_maximum_needs_eight_ratings_of_which_three_in_five_are_nine_or_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unmoved, "status", lambda look: "met")
    look: Any = SimpleNamespace(parameters=CURRENT, year_lacks=None)
    look.year = [SimpleNamespace(peak=peak) for peak in (9.0, 8.9, None, 10.0)]

    assert threat_at_maximum._status(look, 10, 6) == threat_at_maximum._status(look, 8, 8) == "met"
    assert threat_at_maximum._status(look, 10, 5) == "not_met"
    assert threat_at_maximum._status(look, 7, 7) == "insufficient_evidence"
    assert threat_at_maximum._highest(look, threat_at_maximum._rated(look)) == 2
    assert len(threat_at_maximum._rated(look)) == 3


@pytest.mark.parametrize(
    ("as_of", "met_from", "first"),
    [
        (700, 0, 553),
        (700, 553, 553),
        (700, 554, 560),
        (700, 617, 623),
        (700, 623, 623),
        (700, 694, 700),
        (703, 695, 700),
        (703, 701, 703),
        (550, 548, 550),
        (553, 548, 553),
    ],
)
def test_the_first_weekly_look_of_a_run_is_found_whichever_week_it_is(
    as_of: int, met_from: int, first: int
) -> None:
    """The gate of 18 months lies at day 547.9: weekly looks come on day 546, which is too early, and on 553."""
    origin = START.toordinal()
    now: Any = SimpleNamespace(as_of=origin + as_of, clock=SimpleNamespace(origin_on=origin))

    found = Course(read({}), CURRENT).first_met(now, lambda past: past.as_of >= origin + met_from, 18.0)

    assert found - origin == first


# --- chronic deflection ---


def pattern(*levels: tuple[int, str], evidence: float | None = None) -> Pattern:
    items = tuple(Observation(str(n), None, day, level, None) for n, (day, level) in enumerate(levels))
    turned = tuple(chronic_deflection._WEIGHT.get(item.level, 0.0) for item in items)
    value = chronic_deflection.e_value(sum(turned), len(items), 0.4) if evidence is None else evidence
    return Pattern(items, turned, value)


def deflecting(*days: int, months: float = 6.0, evidence: float = 50.0, last: int = 0) -> str:
    levels = [(day, "deflected") for day in days] + [(days[-1], "full_ownership")] * last
    return chronic_deflection._status(pattern(*levels, evidence=evidence), months, CURRENT.stopping)


def test_chronic_deflection_asks_for_its_value_its_answers_its_span_its_months_and_that_it_lasts() -> None:
    eight = (0, 20, 40, 60, 80, 100, 110, 120)

    assert deflecting(*eight) == "met"
    assert deflecting(*eight, evidence=49.9) == deflecting(*eight, months=5.99) == "emerging"
    assert deflecting(*eight[:-1], 119) == deflecting(*eight[1:], evidence=9000) == "emerging"
    assert (deflecting(*eight, last=3), deflecting(*eight, last=4)) == ("met", "emerging")
    assert deflecting(0, 1, 2, 3, evidence=8.0) == "emerging"
    assert deflecting(0, 1, 2, 3, evidence=7.9) == "not_met"
    assert deflecting(0, 1, 2, evidence=99.0) == "insufficient_evidence"


def test_good_answers_do_not_stretch_the_span_of_turning_away_and_minimising_is_half_of_it() -> None:
    found = pattern((0, "full_ownership"), (10, "minimised"), (70, "blame_shifted"), (99, "full_ownership"))

    assert (found.span_days, found.turned) == (60, (0.0, 0.5, 1.0, 0.0))
    late = pattern(*((0, "deflected"),) * 9, *((130, "minimised"),) * 3, *((131, "full_ownership"),) * 3)
    assert chronic_deflection._status(late._replace(evidence=50.0), 6.0, CURRENT.stopping) == "met"


def test_answers_count_for_365_days_and_from_the_origin_of_a_restarted_clock_on() -> None:
    answers = marks("level", (0, "deflected"), (1, "deflected"), (200, "deflected"), (201, "deflected"))
    evidence = {"repair_started_on": on(-9), "accountability": answers}
    again = marks("status", (150, "continuing"), (201, "verified_ceased"))

    def cited(**more: Any) -> list[str]:
        found = assess({**evidence, **more}, at(365))["stop"]["criteria"]["chronic_deflection"]
        return [str(ident) for ident in found["evidence_ids"]]

    assert cited() == ["level1", "level2", "level3"]
    assert cited(cessation=again) == ["level3"]
    assert cited(repair_started_on=on(300)) == cited()


def test_a_thousand_deflections_are_still_a_number() -> None:
    assert math.isfinite(chronic_deflection.e_value(5000.0, 5000, 0.4))


# --- continuing betrayal and cessation ---

VERIFIED = marks("status", (0, "continuing"), (10, "verified_ceased"))


def test_a_verified_betrayal_stays_in_view_for_180_days_and_a_disclosed_lapse_for_183() -> None:
    lapse = [{**marks("status", (0, "self_reported_ceased"))[0], "basis": "lapse_disclosed"}]
    further = [*lapse, {**lapse[0], "id": "z", "date": on(5)}]

    def view(cessation: list[dict[str, Any]], *days: int) -> list[str]:
        return [answer({"cessation": cessation}, day, "continuing_betrayal") for day in days]

    assert view(VERIFIED, 179, 180) == ["emerging", "not_met"]
    assert view(lapse, 182, 183) == ["emerging", "not_met"]
    found = assess({"cessation": further}, at(20))["stop"]["criteria"]["continuing_betrayal"]
    assert found["evidence_ids"] == ["z"]


def test_it_was_met_on_the_first_day_on_which_any_contrary_entry_was_known() -> None:
    items = marks("status", (10, "continuing"), (30, "continuing"))
    items[0]["recorded_on"] = on(40)

    found = [
        assess({"cessation": items}, at(day))["stop"]["criteria"]["continuing_betrayal"] for day in (35, 50)
    ]

    assert [f["first_met_on"] for f in found] == [on(30), on(30)]
    assert [f["evidence_ids"] for f in found] == [["status1"], ["status0", "status1"]]


def test_the_verification_that_is_cited_is_the_one_after_the_betrayal() -> None:
    items = marks("status", (0, "verified_ceased"), (5, "continuing"), (10, "verified_ceased"))

    found = assess({"cessation": items}, at(20))["stop"]["criteria"]["continuing_betrayal"]

    assert found["evidence_ids"] == ["status1", "status2"]


def test_a_verification_holds_for_183_days_and_then_fades() -> None:
    verified = {"cessation": marks("status", (0, "verified_ceased"))}

    found = [assess(verified, at(day))["prerequisites"]["cessation"]["status"] for day in (182, 183)]

    assert found == ["met", "emerging"]


def test_a_contrary_entry_of_the_day_of_the_verification_is_not_answered_by_it() -> None:
    found = [
        assess({"cessation": marks("status", *items)}, at(20))["prerequisites"]["cessation"]
        for items in (
            [(5, "continuing"), (5, "verified_ceased")],
            [(5, "continuing"), (6, "verified_ceased")],
        )
    ]

    assert [f["status"] for f in found] == ["not_met", "met"]


def test_only_the_latest_word_on_cessation_counts_where_nothing_is_verified() -> None:
    word = marks("status", (0, "self_reported_ceased"), (9, "unknown"))
    same_day = marks("status", (9, "self_reported_ceased"), (9, "unknown"))

    found = [
        assess({"cessation": c}, at(20))["prerequisites"]["cessation"]["status"] for c in (word, same_day)
    ]

    assert found == ["insufficient_evidence", "emerging"]


def test_cessation_has_been_emerging_since_the_first_word_after_the_last_contrary_entry() -> None:
    items = marks(
        "status",
        (2, "self_reported_ceased"),
        (5, "continuing"),
        (5, "self_reported_ceased"),
        (7, "unknown"),
        (8, "verified_ceased"),
        (9, "verified_ceased"),
    )

    found = [cessation.emerging_since(read({"cessation": part})) for part in (items, items[:1], items[1:4])]

    assert found == [START.toordinal() + 8, START.toordinal() + 2, None]


# --- shares ---


def owned(*days: int) -> dict[str, Any]:
    return {"accountability": marks("level", *((day, "full_ownership") for day in days))}


def test_a_prerequisite_is_met_from_eight_items_over_ninety_days_and_emerging_from_four() -> None:
    def standing_of(*days: int) -> str:
        return str(assess(owned(*days), at(90))["prerequisites"]["accountability"]["status"])

    assert standing_of(0, 10, 20, 30, 40, 50, 60, 90) == "met"
    assert standing_of(1, 10, 20, 30, 40, 50, 60, 90) == "emerging"
    assert standing_of(0, 10, 20, 30, 40, 50, 90) == "emerging"
    assert standing_of(87, 88, 89, 90) == "emerging"
    assert standing_of(88, 89, 90) == "insufficient_evidence"


def test_four_items_of_one_half_life_ago_weigh_just_enough() -> None:
    found = [assess(owned(0, 0, 0, 0), at(day))["prerequisites"]["accountability"] for day in (150, 151)]

    assert [f["status"] for f in found] == ["emerging", "insufficient_evidence"]
    assert "The newest" in found[1]["basis"]


def test_a_share_is_read_between_the_places_of_its_table() -> None:
    """Beta(2, 1) has the distribution function x squared."""
    assert Share(1.0, 0.0).above(0.12345) == pytest.approx(1 - 0.12345**2, abs=1e-6)


def test_no_more_than_a_tail_lies_beyond_the_reach_of_one_peak() -> None:
    """Vysochanskij and Petunin on one side: 4 / (9 (1 + k^2)) from k^2 = 5/3 on, before it 4 / (3 (1 + k^2)) - 1/3."""
    assert _reach(0.1) == pytest.approx(4 / 0.9 - 1)
    assert _reach(1 / 6) == pytest.approx(5 / 3)
    assert _reach(0.2) == pytest.approx(1.5)
    assert _reach(0.8) == pytest.approx(4 / 3.4 - 1)


def test_a_share_has_been_emerging_since_the_item_that_made_it_heavy_enough() -> None:
    """Four items of 300 days ago weigh a quarter each, the one of that day one: two in all, as much as is asked."""
    day = START.toordinal()

    def since(*days: int, earliest: int = -1) -> int | None:
        look = Look(read(owned(*days)), day + 400, CURRENT)
        found = look.weighed["accountability"].emerging_since(day + earliest)
        return None if found is None else found - day

    assert since(0, 0, 0, 0, 300) == 0
    assert since(0, 0, 0, 0, 301) is None
    assert since(0, 1, 2, 3, 4) == 3
    assert since(0, 1, 2) is None
    assert since(0, 1, 2, 3, 4, 5, earliest=4) == 4
    assert since(0, 1, 2, 3, 4, 5, earliest=3) == 3
    assert since() is None


def test_a_concealment_outweighs_everything_for_183_days() -> None:
    items = marks("level", *((day, "proactive") for day in range(0, 200, 5)), (10, "concealment_discovered"))

    found = [
        assess({"transparency": items}, at(day))["prerequisites"]["transparency"]["status"]
        for day in (9, 10, 192, 193)
    ]

    assert found == ["insufficient_evidence", "not_met", "not_met", "met"]
    weekly = history({"transparency": items}, at(192), weeks=[at(192)])
    assert weekly[0]["prerequisites"]["transparency"] == "not_met"


def test_check_ins_of_several_commitments_count_together() -> None:
    checks = marks("result", *((10 * n, "kept") for n in range(10)))
    made = [{"id": f"c{n}", "made_on": on(0), "check_ins": checks[5 * n : 5 * n + 5]} for n in (0, 1)]

    assert assess({"commitments": made}, at(99))["prerequisites"]["commitments"]["status"] == "met"


# --- alerts ---


def alerted(evidence: dict[str, Any], day: int) -> dict[str, list[str]]:
    return {a["code"]: a["evidence_ids"] for a in assess(evidence, at(day))["alerts"]}


def falling_silent(episodes: int, **more: Any) -> dict[str, Any]:
    """Twelve a week for ten months, and then so many in eight weeks."""
    evidence = steady(52, 12)
    for report_, count in zip(evidence["threat_reports"][-4:], (episodes, 0, 0, 0), strict=True):
        report_["episodes"] = count
    return {**evidence, **more}


POOR = [{"id": f"a{n}", "date": on(300 + 10 * n), "level": "deflected"} for n in range(4)]


def test_reports_are_silent_at_one_episode_a_fortnight_over_eight_weeks() -> None:
    code, day = "falling_reports_without_prerequisites", 52 * 7 - 1

    assert code in alerted(falling_silent(4, accountability=POOR), day)
    assert code not in alerted(falling_silent(5, accountability=POOR), day)
    cited = alerted(falling_silent(4, accountability=POOR), day)[code]
    assert cited == ["a0", "a1", "a2", "a3", *(f"r{n:03d}" for n in range(20, 26))]


def test_silence_is_told_only_where_poor_evidence_alone_is_enough() -> None:
    code, day = "falling_reports_without_prerequisites", 52 * 7 - 1
    old = [{**POOR[0], "id": f"o{n}", "date": on(n)} for n in range(7)]
    good = {"id": "g", "date": on(day), "level": "full_ownership"}
    hidden = [{"id": "t", "date": on(day - 30), "level": "concealment_discovered"}]

    thin = falling_silent(0, accountability=[*old, good])
    assert assess(thin, at(day))["prerequisites"]["accountability"]["status"] == "not_met"
    assert code not in alerted(falling_silent(0, accountability=POOR[1:]), day)
    assert code not in alerted(thin, day)
    assert code in alerted(falling_silent(0, transparency=hidden), day)
    assert "falling_threat_poor_behaviour" not in alerted(falling_silent(0, transparency=hidden), day)


@pytest.mark.parametrize(
    ("episodes", "resolved", "code"),
    [
        (4, 0.0, "falling_reports_without_prerequisites"),
        (5, 0.5, "falling_reports_without_prerequisites"),
        (5, 0.49, "falling_threat_poor_behaviour"),
    ],
)
def test_silence_is_told_by_the_reports_or_by_the_trend_and_never_beside_a_second_remark(
    episodes: int, resolved: float, code: str
) -> None:
    poor = SimpleNamespace(scores=np.zeros(4), weights=np.ones(4))
    finding = {"status": "not_met", "evidence_ids": ["a"], "basis": "."}
    look: Any = SimpleNamespace(
        parameters=CURRENT,
        trend=SimpleNamespace(p_resolved=resolved, p_diminishing=0.95),
        counted=(),
        counted_within=lambda days: (SimpleNamespace(episodes=episodes, weeks=8.0),),
        standings={"accountability": "not_met", "transparency": "met", "commitments": "met"},
        weighed={"accountability": poor},
        prerequisites={"accountability": finding, "cessation": finding},
        clock=SimpleNamespace(started_on=1, restarts=()),
    )

    assert [alert["code"] for alert in alerts.alerts(look)] == [code]


def conduct(weeks: int, *, kept: int = 12) -> dict[str, Any]:
    last = 7 * weeks - 1
    days = [last - 9 * n for n in range(12)]
    checks = marks("result", *((day, "kept") for day in days[:kept]))
    return {
        "accountability": marks("level", *((day, "full_ownership") for day in days)),
        "transparency": marks("level", *((day, "proactive") for day in days)),
        "commitments": [{"id": "c", "made_on": on(0), "check_ins": checks}],
    }


def test_an_unmoved_threat_is_remarked_only_beside_all_three_kinds_of_good_conduct() -> None:
    code = "steady_behaviour_unmoved_threat"
    loud, quiet, slow = (
        steady(70, level, change=change) for level, change in ((14, 0), (0, 0), (14, -0.045))
    )

    assert len(alerted({**loud, **conduct(70)}, 489)[code]) == 6
    assert code not in alerted({**loud, **conduct(70, kept=6)}, 489)
    assert code not in alerted({**quiet, **conduct(70)}, 489)
    assert 0.1 < assess(slow, at(489))["progress"]["p_diminishing"] < 0.5
    assert code not in alerted({**slow, **conduct(70)}, 489)


def test_a_falling_threat_beside_poor_conduct_is_remarked_only_where_the_fall_is_sure() -> None:
    code = "falling_threat_poor_behaviour"
    poor = marks("level", *((400 + 10 * n, "deflected") for n in range(8)))
    sure, unsure = (steady(70, 25, change=change) for change in (-0.1, -0.065))

    assert alerted({**sure, "accountability": poor}, 489)[code] == [item["id"] for item in poor]
    assert 0.5 < assess(unsure, at(489))["progress"]["p_diminishing"] < 0.9
    assert code not in alerted({**unsure, "accountability": poor}, 489)


def test_the_third_restart_is_remarked_and_before_a_start_nothing_is() -> None:
    pairs = [
        (day + shift, word)
        for day in (20, 60, 99)
        for shift, word in ((0, "continuing"), (9, "verified_ceased"))
    ]
    twice, thrice = ({"repair_started_on": on(0), "cessation": marks("status", *pairs[:n])} for n in (4, 6))

    assert "repeated_restarts" not in alerted(twice, 150)
    assert alerted(thrice, 150)["repeated_restarts"] == ["status0", "status2", "status4"]
    assert alerted({"cessation": []}, 9) == {}
    assert alerted({"repair_started_on": on(0)}, 9) == {"cessation_unknown": []}


# --- phases ---


def test_a_quiet_of_56_days_ends_the_first_phase() -> None:
    word = marks("status", (0, "self_reported_ceased"))
    told_of = reported((1, 20), cessation=word)
    told_of["threat_reports"][0]["trigger"] = "new_disclosure"
    hidden = {**reported(cessation=word), "transparency": marks("level", (30, "concealment_discovered"))}

    def named(evidence: dict[str, Any], *days: int) -> list[str]:
        whole = [assess(evidence, at(day))["phase"]["name"] for day in days]
        weekly = history(evidence, at(days[-1]), weeks=[at(day) for day in days])
        assert whole == [week["phase"] for week in weekly]
        return [name[:5] for name in whole]

    assert named(reported(cessation=word), 55, 56) == ["stabi", "under"]
    assert named(told_of, 75, 76) == ["stabi", "under"]
    assert named(hidden, 85, 86) == ["stabi", "under"]
    later = reported(cessation=marks("status", (90, "self_reported_ceased")))
    assert named(later, 89, 90) == ["stabi", "under"]


def test_a_word_that_was_taken_back_into_doubt_settles_nothing() -> None:
    items = marks("status", (0, "self_reported_ceased"), (10, "unknown"))

    found = assess(reported(cessation=items), at(100))["phase"]

    assert (found["name"], found["basis"]) == (
        "stabilisation",
        "Whether the behaviour has ended is not established.",
    )


def test_all_prerequisites_stand_since_a_concealment_decides_no_more() -> None:
    def weekly(field: str, word: str) -> list[dict[str, Any]]:
        return marks(field, *((7 * n, word) for n in range(60)))

    evidence = {
        "repair_started_on": on(0),
        "accountability": weekly("level", "full_ownership"),
        "transparency": [
            *weekly("level", "proactive"),
            {"id": "x", "date": on(200), "level": "concealment_discovered"},
        ],
        "commitments": [{"id": "c", "made_on": on(0), "check_ins": weekly("result", "kept")}],
        "cessation": marks("status", (0, "verified_ceased"), (300, "verified_ceased")),
    }

    found = [assess(evidence, at(day))["phase"] for day in (382, 383)]

    assert [phase["name"] for phase in found] == ["understanding_the_injury", "repair_and_reconnection"]
    assert found[1]["since"] == on(383)


def test_growth_begins_where_resolution_is_as_likely_as_not_and_never_before_repair() -> None:
    def look(resolved: float, standing: str = "met") -> Any:
        trend = SimpleNamespace(p_resolved=resolved, quiet_since=START.toordinal() + 50)
        standings = dict.fromkeys(("accountability", "transparency", "cessation", "commitments"), "met")
        standings["commitments"] = standing
        return SimpleNamespace(trend=trend, parameters=CURRENT, standings=standings)

    def found(resolved: float, repair_on: int, standing: str = "met") -> tuple[str, int | None]:
        phase = phases._later(look(resolved, standing), START.toordinal() + repair_on)
        return phase.name[:6], phase.since and phase.since - START.toordinal()

    assert found(0.5, 40) == ("growth", 50)
    assert found(0.5, 60) == ("growth", 60)
    assert found(0.499, 40) == found(0.5, 40, "emerging") == ("repair", 40)


# --- history ---


def test_a_history_holds_at_most_ten_years_of_weeks_and_the_newest_of_them() -> None:
    days = [at(7 * n) for n in range(MOST_WEEKS + 1)]
    found = history({"repair_started_on": on(0)}, days[-1] + timedelta(days=7))

    assert (len(found), found[-1]["as_of"], found[0]["as_of"]) == (MOST_WEEKS, on(7 * 521), on(14))
    assert len(history({}, days[-1], weeks=days[1:])) == MOST_WEEKS
    with pytest.raises(EvidenceError, match="at most"):
        history({}, days[-1], weeks=days)
    assert [week["as_of"] for week in history({}, at(9), weeks=[at(9), at(10)])] == [on(9)]
    assert [week["as_of"] for week in history({"repair_started_on": on(12)}, at(9))] == [on(9)]
    assert [week["as_of"] for week in history({"repair_started_on": on(0)}, at(14))] == [on(7), on(14)]
