"""Shape of the wire for confidences and for sharing what was said alone."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.confidences.kinds import RELEVANCE_BY_CODE
from app.couples.facts import FactOut
from app.wire.types import Day, Id, Input, OneOf, Output, Passage

ItemKind = Literal["betrayal", "cessation", "known_date", "marker", "pause", "stage", "threat_report"]
HELD: JsonDict = {"relevance": "relevant", "words": "Wants to tell it, and asks for help with how."}


class ConfidenceFields(Input):
    """How what was said alone bears on the work with both."""

    relevance: Annotated[str, OneOf(RELEVANCE_BY_CODE)]
    disclosure_due: Day | None = Field(
        None, description="Until when it is told; under limited secrets needed for what is `misleading`."
    )
    words: Passage | None = None


class ConfidenceIn(ConfidenceFields):
    """An entry of one partner's own to keep an eye on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"item_kind": "marker", "item_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d", **HELD},
            ]
        }
    )

    item_kind: ItemKind
    item_id: Id = Field(description="An entry with visibility `partner`.")


class ConfidenceCorrection(ConfidenceFields):
    """The same as it stands now, and whether the partner has told it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**HELD, "told_on": "2026-02-27", "reason": "Told in the session, in B.'s own words."}
            ]
        }
    )

    told_on: Day | None = Field(None, description="When the partner told the other.")
    reason: Passage


class SharingIn(Input):
    """Making an entry of one partner's own known to both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"permission_on": "2026-02-20", "reason": "Asked for by the partner, signed."}]
        }
    )

    permission_on: Day | None = Field(
        None,
        description="When this partner gave written permission; needed for what came on record under `confidential` or "
        "without a policy that both partners have acknowledged, and as long as this is so.",
    )
    reason: Passage


class ConfidenceOut(FactOut):
    """What is on record about an entry of one partner's own."""

    noted_on: str
    item_kind: str
    item_id: str
    partner_id: str = Field(description="Whose own it is.")
    relevance: str
    disclosure_due: str | None
    words: str | None
    told_on: str | None
    permission_on: str | None = Field(description="When written permission was given.")
    shared_on: str | None
    shared_as_id: str | None = Field(description="The joint entry that was made of it.")
    state: Literal["held", "told", "shared"]


class ConfidencePage(Output):
    """A page of confidences."""

    items: list[ConfidenceOut]
    next_cursor: str | None
    has_more: bool
