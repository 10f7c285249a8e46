"""Eight simple methods as they would be used in practice, all with the same gate and load guard; looks come in.

Each answers, where it can: the monthly change over the window it uses with a 90% interval, the probability
that the load falls by 5% a month or more, whether to say "stop", and when the response will be rare. All say
"stop" only after 18 months and only while the last eight weeks hold more than one episode a week, so that
they are judged on their statistics and not on a missing gate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from app.timeline.mixture import normal
from bench.model.courses import LEAST
from bench.model.families import MONTH, RESOLVED, Floats

Z90 = 1.6448536269514722
GATE_MONTHS, YEAR, HALF_YEAR = 18.0, 12.0, 182 / MONTH
GIVE = 3


class Seen(NamedTuple):
    """What is known at a look: months of the middles, log loads, episodes and weeks of the reports; and now."""

    months: Floats
    loads: Floats
    counts: Floats
    weeks: Floats
    now: float

    def last(self, months: float) -> Seen:
        """Return the reports of the last months only."""
        kept = self.months > self.now - months
        return Seen(self.months[kept], self.loads[kept], self.counts[kept], self.weeks[kept], self.now)

    @property
    def loud(self) -> bool:
        """Tell whether the last eight weeks hold more than one episode a week."""
        recent = self.last(8 * 7 / MONTH)
        return bool(recent.weeks.sum() and recent.counts.sum() > recent.weeks.sum())


class Answer(NamedTuple):
    """One method's answer at one look; months of the window it speaks of; ``None`` where it has no such figure."""

    first: float
    last: float
    rate: float
    low: float | None
    high: float | None
    falls: float
    stop: bool
    projection: tuple[float, float, float] | None = None


class Line(NamedTuple):
    """A fitted line: slope, its standard error, and the multiplier of a 90% interval."""

    slope: float
    error: float
    times: float
    freedom: float
    level_now: float
    level_error: float


def answers(seen: Seen) -> list[Answer | None]:
    """Return the answers of all methods at one look."""
    return [method(seen) if len(seen.months) >= GIVE else None for method in METHODS.values()]


def student_below(t: float, freedom: float) -> float:
    """Return Student's distribution function by Wallace's approximation, good to about a thousandth."""
    size = math.sqrt(freedom * math.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return float(normal(np.array([math.copysign(size, t)]))[0])


def student_95(freedom: float) -> float:
    """Return the 95% point of Student's distribution, by the same approximation."""
    z = Z90 * (8 * freedom + 3) / (8 * freedom + 1)
    return math.sqrt(freedom * math.expm1(z * z / freedom))


def first_against_last(seen: Seen) -> Answer | None:
    """Compare the last report with the first; stop if it has not fallen by 5% for each month between."""
    apart = float(seen.months[-1] - seen.months[0])
    if apart <= 0:
        return None
    rate = float(seen.loads[-1] - seen.loads[0]) / apart
    error = math.sqrt(float((1.0 / (seen.counts[[0, -1]] + 0.5)).sum())) / apart
    return _told(seen, rate, error, Z90, rate > LEAST)


def ols_bound(seen: Seen) -> Answer | None:
    """Fit a line to the log loads of a year; stop if its lower 95% bound is above the minimum progress."""
    line = _ols(seen.last(YEAR))
    if line is None:
        return None
    stop = line.slope - line.times * line.error > LEAST
    return _from_line(seen.last(YEAR), line, stop, project=True)


def ols_not_significant(seen: Seen) -> Answer | None:
    """Fit a line to half a year; stop if its fall is not significant at 5%."""
    line = _ols(seen.last(HALF_YEAR))
    if line is None:
        return None
    return _from_line(seen.last(HALF_YEAR), line, line.slope + line.times * line.error >= 0)


def mann_kendall(seen: Seen) -> Answer | None:
    """Kendall's test and Sen's slope over half a year, variance corrected for autocorrelation of lag one."""
    recent = seen.last(HALF_YEAR)
    size = len(recent.months)
    if size < 4:
        return None
    first, second = np.triu_indices(size, 1)
    rises = recent.loads[second] - recent.loads[first]
    slopes = np.sort(rises / (recent.months[second] - recent.months[first]))
    slope, score = float(np.median(slopes)), float(np.sign(rises).sum())
    left = recent.loads - slope * recent.months
    left = left - left.mean()
    memory = float(np.clip((left[1:] @ left[:-1]) / max(left @ left, 1e-12), 0.0, 0.8))
    spread = math.sqrt(size * (size - 1) * (2 * size + 5) / 18.0 * (1 + memory) / (1 - memory))
    reach = min(Z90 * spread, len(slopes) - 1.0)
    low, high = np.interp(
        ((len(slopes) - reach) / 2 - 0.5, (len(slopes) + reach) / 2 - 0.5), np.arange(len(slopes)), slopes
    )
    stop = (score + 1.0) / spread > -Z90
    error = max(float(high - low) / (2 * Z90), 1e-9)
    told = _told(recent, slope, error, Z90, stop)
    return told._replace(low=float(low), high=float(high))


def reliable_change(seen: Seen) -> Answer | None:
    """Compare the last three reports of a year with its first three; stop without a reliable fall."""
    recent = seen.last(YEAR)
    if len(recent.months) < 6:
        return None
    loads, months = recent.loads, recent.months
    error = math.sqrt((float(loads[:3].var(ddof=1)) + float(loads[-3:].var(ddof=1))) / 3.0)
    change, apart = float(loads[-3:].mean() - loads[:3].mean()), float(months[-3:].mean() - months[:3].mean())
    error = max(error, 0.05)
    told = _told(recent, change / apart, error / apart, Z90, change / error > -1.96)
    return told._replace(first=float(months[:3].mean()), last=float(months[-3:].mean()))


def cusum(seen: Seen) -> Answer | None:
    """Add up the standardised excess over the line to resolution in 36 months; stop above five."""
    rates = np.log((seen.counts + 0.5) / seen.weeks)
    start = float(np.median(rates[: max(3, int((seen.months < seen.months[0] + 2).sum()))]))
    line = start - (start - RESOLVED) * np.minimum(seen.months / 36.0, 1.0)
    excess = (rates - line) / max(0.2, float(np.std(np.diff(rates))) / math.sqrt(2.0))
    total = highest = 0.0
    for step in (excess - 0.5).tolist():
        total = max(0.0, total + step)
        highest = max(highest, total)
    stop = total > 5.0
    # It gives no rate and no probability; what it says of falling is yes or no.
    first = seen.now - min(HALF_YEAR, seen.now)
    return Answer(first, seen.now, math.nan, None, None, float(not stop), _allowed(seen, stop))


def poisson_glm(seen: Seen) -> Answer | None:
    """Poisson regression of the counts of a year; stop if its fall is not significant at 5%."""
    return _glm(seen.last(YEAR), dispersed=False)


def quasi_poisson(seen: Seen) -> Answer | None:
    """The same with the errors widened by the dispersion that is seen."""
    return _glm(seen.last(YEAR), dispersed=True)


METHODS: dict[str, Callable[[Seen], Answer | None]] = {
    "first against last": first_against_last,
    "OLS bound": ols_bound,
    "OLS “not significant”": ols_not_significant,
    "Mann-Kendall, corrected": mann_kendall,
    "reliable change": reliable_change,
    "CUSUM, 36-month line": cusum,
    "Poisson GLM, Wald": poisson_glm,
    "quasi-Poisson": quasi_poisson,
}


def _allowed(seen: Seen, stop: bool) -> bool:
    return bool(stop and seen.now >= GATE_MONTHS and seen.loud)


def _told(seen: Seen, rate: float, error: float, times: float, stop: bool, freedom: float = 1e6) -> Answer:
    falls = student_below((LEAST - rate) / max(error, 1e-9), freedom)
    first, last = float(seen.months[0]), float(seen.months[-1])
    return Answer(first, last, rate, rate - times * error, rate + times * error, falls, _allowed(seen, stop))


def _from_line(recent: Seen, line: Line, stop: bool, *, project: bool = False) -> Answer:
    told = _told(recent, line.slope, line.error, line.times, stop, line.freedom)
    return told._replace(projection=_projected(recent, line)) if project else told


def _ols(recent: Seen, values: Floats | None = None) -> Line | None:
    size = len(recent.months)
    if size < GIVE:
        return None
    y = recent.loads if values is None else values
    x = recent.months - recent.months.mean()
    sxx = float(x @ x)
    slope = float(x @ y) / sxx
    left = y - y.mean() - slope * x
    variance = max(float(left @ left) / (size - 2), 1e-6)
    ahead = recent.now - float(recent.months.mean())
    return Line(
        slope,
        math.sqrt(variance / sxx),
        student_95(size - 2),
        size - 2,
        float(y.mean()) + slope * ahead,
        math.sqrt(variance * (1 / size + ahead**2 / sxx)),
    )


def _glm(recent: Seen, *, dispersed: bool) -> Answer | None:
    if len(recent.months) < GIVE or recent.counts.sum() == 0:
        return None
    x = np.stack((np.ones(len(recent.months)), recent.months - recent.now), axis=1)
    beta = np.array([math.log(float(recent.counts.sum() / recent.weeks.sum())), 0.0])
    inverse = np.eye(2)
    expected = recent.counts
    for _ in range(12):
        expected = recent.weeks * np.exp(np.clip(x @ beta, -12, 8))
        inverse = np.linalg.inv((x * expected[:, None]).T @ x + 1e-9 * np.eye(2))
        step = inverse @ (x.T @ (recent.counts - expected))
        beta = beta + np.clip(step, -1.5, 1.5)
        if abs(step).max() < 1e-6:
            break
    freedom, widened = 1e6, 1.0
    if dispersed:
        freedom = len(recent.months) - 2
        widened = max(
            1.0, float(((recent.counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum()) / freedom
        )
    error, level_error = np.sqrt(np.diag(inverse)[::-1] * widened).tolist()
    times = student_95(freedom) if dispersed else Z90
    line = Line(float(beta[1]), error, times, freedom, float(beta[0]), level_error)
    return _from_line(recent, line, line.slope + times * error >= 0, project=True)


def _projected(recent: Seen, line: Line) -> tuple[float, float, float] | None:
    """Return where the line and the ends of its interval cross one episode a fortnight."""
    if abs(line.level_now) > 50 or line.freedom < 1:
        return None
    # A line through log loads is turned into one through log frequencies, for the question is one of episodes.
    rates = np.log((recent.counts + 0.5) / recent.weeks)
    level = line.level_now if line.freedom > 1e5 else _frequency_level(recent, rates, line)
    gap = level - RESOLVED

    def crossing(slope: float) -> float:
        if gap <= 0:
            return recent.now
        return recent.now - gap / slope if slope < -1e-6 else math.inf

    reach = line.times * line.error
    return crossing(line.slope), crossing(line.slope - reach), crossing(line.slope + reach)


def _frequency_level(recent: Seen, rates: Floats, line: Line) -> float:
    return float(rates.mean()) + line.slope * (recent.now - float(recent.months.mean()))
