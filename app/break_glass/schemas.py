"""Shape of the wire for emergencies: opening a record, saying what was done, reviewing it."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.break_glass.kinds import FINDING_BY_CODE, REASON_BY_CODE
from app.wire.types import Input, OneOf, Output, Passage


class BreakGlassIn(Input):
    """Why a record must be opened now by somebody outside the care team."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "imminent_danger", "words": "Partner on the emergency line, clinician abroad."}
            ]
        }
    )

    reason: Annotated[str, OneOf(REASON_BY_CODE)]
    words: Passage


class BreakGlassReport(Input):
    """What was done with what was read; it ends the reading."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"done": "Safety plan read to the crisis team."}]}
    )

    done: Passage


class BreakGlassReview(Input):
    """What somebody else finds afterwards."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"finding": "justified", "words": "Talked through with both on call."}]
        }
    )

    finding: Annotated[str, OneOf(FINDING_BY_CODE)]
    words: Passage


class BreakGlassOut(Output):
    """A record opened in an emergency."""

    id: str
    version: int
    couple_id: str
    person_id: str
    reason: str
    words: str
    begins_at: str
    ends_at: str = Field(description="Until then the record may be read.")
    reported_at: str | None
    report: str | None
    review_due_at: str
    reviewed_at: str | None
    reviewed_by: str | None
    finding: str | None
    review: str | None


class BreakGlassPage(Output):
    """A couple's emergencies."""

    items: list[BreakGlassOut]
    next_cursor: str | None
    has_more: bool


class BreakGlassEvent(Output):
    """That a record was opened in an emergency, without why: nothing clinical."""

    id: str
    couple_id: str
    person_id: str
    begins_at: str
    ends_at: str
    reported_at: str | None
    review_due_at: str
    reviewed_at: str | None
    reviewed_by: str | None


class BreakGlassEventPage(Output):
    """Emergencies of the practice, newest first."""

    items: list[BreakGlassEvent]
    next_cursor: str | None
    has_more: bool
