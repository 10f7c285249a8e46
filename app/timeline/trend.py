"""The trend of log frequency and log duration: asks the fit the fixed questions; read by progress and stopping."""

from __future__ import annotations

import math
from functools import cached_property
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
from app.timeline.known_dates import Occasion, touched
from app.timeline.mixture import Mixture
from app.timeline.parameters import DAYS_PER_MONTH, Parameters, Reading
from app.timeline.table import Table
from app.timeline.turns import candidate_turns

Floats = NDArray[np.float64]

RATE, RATE_SHORT, RATE_LONG, FREQUENCY_RATE, DURATION_RATE = range(5)
LEVEL, LEVEL_IN_12, LEVEL_IN_36, LEVEL_AT_ORIGIN, DURATION, KNOWN_DATE = range(5, 11)
_FIGURES = 11
_BENDING = (RATE, FREQUENCY_RATE, DURATION_RATE)


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


class Trend:
    """What the fit says about one look; rates are monthly changes on the natural log scale."""

    def __init__(self, design: Design, clock: Clock, parameters: Parameters) -> None:
        """Fit, asking all fixed questions at once."""
        self.clock, self.parameters = clock, parameters
        self.windows = windows(clock, parameters)
        self.timed = len(design.months) > design.frequencies
        self.now = months(clock.as_of - (clock.started_on or clock.as_of))
        turns = candidate_turns(self.now, float(design.months.min()), design.rules)
        self.fit = Fit(design, turns, self._fixed_questions())
        length = self.now - months(self.windows.rate_from - (clock.started_on or 0))
        self.figures: Mixture = run_out(self.fit.figures, length, parameters.reading)

    @cached_property
    def _chances(self) -> Chances:
        least = self.parameters.reading.minimum_progress
        load = math.log(self.parameters.stopping.load_per_week)
        return Chances(
            *self.figures.below(
                (RATE, RATE, RATE_SHORT, RATE_LONG, LEVEL, LEVEL),
                (least, self.parameters.status.worsening_rate, least, least, load, self.resolved_level),
            )
        )

    @cached_property
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

    @cached_property
    def rate_interval(self) -> Interval:
        """Interval of the rate, each end drawn in towards the mean by the released factor."""
        return self.drawn_in(RATE)

    @property
    def rate_short(self) -> float:
        """Expected monthly change of the log load over the short window of the stop criteria."""
        return self.figures.mean(RATE_SHORT)

    @cached_property
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

    @cached_property
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
        return Question(at, np.eye(len(at)), np.zeros((len(at), len(at))), np.zeros(len(at)))

    def _fixed_questions(self) -> Question:
        clock, windows, now = self.clock, self.windows, self.now
        start = clock.started_on or 0
        froms = [months(day - start) for day in (windows.rate_from, windows.short_from, windows.long_from)]
        origin = months((clock.origin_on or start) - start)
        at = np.array([now, *froms, now + 12.0, now + 36.0, origin])
        question = Question(
            at, np.zeros((_FIGURES, len(at))), np.zeros((_FIGURES, len(at))), np.zeros(_FIGURES)
        )
        self._rates(question, now - froms[0])
        self._states(question)
        return question

    def _rates(self, question: Question, rate_months: float) -> None:
        lengths = (rate_months, self.windows.short_months, self.windows.long_months)
        for row, length in zip((RATE, RATE_SHORT, RATE_LONG), lengths):
            question.level[row, [0, row + 1]] = (1.0 / length, -1.0 / length)
            if self.timed:
                question.duration[row] = question.level[row]
        question.level[FREQUENCY_RATE] = question.level[RATE]
        question.duration[DURATION_RATE] = question.level[RATE]

    def _states(self, question: Question) -> None:
        question.level[LEVEL, 0] = question.level[LEVEL_IN_12, 4] = question.level[LEVEL_IN_36, 5] = 1.0
        question.level[LEVEL_AT_ORIGIN, 6] = question.duration[DURATION, 0] = 1.0
        question.known_date[KNOWN_DATE] = 1.0


def fit_trend(table: Table, flagged: NDArray[np.bool_], clock: Clock, parameters: Parameters) -> Trend:
    """Fit the placed reports (sorted by last day) of a case whose clock has started."""
    start = clock.started_on or 0
    rules = parameters.trend
    restarts = clock.restarts[-rules.most_steps :]
    betrayals = [r.betrayal_on - start for r in restarts if r.betrayal_on > start]
    breaks = np.array(betrayals, dtype=np.float64)
    gathered = binning.gather(table, flagged, breaks, start, clock.as_of, parameters.binning)
    minutes = table.minutes[table.minutes > 0]
    noise = binning.duration_noise(minutes, rules.duration_noise_prior, rules.duration_noise_prior_weight)
    fresh = np.array([months(r.origin_on - start) for r in restarts])
    design = designing.build(gathered, noise, breaks / DAYS_PER_MONTH, fresh, rules)
    return Trend(design, clock, parameters)


def run_out(figures: Mixture, rate_months: float, reading: Reading) -> Mixture:
    """Return the figures with rates that run out where the response has become rare.

    Nobody forgets altogether: a straight fall on the log scale bends softly towards a floor, x becoming
    f + ln(1 + exp(k (x - f))) / k. The rates of the last half year shrink by the mean slope of that bend over
    the window (Simpson's rule), and as nobody's floor is known, what is taken off comes back as doubt.
    """
    if not reading.floor_per_week:
        return figures
    floor, steepness = math.log(reading.floor_per_week), reading.floor_sharpness
    now, before = figures.means[:, LEVEL], rate_months * figures.means[:, FREQUENCY_RATE]
    steps = np.array([[0.0], [0.5], [1.0]])
    slopes = 1.0 / (1.0 + np.exp(np.minimum(steepness * (floor - now + steps * before), 60.0)))
    left = (np.array([1.0, 4.0, 1.0]) / 6.0 @ slopes)[:, None]
    means, sds = figures.means.copy(), figures.sds.copy()
    rates = list(_BENDING)
    doubt = reading.floor_doubt * left * (1.0 - left) * means[:, rates] ** 2
    drift = ((1.0 - left) * reading.floor_drift_sd) ** 2
    sds[:, rates] = np.sqrt((left * sds[:, rates]) ** 2 + doubt + drift)
    means[:, rates] *= left
    return Mixture(figures.weights, means, sds)


def near_known_dates(
    table: Table, occasions: tuple[Occasion, ...], parameters: Parameters
) -> NDArray[np.bool_]:
    """Return which reports carry the known-date effect: by their middle day, or by the trigger they name."""
    rules = parameters.trend
    days = np.array([o.day for o in occasions], dtype=np.int64)
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
