"""The trend of log frequency and log duration: asks the fit the fixed questions; read by progress and stopping."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline import bins as binning
from app.timeline import design as designing
from app.timeline.clock import Clock
from app.timeline.days import months
from app.timeline.design import Design, Question
from app.timeline.findings import Interval, interval
from app.timeline.fit import Fit
from app.timeline.known_dates import touched
from app.timeline.mixture import Mixture
from app.timeline.once import once
from app.timeline.parameters import DAYS_PER_MONTH, Parameters, Reading
from app.timeline.parameters import Trend as Rules
from app.timeline.table import Table
from app.timeline.turns import candidate_turns

Floats = NDArray[np.float64]

RATE, FREQUENCY_RATE, DURATION_RATE, RATE_SHORT, RATE_LONG = range(5)
LEVEL, LEVEL_IN_12, LEVEL_IN_36, LEVEL_AT_ORIGIN, DURATION, KNOWN_DATE = range(5, 11)
_FIGURES = 11
Figures = slice | list[int]
_ALL, _OF_STANDSTILL = slice(None), [RATE_SHORT, RATE_LONG, LEVEL]
_BENDING = slice(RATE, DURATION_RATE + 1)
_WINDOW, _SIMPSON = np.array([[0.0], [0.5], [1.0]]), np.array([1.0, 4.0, 1.0]) / 6.0


class Windows(NamedTuple):
    """First days (ordinals) of the windows over which rates are taken, and the months the two long ones count."""

    rate_from: int
    short_from: int
    long_from: int
    short_months: float
    long_months: float


class Chances(NamedTuple):
    """Probabilities before any recalibration, all read off the fit at once."""

    progress: float
    bearable: float
    progress_short: float
    progress_long: float
    unloaded: float
    resolved: float


class Standstill(NamedTuple):
    """All that the trend criteria ask: is it sure that the load hardly fell over two windows, and that it is high?"""

    flat_short: float
    flat_long: float
    loaded: float


class Trend:
    """What the fit says about one look; rates are monthly changes on the natural log scale."""

    def __init__(self, design: Design, clock: Clock, parameters: Parameters) -> None:
        """Fit, asking all fixed questions at once."""
        self.clock, self.parameters = clock, parameters
        self.windows = windows(clock, parameters)
        self.timed = len(design.months) > design.frequencies
        self.now = _now(clock)
        self.fit = _fitted(design, clock, self.windows, _ALL)
        length = self.now - months(self.windows.rate_from - (clock.started_on or 0))
        self.figures: Mixture = run_out(self.fit.figures, length, parameters.reading)

    @once
    def _chances(self) -> Chances:
        least = self.parameters.reading.minimum_progress
        load = math.log(self.parameters.stopping.load_per_week)
        return Chances(
            *self.figures.below(
                (RATE, RATE, RATE_SHORT, RATE_LONG, LEVEL, LEVEL),
                (least, self.parameters.status.worsening_rate, least, least, load, self.resolved_level),
            )
        )

    @once
    def p_diminishing(self) -> float:
        """Recalibrated probability that the load falls by the minimum measurable progress or more."""
        reading = self.parameters.reading
        p = min(max(self._chances.progress, 1e-9), 1.0 - 1e-9)
        logit = reading.recalibration_success * math.log(p) - reading.recalibration_failure * math.log(
            1.0 - p
        )
        return 1.0 / (1.0 + math.exp(-(logit + reading.recalibration_shift)))

    @property
    def rate(self) -> float:
        """Expected monthly change of the log load over the last half year."""
        return self.figures.mean(RATE)

    @once
    def rate_interval(self) -> Interval:
        """Interval of the rate, each end drawn in towards the mean by the released factor."""
        return self.drawn_in(RATE)

    @property
    def rate_short(self) -> float:
        """Expected monthly change of the log load over the short window of the stop criteria."""
        return self.figures.mean(RATE_SHORT)

    @once
    def rate_short_interval(self) -> Interval:
        """Interval of ``rate_short``."""
        return self.drawn_in(RATE_SHORT)

    @property
    def p_flat_short(self) -> float:
        """Probability that the load fell by less than the minimum progress over the short window."""
        return 1.0 - self._chances.progress_short

    @property
    def p_flat_long(self) -> float:
        """The same over the long window."""
        return 1.0 - self._chances.progress_long

    @property
    def standstill(self) -> Standstill:
        """What the trend criteria ask."""
        return Standstill(self.p_flat_short, self.p_flat_long, self.p_loaded)

    @property
    def p_worsening(self) -> float:
        """Probability that the load over the last half year rose faster than the worsening rate."""
        return 1.0 - self._chances.bearable

    @property
    def p_loaded(self) -> float:
        """Probability that the underlying frequency is above the load bound of the stop criteria."""
        return 1.0 - self._chances.unloaded

    @property
    def p_resolved(self) -> float:
        """Probability that the underlying frequency is resolved, allowing for ordinary setbacks."""
        return self._chances.resolved

    @property
    def resolved_level(self) -> float:
        """Log frequency at which the response counts as resolved, with the allowance for setbacks."""
        reading = self.parameters.reading
        return math.log(reading.resolved_per_week) + reading.setback_allowance

    @property
    def frequency(self) -> float:
        """Underlying episodes a week now."""
        return math.exp(self.figures.mean(LEVEL))

    @once
    def quiet_since(self) -> int:
        """Ordinal day from which the fitted level has stayed resolved, to the nearest fortnight."""
        origin, as_of = self.clock.origin_on or self.clock.as_of, self.clock.as_of
        days = np.arange(as_of, origin - 1, -14)
        fitted = self.fit.centres(self._at(days))
        loud = np.flatnonzero(fitted > self.resolved_level)
        return int(days[loud[0] - 1] if len(loud) and loud[0] else days[-1 if not len(loud) else 0])

    def drawn_in(self, figure: int) -> Interval:
        """Return the interval of a figure, its ends drawn in towards the mean."""
        reading = self.parameters.reading
        centre, low, high = self.figures.interval(figure, reading.interval_level)
        inward = reading.interval_draw_in
        return interval(
            centre + inward * (low - centre), centre + inward * (high - centre), reading.interval_level
        )

    def levels(self, days: NDArray[np.int64]) -> Mixture:
        """Return the underlying log frequency on each of some days."""
        return self.fit.answer(self._at(days))

    def _at(self, days: NDArray[np.int64]) -> Question:
        at = (np.asarray(days, dtype=np.float64) - (self.clock.started_on or 0)) / DAYS_PER_MONTH
        rules = self.parameters.trend
        return Question(at, np.eye(len(at)), np.zeros((len(at), len(at))), np.zeros(len(at)), rules)


def _now(clock: Clock) -> float:
    """Return the months since repair started."""
    return months(clock.as_of - (clock.started_on or clock.as_of))


def _fitted(design: Design, clock: Clock, found: Windows, figures: Figures) -> Fit:
    """Fit, asking some of the fixed questions at once."""
    now, timed = _now(clock), len(design.months) > design.frequencies
    turns = candidate_turns(now, float(design.months.min()), design.rules)
    return Fit(design, turns, _fixed_questions(clock, found, now, timed, design.rules, figures))


def _fixed_questions(
    clock: Clock, found: Windows, now: float, timed: bool, rules: Rules, figures: Figures
) -> Question:
    """Return the questions for some of the fixed figures; without durations the load is frequency alone."""
    start = clock.started_on or 0
    froms = [months(day - start) for day in (found.rate_from, found.short_from, found.long_from)]
    origin = months((clock.origin_on or start) - start)
    at = np.array([now, *froms, now + 12.0, now + 36.0, origin])
    lengths = now - froms[0], found.short_months, found.long_months
    level, duration = _STATES[LEVEL].copy(), _STATES[DURATION].copy()
    for place, (row, length) in enumerate(zip((RATE, RATE_SHORT, RATE_LONG), lengths), 1):
        level[row, 0], level[row, place] = 1.0 / length, -1.0 / length
    level[FREQUENCY_RATE] = duration[DURATION_RATE] = level[RATE]
    if timed:
        duration[RATE], duration[RATE_SHORT : RATE_LONG + 1] = level[RATE], level[RATE_SHORT : RATE_LONG + 1]
    return Question(at, level[figures], duration[figures], _STATES[KNOWN_DATE][figures, 0], rules)


def _states() -> dict[int, Floats]:
    """Return what of the level, of durations and of the known-date effect is in each fixed figure but the rates.

    Moments are now, the beginnings of the three windows, one and three years ahead, and the clock's origin.
    """
    found = {figure: np.zeros((_FIGURES, 7)) for figure in (LEVEL, DURATION, KNOWN_DATE)}
    for figure, moment in ((LEVEL, 0), (LEVEL_IN_12, 4), (LEVEL_IN_36, 5), (LEVEL_AT_ORIGIN, 6)):
        found[LEVEL][figure, moment] = 1.0
    found[DURATION][DURATION, 0] = found[KNOWN_DATE][KNOWN_DATE, 0] = 1.0
    return found


_STATES = _states()


def fit_trend(table: Table, flagged: NDArray[np.bool_], clock: Clock, parameters: Parameters) -> Trend:
    """Fit the placed reports (sorted by last day) of a case whose clock has started."""
    return Trend(_designed(table, flagged, clock, parameters), clock, parameters)


def stands_still(
    table: Table, flagged: NDArray[np.bool_], clock: Clock, parameters: Parameters
) -> Standstill:
    """Return what a trend of the same reports would say of a standstill, asking the fit for nothing else."""
    design = _designed(table, flagged, clock, parameters)
    figures = _fitted(design, clock, windows(clock, parameters), _OF_STANDSTILL).figures
    least, load = parameters.reading.minimum_progress, math.log(parameters.stopping.load_per_week)
    # These three do not run out (see ``run_out``), so they are read off as they are.
    fell_short, fell_long, unloaded = figures.below(range(3), (least, least, load))
    return Standstill(1.0 - fell_short, 1.0 - fell_long, 1.0 - unloaded)


def _designed(table: Table, flagged: NDArray[np.bool_], clock: Clock, parameters: Parameters) -> Design:
    start = clock.started_on or 0
    rules = parameters.trend
    restarts = clock.restarts[-rules.most_steps :]
    betrayals = [r.betrayal_on - start for r in restarts if r.betrayal_on > start]
    breaks = np.array(betrayals, dtype=np.float64)
    gathered = binning.gather(table, flagged, breaks, start, clock.as_of, parameters.binning)
    noise = binning.duration_noise(
        table.log_minutes[table.timed], rules.duration_noise_prior, rules.duration_noise_prior_weight
    )
    fresh = np.array([months(r.origin_on - start) for r in restarts])
    return designing.build(gathered, noise, breaks / DAYS_PER_MONTH, fresh, rules)


def run_out(figures: Mixture, rate_months: float, reading: Reading) -> Mixture:
    """Return the figures with rates that run out where the response has become rare.

    Nobody forgets altogether: a straight fall on the log scale bends softly towards a floor, x becoming
    f + ln(1 + exp(k (x - f))) / k. The rates of the last half year shrink by the mean slope of that bend over
    the window (Simpson's rule), and as nobody's floor is known, what is taken off comes back as doubt.
    """
    if not reading.floor_per_week:
        return figures
    floor, steepness = math.log(reading.floor_per_week), reading.floor_sharpness
    means, sds = figures.means.copy(), figures.sds.copy()
    gone = means[:, LEVEL] - floor - _WINDOW * (rate_months * means[:, FREQUENCY_RATE])
    gone *= -steepness
    slopes = 1.0 / (1.0 + np.exp(np.minimum(gone, 60.0)))
    left = (_SIMPSON @ slopes)[:, None]
    rest, rates, spreads = 1.0 - left, means[:, _BENDING], sds[:, _BENDING]
    spreads *= left
    spreads *= spreads
    spreads += (reading.floor_doubt * left * rest) * (rates * rates)
    spreads += (reading.floor_drift_sd * rest) ** 2
    np.sqrt(spreads, out=spreads)
    rates *= left
    return Mixture(figures.weights, means, sds)


def near_known_dates(table: Table, days: NDArray[np.int64], parameters: Parameters) -> NDArray[np.bool_]:
    """Return which reports carry the known-date effect: by their middle day, or by the trigger they name.

    ``days`` are those of the occasions, in order.
    """
    rules = parameters.trend
    by_date = touched(days, table.middles, rules.known_date_days_before, rules.known_date_days_after)
    return by_date | table.named


def windows(clock: Clock, parameters: Parameters) -> Windows:
    """Return the windows of a running clock: half a year by calendar, the long ones by months of work."""
    reading, status, stopping = parameters.reading, parameters.status, parameters.stopping
    origin = clock.origin_on or clock.as_of
    shortest = clock.as_of - reading.shortest_window_days
    short = min(clock.window_start(status.no_progress_window_months), shortest)
    long = min(clock.window_start(stopping.long_window_months), shortest)
    return Windows(
        min(max(origin, clock.as_of - reading.rate_window_days), shortest),
        short,
        long,
        months(max(clock.net_days(short, clock.as_of), reading.shortest_window_days)),
        months(max(clock.net_days(long, clock.as_of), reading.shortest_window_days)),
    )
