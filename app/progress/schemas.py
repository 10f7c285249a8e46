"""Shape of the wire for the two questions, the timeline, the caseload, the rules and the stateless assessment."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.timeline import NAMES
from app.wire.pages import AUDIENCE, AudienceName
from app.wire.types import SHUT, UNREADABLE, Day, Input, Output

PROGRESS = Literal[
    "safety_first",
    "insufficient_evidence",
    "on_track",
    "slower_than_expected",
    "no_measurable_progress",
    "worsening",
]
ATTENTION = Literal[
    "safety_first",
    "continuing_betrayal",
    "criterion_met",
    "worsening",
    "criterion_emerging",
    "no_measurable_progress",
    "slower_than_expected",
    "reports_missing",
    "too_little_yet",
    "on_track",
]
CRITERION = Literal["suspended_safety", "insufficient_evidence", "not_met", "emerging", "met"]

ASSESSMENT: dict[str, Any] = {
    "as_of": "2026-03-02",
    "evidence": {
        "schema_version": "1",
        "discovery_date": "2025-03-14",
        "repair_started_on": "2025-04-10",
        "threat_reports": [
            {"id": "r1", "window_start": "2025-04-10", "window_end": "2025-04-23", "episodes": 41},
            {"id": "r2", "window_start": "2025-04-24", "window_end": "2025-05-07", "episodes": 36},
        ],
        "accountability": [{"id": "a1", "date": "2025-04-24", "level": "full_ownership"}],
        "cessation": [{"id": "c1", "date": "2025-04-10", "status": "self_reported_ceased"}],
    },
}


class Asking(BaseModel):
    """About which day, and with what knowledge, a computed answer is asked."""

    as_of: Day | None = Field(
        None, description="How it stood on this day. Default: `known_at`, or today in the practice's zone."
    )
    known_at: Day | None = Field(
        None,
        description="As known at the end of this day. Imported entries count from the day that the earlier system "
        "claims (`known_basis` is then `claimed`).",
    )
    model_version: str | None = Field(
        None,
        max_length=40,
        description=f"By which released rules: {', '.join(NAMES)}. Default: the current ones.",
    )


class AskingForAudience(Asking):
    """The same, for an audience; to both partners, and to each, the answer that a clinician shares is the only one."""

    audience: AudienceName = AUDIENCE


class SummaryIn(Input):
    """Which answers a clinician shares with both partners."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answers": ["progress", "timeline"]}]})

    answers: list[Literal["progress", "timeline", "stopping"]] = Field(min_length=1, max_length=3)


class SummaryOut(Output):
    """Answers shared with both partners, as they stood when a clinician shared them."""

    id: str
    couple_id: str
    version: int
    as_of: str
    answers: list[str]
    released_at: str
    released_by: str
    lapses_on: str = Field(description="From this day on it is shared no longer.")
    withdrawn_at: str | None
    withdrawn_by: str | None = Field(
        description="Null where nobody withdrew it: the record spoke against it."
    )
    state: Literal["in_force", "replaced", "lapsed", "withdrawn"] = Field(
        description="Once the two computations differ, or a safety concern is open, nothing of it is told; who asks "
        "for it then ends it, so that it does not come back by itself. Share anew what may be told again."
    )


class SummaryPage(Output):
    """A page of shared summaries."""

    items: list[SummaryOut]
    next_cursor: str | None
    has_more: bool


class AskingOverTime(AskingForAudience):
    """As for the other answers, and how the past is told."""

    history: Literal["dated", "weekly"] = Field(
        "dated",
        description="`dated`: every week with all that is known now and dated up to it. `weekly`: every week as it "
        "was known at its end, so that late entries and corrections do not appear before they were recorded.",
    )


class AssessmentIn(Input):
    """An evidence document and the day to assess it on; nothing of it is stored or logged."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASSESSMENT]})

    as_of: Day
    evidence: dict[str, Any] = Field(
        description="Evidence document, schema version 1: discovery_date, repair_started_on, pauses, known_dates, "
        "threat_reports, accountability, transparency, cessation, commitments, sessions. Unknown keys are "
        "ignored."
    )
    model_version: str | None = Field(
        None,
        max_length=40,
        description=f"By which released rules: {', '.join(NAMES)}. Default: the current ones.",
    )


class Interval(Output):
    """A central interval and how much of the probability it holds."""

    low: float | None
    high: float | None
    level: float


class Rate(Interval):
    """A monthly change on the natural log scale: -0.10 reads about 10% less each month."""

    estimate: float | None


class Figure(Output):
    """A figure with its interval and its monthly change."""

    estimate: float | None
    interval: Interval
    rate_per_month: Rate
    unit: str


class Projection(Interval):
    """The month since repair started in which the response may have become rare, if the trend goes on."""

    estimate: float | None
    p_by_36: float | None


class Band(Output):
    """Edges of the 18-to-36-month orientation in episodes a week."""

    lower: float | None
    upper: float | None
    position: str | None


class Figures(Output):
    """All figures of the threat response."""

    p_diminishing: float | None = Field(
        description="How sure it is that the load falls by at least 5% a month."
    )
    p_resolved: float | None = Field(description="How sure it is that the response is now rare.")
    rate_per_month: Rate
    frequency: Figure
    duration: Figure
    recovery: Figure
    projected_resolution_month: Projection
    reference_band: Band


class RawTrend(Output):
    """Figures without any summary, while a safety concern is open."""

    p_diminishing: float | None
    rate_per_month: Rate
    frequency: Figure
    duration: Figure
    recovery: Figure
    evidence_ids: list[str]
    note: str


class Headline(Output):
    """A code for programs and a sentence for people."""

    code: str
    text: str


class Cited(Output):
    """One piece of evidence and where it can be fetched; rests that follow from gaps have no address."""

    id: str
    kind: str
    href: str | None


class Finding(Output):
    """A prerequisite."""

    status: str
    estimate: float | None
    interval: Interval | None
    evidence_ids: list[str]
    basis: str


class Criterion(Finding):
    """A criterion for talking about stopping."""

    status: CRITERION
    first_met_on: str | None
    overridden: bool


class Sufficiency(Output):
    """Whether the trend may be answered, and what would make it so."""

    status: str
    reasons: list[str]
    needed_next: list[str]


class Setback(Output):
    """A report that stands out."""

    report_id: str
    kind: str
    linked_to: str | None
    excess: float
    basis: str
    window_start: str
    window_end: str


class Alert(Output):
    """A remark beside the figures."""

    code: str
    text: str
    evidence_ids: list[str]


class Restart(Output):
    """The clock began again."""

    betrayal_on: str
    origin_on: str
    evidence_ids: list[str]


class CalendarClock(Output):
    """Since the last disclosure or discovery."""

    since: str | None
    months: float | None


class WorkClock(Output):
    """Months of work since the start or the last restart, rests left out."""

    status: str
    started_on: str | None
    origin_on: str | None
    stopped_on: str | None
    elapsed_months: float
    net_months: float
    restarts: list[Restart]
    start_basis: Literal["derived", "provisional", "set_by_clinician"] | None
    work_share: float | None


class ProcessClock(Output):
    """The couple's own clock since the first conjoint session: gaps left out, never reset."""

    since: str | None
    months: float
    calendar_months: float


class Clocks(Output):
    """Three clocks, never one."""

    calendar: CalendarClock
    work: WorkClock
    process: ProcessClock


class Phase(Output):
    """Where the evidence places the work, and what would move it on."""

    name: str
    since: str | None
    basis: str
    needed_next: list[str]


class Corridor(Output):
    """Where the work stands in the 18-to-36-month orientation; a label, never a verdict."""

    window: Literal["before_typical_window", "within_typical_window", "beyond_typical_window"] | None
    band_position: str | None
    note: str | None


class Direction(Output):
    """One direction: who was harmed and by whom."""

    direction_id: str
    affected_partner_id: str
    betraying_partner_id: str


class DirectionProgress(Direction):
    """Is repair moving, in one direction."""

    headline: Headline
    status: PROGRESS
    figures: Figures | None = Field(description="Null while a safety concern is open; see `raw_trend`.")
    basis: str
    evidence_ids: list[str]
    raw_trend: RawTrend | None
    prerequisites: dict[str, Finding]
    data_sufficiency: Sufficiency
    ask_next: list[str] = Field(description="What to do or ask in the next session.")
    setbacks: list[Setback]
    alerts: list[Alert]
    clocks: Clocks
    phase: Phase | None
    corridor: Corridor | None
    declined_reports: int = Field(
        description="Reports that the affected partner declined to give; never zero episodes."
    )
    uncounted_estimates: int = Field(description="Clinician's estimates beyond a third of the reports.")
    evidence_digest: str
    evidence: list[Cited]


class LastReview(Output):
    """The clinician's newest decision."""

    id: str
    href: str
    reviewed_on: str
    decision: str
    next_review_on: str | None
    overrides: list[str]


class DirectionStopping(Direction):
    """Has trying longer become its own harm, in one direction."""

    headline: Headline
    status: CRITERION
    criteria: dict[str, Criterion]
    review_prompts: list[Headline]
    last_review: LastReview | None
    evidence_digest: str
    evidence: list[Cited]


class Release(Output):
    """Whether a clinician shares an answer with both partners; every answer that is not shared looks the same."""

    status: Literal["released", "not_released"]
    released_on: str | None
    lapses_on: str | None


class Frame(Output):
    """What every computed answer says about itself."""

    couple_id: str
    audience: str = Field(description="`clinician`, or `joint` for both partners and for each of them.")
    release: Release | None = Field(description="Null for the treating team, whose answers need none.")
    as_of: str
    known_at: str | None
    known_basis: Literal["witnessed", "claimed"]
    notes: list[str]
    model_version: str
    parameters_version: str
    service_rules_version: str
    rules: str
    statements: list[str] = Field(description="What is known about the validity of these figures.")


class ProgressOut(Frame):
    """Is repair moving: each direction on its own, never averaged."""

    directions: list[DirectionProgress]


class StoppingOut(Frame):
    """Criteria for talking about stopping: prompts for review, never verdicts."""

    directions: list[DirectionStopping]


class WeekStop(Output):
    """Criteria of one week."""

    status: str
    criteria: dict[str, str]


class RecoveryPart(Rate):
    """The rate of recovery, which stands beside the load and never counts."""

    counts: bool
    note: str


class SetbackTerm(Output):
    """What setting expected setbacks apart did to the rate."""

    effect_on_rate: float
    known_date_factor: float | None
    evidence_ids: list[str]
    note: str


class Contributions(Output):
    """The monthly change of the load in its parts: how often plus how long is the whole."""

    unit: str
    rate_per_month: Rate
    frequency: Rate
    duration: Rate | None
    recovery: RecoveryPart
    setback_term: SetbackTerm


class ReportWeight(Output):
    """What one report does to the rate and to the chance of progress by being there."""

    report_id: str
    window_start: str
    window_end: str
    effect_on_rate: float
    effect_on_p_diminishing: float


class Influence(Output):
    """The reports that weigh most, and how that was found."""

    method: str
    unit: str
    reports: list[ReportWeight]


class Ignored(Output):
    """Evidence that moved no figure, and why."""

    code: str
    text: str
    evidence_ids: list[str]


class Lack(Output):
    """Evidence whose addition was assessed and changes a status: exactly these items, on exactly that day."""

    model_config = ConfigDict(populate_by_name=True)

    indicator: str
    from_: str = Field(alias="from")
    to: str
    evidence: str
    count: int
    as_of: str
    added: dict[str, Any] = Field(description="The items that were added, as an evidence document says them.")
    text: str


class Explanation(Output):
    """Why the calculation answers as it does, and what it still lacks."""

    model_version: str
    parameters_version: str
    as_of: str
    evidence_digest: str
    status: str
    stop: WeekStop
    prerequisites: dict[str, str]
    contributions: Contributions | None
    influential_reports: Influence
    ignored: list[Ignored]
    needed_next: list[str]
    lacks: list[Lack]
    unmoved_by_trials: list[str] = Field(
        description="What no trial of up to half a year of more evidence changed."
    )
    tries: int
    note: str


class DirectionExplanation(Direction):
    """Why one direction's answer is what it is."""

    suspended: bool = Field(description="True while a safety concern is open; `explanation` is then null.")
    note: str
    explanation: Explanation | None
    declined_reports: int
    uncounted_estimates: int
    evidence: list[Cited]


class ExplanationOut(Frame):
    """Why the answers are what they are, for each direction."""

    directions: list[DirectionExplanation]


class ReportPoint(Output):
    """One report as a point."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    from_: str = Field(alias="from")
    to: str
    per_week: float
    duration_minutes: float | None
    peak_intensity: float | None
    setback: str | None


class FittedPoint(Output):
    """The fitted level on a day, in episodes a week."""

    on: str
    estimate: float
    low: float
    high: float


class BandPoint(Output):
    """The orientation band on a day."""

    on: str
    lower: float
    upper: float


class Event(Output):
    """Something to mark on a chart: a betrayal, a disclosure, a session, a setback, a known date, a pause, a stage."""

    on: str
    to: str | None
    kind: str
    id: str | None
    code: str | None


class FanPoint(Interval):
    """Expected episodes a week some months after a week, if the trend it saw went on."""

    on: str
    months_ahead: int
    estimate: float


class Week(Output):
    """What a week amounts to: level, interval, band and projection in `figures`, and the statuses."""

    as_of: str
    clock_status: str
    net_months: float
    phase: str | None
    status: PROGRESS
    figures: Figures | None = Field(description="Null for a week in which a safety concern was open.")
    fan: list[FanPoint] = Field(description="With `history=weekly` only.")
    prerequisites: dict[str, str]
    stop: WeekStop
    reports: int


class DirectionTimeline(Direction):
    """Series and events of one direction."""

    unit: str
    suspended: bool = Field(description="True while a safety concern is open; `history` is then empty.")
    reports: list[ReportPoint]
    fitted: list[FittedPoint]
    band: list[BandPoint]
    events: list[Event]
    history_basis: Literal["as_known_now", "as_known_in_each_week"]
    history: list[Week]


class TimelineOut(Frame):
    """The picture over time."""

    directions: list[DirectionTimeline]


class Why(Output):
    """Why a couple stands where it does."""

    code: str
    text: str


class Task(Output):
    """Something that waits to be done."""

    code: str
    text: str
    on: str | None


class CaseloadDirection(Output):
    """One direction of a couple in the caseload."""

    direction_id: str
    progress: str
    stop: str
    criteria: dict[str, str]
    why: Why
    net_months: float
    next_review_on: str | None


class CaseloadItem(Output):
    """One open couple, and why it stands where it does."""

    couple_id: str
    label: str | None = Field(description=SHUT)
    unreadable: list[str] = Field(description=UNREADABLE)
    rank: int
    attention: ATTENTION
    looked_on: str | None = Field(description="Last session held or review.")
    directions: list[CaseloadDirection]
    tasks: list[Task]
    as_of: str
    evidence_version: int
    computed_at: str


class CaseloadPage(Output):
    """Open couples of the caller, most in need of attention first."""

    items: list[CaseloadItem]
    next_cursor: str | None
    has_more: bool


class Rule(Output):
    """One published rule."""

    code: str
    label: str
    definition: str
    source: str
    limits: str
    thresholds: dict[str, Any]
    states: list[str]


class RulesOut(Output):
    """All published rules with their thresholds, sources and limits."""

    model_version: str
    parameters_version: str
    statements: list[str]
    indicators: list[Rule]
    prerequisites: list[Rule]
    stop_criteria: list[Rule]
    setbacks: Rule
    phases: Rule
    service_rules_version: str
    service_rules: list[Rule]


class AssessmentOut(BaseModel):
    """The calculation's result as it is; see GET /v1/indicators/rules for what each member means."""

    model_config = ConfigDict(extra="allow")

    model_version: str
    parameters_version: str
    schema_version: str
    as_of: str
    evidence_digest: str
    clock: dict[str, Any]
    phase: Phase
    data_sufficiency: Sufficiency
    progress: dict[str, Any]
    prerequisites: dict[str, Finding]
    setbacks: list[dict[str, Any]]
    stop: dict[str, Any]
    alerts: list[Alert]
