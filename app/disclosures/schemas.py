"""Shape of the wire for disclosures: what is asked for, what would be missing, the copy, the ledger."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.disclosures.kinds import FORM_BY_CODE, GROUND_BY_CODE
from app.releases.kinds import CONTENT_BY_CODE
from app.wire.types import Flag, Id, Input, OneOf, Output

Content = Annotated[str, OneOf(CONTENT_BY_CODE)]
NEEDS_SCOPE = "Null for a key without the scope that letting this content out needs."
ID = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


class DisclosureIn(Input):
    """What is to go to whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recipient_id": ID,
                    "form": "one_partner",
                    "partner_id": ID,
                    "content": ["conjoint_sessions", "individual_sessions"],
                }
            ]
        }
    )

    recipient_id: Id
    form: Annotated[str, OneOf(FORM_BY_CODE)] = Field(
        description="`full`: everything asked for, or nothing leaves. `one_partner`: what one partner can let go, with "
        "a manifest of what was withheld."
    )
    partner_id: Id | None = Field(None, description="The partner of a copy of form `one_partner`.")
    content: list[Content] = Field(min_length=1, max_length=20)
    label_events: Flag = Field(
        False, description="Name betrayals by their neutral label; otherwise they are event A, event B, …"
    )
    access_request_id: Id | None = Field(
        None,
        description="The partner's own request for access, whose decisions stand in for their signature.",
    )


class Missing(Output):
    """An authorisation that is missing."""

    partner_id: str
    content: str
    whose: str | None = Field(
        description="The partner whose own material it is; null for what belongs to both."
    )


class PreviewPart(Output):
    """A class of content as it would leave, or be withheld."""

    content: str
    partner_id: str | None
    permitted: bool
    ground: Annotated[str, OneOf(GROUND_BY_CODE)] | None
    amount: int = Field(description="Entries that would leave.")


class PreviewOut(Output):
    """What a disclosure would hold, before anything leaves; for the treating team alone."""

    would_leave: bool
    parts: list[PreviewPart]
    missing: list[Missing]
    cautions: list[str] = Field(
        description="`export_locked`, `safety_concern_open` (for keys that may read of safety), `drafts_left_out`."
    )


class LedgerPart(Output):
    """One class of content on the ledger."""

    content: str
    partner_id: str | None
    amount: int | None = Field(description=NEEDS_SCOPE)
    entries: list[str] = Field(
        description="Ids of what left; an entry never changes, its corrections have ids of their own. Empty without "
        "the scope that letting this content out needs."
    )
    digest: str | None = Field(description=NEEDS_SCOPE)
    authorisation_ids: list[str]


class DisclosureOut(Output):
    """A disclosure on the ledger."""

    id: str
    couple_id: str
    recipient_id: str
    form: str
    partner_id: str | None
    access_request_id: str | None
    digest: str = Field(description="SHA-256 of the copy: JSON with sorted keys, no white space, UTF-8.")
    made_on: str
    made_at: str
    made_by: str
    kept_until: str
    parts: list[LedgerPart]


class DisclosureItem(Output):
    """A disclosure in a list."""

    id: str
    couple_id: str
    recipient_id: str
    form: str
    partner_id: str | None
    digest: str
    made_on: str
    made_at: str
    made_by: str
    kept_until: str


class DisclosurePage(Output):
    """A page of the ledger."""

    items: list[DisclosureItem]
    next_cursor: str | None
    has_more: bool


class ManifestLine(Output):
    """A class of content that was withheld, and on what ground."""

    content: str
    partner_id: str | None
    ground: Annotated[str, OneOf(GROUND_BY_CODE)]


class Manifest(Output):
    """What a copy holds and what not; its words about what is never in a copy are the same in every one."""

    given: list[str]
    withheld: list[ManifestLine]
    never: list[str]


class CopyPart(Output):
    """One class of content of a copy."""

    content: str
    partner_id: str | None
    entries: dict[str, Any]
    statements_of_disagreement: list[dict[str, Any]]


class CopyOut(Output):
    """The copy itself: hand it on as it is; it is kept nowhere, but for the sealed answer to a repeated request."""

    format: Literal["mendline-disclosure/1"]
    practice: str
    made_on: str
    form: str
    recipient: dict[str, Any]
    partners: list[dict[str, Any]]
    parts: list[CopyPart]
    manifest: Manifest


class DisclosureMade(DisclosureOut):
    """A disclosure with its copy, shown this once."""

    document: CopyOut


class AccountLine(Output):
    """One class of content that went to somebody, in one person's account."""

    id: str
    disclosure_id: str
    content: str
    partner_id: str | None = Field(
        description="The person, for their own material; null for what belongs to both."
    )
    recipient_kind: str
    recipient_name: str | None
    amount: int | None = Field(description=NEEDS_SCOPE)
    digest: str | None = Field(description=NEEDS_SCOPE)
    authorisation_id: str | None = Field(description="This person's own authorisation.")
    access_request_id: str | None
    made_on: str
    made_at: str


class AccountPage(Output):
    """A page of one person's account of disclosures."""

    items: list[AccountLine]
    next_cursor: str | None
    has_more: bool


class SplitPart(Output):
    """One part of the record, how much it holds, and what was decided on it."""

    part: str
    words: str
    amount: int | None = Field(description="Null for safety, for a key without the scope safety:read.")
    decision: str | None
    may_be_decided: bool


class SplitOut(Output):
    """The record split for a request for access; for the treating team alone."""

    access_request_id: str
    partner_id: str
    parts: list[SplitPart]
    notes: list[str]
