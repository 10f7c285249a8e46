"""Shape of the wire for the calendar: pauses of the work and days known to be hard."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.calendar.hijri import LONGEST_MONTH, MONTHS
from app.calendar.kinds import KNOWN_DATE_BY_CODE, PAUSE_BY_CODE
from app.couples.facts import FactOut
from app.couples.schemas import Visible
from app.wire.types import Day, Id, OneOf, Output, Passage, Whole

WHOLE_COUPLE = "Leave out when the whole couple is meant."
PAUSE_EXAMPLE: JsonDict = {"kind": "travel", "starts_on": "2026-07-01", "ends_on": "2026-07-28"}
KNOWN_DATE_EXAMPLE: JsonDict = {
    "on_day": "2026-03-20",
    "kind": "reminder",
    "recurs": "yearly",
    "calendar": "hijri",
    "hijri_month": 10,
    "hijri_day": 1,
    "words": "Eid: the message was found during the visits.",
}


class PauseIn(Visible):
    """Days on which the work rests; they are not counted as time in repair."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAUSE_EXAMPLE]})

    direction_id: Id | None = Field(None, description=WHOLE_COUPLE)
    kind: Annotated[str, OneOf(PAUSE_BY_CODE)] = Field(
        description="Why the work rests. A `safety_hold` is always the clinician's own, and `other` needs words."
    )
    words: Passage | None = None
    starts_on: Day = Field(description="First day of the pause; at most three years ahead.")
    ends_on: Day | None = Field(None, description="Last day of the pause; leave out while it lasts.")


class PauseCorrection(PauseIn):
    """The pause as it should have been recorded; also the way to say when a pause ended."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**PAUSE_EXAMPLE, "ends_on": "2026-07-21", "reason": "Back early."}]}
    )

    reason: Passage = Field(description="Why it is corrected.")


class KnownDateIn(Visible):
    """A day on which a stronger response is to be expected."""

    model_config = ConfigDict(json_schema_extra={"examples": [KNOWN_DATE_EXAMPLE]})

    direction_id: Id | None = Field(None, description=WHOLE_COUPLE)
    on_day: Day = Field(description="The day, or one of its yearly returns; at most three years ahead.")
    kind: Annotated[str, OneOf(KNOWN_DATE_BY_CODE)]
    recurs: Literal["none", "yearly"] = "none"
    calendar: Literal["gregorian", "hijri"] = Field(
        "gregorian",
        description="By which calendar it comes round; a Hijri day moves about eleven days a year.",
    )
    hijri_month: Annotated[Whole, Field(ge=1, le=MONTHS)] | None = Field(
        None, description="For calendar `hijri`; without month and day, they are taken from `on_day`."
    )
    hijri_day: Annotated[Whole, Field(ge=1, le=LONGEST_MONTH)] | None = None
    words: Passage | None = None


class KnownDateCorrection(KnownDateIn):
    """The known date as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**KNOWN_DATE_EXAMPLE, "kind": "anniversary", "reason": "Chosen wrongly."}]
        }
    )

    reason: Passage


class PauseOut(FactOut):
    """A pause on record."""

    direction_id: str | None
    kind: str
    words: str | None
    starts_on: str
    ends_on: str | None


class KnownDateOut(FactOut):
    """A known date on record."""

    direction_id: str | None
    on_day: str
    kind: str
    recurs: str
    calendar: str
    hijri_month: int | None
    hijri_day: int | None
    words: str | None
    next_days: list[str] = Field(
        description="The next days, from today on, on which it comes round: at most three."
    )


class PausePage(Output):
    """A page of pauses."""

    items: list[PauseOut]
    next_cursor: str | None
    has_more: bool


class KnownDatePage(Output):
    """A page of known dates."""

    items: list[KnownDateOut]
    next_cursor: str | None
    has_more: bool
