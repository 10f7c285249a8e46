"""The simulator behind the proof of the model: its truth is true, its figures are right, its flaws bite."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from bench.model import figures, table
from bench.model.courses import Couple, couple, looks, of_family
from bench.model.exact import clopper_pearson, upper_limit
from bench.model.families import (
    DAYS,
    FAMILIES,
    MONTH,
    REPAIRING,
    RESOLVED,
    SPARSE,
    UNMOVED,
    Plan,
    resolution_month,
)
from bench.model.flaws import ABLATIONS, FLAWS
from bench.model.looks import Plan as Look
from bench.model.looks import look_at, run
from bench.model.methods import METHODS, Seen, answers, student_95
from bench.model.real import drop_out, epil
from bench.model.reporting import NOISES
from bench.model.speed import Rhythm, Speed

SEED = 7
PLACES = {family.name: place for place, family in enumerate(FAMILIES)}


def of(name: str, *, seed: int = SEED, noise: int = 0) -> Couple:
    return of_family(FAMILIES[PLACES[name]], NOISES[noise], seed, PLACES[name])


@pytest.mark.parametrize("number", range(len(FAMILIES)))
def test_the_planted_path_says_what_the_family_claims(number: int) -> None:
    found = couple(SEED, number)

    assert len(found.plan.frequency) == len(found.plan.duration) == DAYS
    if found.family.fate == REPAIRING:
        assert found.resolved is not None
        assert found.resolved < 60
        assert found.plan.frequency[round(found.resolved * MONTH) + 2] <= RESOLVED + 1e-6
    if found.family.fate == UNMOVED:
        assert found.resolved is None
        assert found.plan.betrayals or found.rate(round(20 * MONTH), round(32 * MONTH)) > -0.05


def test_the_page_says_which_targets_of_speed_were_missed() -> None:
    def late(median: float, p95: float, history: float) -> list[str]:
        rhythms = tuple(Rhythm(name, 78, 1.0, median, p95) for name in table.SPEED_TARGETS)
        return table.slow(Speed(0.5, rhythms, 157, history, 300.0))

    assert late(2.0, 3.0, 150.0) == []
    assert late(2.5, 3.0, 151.0) == ["fortnightly (median)", "weekly (median)", "the weekly history"]
    assert late(6.1, 3.1, 9.0)[::2] == ["fortnightly (median and 95%)", "daily (median)"]


def test_the_same_seed_gives_the_same_couple_and_another_seed_another() -> None:
    assert json.dumps(couple(1, 5).evidence) == json.dumps(couple(1, 5).evidence)
    assert json.dumps(couple(1, 5).evidence) != json.dumps(couple(2, 5).evidence)


def test_the_true_rate_and_month_of_resolution_of_a_straight_path_are_exact() -> None:
    months = np.arange(DAYS) / MONTH
    plan = Plan(math.log(8.0) - 0.1 * months, np.full(DAYS, math.log(60.0)))
    found = of("typical repair")._replace(plan=plan)

    assert found.recent_rate(400) == pytest.approx(-0.1)
    assert resolution_month(plan) == pytest.approx(math.log(16.0) / 0.1, abs=0.05)


def test_after_a_relapse_the_true_rate_counts_from_the_verification() -> None:
    found = of("relapse, then recovery")
    betrayal = found.plan.betrayals[0]
    assert betrayal.verified is not None

    assert found.origin(betrayal.verified - 1) == 0
    assert found.origin(betrayal.verified) == betrayal.verified
    assert found.recent_rate(betrayal.verified + 100) == pytest.approx(
        found.rate(betrayal.verified, betrayal.verified + 100)
    )


def test_noise_bursts_and_missing_weeks_are_really_there() -> None:
    bad_missing, good_missing = (
        of("bad weeks not reported, stalled"),
        of("good weeks not reported, repairing"),
    )
    round_numbers, daily = of("round numbers, stalled"), of("many episodes, daily reports")
    high = [t.episodes for t in round_numbers.told if t.episodes and t.episodes > 10]

    assert all(n % 5 == 0 for n in high)
    assert len(daily.told) > 900
    assert min(len(bad_missing.told), len(good_missing.told)) > 20


def test_a_small_run_gives_every_figure() -> None:
    names = ["typical repair", "relapse, then recovery", "chronic deflection", "sparse reports, stalled"]
    courses = [look_at(of(name), Look(SEED, every_days=56)) for name in names]
    lines = figures.figures(courses)

    assert {c.fate for c in courses} == {REPAIRING, UNMOVED, SPARSE}
    assert len(lines) > 20
    assert not figures.falsely_stopped(courses)
    assert next(line for line in lines if "on the day it becomes known" in line.name).held
    assert len(courses[0].days) == len(looks()[::8])


def test_couples_come_back_in_order_from_one_process() -> None:
    found = list(run(Look(SEED, every_days=365, simple_methods=False), (3, 1), processes=1))

    assert [c.number for c in found] == [3, 1]


def test_without_its_guards_the_proof_fails() -> None:
    slow = of("slow repair", seed=8, noise=2)
    guarded = look_at(slow, Look(SEED, every_days=28, simple_methods=False))
    unguarded = look_at(slow, FLAWS["gate+bound"].plan(SEED, 28))
    stalled = look_at(of("stalled at maximum"), FLAWS["gate"].plan(SEED, 28))
    early = next(line for line in figures.figures([stalled, unguarded]) if "before month 18" in line.name)

    assert not figures.falsely_stopped([guarded])
    assert figures.falsely_stopped([unguarded])
    assert not early.held


def test_blind_to_known_dates_no_setback_is_expected() -> None:
    spiky = of("two steps forward, one back")
    sighted = look_at(spiky, Look(SEED, every_days=365, simple_methods=False))
    blind = look_at(spiky, FLAWS["setbacks"].plan(SEED, 365))

    assert sighted.setbacks[1] > 0
    assert blind.setbacks[1] == 0


def test_flaws_and_ablations_change_one_thing_and_say_so() -> None:
    assert {"gate", "bound", "setbacks", "repeat-looks"} <= set(FLAWS)
    for name, flaw in {**FLAWS, **ABLATIONS}.items():
        assert flaw.words
        changed = flaw.blind or flaw.parameters != ABLATIONS["everything"].parameters
        assert changed == (name != "everything")


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 264, 0.0, 0.0139), (5, 10, 0.1871, 0.8129), (264, 264, 0.9861, 1.0), (0, 0, 0.0, 1.0)],
)
def test_exact_limits_are_those_of_the_textbook(hits: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(hits, trials) == pytest.approx((low, high), abs=1e-4)


def test_the_upper_limit_of_no_false_stop_in_528_couples_is_known() -> None:
    assert upper_limit(0, 528) == pytest.approx(0.0057, abs=1e-4)


def test_students_distribution_is_close_to_the_table() -> None:
    assert student_95(10) == pytest.approx(1.812, abs=0.01)


def test_every_simple_method_sees_a_clean_fall() -> None:
    months = np.arange(0.25, 20.0, 0.5)
    counts = np.round(40.0 * np.exp(-0.14 * months))
    weeks = np.full(len(months), 2.0)
    noise = 0.05 * np.sin(7.0 * months)
    seen = Seen(months, np.log(counts / weeks) + noise, counts, weeks, 20.0)

    for name, answer in zip(METHODS, answers(seen)):
        assert answer is not None, name
        assert not answer.stop, name
        if answer.low is not None:
            assert answer.rate == pytest.approx(-0.14, abs=0.05), name


def test_real_drop_out_is_never_called_flat() -> None:
    found = drop_out(every_days=56)

    assert len(epil()) == 59
    assert found.stopped > 20
    assert found.looks > 100
    assert (found.answered, found.called_flat) == (0, 0)
