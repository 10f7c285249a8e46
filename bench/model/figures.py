"""The figures of one run and the targets they are held against; the table and the flaws come in.

Targets are data. None is loosened here because a run misses it: a missed target is printed as missed and
makes the command fail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.model.courses import LEAST
from bench.model.exact import clopper_pearson, resampled, upper_limit
from bench.model.families import MONTH, NAMED, REPAIRING, REST, SPARSE, UNMOVED, Floats
from bench.model.looks import CRITERIA, FIELDS, SIMPLE, Course
from bench.model.methods import GATE_MONTHS, METHODS

Flags = NDArray[np.bool_]
Courses = Sequence[Course]

AFTER_RELAPSE_DAYS = 182
EARLY_MONTHS = 9
NEAR = 0.02  # a month
FEWEST_A_FAMILY = 12
DASH = "–"
TREND = slice(CRITERIA.index("no_measurable_progress"), len(CRITERIA))
DEFLECTION, BETRAYAL = CRITERIA.index("chronic_deflection"), CRITERIA.index("continuing_betrayal")


class Figure(NamedTuple):
    """One line of the table: what is measured, the target in words, what was reached, and whether it holds."""

    name: str
    target: str
    reached: str
    held: bool
    simple: tuple[str, ...] = (DASH,) * len(METHODS)
    limits: tuple[float, float] | None = None


def figures(courses: Courses, more: Courses = ()) -> list[Figure]:
    """Return every line of the table for the courses of one run.

    ``more`` are further couples of single families: where a figure is about one family only, a dozen couples
    are too few to say anything.
    """
    every = [*courses, *more]
    return [
        _false_stops(courses),
        _too_early(courses),
        *(_found_by(courses, month, least) for month, least in ((24, 0.85), (30, 0.93), (40, 0.98))),
        _same_day(courses),
        _stall_found(every),
        _deflection_found(every),
        _ece(courses),
        _worst_bin(courses),
        _brier(courses),
        _coverage(courses),
        _coverage_by_noise(courses),
        _error(courses),
        _projected(courses),
        _projection_error(courses),
        _sparse(courses),
        _sparse_stops(courses),
        _emerging(courses),
        _worst_family(courses),
        _expected_setbacks(courses),
        _calm_flagged(courses),
        _reversals(courses),
        _on_track_while_contradicted(courses),
    ]


def of(courses: Courses, *fates: str) -> list[Course]:
    """Return the courses of some fates."""
    return [c for c in courses if c.fate in fates]


def met(course: Course, rank: int = 2) -> Flags:
    """Return for each look and criterion whether it counts as met (or at least emerging) against a couple.

    Within half a year after a disclosed relapse the criterion of continuing betrayal is right, not false;
    while emerging it follows the relapse for longer and is left out there altogether.
    """
    found = course.criteria >= rank
    for day in course.disclosed:
        last = day + AFTER_RELAPSE_DAYS if rank == 2 else math.inf
        found[(course.days >= day) & (course.days <= last), BETRAYAL] = False
    return np.asarray(found)


def falsely_stopped(courses: Courses) -> list[Course]:
    """Return the repairing couples that ever see a criterion met."""
    return [c for c in of(courses, REPAIRING) if met(c).any()]


def column(courses: Courses, name: str) -> Floats:
    """Return one figure of the model at all answered looks."""
    place = FIELDS.index(name)
    return np.concatenate([c.model[c.model[:, 0] == 1, place] for c in courses])


def judged(courses: Courses) -> list[Course]:
    """Return the couples whose trend can be judged at all."""
    return of(courses, REPAIRING, UNMOVED, REST)


def ece(falls: Floats, truth: Flags) -> float:
    """Return the expected calibration error over ten bins."""
    return sum(share * abs(said - true) for _, share, said, true in bins(falls, truth))


def bins(falls: Floats, truth: Flags) -> list[tuple[int, float, float, float]]:
    """Return number, share of all, mean answer and true share of each bin that holds anything."""
    place = np.clip((falls * 10).astype(int), 0, 9)
    return [
        (int(here.sum()), float(here.mean()), float(falls[here].mean()), float(truth[here].mean()))
        for here in (place == n for n in range(10))
        if here.any()
    ]


def calibration(courses: Courses) -> float:
    """Return the calibration error of the model's probability of a fall."""
    return ece(column(courses, "falls"), column(courses, "truth") <= LEAST)


def brier(courses: Courses) -> float:
    """Return the mean squared error of the probability of a fall."""
    truth = column(courses, "truth") <= LEAST
    return float(np.mean((column(courses, "falls") - truth) ** 2))


def coverage(courses: Courses) -> float:
    """Return how often the interval of the rate holds the truth."""
    truth = column(courses, "truth")
    if not len(truth):
        return math.nan
    return float(np.mean((column(courses, "low") <= truth) & (truth <= column(courses, "high"))))


def rate_error(courses: Courses) -> float:
    """Return the root mean square error of the rate."""
    return float(np.sqrt(np.mean((column(courses, "rate") - column(courses, "truth")) ** 2)))


def projections(courses: Courses, *, ahead_only: bool = False) -> tuple[Floats, Floats, Floats, Floats]:
    """Return month, first, last and truth at answered looks at repairing couples whose truth is known."""
    kept = [c for c in of(courses, REPAIRING) if c.resolved is not None]
    rows = [_projection_rows(c, ahead_only=ahead_only) for c in kept]
    month, first, last, truth = np.concatenate(rows, axis=1) if rows else np.empty((4, 0))
    return month, first, last, truth


def _projection_rows(course: Course, *, ahead_only: bool) -> Floats:
    use = course.model[:, 0] == 1
    if ahead_only:
        use &= course.days / MONTH < (course.resolved or 0.0)
    found = course.model[use][:, [FIELDS.index(name) for name in ("month", "first", "last")]]
    return np.concatenate((found.T, np.full((1, int(use.sum())), course.resolved)), axis=0)


def projection_coverage(courses: Courses, *, ahead_only: bool = False) -> float:
    """Return how often the projected interval holds the true month; an open end holds everything beyond."""
    _, first, last, truth = projections(courses, ahead_only=ahead_only)
    return float(np.mean((first <= truth) & (truth <= last))) if len(truth) else math.nan


def projection_error(courses: Courses, *, ahead_only: bool = False) -> float:
    """Return the median absolute error of the projected month; beyond month 60 counts as far off."""
    month, _, _, truth = projections(courses, ahead_only=ahead_only)
    return float(np.median(np.abs(month - truth))) if len(truth) else math.nan


class Part(NamedTuple):
    """One part of all answered looks, and how much of the whole error lies in it."""

    name: str
    looks: int
    brier: float
    brier_share: float
    error: float
    error_share: float
    coverage: float


def parts(courses: Courses) -> list[Part]:
    """Return where the error lies: by time, noise level, origin of the family, and nearness of the truth."""
    kept = judged(courses)
    truth, falls = column(kept, "truth"), column(kept, "falls")
    inside = (column(kept, "low") <= truth) & (truth <= column(kept, "high"))
    brier_each, squared = (falls - (truth <= LEAST)) ** 2, (column(kept, "rate") - truth) ** 2
    months = np.concatenate([c.days[c.model[:, 0] == 1] for c in kept]) / MONTH
    resolved = _each_look(kept, lambda c: math.inf if c.resolved is None else c.resolved)
    noise = _each_look(kept, lambda c: c.noise)
    specified = {family.name for family in NAMED}
    named = _each_look(kept, lambda c: c.family in specified)
    early, after = months < EARLY_MONTHS, months >= resolved
    places = {
        f"first {EARLY_MONTHS} months": early,
        "later, response not yet rare": ~early & ~after,
        "after true resolution": ~early & after,
        **{f"{name} noise": noise == name for name in dict.fromkeys(c.noise for c in kept)},
        "families of the specification": named,
        "families added here": ~named,
        f"true rate within {NEAR:g} of the least that counts": np.abs(truth - LEAST) < NEAR,
    }
    return [
        Part(
            name,
            int(here.sum()),
            float(brier_each[here].mean()),
            float(brier_each[here].sum() / brier_each.sum()),
            float(np.sqrt(squared[here].mean())),
            float(squared[here].sum() / squared.sum()),
            float(inside[here].mean()),
        )
        for name, here in places.items()
        if here.any()
    ]


def _each_look(courses: Courses, value: Callable[[Course], float | str]) -> NDArray[Any]:
    return np.concatenate([np.full(int(c.model[:, 0].sum()), value(c)) for c in courses])


def families(courses: Courses) -> dict[str, list[Course]]:
    """Return the judged courses by family."""
    found: dict[str, list[Course]] = {}
    for course in judged(courses):
        found.setdefault(course.family, []).append(course)
    return found


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage, or a dash where there is none."""
    return DASH if math.isnan(share) else f"{100 * share:.{digits}f}%"


def _counted(hits: int, trials: int) -> str:
    low, high = clopper_pearson(hits, trials)
    return (
        f"{hits} of {trials} = {percent(hits / max(1, trials), 1)} ({percent(low, 1)} to {percent(high, 1)})"
    )


def _ranged(value: float, limits: tuple[float, float], show: Callable[[float], str]) -> str:
    return f"{show(value)} ({show(limits[0])} to {show(limits[1])})"


def _simple(courses: Courses, name: str) -> Floats:
    """Return one figure of all simple methods: rows are looks, columns are methods."""
    return np.concatenate([c.simple[:, :, SIMPLE.index(name)] for c in courses if c.simple.size])


def _beside(
    courses: Courses, figure: Callable[[int], float], show: Callable[[float], str]
) -> tuple[str, ...]:
    if not any(c.simple.size for c in courses):
        return (DASH,) * len(METHODS)
    values = [figure(which) for which in range(len(METHODS))]
    return tuple(DASH if math.isnan(v) else show(v) for v in values)


def _ever(courses: Courses, which: int, month: float = math.inf) -> float:
    stops = SIMPLE.index("stop")
    hits = [
        bool((c.simple[c.days <= month * MONTH, which, stops] == 1).any()) for c in courses if c.simple.size
    ]
    return sum(hits) / len(hits) if hits else math.nan


def _false_stops(courses: Courses) -> Figure:
    repairing = of(courses, REPAIRING)
    hits = len(falsely_stopped(courses))
    reached = f"{_counted(hits, len(repairing))}, one-sided upper limit {percent(upper_limit(hits, len(repairing)), 2)}"
    return Figure(
        "repairing couples who ever see “stop” met",
        "≤ 1%",
        reached,
        hits <= 0.01 * len(repairing),
        _beside(repairing, lambda which: _ever(repairing, which), percent),
    )


def _too_early(courses: Courses) -> Figure:
    early = [c for c in courses if (c.criteria[c.days < GATE_MONTHS * MONTH - 1, TREND] == 2).any()]
    return Figure(
        "couples with a trend criterion met before month 18",
        "none",
        _counted(len(early), len(courses)),
        not early,
    )


def _found_by(courses: Courses, month: int, least: float) -> Figure:
    unmoved = of(courses, UNMOVED)
    hits = sum(bool((c.criteria[c.days <= month * MONTH] == 2).any()) for c in unmoved)
    return Figure(
        f"couples not repairing found by month {month}",
        f"≥ {percent(least)}",
        _counted(hits, len(unmoved)),
        hits >= least * len(unmoved),
        _beside(unmoved, lambda which: _ever(unmoved, which, month), percent),
    )


def _same_day(courses: Courses) -> Figure:
    hits, all_of_them = (sum(c.same_day[n] for c in courses) for n in (0, 1))
    return Figure(
        "continuing behaviour: met on the day it becomes known",
        "all",
        _counted(hits, all_of_them),
        hits == all_of_them > 0,
    )


def _stall_found(courses: Courses) -> Figure:
    stalled = [c for c in courses if c.family == "stall after half the way"]
    hits = sum(bool((c.criteria[c.days <= 30 * MONTH] == 2).any()) for c in stalled)
    return Figure(
        "stall after half the way, found by month 30",
        "≥ 80%",
        _counted(hits, len(stalled)),
        bool(stalled) and hits >= 0.8 * len(stalled),
        _beside(stalled, lambda which: _ever(stalled, which, 30), percent),
    )


def _deflection_found(courses: Courses) -> Figure:
    chronic = [c for c in courses if c.family == "chronic deflection"]
    hits = sum(bool((c.criteria[c.days <= 12 * MONTH, DEFLECTION] == 2).any()) for c in chronic)
    return Figure(
        "chronic deflection found by month 12",
        "≥ 90%",
        _counted(hits, len(chronic)),
        bool(chronic) and hits >= 0.9 * len(chronic),
    )


def _simple_falls(courses: Courses, which: int) -> tuple[Floats, Flags]:
    """Return what a method says of falling and what is true; what has no rate is held to the model's window."""
    falls, truth = _simple(courses, "falls")[:, which], _simple(courses, "truth")[:, which]
    known = ~np.isnan(falls)
    return falls[known], truth[known] <= LEAST


def _ece(courses: Courses) -> Figure:
    kept = judged(courses)
    value = calibration(kept)
    return Figure(
        "P(diminishing): calibration error, ten bins",
        "≤ 0.03",
        _ranged(value, resampled(kept, calibration), lambda v: f"{v:.3f}"),
        value <= 0.03,
        _beside(kept, lambda which: ece(*_simple_falls(kept, which)), lambda v: f"{v:.2f}"),
    )


def _worst_bin(courses: Courses) -> Figure:
    kept = judged(courses)
    allowed = 0.12 if len(courses) >= 800 else 0.15
    found = bins(column(kept, "falls"), column(kept, "truth") <= LEAST)
    full = [(abs(said - true), said, true) for n, _, said, true in found if n >= 100]
    off, said, true = max(full, default=(0.0, math.nan, math.nan))
    reached = f"{off:.2f} (said {said:.2f}, came true {true:.2f})"
    return Figure(
        "P(diminishing): worst bin of 100 or more answers", f"≤ {allowed:.2f}", reached, off <= allowed
    )


def _brier(courses: Courses) -> Figure:
    kept = judged(courses)
    value = brier(kept)

    def simple(which: int) -> float:
        falls, truth = _simple_falls(kept, which)
        return float(np.mean((falls - truth) ** 2))

    reached = _ranged(value, resampled(kept, brier), lambda v: f"{v:.3f}")
    beside = _beside(kept, simple, lambda v: f"{v:.2f}")
    return Figure("P(diminishing): Brier score", "≤ 0.06", reached, value <= 0.06, beside)


def _coverage(courses: Courses) -> Figure:
    kept = judged(courses)
    value = coverage(kept)

    def simple(which: int) -> float:
        low, high, truth = (_simple(kept, name)[:, which] for name in ("low", "high", "truth"))
        known = ~np.isnan(low)
        inside = (low <= truth) & (truth <= high)
        return float(np.mean(inside[known])) if known.any() else math.nan

    reached = _ranged(value, resampled(kept, coverage), lambda v: percent(v, 1))
    beside = _beside(kept, simple, percent)
    return Figure("rate: coverage of the 90% interval", "88–92%", reached, 0.88 <= value <= 0.92, beside)


def _coverage_by_noise(courses: Courses) -> Figure:
    kept = judged(courses)
    names = list(dict.fromkeys(c.noise for c in kept))
    values = {name: coverage([c for c in kept if c.noise == name]) for name in names}
    reached = ", ".join(f"{name} {percent(value, 1)}" for name, value in values.items())
    held = all(0.85 <= value <= 0.95 for value in values.values())
    return Figure("rate: the same at each noise level", "85–95%", reached, held)


def _error(courses: Courses) -> Figure:
    kept = judged(courses)
    value = rate_error(kept)

    def simple(which: int) -> float:
        rate, truth = _simple(kept, "rate")[:, which], _simple(kept, "truth")[:, which]
        known = ~np.isnan(rate)
        return float(np.sqrt(np.mean((rate - truth)[known] ** 2))) if known.any() else math.nan

    reached = _ranged(value, resampled(kept, rate_error), lambda v: f"{v:.3f}")
    beside = _beside(kept, simple, lambda v: f"{v:.2f}")
    return Figure("rate: root mean square error (a month)", "≤ 0.055", reached, value <= 0.055, beside)


def _simple_projection(courses: Courses, which: int) -> tuple[Floats, Floats, Floats, Floats]:
    kept = [c for c in of(courses, REPAIRING) if c.resolved is not None and c.simple.size]
    month, first, last = (_simple(kept, name)[:, which] for name in ("month", "first", "last"))
    truth = np.concatenate([np.full(len(c.days), c.resolved) for c in kept]) if kept else np.empty(0)
    known = ~np.isnan(month)
    return month[known], first[known], last[known], truth[known]


def _projected(courses: Courses) -> Figure:
    repairing = of(courses, REPAIRING)
    value = projection_coverage(repairing)

    def simple(which: int) -> float:
        _, first, last, truth = _simple_projection(repairing, which)
        return float(np.mean((first <= truth) & (truth <= last))) if len(truth) else math.nan

    ahead = projection_coverage(repairing, ahead_only=True)
    reached = _ranged(value, resampled(repairing, projection_coverage), lambda v: percent(v, 1))
    return Figure(
        "projected month: coverage of the 90% interval",
        "86–93%",
        f"{reached}; before the true month {percent(ahead, 1)}",
        0.86 <= value <= 0.93,
        _beside(repairing, simple, percent),
    )


def _projection_error(courses: Courses) -> Figure:
    repairing = of(courses, REPAIRING)
    value = projection_error(repairing)

    def simple(which: int) -> float:
        month, _, _, truth = _simple_projection(repairing, which)
        return float(np.median(np.abs(month - truth))) if len(truth) else math.nan

    ahead = projection_error(repairing, ahead_only=True)
    reached = _ranged(value, resampled(repairing, projection_error), lambda v: f"{v:.1f}")
    return Figure(
        "projected month: median absolute error (months)",
        "≤ 3.5",
        f"{reached}; before the true month {ahead:.1f}",
        value <= 3.5,
        _beside(repairing, simple, lambda v: f"{v:.1f}"),
    )


def _sparse(courses: Courses) -> Figure:
    sparse = of(courses, SPARSE)
    looks = np.concatenate([c.model[:, 0] for c in sparse] or [np.zeros(1)])

    def simple(which: int) -> float:
        return float(np.mean(~np.isnan(_simple(sparse, "falls")[:, which])))

    value = float(looks.mean())
    reached = f"{percent(value, 1)} of {len(looks)} looks at {len(sparse)} couples"
    return Figure(
        "looks answered on cases too sparse to judge",
        "≤ 5%",
        reached,
        value <= 0.05,
        _beside(sparse, simple, percent),
    )


def _sparse_stops(courses: Courses) -> Figure:
    sparse = of(courses, SPARSE)
    hits = sum(bool((c.criteria[:, TREND] == 2).any()) for c in sparse)
    beside = _beside(sparse, lambda which: _ever(sparse, which), percent)
    return Figure("the same: any stop on the trend", "none", _counted(hits, len(sparse)), not hits, beside)


def _emerging(courses: Courses) -> Figure:
    repairing = of(courses, REPAIRING)
    hits = sum(bool(met(c, 1).any()) for c in repairing)
    return Figure(
        "repairing couples who ever see “stop” emerging",
        "≤ 5%",
        _counted(hits, len(repairing)),
        hits <= 0.05 * len(repairing),
    )


def _worst_family(courses: Courses) -> Figure:
    by_family = sorted((coverage(found), name, len(found)) for name, found in families(courses).items())
    (worst, name, size), (next_worst, next_name, _) = (by_family + by_family)[:2]
    reached = f"{percent(worst)} ({name}); next {percent(next_worst)} ({next_name})"
    # With fewer couples a family the target is not asked: by chance alone one of many would fall under it.
    return Figure(
        "rate: coverage in the worst family", "≥ 70%", reached, worst >= 0.7 or size < FEWEST_A_FAMILY
    )


def _setback_sums(courses: Courses) -> tuple[int, int, int, int]:
    strong, expected, calm, flagged = (sum(c.setbacks[n] for c in courses) for n in range(4))
    return strong, expected, calm, flagged


def _expected_setbacks(courses: Courses) -> Figure:
    strong, expected, _, _ = _setback_sums(courses)
    return Figure(
        "setback after a strong known cause called expected",
        "≥ 52%",
        _counted(expected, strong),
        expected >= 0.52 * strong,
        limits=clopper_pearson(expected, strong),
    )


def _calm_flagged(courses: Courses) -> Figure:
    _, _, calm, flagged = _setback_sums(courses)
    return Figure(
        "calm reports flagged as a setback", "≤ 15%", _counted(flagged, calm), flagged <= 0.15 * calm
    )


def _reversals(courses: Courses) -> Figure:
    hits, rose, quiet_hits, quiet = (sum(c.reversals[n] for c in courses) for n in range(4))
    reached = f"{_counted(hits, rose)}; where nothing rose {quiet_hits} of {quiet}"
    return Figure(
        "betrayal after which the response rises, followed by a reversal label within ten weeks",
        "≥ 90%",
        reached,
        hits >= 0.9 * rose,
    )


def _on_track_while_contradicted(courses: Courses) -> Figure:
    on_track = FIELDS.index("on_track")
    hits = sum(
        bool(((c.criteria[:, BETRAYAL] == 2) & (c.model[:, on_track] == 1)).any())
        for c in courses
        if c.disclosed
    )
    disclosed = sum(bool(c.disclosed) for c in courses)
    return Figure("ever on track while the behaviour continues", "none", _counted(hits, disclosed), not hits)
