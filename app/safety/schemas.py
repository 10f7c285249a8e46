"""Shape of the wire for safety: concerns, their states, and separate screens."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.couples.facts import FactOut
from app.safety.kinds import CONCERN_BY_CODE, OCCASION_BY_CODE, SCREEN_RESULT_BY_CODE, STATE_BY_CODE
from app.wire.types import Day, Flag, Id, Input, Line, OneOf, Output, Passage

ConcernCode = Annotated[str, OneOf(CONCERN_BY_CODE)]
State = Annotated[str, OneOf(STATE_BY_CODE)]

CONCERN_EXAMPLE: dict[str, Any] = {
    "kind": "fear_of_partner",
    "raised_on": "2026-02-20",
    "details": "Said alone, at the end of the hour.",
}
SCREEN_EXAMPLE: dict[str, Any] = {
    "partner_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
    "screened_on": "2026-02-20",
    "separately": True,
    "result": "no_concern_stated",
    "occasion": "interval",
}


class ConcernFields(Input):
    """What a concern is about; nothing here is ever shown to either partner."""

    kind: ConcernCode
    person_at_risk_id: Id | None = Field(
        None,
        description="The partner at risk; null for a child, a dependent adult, or when it is not known yet.",
    )
    direction_id: Id | None = Field(None, description="The direction it bears on, when it bears on one.")
    raised_on: Day
    details: Passage | None = None


class ConcernIn(ConcernFields):
    """A concern to open."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONCERN_EXAMPLE]})

    state: State | None = Field(
        None, description="When left out: the state in which concerns of this kind begin."
    )
    state_on: Day | None = Field(
        None, description="Since when it stands so; when left out, the day it was raised."
    )


class ConcernCorrection(ConcernFields):
    """The concern as it should have been recorded; its state stays as it is and has an address of its own."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**CONCERN_EXAMPLE, "reason": "The day was noted wrongly."}]}
    )

    reason: Passage


class StateIn(Input):
    """A step in the state of a concern, and why it is taken."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"state": "active", "on": "2026-03-01", "reason": "Seen alone; the fear has a ground."}
            ]
        }
    )

    state: State
    on: Day
    reason: Passage


class ScreenIn(Input):
    """A safety screen of one partner."""

    model_config = ConfigDict(json_schema_extra={"examples": [SCREEN_EXAMPLE]})

    partner_id: Id
    screened_on: Day
    separately: Flag = Field(
        description="Seen alone. A screen in the other's presence is kept but never counts."
    )
    result: Annotated[str, OneOf(SCREEN_RESULT_BY_CODE)]
    concern_kind: ConcernCode | None = Field(
        None,
        description="Needed for `concern_stated`, and only there: the concern that is opened with this screen.",
    )
    occasion: Annotated[str, OneOf(OCCASION_BY_CODE)] | None = None
    instrument: Line | None = Field(None, description="Name of the instrument, if one was used.")
    details: Passage | None = None


class ScreenCorrection(ScreenIn):
    """The screen as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**SCREEN_EXAMPLE, "result": "unclear", "reason": "Entered too soon."}]
        }
    )

    reason: Passage


class ConcernOut(FactOut):
    """A safety concern on record."""

    kind: str
    person_at_risk_id: str | None
    direction_id: str | None
    raised_on: str
    state: str
    state_on: str
    details: str | None
    tasks: list[str] = Field(
        description="What a concern of this kind asks of the clinician while it is open."
    )


class ConcernPage(Output):
    """A page of safety concerns."""

    items: list[ConcernOut]
    next_cursor: str | None
    has_more: bool


class ScreenOut(FactOut):
    """A safety screen on record."""

    partner_id: str
    screened_on: str
    separately: bool
    result: str
    concern_kind: str | None
    occasion: str | None
    instrument: str | None
    details: str | None
    due_on: str | None = Field(description="Until when this screen holds; null when it does not count.")


class ScreenPage(Output):
    """A page of safety screens."""

    items: list[ScreenOut]
    next_cursor: str | None
    has_more: bool
