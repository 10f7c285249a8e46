"""Shape of the wire for commitments: the undertaking, its cadence, what the checks found, and check-ins."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from app.commitments.cadence import MAX_EVENT_LENGTH, MAX_RULE_LENGTH
from app.commitments.concreteness import LONGEST_DAYS_TO_REVIEW
from app.commitments.links import LINK_BY_CODE
from app.commitments.outcomes import BY_CODE
from app.couples.facts import FactOut
from app.couples.schemas import Visible
from app.wire.types import SHUT, Day, Flag, Id, Input, OneOf, Output, Passage

MOST_EXDATES = 60
PARTNER = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
CADENCE_EXAMPLE: JsonDict = {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"}
EXAMPLE: JsonDict = {
    "owner_partner_id": PARTNER,
    "action": "Puts the three bank statements on the kitchen table",
    "cadence": CADENCE_EXAMPLE,
    "context": "Before dinner, both present; a photo the same day when travelling",
    "evidence_agreed": "Statements seen together",
    "linked_marker": "AFF-MARK",
    "linked_words": "Seeing the statements without asking",
    "made_on": "2026-02-16",
    "review_on": "2026-03-30",
    "agreed_by_both": True,
}
CHECK_IN_EXAMPLE: JsonDict = {"checked_on": "2026-03-01", "outcome": "kept"}


class CadenceIn(Input):
    """When it falls due: `recurring` by a rule, `whenever` something happens, or `once` by a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [CADENCE_EXAMPLE]})

    kind: Literal["recurring", "whenever", "once"]
    rule: Annotated[str, StringConstraints(max_length=MAX_RULE_LENGTH)] | None = Field(
        None,
        description="For `recurring`: FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL, BYDAY, BYMONTHDAY, COUNT or UNTIL "
        "as in RFC 5545.",
    )
    exdates: list[Day] = Field(
        default_factory=list, max_length=MOST_EXDATES, description="For `recurring`: days that are left out."
    )
    starts_on: Day | None = Field(
        None, description="For `recurring`: the first day on which it can fall due; else the day it was made."
    )
    event: Annotated[Passage, StringConstraints(max_length=MAX_EVENT_LENGTH)] | None = Field(
        None, description="For `whenever`: what both can recognise."
    )
    due_on: Day | None = Field(None, description="For `once`: the day by which it is done.")


class CommitmentIn(Visible):
    """A concrete undertaking of one partner; what is left empty comes back as a finding that says how to mend it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    direction_id: Id | None = Field(
        None, description="Needed when the couple has two directions; a correction keeps what stood."
    )
    owner_partner_id: Id | None = Field(None, description="The one partner who does it. Needed.")
    action: Passage = Field(description="What a third person could see or hear.")
    cadence: CadenceIn | None = Field(None, description="When it falls due. Needed.")
    context: Passage | None = Field(None, description="Where, with whom, and what if it cannot be.")
    evidence_agreed: Passage | None = Field(
        None, description="How both will know, without anyone checking up."
    )
    linked_marker: Annotated[str, OneOf(LINK_BY_CODE)] | None = Field(None, description="What it answers to.")
    linked_words: Passage | None = Field(
        None, description="What was asked for, in the words it was asked in."
    )
    made_on: Day | None = Field(
        None,
        description="The day it was agreed. When left out: today; a correction keeps the day that stood.",
    )
    review_on: Day | None = Field(
        None, description=f"Needed: at most {LONGEST_DAYS_TO_REVIEW} days after it was made."
    )
    agreed_by_both: Flag = Field(description="Both agreed freely; the clinician confirms it.")


class CommitmentCorrection(CommitmentIn):
    """The commitment as it should have been recorded, and why; its check-ins stay with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**EXAMPLE, "review_on": "2026-04-13", "reason": "The day was misheard."}]
        }
    )

    reason: Passage


class CheckInIn(Visible):
    """How a commitment went by a day; never shown to more people than the commitment itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHECK_IN_EXAMPLE]})

    checked_on: Day
    outcome: Annotated[str, OneOf(BY_CODE)] = Field(
        description="`renegotiated`, `withdrawn` and `superseded` close the commitment, and are no failure. Nothing is "
        "checked in after the day of the closing."
    )
    words: Passage | None = None


class CheckInEntry(CheckInIn):
    """A check-in that says itself which commitment it belongs to: for bodies that carry several."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**CHECK_IN_EXAMPLE, "commitment_id": PARTNER}]}
    )

    commitment_id: Id


class CheckInCorrection(CheckInIn):
    """The check-in as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**CHECK_IN_EXAMPLE, "outcome": "kept_late", "reason": "A day late."}]
        }
    )

    reason: Passage


class FindingOut(Output):
    """One thing to change (`reject`), to clear first (`block`) or to think over (`warn`)."""

    level: str
    code: str
    pointer: str
    detail: str
    hint: str


class CadenceOut(Output):
    """When it falls due."""

    kind: str
    rule: str | None
    exdates: list[str]
    starts_on: str
    event: str | None
    due_on: str | None


class CommitmentItem(FactOut):
    """A commitment in a list."""

    first_id: str = Field(
        description="The entry that began it: its check-ins carry this id through all corrections."
    )
    direction_id: str
    owner_partner_id: str
    action: str | None = Field(description=SHUT)
    cadence: CadenceOut
    reading: str | None = Field(description="The cadence in words; None when its event no longer opens.")
    next_dates: list[str] = Field(description="The next five days, from today on, on which it falls due.")
    context: str | None
    evidence_agreed: str | None
    linked_marker: str | None
    linked_words: str | None
    made_on: str
    review_on: str
    agreed_by_both: bool
    answers_access: bool = Field(description="It opens a device, a location or an account to someone.")
    session_id: str | None
    closed_on: str | None
    closing_outcome: str | None


class CommitmentOut(CommitmentItem):
    """A commitment on record."""

    action: str
    reading: str = Field(description="The cadence in words.")


class CommitmentMade(CommitmentOut):
    """A commitment as it was stored, with what is worth a thought."""

    warnings: list[FindingOut]


class KeptRateOut(Output):
    """How often it was kept; what is excused, not due, disputed or not reported is left out, never missed."""

    days: int
    countable: int = Field(description="Check-ins that count.")
    rate: float | None
    low: float | None = Field(description="Lower end of Wilson's interval.")
    high: float | None
    level: float
    not_reported: int
    disputed: int
    missing: str | None = Field(description="What is missing before a rate can be given.")


class KeepingOut(Output):
    """How often and how steadily it was kept."""

    rates: list[KeptRateOut] = Field(description="Over the last 90 and 180 days.")
    longest_run: int = Field(description="Most check-ins in a row that were fully kept.")
    months_counted: int = Field(description="Calendar months with any check-in that counts.")
    months_steady: int = Field(description="Those of them with a kept rate of at least 80 %.")
    steady_share: float | None


class CommitmentDetail(CommitmentOut):
    """A commitment with how it was kept."""

    keeping: KeepingOut


class CommitmentPreview(Output):
    """What recording it would say; nothing is stored."""

    acceptable: bool = Field(description="Nothing stands against recording it; warnings may remain.")
    findings: list[FindingOut]
    answers_access: bool
    reading: str | None
    next_dates: list[str]


class CheckInOut(FactOut):
    """A check-in on record."""

    commitment_id: str = Field(description="The entry that began the commitment.")
    checked_on: str
    outcome: str
    words: str | None
    session_id: str | None
    suggests_marker: str | None = Field(description="A marker that the clinician may want to record as well.")


class CommitmentPage(Output):
    """A page of commitments."""

    items: list[CommitmentItem]
    next_cursor: str | None
    has_more: bool


class CheckInPage(Output):
    """A page of check-ins."""

    items: list[CheckInOut]
    next_cursor: str | None
    has_more: bool
