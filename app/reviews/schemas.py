"""Shape of the wire for reviews: what a clinician decides on an indicator, and why."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.couples.facts import FactOut
from app.reviews.kinds import BY_CODE
from app.wire.types import SHUT, Day, Flag, Id, Input, OneOf, Output, Passage

Indicator = Literal[
    "progress",
    "continuing_betrayal",
    "chronic_deflection",
    "no_measurable_progress",
    "threat_at_maximum",
    "stated_wish",
]

EXAMPLE: dict[str, Any] = {
    "reviewed_on": "2026-03-02",
    "decision": "continue_with_changes",
    "changes": "Three sessions on the hard dates ahead; individual support for the affected partner.",
    "rationale": "The level stands still, and both ask for one more try with a clear end.",
    "wish_a": {"words": "To know by summer.", "stated_on": "2026-02-23"},
    "wish_b": {"words": "To stay.", "stated_on": "2026-02-23"},
    "safety_considered": True,
    "safety_words": "Each seen alone; nothing stated.",
    "last_screen_on": "2026-02-23",
    "consultation": "Supervision group, February.",
    "overrides": ["no_measurable_progress"],
    "disagreement": "Two months of illness weigh on the figures.",
    "next_review_on": "2026-05-31",
}


class Wish(Input):
    """One partner's wish, asked apart from the other."""

    words: Passage = Field(description="In the partner's words; or that they were not asked, and why.")
    stated_on: Day


class ReviewIn(Input):
    """A clinician's decision on how to go on, with its reasons."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    direction_id: Id | None = Field(
        None, description="One direction; without it the review concerns the couple."
    )
    reviewed_on: Day
    decision: Annotated[str, OneOf(BY_CODE)]
    changes: Passage | None = Field(None, description="What changes; needed for `continue_with_changes`.")
    rationale: Passage
    wish_a: Wish
    wish_b: Wish
    alternatives: Passage | None = Field(None, description="What else was considered; needed for endings.")
    safety_considered: Flag
    safety_words: Passage | None = Field(None, description="How safety was considered; needed when it was.")
    last_screen_on: Day | None = Field(None, description="Last separate screen of both partners.")
    consultation: Passage | None = Field(None, description="Who was consulted, by role, and when.")
    overrides: list[Indicator] = Field(
        default_factory=list, max_length=6, description="Indicators that the clinician sees otherwise."
    )
    disagreement: Passage | None = Field(
        None, description="How the clinician sees it; needed with `overrides`."
    )
    next_review_on: Day | None = Field(
        None,
        description="Default: 90 days on, 30 after continuing betrayal. Empty where the decision ends the work.",
    )


class ReviewCorrection(ReviewIn):
    """The review as it should have been recorded, and why it is corrected; the snapshot stays as it was."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**EXAMPLE, "reason": "Wrong day of the session."}]}
    )

    reason: Passage


class WishItem(Output):
    """One partner's wish, in a list."""

    words: str | None = Field(description=SHUT)
    stated_on: str


class WishOut(WishItem):
    """One partner's wish."""

    words: str


class ReviewItem(FactOut):
    """A review without its snapshot."""

    direction_id: str | None
    reviewed_on: str
    decision: str
    decision_words: str
    caution: str | None = Field(description="What this decision asks to be careful about.")
    changes: str | None
    rationale: str | None = Field(description=SHUT)
    wish_a: WishItem
    wish_b: WishItem
    alternatives: str | None
    safety_considered: bool
    safety_words: str | None = Field(description="Null for a key without the scope safety:read.")
    last_screen_on: str | None = Field(description="Null for a key without the scope safety:read.")
    consultation: str | None
    overrides: list[str]
    disagreement: str | None
    next_review_on: str | None


class ReviewOut(ReviewItem):
    """A review with the indicators as they stood when it was recorded."""

    rationale: str
    wish_a: WishOut
    wish_b: WishOut
    snapshot: dict[str, Any] | None = Field(
        description="`progress` and `stopping` as computed then, never changed since. "
        "Null for a key without the scope indicators:read."
    )


class ReviewPage(Output):
    """A page of reviews."""

    items: list[ReviewItem]
    next_cursor: str | None
    has_more: bool
