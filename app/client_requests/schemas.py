"""Shape of the wire for clients' requests: access and amendment, step by step."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.client_requests.kinds import (
    DECISION_BY_CODE,
    DENIAL_BY_CODE,
    ENTRY_BY_CODE,
    GROUND_BY_CODE,
    IDENTITY_BY_CODE,
    OTHER_PARTNER_BY_CODE,
    PART_BY_CODE,
)
from app.couples.jurisdictions import BY_CODE as JURISDICTION_BY_CODE
from app.wire.types import Day, Flag, Id, Input, OneOf, Output, Passage

Laws = Annotated[
    list[Annotated[str, OneOf(JURISDICTION_BY_CODE)]],
    Field(
        min_length=1,
        max_length=3,
        description="The laws that apply, of the practice and of both partners; the earliest day counts.",
    ),
]
ID = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class AccessRequestIn(Input):
    """One partner asks for the record."""

    model_config = _example(
        partner_id=ID, jurisdictions=["us"], received_on="2026-03-01", asked="All notes since last summer."
    )

    partner_id: Id
    jurisdictions: Laws
    received_on: Day
    asked: Passage | None = Field(None, description="What is asked for, in the partner's words.")


class IdentityIn(Input):
    """That it was really this partner who asked."""

    model_config = _example(checked_on="2026-03-01", how="known_in_person")

    checked_on: Day
    how: Annotated[str, OneOf(IDENTITY_BY_CODE)]


class OtherPartnerIn(Input):
    """What the other partner says to it; not asking has a reason, such as danger."""

    model_config = _example(answer="agrees", on="2026-03-02")

    answer: Annotated[str, OneOf(OTHER_PARTNER_BY_CODE)]
    on: Day = Field(description="Day of the answer, or of the decision not to ask.")
    words: Passage | None = Field(None, description="Needed for `not_asked`.")


class DecisionIn(Input):
    """What is done with one part of the record; a later decision on the same part takes its place."""

    model_config = _example(part="conjoint", decision="deny", grounds=["other_partner_declines"])

    part: Annotated[str, OneOf(PART_BY_CODE)]
    decision: Annotated[str, OneOf(DECISION_BY_CODE)]
    grounds: list[Annotated[str, OneOf(GROUND_BY_CODE)]] = Field(
        default_factory=list, max_length=6, description="Needed unless the part is given whole."
    )
    words: Passage | None = None


class ExtensionIn(Input):
    """More time, once, with the reason that the partner is told."""

    model_config = _example(reason="Both partners' lawyers are to be heard.")

    reason: Passage


class ReplyIn(Input):
    """The written answer to the partner."""

    model_config = _example(replied_on="2026-03-02", words="Sent by post.", review_told=True)

    replied_on: Day
    words: Passage | None = None
    review_told: Flag = Field(description="Told of the right to have a refusal reviewed, and to complain.")


class DecisionOut(Output):
    """A decision on one part."""

    part: str
    decision: str
    grounds: list[str]
    words: str | None
    decided_at: str
    decided_by: str


class RequestOut(Output):
    """What both kinds of request carry."""

    id: str
    couple_id: str
    version: int
    partner_id: str
    jurisdictions: list[str]
    received_on: str
    due_on: str = Field(description="The last day for the answer, prolonged or not.")
    extended: bool
    extension_reason: str | None
    overdue: bool
    kept_until: str = Field(description="Six years from the last step: so long it stays accountable.")
    recorded_at: str
    recorded_by: str


class AccessRequestOut(RequestOut):
    """A request for access and how far it has come."""

    asked: str | None
    identity_on: str | None
    identity_how: str | None
    other_partner: str | None
    other_partner_on: str | None
    other_partner_words: str | None
    decisions: list[DecisionOut] = Field(
        description="Every decision in its order; the last one on a part holds."
    )
    replied_on: str | None
    reply: str | None
    review_told: bool | None


class AccessRequestItem(RequestOut):
    """A request for access in a list."""

    replied_on: str | None


class AccessRequestPage(Output):
    """A page of requests for access."""

    items: list[AccessRequestItem]
    next_cursor: str | None
    has_more: bool


class AmendmentRequestIn(Input):
    """One partner asks that an entry be put right."""

    model_config = _example(
        partner_id=ID,
        jurisdictions=["us"],
        received_on="2026-03-01",
        entry="betrayal",
        entry_id=ID,
        asked="The day is wrong.",
    )

    partner_id: Id
    jurisdictions: Laws
    received_on: Day
    entry: Annotated[str, OneOf(ENTRY_BY_CODE)]
    entry_id: Id
    asked: Passage


class AmendmentDecisionIn(Input):
    """What is done with a request to amend: an addendum or correction made for it, or a denial with its basis."""

    model_config = _example(outcome="denied", basis="accurate_and_complete", words="As heard by both.")

    outcome: Literal["accepted", "denied"]
    linked_id: Id | None = Field(
        None, description="For `accepted`: the addendum or the correcting entry that was made."
    )
    basis: Annotated[str, OneOf(DENIAL_BY_CODE)] | None = Field(None, description="For `denied`.")
    words: Passage | None = None


class StatementIn(Input):
    """The partner's statement of disagreement; it goes along with the entry wherever the entry goes."""

    model_config = _example(statement="I remember it otherwise.", stated_on="2026-03-02")

    statement: Passage
    stated_on: Day


class AmendmentRequestItem(RequestOut):
    """A request to amend in a list."""

    entry: str
    entry_id: str
    outcome: str | None
    decided_on: str | None


class AmendmentRequestOut(AmendmentRequestItem):
    """A request to amend, with what became of it."""

    asked: str
    basis: str | None
    linked_id: str | None
    words: str | None
    decided_by: str | None
    statement: str | None
    statement_on: str | None


class AmendmentRequestPage(Output):
    """A page of requests to amend."""

    items: list[AmendmentRequestItem]
    next_cursor: str | None
    has_more: bool
