"""Shape of the wire for imports: a line of the file, and the report on what became of it."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.wire.types import Input, Instant, Line, OneOf, Output, Whole

KINDS = (
    "couple",
    "betrayal",
    "policy",
    "repair_start",
    "session",
    "marker",
    "threat_report",
    "cessation",
    "commitment",
    "check_in",
    "pause",
    "known_date",
    "stage",
    "safety_concern",
    "screen",
    "review",
    "closing",
)
FLAT = ("marker", "threat_report", "check_in")

Source = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class HeaderIn(Input):
    """The optional first line of a file."""

    kind: Literal["mendline-import"]
    version: Annotated[Whole, Field(ge=1, le=1)] = 1
    source: Source | None = None


class LineIn(Input):
    """One record of the earlier system."""

    kind: Annotated[str, OneOf(KINDS)]
    couple: Line
    ref: Line | None = None
    recorded_at: Instant | None = None
    data: dict[str, Any]


class CoupleCounts(Output):
    """What became of the couples of the file."""

    imported: int = Field(description="Couples of whom something new was taken in.")
    unchanged: int = Field(description="Couples of whom everything was in already.")
    refused: int = Field(description="Couples of whom nothing was taken in; see `errors`.")


class RecordCounts(Output):
    """What became of the records of one kind, refused couples left out."""

    imported: int
    unchanged: int


class LineError(Output):
    """Why a line, and with it its couple, was not taken in; content is never repeated."""

    line: int = Field(description="Line of the file, from 1.")
    pointer: str = Field(description="JSON pointer into the line; for CSV, the column.")
    code: str
    detail: str
    hint: str


class ImportReport(Output):
    """What an import did, or with `dry_run` would do."""

    source: str
    dry_run: bool
    couples: CoupleCounts
    records: dict[str, RecordCounts] = Field(description="By kind; only kinds that the file holds.")
    errors: list[LineError] = Field(description="The first 200.")
    more_errors: int = Field(description="How many further errors there are.")
    gave_up_at: int | None = Field(
        description="The line from which on nothing was taken in any more, after 2,000 illegible lines or 1,000 "
        "refused couples; null when the file was read to its end."
    )


EXAMPLE_LINES = """\
{"kind":"mendline-import","version":1,"source":"old-practice-system"}
{"kind":"couple","couple":"1044","recorded_at":"2025-04-02T18:10:00Z","data":{"label":"C-1044","partner_a":{"name":"A."},"partner_b":{"name":"B."},"betrayals":[{"affected":"a","kind":"financial","came_to_light":"discovery","came_to_light_on":"2025-03-14"}]}}
{"kind":"pause","couple":"1044","ref":"p-1","data":{"kind":"travel","starts_on":"2025-07-01","ends_on":"2025-07-28"}}
"""
EXAMPLE_ROWS = """\
couple,ref,window_start,window_end,episodes,source
1044,tr-1,2025-05-01,2025-05-14,12,self_in_session
1044,tr-2,2025-05-15,2025-05-28,9,self_in_session
"""
