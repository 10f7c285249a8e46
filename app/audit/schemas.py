"""Shape of the wire for access reports and the practice's audit."""

from pydantic import Field

from app.wire.types import Output


class AccessOut(Output):
    """One request that touched what is both partners' or the asking partner's own."""

    at: str
    person_id: str | None = Field(description="None when somebody worked at the command line.")
    name: str | None
    role: str | None
    part: str = Field(description="The part of the record; `couples` for the record as a whole.")
    deed: str = Field(description="`read`, `changed` or `refused`.")
    whose: str = Field(description="`own` (this partner's own material) or `joint`.")
    emergency: bool = Field(
        description="Whether the record was open to this person only because of an emergency."
    )


class AccessReport(Output):
    """Who saw what about one partner, newest first."""

    items: list[AccessOut]
    next_cursor: str | None
    has_more: bool
    left_out: str = Field(description="What no report tells of; the same sentence in every report.")


class AuditLine(Output):
    """One request of somebody known, without what it was about."""

    at: str
    person_id: str | None
    key_id: str | None
    request_id: str
    part: str = Field(description="`record` for everything clinical.")
    operation: str | None = Field(description="None for everything clinical.")
    deed: str = Field(description="`read`, `changed` or `refused`.")
    status: int
    couple_id: str | None


class AuditPage(Output):
    """A page of the practice's audit, newest first."""

    items: list[AuditLine]
    next_cursor: str | None
    has_more: bool
