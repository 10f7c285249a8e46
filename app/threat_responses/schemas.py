"""Shape of the wire for threat reports, and the published bands, triggers and sources."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.couples.facts import FactOut
from app.couples.schemas import Visible
from app.threat_responses.bands import BAND_BY_CODE, SOURCE_BY_CODE, TRIGGER_BY_CODE
from app.wire.types import Day, Flag, Id, OneOf, Output, Passage, Whole

MOST_EPISODES = 2_000
MOST_MINUTES = 7 * 24 * 60
MOST_TRIGGERS = 30

Minutes = Annotated[Whole, Field(ge=0, le=MOST_MINUTES)]
Count = Annotated[Whole, Field(ge=0, le=MOST_EPISODES)]

REPORT_EXAMPLE: dict[str, Any] = {
    "window_start": "2026-02-07",
    "window_end": "2026-02-20",
    "episodes": 9,
    "typical_duration_minutes": 40,
    "recovery_minutes": 90,
    "peak_intensity": 7,
    "triggers": ["reminder", "conflict"],
    "source": "self_in_session",
}


class ThreatReportIn(Visible):
    """How often alarm returned in a window; exactly one of `episodes`, `band` and `declined`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                REPORT_EXAMPLE,
                {
                    "window_start": "2026-02-07",
                    "window_end": "2026-02-20",
                    "band": "daily",
                    "source": "self_checkin",
                },
                {
                    "window_start": "2026-02-07",
                    "window_end": "2026-02-20",
                    "declined": True,
                    "source": "self_in_session",
                },
            ]
        }
    )

    direction_id: Id | None = Field(
        None,
        description="May be left out when the couple has one direction; its affected partner is the reporter.",
    )
    window_start: Day
    window_end: Day = Field(description="Last day of the window, at most 31 days long.")
    episodes: Count | None = Field(None, description="0 only when it was said that there were none.")
    band: Annotated[str, OneOf(BAND_BY_CODE)] | None = Field(
        None, description="Frequency in everyday words, for those who cannot count; see GET /v1/marker-kinds."
    )
    declined: Flag = Field(False, description="Asked and not answered: kept as such, never counted as none.")
    typical_duration_minutes: Minutes | None = Field(None, description="Until able to function again.")
    recovery_minutes: Minutes | None = Field(None, description="From the peak to calm.")
    peak_intensity: Annotated[Whole, Field(ge=0, le=10)] | None = Field(
        None, description="0 none, 10 the worst imaginable, as the reporter feels it."
    )
    triggers: list[Annotated[str, OneOf(TRIGGER_BY_CODE)]] = Field(
        default_factory=list, max_length=MOST_TRIGGERS, description="What lay behind episodes; may repeat."
    )
    checking: Count | None = Field(
        None, description="Acts of checking in the window, when they were counted."
    )
    source: Annotated[str, OneOf(SOURCE_BY_CODE)]
    words: Passage | None = None


class ThreatReportCorrection(ThreatReportIn):
    """The report as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**REPORT_EXAMPLE, "episodes": 6, "reason": "The diary says six."}]}
    )

    reason: Passage


class ThreatReportOut(FactOut):
    """A threat report on record."""

    direction_id: str
    reporter_id: str
    window_start: str
    window_end: str
    episodes: int | None = Field(description="As counted, or what `band` stands for in this window.")
    band: str | None
    declined: bool
    typical_duration_minutes: int | None
    recovery_minutes: int | None
    peak_intensity: int | None
    triggers: list[str]
    checking: int | None
    source: str
    words: str | None
    session_id: str | None


class ThreatReportPage(Output):
    """A page of threat reports."""

    items: list[ThreatReportOut]
    next_cursor: str | None
    has_more: bool


class BandOut(Output):
    """A frequency in everyday words."""

    code: str
    words: str
    rate_per_week: float


class TriggerOut(Output):
    """What can lie behind an episode."""

    code: str
    words: str
    evidence_trigger: str = Field(description="The word that the calculation has for it.")


class SourceOut(Output):
    """Who gave the figures."""

    code: str
    words: str
    estimate: bool
