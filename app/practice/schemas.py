"""Shape of the wire for people, keys and care teams."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.practice.credentials import ROLE_SCOPES, SCOPES
from app.wire.types import Id, Input, Instant, Line, OneOf, Output, Passage, Zone

Role = Annotated[str, OneOf(ROLE_SCOPES)]
Scope = Annotated[str, OneOf(SCOPES)]


class PracticeIn(Input):
    """A practice to be founded, at the command line alone."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Practice at the river", "zone": "Europe/Vienna"}]}
    )

    name: Line
    zone: Zone


class PersonIn(Input):
    """Somebody, or some program, that works for the practice."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Dr. Adler", "role": "clinician"}]})

    name: Line
    role: Role


class PersonChange(Input):
    """Merge patch of a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False}]})

    name: Line | None = None
    active: bool | None = Field(None, strict=True, description="False stops all keys of this person at once.")


class PersonOut(Output):
    """A person of the practice."""

    id: str
    version: int
    name: str
    role: str
    active: bool
    created_at: str


class PersonPage(Output):
    """The practice's people."""

    items: list[PersonOut]
    next_cursor: str | None
    has_more: bool


class KeyIn(Input):
    """A new API key for a program or an administrator; those of clinicians and supervisors the operator makes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
                    "label": "Frontend",
                    "scopes": ["record:read", "record:write", "indicators:read"],
                }
            ]
        }
    )

    person_id: Id
    label: Line
    scopes: list[Scope] = Field(min_length=1, max_length=20)
    expires_at: Instant | None = None


class KeyRotationIn(Input):
    """How long the old key stays in force beside the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: int = Field(24, ge=0, le=720, strict=True)


class KeyOut(Output):
    """An API key, without its secret."""

    id: str
    version: int
    person_id: str
    label: str
    hint: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class NewKeyOut(KeyOut):
    """An API key with its secret, shown this once."""

    secret: str


class KeyPage(Output):
    """The practice's API keys."""

    items: list[KeyOut]
    next_cursor: str | None
    has_more: bool


class SigningKeyOut(Output):
    """A public key by which the practice's seals and anchors are checked."""

    id: str
    algorithm: str = Field(description="`Ed25519`.")
    public_key: str = Field(description="32 bytes, as hex.")
    created_at: str
    retired_at: str | None


class SigningKeys(Output):
    """All keys that the practice ever signed with, the newest last."""

    items: list[SigningKeyOut]


class SignInNameIn(Input):
    """A person's name at the configured OpenID Connect issuer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": "248289761001"}]})

    subject: Line = Field(description="The `sub` claim of this person's tokens.")


class SignInNameOut(Output):
    """Whose tokens open this practice as whom."""

    id: str
    version: int
    person_id: str
    subject: str
    created_at: str
    ended_at: str | None


class SignInNamePage(Output):
    """The names of the practice's people at the issuer."""

    items: list[SignInNameOut]
    next_cursor: str | None
    has_more: bool


class GrantIn(Input):
    """Standing in a couple's care team, for a named person and, for supervisors, a limited time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
                    "part": "supervisor",
                    "ends_at": "2026-12-31T00:00:00Z",
                    "purpose": "Supervision of the review in December.",
                }
            ]
        }
    )

    person_id: Id
    part: Literal["treating", "co_therapist", "covering", "supervisor", "integration"]
    ends_at: Instant | None = Field(None, description="Needed for supervisors.")
    purpose: Passage | None = None


class GrantOut(Output):
    """One standing in a care team."""

    id: str
    version: int
    couple_id: str
    person_id: str
    part: Literal["treating", "co_therapist", "covering", "supervisor", "integration", "break_glass"]
    purpose: str | None
    begins_at: str
    ends_at: str | None
    granted_by: str


class GrantPage(Output):
    """A couple's care team."""

    items: list[GrantOut]
    next_cursor: str | None
    has_more: bool


class MeOut(Output):
    """Who the key stands for."""

    practice_id: str
    practice_name: str
    zone: str
    person_id: str
    name: str
    role: str
    scopes: list[str]
    today: str
