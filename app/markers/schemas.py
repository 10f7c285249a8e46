"""Shape of the wire for what clinicians observe: markers, cessation, and the published kinds of both."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.couples.facts import FactOut
from app.couples.schemas import Visibility, Visible, without_default
from app.markers.cessation_kinds import BY_CODE as CESSATION_BY_CODE
from app.markers.cessation_kinds import GRADES_BY_CODE
from app.markers.kinds import BASES_BY_CODE, BY_CODE, KINDS
from app.wire.pages import Looking
from app.wire.types import Day, Id, OneOf, Output, Passage, Whole

MarkerCode = Annotated[str, OneOf(BY_CODE)]
MarkerFamily = Annotated[str, OneOf(dict.fromkeys(kind.family for kind in KINDS))]
STATED_VALUES = dict.fromkeys(value for kind in KINDS for value in kind.stated_values)

MARKER_EXAMPLE: dict[str, Any] = {
    "code": "ACC-IMPACT",
    "observed_on": "2026-02-20",
    "basis": "observed_in_session",
    "strength": 2,
    "words": "Named the nights spent going through the bills.",
}
CESSATION_EXAMPLE: dict[str, Any] = {
    "status": "self_reported",
    "effective_on": "2026-02-20",
    "words": "Says the last card was closed in January.",
}


class Observed(Visible):
    """What markers and cessation entries share: the direction and who may learn of it."""

    direction_id: Id | None = Field(None, description="May be left out when the couple has one direction.")
    words: Passage | None = None
    visibility: Visibility = Field(
        "joint",
        description="`joint`, `partner` (one partner's own) or `clinician`. When left out: `joint`; a stated choice or "
        "lean is its partner's own; a correction keeps what stood. A sign of coercion is always `clinician`.",
        json_schema_extra=without_default,
    )


class MarkerIn(Observed):
    """A behaviour seen on a day; it describes conduct, not a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [MARKER_EXAMPLE]})

    code: MarkerCode = Field(description="See GET /v1/marker-kinds.")
    about_id: Id | None = Field(
        None,
        description="The partner it describes; filled in where the kind leaves only one. Null for both together. "
        "For TRN-COERCED, the partner who is coerced, when that is known.",
    )
    observed_on: Day = Field(description="The day of the behaviour, not of the typing.")
    basis: Annotated[str, OneOf(BASES_BY_CODE)]
    strength: Annotated[Whole, Field(ge=1, le=3)] | None = Field(
        None, description="1 weak, 2 clear, 3 marked; shown, never counted."
    )
    stated_value: Annotated[str, OneOf(STATED_VALUES)] | None = Field(
        None,
        description="What was stated; needed for MUT-CHOICE (`stay`, `part`, `undecided`) and MUT-LEAN "
        "(`in`, `out`, `unsure`), and only there.",
    )


class MarkerCorrection(MarkerIn):
    """The marker as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**MARKER_EXAMPLE, "strength": 3, "reason": "Heard again on the tape."}]
        }
    )

    reason: Passage


class CessationIn(Observed):
    """Whether the betrayal has ended, as known on a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [CESSATION_EXAMPLE]})

    status: Annotated[str, OneOf(CESSATION_BY_CODE)]
    grade: Annotated[str, OneOf(GRADES_BY_CODE)] | None = Field(
        None, description="How firmly it is known; needed wherever something goes on or begins anew."
    )
    effective_on: Day


class CessationCorrection(CessationIn):
    """The entry as it should have been recorded, and why it is corrected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **CESSATION_EXAMPLE,
                    "status": "verified",
                    "grade": "documented",
                    "reason": "Statement seen.",
                }
            ]
        }
    )

    reason: Passage


class MarkerLooking(Looking):
    """How a list of markers is looked at."""

    code: MarkerCode | None = Field(None, description="Only markers of this code.")
    family: MarkerFamily | None = Field(None, description="Only markers of this family.")
    direction_id: Id | None = Field(None, description="Only markers of this direction.")
    session_id: Id | None = Field(None, description="Only markers of this session.")


class MarkerOut(FactOut):
    """A marker on record."""

    direction_id: str
    code: str
    label: str
    polarity: str
    about_id: str | None = Field(description="The partner it describes; null for both together.")
    observed_on: str
    basis: str
    strength: int | None
    stated_value: str | None
    words: str | None
    session_id: str | None
    task: str | None = Field(description="What a marker of this kind asks of the clinician.")


class MarkerPage(Output):
    """A page of markers."""

    items: list[MarkerOut]
    next_cursor: str | None
    has_more: bool


class CessationOut(FactOut):
    """A cessation entry on record."""

    direction_id: str
    status: str
    grade: str | None
    effective_on: str
    words: str | None
    session_id: str | None
    task: str | None = Field(description="What this entry asks of the clinician.")


class CessationPage(Output):
    """A page of cessation entries."""

    items: list[CessationOut]
    next_cursor: str | None
    has_more: bool


class MarkerKindOut(Output):
    """One kind of marker, how to recognise it, and what it counts as."""

    code: str
    family: str
    label: str
    polarity: str = Field(
        description="`+` helps, `-` hinders, `0` describes; `0/+` and `0/-` lean; `safety`."
    )
    about: str = Field(description="`betraying`, `affected`, `dyad` or `either`.")
    definition: str
    example: str
    counter_example: str
    source: str
    counts_as: str
    evidence_family: str | None
    evidence_level: str | None
    stated_values: list[str]
    requires_earlier: str | None = Field(
        description="Only where a marker of this code stands on or before the day, told to whoever is told of this one."
    )
    opens_safety_concern: bool
    task: str | None


class CessationKindOut(Output):
    """One thing that can be recorded about whether the betrayal has ended."""

    code: str
    label: str
    definition: str
    evidence_needed: str
    effect: str
    evidence_status: str
    grade_mandatory: bool
    grades: list[str]


class GradeOut(Output):
    """How firmly something is known."""

    code: str
    words: str
    credible: bool


class BasisOut(Output):
    """How the clinician came to know."""

    code: str
    words: str
