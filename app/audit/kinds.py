"""Which parts of the API an access report and the practice's audit tell of, and in which words; the slice comes in.

A part that stands in neither set of the report fails a test: who adds one decides whether a partner may learn of it.
"""

from typing import Final

TOLD_TO_PARTNERS: Final = frozenset(
    {
        "access reports",
        "break glass",
        "calendar",
        "commitments",
        "couples",
        "indicators",
        "markers",
        "practice",
        "reviews",
        "sessions",
        "stages",
        "threat reports",
    }
)
KEPT_FROM_PARTNERS: Final = frozenset(
    {"safety", "confidences", "process notes", "client requests", "releases", "imports"}
)
"""Safety is the treating clinician's alone, also where it is the asking partner's own; how often somebody looks at what
was said alone tells that there is something; process notes are their author's; requests and releases have ledgers of
their own; imports name no couple."""

KEPT_FROM_AUDIT: Final = frozenset({"process notes"})
"""Their author is told who touched them, and nobody else."""
ORGANISATION: Final = frozenset({"practice", "imports", "break glass", "access reports"})
"""Parts whose operations an administrator may read by name; everything else is `record`, safety included."""

AS_A_WHOLE: Final = "couples"
"""The part that a look at the record as a whole is told under."""

READING: Final = ("get", "list", "explain", "split", "assess")
"""How operations that only read are named; a test compares it with the methods."""

LEFT_OUT: Final = (
    "Every report leaves out, whether there are any or not: what is the other partner's or the clinician's own, "
    "entries that a correction has since made so, safety, confidences, process notes, requests and releases (see "
    "their ledgers), lists across couples, and refused attempts on single entries that were recorded inside a session. "
    "What was touched of an entry made in error is told as a look at the record as a whole."
)


def area_told(area: str | None) -> str:
    """The part of the API as an administrator is told it."""
    if area is None:
        return "command line"
    return area if area in ORGANISATION else "record"


def deed(action: str, status: int) -> str:
    """What a request came to: read, changed, or refused."""
    if status >= 400:
        return "refused"
    return "read" if action.startswith(READING) else "changed"
