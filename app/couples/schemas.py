"""Shape of the wire for the case: couples, partners, betrayals, policies, repair starts, status."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.couples.facts import FactOut
from app.couples.kinds import (
    BETRAYAL_BY_CODE,
    CAME_TO_LIGHT_BY_CODE,
    OUTCOME_BY_CODE,
    POLICY_BY_CODE,
    PRECISION_BY_CODE,
)
from app.wire.types import SHUT, UNREADABLE, Day, Flag, Id, Input, Line, OneOf, Output, Passage, Whole

Precision = Annotated[str, OneOf(PRECISION_BY_CODE)]
Language = Literal["en", "ur"]
Visibility = Literal["joint", "partner", "clinician"]

BETRAYAL_EXAMPLE: JsonDict = {
    "affected": "a",
    "kind": "financial",
    "came_to_light": "discovery",
    "came_to_light_on": "2025-03-14",
    "full_disclosure_on": "2025-04-02",
    "severity": 8,
}


def without_default(schema: JsonDict) -> None:
    """No default in the document: clients that fill defaults in would say `joint` where nothing was said."""
    schema.pop("default", None)


class Visible(Input):
    """Who may learn of an entry."""

    visibility: Visibility = Field(
        "joint",
        description="`joint`, `partner` (one partner's own) or `clinician`. When left out: `joint`; a correction keeps "
        "what stood. Nobody is told of an entry in a direction of whose betrayals they are told nothing.",
        json_schema_extra=without_default,
    )
    visible_partner_id: Id | None = Field(None, description="The partner, for visibility `partner`.")


class PartnerIn(Input):
    """One of the two adults; words stay neutral, roles belong to betrayals."""

    name: Line = Field(description="Name or initials as the practice wants them shown.")
    language: Language = "en"


class BetrayalFields(Visible):
    """A betrayal: one act, a series or a long pattern; roles belong to the event, not to the person."""

    kind: Annotated[str, OneOf(BETRAYAL_BY_CODE)]
    description: Passage | None = Field(
        None, description="Needed for kind `other`. Do not name third persons."
    )
    began_on: Day | None = None
    began_precision: Precision = "day"
    ended_on: Day | None = None
    ended_precision: Precision = "day"
    came_to_light: Annotated[str, OneOf(CAME_TO_LIGHT_BY_CODE)]
    came_to_light_on: Day = Field(description="Discovery or disclosure.")
    came_to_light_precision: Precision = "day"
    full_disclosure_on: Day | None = Field(
        None, description="Clinician's judgement: the material facts are known."
    )
    severity: Annotated[Whole, Field(ge=0, le=10)] | None = Field(
        None, description="As the affected partner feels it."
    )


class BetrayalIn(BetrayalFields):
    """A betrayal to record."""

    model_config = ConfigDict(json_schema_extra={"examples": [BETRAYAL_EXAMPLE]})

    affected: Literal["a", "b"] = Field(
        description="Which partner was harmed, `a` or `b`; the other is the betraying partner."
    )


class BetrayalCorrection(BetrayalIn):
    """The betrayal as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**BETRAYAL_EXAMPLE, "severity": 9, "reason": "Misheard at intake."}]}
    )

    reason: Passage


class PolicyIn(Input):
    """The next version of the confidentiality policy between the partners."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "limited_secrets",
                    "agreed_on": "2025-04-02",
                    "acknowledged_by_a": True,
                    "acknowledged_by_b": True,
                }
            ]
        }
    )

    code: Annotated[str, OneOf(POLICY_BY_CODE)]
    agreed_on: Day
    acknowledged_by_a: Flag = Field(description="Partner A consented in writing on that day.")
    acknowledged_by_b: Flag = Field(description="Partner B consented in writing on that day.")


class AcknowledgementIn(Input):
    """One partner's written consent to a version of the policy."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"partner_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d", "acknowledged_on": "2025-04-09"}
            ]
        }
    )

    partner_id: Id
    acknowledged_on: Day


class CoupleIn(Input):
    """A new case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "C-014",
                    "partner_a": {"name": "A."},
                    "partner_b": {"name": "B.", "language": "ur"},
                    "betrayals": [BETRAYAL_EXAMPLE],
                }
            ]
        }
    )

    label: Line = Field(description="How the practice calls the case.")
    partner_a: PartnerIn
    partner_b: PartnerIn
    betrayals: list[BetrayalIn] = Field(default_factory=list, max_length=20)
    policy: PolicyIn | None = None
    treating_clinician_id: Id | None = Field(None, description="Needed when the caller is not a clinician.")


class CoupleChange(Input):
    """Merge patch of a case's own words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "C-014 (moved)"}]})

    label: Line


class RepairStartIn(Input):
    """Where the clinician sets the start of repair, against the rule, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"starts_on": "2025-05-01", "reason": "First session after the move."}]
        }
    )

    direction_id: Id | None = None
    starts_on: Day
    reason: Passage


class ClosingIn(Input):
    """How a case ends; parting with clarity is a good ending."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "parted_with_clarity", "effective_on": "2026-10-01"}]}
    )

    outcome: Annotated[str, OneOf(OUTCOME_BY_CODE)]
    effective_on: Day
    words: Passage | None = Field(None, description="In both partners' words.")


class ReopeningIn(Input):
    """Taking a case up again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"effective_on": "2026-11-01"}]})

    effective_on: Day
    words: Passage | None = None


class PartnerOut(Output):
    """One partner."""

    id: str
    side: str
    name: str
    language: str


class DirectionOut(Output):
    """One direction: everything is computed per direction, never averaged."""

    id: str
    affected_partner_id: str
    betraying_partner_id: str


class BetrayalOut(FactOut):
    """A betrayal on record."""

    direction_id: str
    affected: str
    kind: str
    description: str | None
    began_on: str | None
    began_precision: str | None
    ended_on: str | None
    ended_precision: str | None
    came_to_light: str
    came_to_light_on: str
    came_to_light_precision: str
    full_disclosure_on: str | None
    severity: int | None


class AcknowledgementOut(Output):
    """When a partner consented to a version."""

    partner_id: str
    acknowledged_on: str


class PolicyOut(FactOut):
    """A version of the confidentiality policy on record."""

    code: str
    number: int = Field(description="1 for the first version.")
    agreed_on: str
    acknowledged_by_a: bool
    acknowledged_by_b: bool
    acknowledgements: list[AcknowledgementOut]


class RepairStartItem(FactOut):
    """A start of repair in a list."""

    direction_id: str
    starts_on: str
    reason: str | None = Field(description=SHUT)


class RepairStartOut(RepairStartItem):
    """A start of repair that a clinician set."""

    reason: str


class StatusOut(FactOut):
    """One step in the status of a case."""

    status: str
    effective_on: str
    outcome: str | None
    words: str | None


class CoupleOut(Output):
    """A case."""

    id: str
    version: int
    label: str
    status: str
    created_at: str
    created_by: str
    partners: list[PartnerOut]
    directions: list[DirectionOut]


class CoupleItem(Output):
    """A case in a list."""

    id: str
    version: int
    label: str | None = Field(description=SHUT)
    unreadable: list[str] = Field(description=UNREADABLE)
    status: str
    created_at: str


class CouplePage(Output):
    """A page of cases."""

    items: list[CoupleItem]
    next_cursor: str | None
    has_more: bool


class BetrayalPage(Output):
    """A page of betrayals."""

    items: list[BetrayalOut]
    next_cursor: str | None
    has_more: bool


class PolicyPage(Output):
    """A page of policies."""

    items: list[PolicyOut]
    next_cursor: str | None
    has_more: bool


class RepairStartPage(Output):
    """A page of repair starts."""

    items: list[RepairStartItem]
    next_cursor: str | None
    has_more: bool


class StatusPage(Output):
    """A page of status steps."""

    items: list[StatusOut]
    next_cursor: str | None
    has_more: bool
