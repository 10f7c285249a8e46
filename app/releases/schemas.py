"""Shape of the wire for releases: recipients, authorisations, holds."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from app.couples.holds import BY_CODE as HOLD_BY_CODE
from app.releases.kinds import CONTENT_BY_CODE, RECIPIENT_BY_CODE, WITNESSED_BY_CODE
from app.wire.types import Day, Id, Input, Line, OneOf, Output, Passage

Content = Annotated[str, OneOf(CONTENT_BY_CODE)]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}$"),
    Field(description="Language of the text that was signed, ISO 639: `en`, `ur`, …", examples=["ur"]),
]


class RecipientIn(Input):
    """Somebody to whom something of the record may go."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "clinician", "name": "Dr. Lindner"}]})

    kind: Annotated[str, OneOf(RECIPIENT_BY_CODE)]
    name: Line | None = Field(None, description="Needed for everybody but a partner.")
    partner_id: Id | None = Field(None, description="Needed for kind `partner`, and only there.")


class RecipientOut(Output):
    """A recipient; both partners' authorisations name the same one."""

    id: str
    couple_id: str
    kind: str
    name: str | None
    partner_id: str | None
    created_at: str
    created_by: str


class RecipientPage(Output):
    """A page of recipients."""

    items: list[RecipientOut]
    next_cursor: str | None
    has_more: bool


class AuthorisationIn(Input):
    """What one partner signed: which content may go to whom, for what, and until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partner_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
                    "recipient_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5e",
                    "content": ["conjoint_sessions", "individual_sessions"],
                    "purpose": "Going on with the work in another town.",
                    "valid_from": "2026-03-01",
                    "expires_on": "2027-02-28",
                    "language": "ur",
                    "signed_on": "2026-03-01",
                    "witnessed": "in_person",
                }
            ]
        }
    )

    partner_id: Id = Field(description="Who signed; each partner signs a form of their own.")
    recipient_id: Id
    content: list[Content] = Field(min_length=1, max_length=20)
    purpose: Passage
    valid_from: Day
    expires_on: Day = Field(description="The last day on which it holds.")
    language: Language
    signed_on: Day
    witnessed: Annotated[str, OneOf(WITNESSED_BY_CODE)]
    witness: Line | None = Field(None, description="Who saw it signed, where that is noted.")


class RevocationIn(Input):
    """An authorisation taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "Said on the telephone, 2 March."}]})

    words: Passage | None = Field(None, description="How it was taken back.")


class AuthorisationOut(Output):
    """One partner's authorisation."""

    id: str
    couple_id: str
    version: int
    partner_id: str
    recipient_id: str
    content: list[str]
    purpose: str
    valid_from: str
    expires_on: str
    language: str
    signed_on: str
    witnessed: str
    witness: str | None
    state: str = Field(description="`current`, `not_yet`, `expired` or `revoked`, today.")
    recorded_at: str
    recorded_by: str
    revoked_at: str | None
    revoked_by: str | None
    revocation: str | None
    kept_until: str = Field(description="Six years from its last change: so long it stays accountable.")


class AuthorisationPage(Output):
    """A page of authorisations."""

    items: list[AuthorisationOut]
    next_cursor: str | None
    has_more: bool


class HoldIn(Input):
    """A hold to place on the case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "legal_hold",
                    "reason": "Letter from a court, in the paper file.",
                    "effective_on": "2026-03-01",
                }
            ]
        }
    )

    kind: Annotated[str, OneOf(HOLD_BY_CODE)]
    reason: Passage
    effective_on: Day = Field(
        description="Since when its ground exists; it acts from the moment it is placed."
    )


class LiftIn(Input):
    """Why a hold is lifted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The proceedings are closed."}]})

    reason: Passage


class HoldOut(Output):
    """A hold, standing or lifted."""

    id: str
    couple_id: str
    version: int
    kind: str
    words: str
    reason: str = Field(description="Of an export lock it is told to keys with `safety:read` alone.")
    effective_on: str
    placed_at: str
    placed_by: str
    lifted_at: str | None
    lifted_by: str | None
    lift_reason: str | None


class HoldPage(Output):
    """A page of holds."""

    items: list[HoldOut]
    next_cursor: str | None
    has_more: bool
