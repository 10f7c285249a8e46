"""Shape of the wire for stages: where the clinician sees the work stand, and what the stages are."""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.couples.facts import FactOut
from app.couples.schemas import Visibility, Visible, without_default
from app.stages.kinds import BY_CODE
from app.wire.types import SHUT, Day, Id, OneOf, Output, Passage

EXAMPLE: JsonDict = {
    "stage": "understanding_the_injury",
    "entered_on": "2026-02-16",
    "evidence": "Both screens are current; for four weeks no session has had to be stopped.",
}


class StageIn(Visible):
    """A stage that the work has entered, by the clinician's judgement; going back to an earlier one is normal."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    direction_id: Id | None = Field(None, description="Leave out when the whole couple is meant.")
    stage: Annotated[str, OneOf(BY_CODE)]
    entered_on: Day
    evidence: Passage = Field(description="What speaks for it, in the clinician's words.")
    visibility: Visibility = Field(
        "clinician",
        description="`joint`, `partner` (one partner's own) or `clinician`. When left out: `clinician`; a correction "
        "keeps what stood.",
        json_schema_extra=without_default,
    )


class StageCorrection(StageIn):
    """The stage as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**EXAMPLE, "entered_on": "2026-02-23", "reason": "A week too early."}]
        }
    )

    reason: Passage


class StageItem(FactOut):
    """A stage in a list."""

    direction_id: str | None
    stage: str
    entered_on: str
    evidence: str | None = Field(description=SHUT)
    session_id: str | None


class StageOut(StageItem):
    """A stage on record."""

    evidence: str


class StagePage(Output):
    """A page of stages."""

    items: list[StageItem]
    next_cursor: str | None
    has_more: bool


class EvidenceItem(Output):
    """One thing that speaks for entering or leaving a stage; some are codes of markers."""

    code: str
    words: str


class StageKindOut(Output):
    """What a stage is for."""

    code: str
    number: int
    label: str
    aim: str
    entry: list[EvidenceItem]
    exit: list[EvidenceItem]
    counterpart: str = Field(description="What comes nearest to it in the literature.")
    source: str


class InjuryStepOut(Output):
    """One step in resolving an attachment injury."""

    number: int
    words: str


class StageKinds(Output):
    """The stages in their order, and the optional checklist for each betrayal."""

    items: list[StageKindOut]
    injury_steps: list[InjuryStepOut]
