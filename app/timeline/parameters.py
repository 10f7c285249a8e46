"""Every constant of the timeline model, in immutable versioned objects; anyone may read them, nobody edits one.

A released set is never changed: a new figure is a new version, added to ``RELEASED``, so that an old
assessment can always be repeated with the numbers it was made with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MODEL_VERSION = "1.0.0"
DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """How much the trend needs before it says anything."""

    reports: int = 6
    span_days: int = 56
    newest_within_days: int = 49
    recent_reports: int = 4
    recent_days: int = 183
    longest_window_days: int = 62
    oldest_days: int = 3653


@dataclass(frozen=True, slots=True)
class Binning:
    """How reports are gathered before the trend is fitted."""

    block_days: int = 56
    fine_days: int = 14
    middle_days: int = 28
    fine_needs_in_14_days: float = 8.0
    middle_needs_in_14_days: float = 4.0
    no_fine_before_days: int = 200
    no_middle_before_days: int = 450
    earlier_block_weight: float = 0.5
    near_known_date_weight: float = 0.1
    deepest_fall: float = 1.5


@dataclass(frozen=True, slots=True)
class Trend:
    """Ingredients of the trend of log frequency and log duration."""

    level_sd: float = 3.0
    slope_means: tuple[float, ...] = (0.0, -0.11, -0.15, -0.19)
    slope_weights: tuple[float, ...] = (0.4, 0.2, 0.2, 0.2)
    slope_sd: float = 0.02
    wander: float = 0.004
    turn_sd: float = 0.13
    turn_rate_per_month: float = 1.0 / 15.0
    turn_candidates: int = 11
    newest_turn_months: float = 1.25
    turn_gap_growth: float = 1.13
    turn_pair_gap_months: float = 2.0
    noise_levels: tuple[float, ...] = (0.3, 0.55, 0.9)
    wobble_share: float = 0.6
    wobble_memory_days: float = 10.0
    known_date_mean: float = 0.6
    known_date_sd: float = 0.8
    known_date_noise_sd: float = 0.4
    known_date_days_before: int = 2
    known_date_days_after: int = 14
    anniversaries_tell: bool = True
    step_mean: float = 0.5
    step_sd: float = 1.0
    fresh_slope_sd: float = 0.13
    most_steps: int = 6
    duration_share: float = 0.45
    duration_slope_sd: float = 0.02
    duration_walk: float = 0.03
    duration_noise_prior: float = 0.12
    duration_noise_prior_weight: float = 6.0
    duration_wobble_share: float = 0.2
    duration_bins: int = 4
    recovery_reports: int = 4
    recovery_slope_sd: float = 0.1
    dropped_weight: float = 1e-4


@dataclass(frozen=True, slots=True)
class Reading:
    """How the fitted trend is turned into the figures that are shown.

    The draw-in, the tail of the projection and the recalibration were fitted together, on simulated courses,
    to exactly the ingredients of ``Trend`` and ``Binning``: change one of those and fit all three again.
    ``floor_per_week`` is where falls run out (0: nowhere), ``floor_sharpness`` how suddenly, a unit of log
    frequency; ``floor_doubt`` and ``floor_drift_sd`` say how unsure that is, see ``trend.run_out``.
    """

    rate_window_days: int = 182
    shortest_window_days: int = 42
    interval_level: float = 0.9
    interval_draw_in: float = 0.92
    minimum_progress: float = -0.05
    resolved_per_week: float = 0.5
    setback_allowance: float = 0.3
    floor_per_week: float = 0.0
    floor_sharpness: float = 2.5
    floor_doubt: float = 1.2
    floor_drift_sd: float = 0.03
    projection_tail: float = 0.08
    latest_projected_month: float = 60.0
    recalibration_success: float = 1.78
    recalibration_failure: float = 0.70
    recalibration_shift: float = 1.27
    band_fast_months: float = 18.0
    band_slow_months: float = 36.0
    band_setback_widening: float = 0.3
    band_widened_until_months: float = 12.0


@dataclass(frozen=True, slots=True)
class Status:
    """Where one progress status ends and the next begins."""

    on_track: float = 0.9
    band_tolerance_months: float = 2.0
    resolved: float = 0.8
    worsening_rate: float = 0.03
    worsening: float = 0.95
    low_per_week: float = 1.0
    no_progress: float = 0.9
    no_progress_window_months: float = 12.0
    judged_from_month: float = 6.0
    clear: float = 0.9


@dataclass(frozen=True, slots=True)
class Prerequisites:
    """Evidence shares that the three prerequisites and the commitments need."""

    half_life_days: float = 150.0
    accountability_scores: tuple[tuple[str, float], ...] = (
        ("full_ownership", 1.0),
        ("acknowledged_harm", 1.0),
        ("minimised", 0.5),
        ("deflected", 0.0),
        ("blame_shifted", 0.0),
    )
    transparency_scores: tuple[tuple[str, float], ...] = (
        ("proactive", 1.0),
        ("responsive", 0.75),
        ("passive_compliance", 0.4),
        ("surveillance_dependent", 0.2),
        ("withheld", 0.0),
        ("concealment_discovered", 0.0),
    )
    commitment_scores: tuple[tuple[str, float], ...] = (("kept", 1.0), ("partly", 0.5), ("missed", 0.0))
    met_share: float = 0.65
    emerging_share: float = 0.5
    certainty: float = 0.8
    met_items: int = 8
    met_span_days: int = 90
    fewest_items: int = 4
    least_weight: float = 2.0
    concealment_days: int = 183
    verification_days: int = 183
    interval_level: float = 0.9


@dataclass(frozen=True, slots=True)
class Stopping:
    """Gates and bounds of the four criteria for talking about stopping."""

    betrayal_emerging_days: int = 180
    lapse_emerging_days: int = 183
    deflection_base_rate: float = 0.4
    deflection_met: float = 50.0
    deflection_emerging: float = 8.0
    deflection_items: int = 8
    deflection_emerging_items: int = 4
    deflection_window_days: int = 365
    deflection_span_days: int = 120
    deflection_net_months: float = 6.0
    deflection_recent: int = 6
    deflection_recent_least: int = 3
    gate_months: float = 18.0
    early_gate_months: float = 12.0
    long_window_months: float = 18.0
    short_window_months: float = 12.0
    long_bound: float = 0.93
    short_bound: float = 0.95
    early_bound: float = 0.90
    load_per_week: float = 1.0
    load_bound: float = 0.95
    load_early_bound: float = 0.90
    window_days: int = 365
    reports: int = 9
    months_with_reports: int = 6
    peak: float = 9.0
    peak_share: float = 0.6
    peak_reports: int = 8


@dataclass(frozen=True, slots=True)
class Setbacks:
    """What counts as a setback, and of which kind."""

    neighbour_days: int = 70
    neighbours: int = 5
    expected_excess: float = 0.3
    unexplained_excess: float = 1.0
    spread_multiple: float = 2.0
    linked_days_before: int = 3
    linked_days_after: int = 17
    reversal_days_after_betrayal: int = 70
    reversal_rise: float = 0.5
    reversal_lasting_days: int = 42
    reversal_certainty: float = 0.95
    reversal_before_days: int = 112
    reversal_reports: int = 3
    reversal_reports_before: int = 4
    reversal_noise_sd: float = 0.3
    reversal_noise_weight: float = 4.0
    reversal_inflation: float = 1.5
    usual_until_month: float = 12.0


@dataclass(frozen=True, slots=True)
class Phases:
    """What moves a couple from one phase to the next."""

    quiet_days: int = 56
    growth_resolved: float = 0.5


@dataclass(frozen=True, slots=True)
class Alerts:
    """When the result adds a remark of its own."""

    near_zero_certainty: float = 0.5
    near_zero_days: int = 56
    unmoved: float = 0.1
    falling: float = 0.9
    restarts: int = 3


@dataclass(frozen=True, slots=True)
class Parameters:
    """One released set of constants; compare ``version`` before comparing two results."""

    version: str = "2026.1"
    sufficiency: Sufficiency = Sufficiency()
    binning: Binning = Binning()
    trend: Trend = Trend()
    reading: Reading = Reading()
    status: Status = Status()
    prerequisites: Prerequisites = Prerequisites()
    stopping: Stopping = Stopping()
    setbacks: Setbacks = Setbacks()
    phases: Phases = Phases()
    alerts: Alerts = Alerts()


FIRST = Parameters()
# The recalibration fitted again, to the couples of `bench/model` on seeds 11 to 14: their noise is as large as
# that of real counts, and the first fit promised falls a little too readily there. Nothing else differs.
SECOND = replace(
    FIRST,
    version="2026.2",
    reading=replace(
        FIRST.reading, recalibration_success=1.54, recalibration_failure=0.74, recalibration_shift=0.64
    ),
)
# Rates run out where the response has become rare, the wobble lasts longer, turns are rarer and smaller, and a
# coarser grid (two noise levels, three slopes, nine turns) says the same in less time. Chosen and fitted on couples
# of `bench/model` with seeds 21 to 35; what each change buys stands in docs/proofs/model.md.
THIRD = replace(
    SECOND,
    version="2026.3",
    trend=replace(
        SECOND.trend,
        slope_means=(0.0, -0.10, -0.15),
        slope_weights=(0.34, 0.33, 0.33),
        slope_sd=0.035,
        turn_sd=0.10,
        turn_rate_per_month=1.0 / 20.0,
        turn_candidates=9,
        turn_gap_growth=1.2,
        noise_levels=(0.35, 0.7),
        wobble_memory_days=20.0,
        dropped_weight=1e-3,
    ),
    reading=replace(
        SECOND.reading,
        interval_draw_in=0.84,
        floor_per_week=0.15,
        floor_sharpness=3.0,
        recalibration_success=1.68,
        recalibration_failure=1.44,
        recalibration_shift=-0.20,
    ),
    setbacks=replace(SECOND.setbacks, expected_excess=0.25),
)
# A report that names an anniversary says nothing about the trend. The bounds over twelve months are lower: of 72
# couples whose repair stalls half the way (seed 61) 64 instead of 54 are found by month 30, and of 678 repairing ones
# (seeds 51, 52 and 62, a look every two or four weeks) still none is stopped. A smaller excess is enough for a setback
# with a known cause.
CURRENT = replace(
    THIRD,
    version="2026.4",
    trend=replace(THIRD.trend, anniversaries_tell=False),
    stopping=replace(THIRD.stopping, short_bound=0.88, early_bound=0.88),
    setbacks=replace(THIRD.setbacks, expected_excess=0.20),
)
RELEASED: tuple[Parameters, ...] = (FIRST, SECOND, THIRD, CURRENT)


def parameters_for(version: str) -> Parameters:
    """Return the released set of that version; raises ``KeyError`` naming the versions that exist."""
    for released in RELEASED:
        if released.version == version:
            return released
    known = ", ".join(released.version for released in RELEASED)
    raise KeyError(f"no parameters of version {version!r}; released: {known}")
