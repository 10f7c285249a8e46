"""What a copy holds: the fields that may leave, read with the eyes of those they belong to; the service comes in.

Fields are listed one by one, so that a column added tomorrow stays in the house until somebody lists it. Bookkeeping
stays here too: why an entry was corrected, in which hour it was made, where a partner was at the time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.calendar import service as calendar
from app.chart.audiences import JOINT, partner
from app.chart.chart import Chart, Row
from app.commitments import service as commitments
from app.couples import facts
from app.couples import service as couples
from app.couples.case import Case, open_case
from app.couples.facts import FAR_DAY, FAR_ID, FAR_INSTANT, FactKind
from app.couples.kinds import BETRAYAL_BY_CODE
from app.errors import Refusal
from app.markers import service as markers
from app.progress import joint
from app.safety import service as safety
from app.sessions import service as sessions
from app.stages import service as stages
from app.threat_responses import service as threats

Json = dict[str, Any]
ALL: Final = 100_000
_WHEN = ("id", "recorded_at", "source_recorded_at")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of entry: its name in a copy, the class it leaves with, and the fields that leave."""

    name: str
    kind: FactKind
    content: str
    fields: tuple[str, ...]


SHELVES: Final = (
    Shelf(
        "markers",
        markers.MARKER,
        "markers",
        (
            "direction",
            "code",
            "label",
            "about_id",
            "observed_on",
            "basis",
            "strength",
            "stated_value",
            "words",
        ),
    ),
    Shelf(
        "cessation",
        markers.CESSATION,
        "markers",
        ("direction", "status", "grade", "effective_on", "words"),
    ),
    Shelf(
        "threat_reports",
        threats.REPORT,
        "threat_reports",
        (
            *("direction", "reporter_id", "window_start", "window_end", "episodes", "band", "declined"),
            *("typical_duration_minutes", "recovery_minutes", "peak_intensity", "triggers", "checking"),
            *("source", "words"),
        ),
    ),
    Shelf(
        "commitments",
        commitments.COMMITMENT,
        "commitments",
        (
            *(
                "first_id",
                "direction",
                "owner_partner_id",
                "action",
                "cadence",
                "rrule",
                "exdates",
                "starts_on",
            ),
            *("event", "due_on", "context", "evidence_agreed", "made_on", "review_on", "agreed_by_both"),
        ),
    ),
    Shelf(
        "check_ins",
        commitments.CHECK_IN,
        "commitments",
        ("commitment_id", "checked_on", "outcome", "words"),
    ),
    Shelf(
        "betrayals",
        couples.BETRAYAL,
        "summary",
        (
            *("event", "label", "direction", "began_on", "began_precision", "ended_on", "ended_precision"),
            *(
                "came_to_light",
                "came_to_light_on",
                "came_to_light_precision",
                "full_disclosure_on",
                "severity",
            ),
        ),
    ),
    Shelf("stages", stages.STAGE, "summary", ("direction", "stage", "entered_on", "evidence")),
    Shelf("pauses", calendar.PAUSE, "summary", ("direction", "kind", "starts_on", "ends_on", "words")),
    Shelf("status", couples.TOLD_STATUS, "summary", ("status", "effective_on", "outcome", "words")),
)
SCREEN_FIELDS: Final = ("screened_on", "separately", "result", "occasion", "instrument", "details")
SESSION_FIELDS: Final = (
    *("id", "kind", "with_partner", "starts_at", "ends_at", "zone", "duration_minutes", "outcome"),
    *("others_present", "note", "written_at", "late_entry", "signed_at", "signed_by"),
)
ADDENDUM_FIELDS: Final = ("id", "kind", "text", "written_on", "recorded_at")


@dataclass(frozen=True, slots=True)
class Part:
    """One class of content as it leaves: whose it is (None: both partners'), and its entries by kind."""

    content: str
    partner_id: str | None
    entries: Json

    @property
    def ids(self) -> list[str]:
        """The ids of everything in it, for the ledger."""
        found = []
        for rows in self.entries.values():
            for row in rows if isinstance(rows, list) else ():
                found += [row["id"], *(each["id"] for each in row.get("addenda", ()))]
        return found


def gathered(chart: Chart, case: Case, content: str, partner_id: str | None, *, labelled: bool) -> Part:
    """One class of content, read with the eyes of whom it belongs to, so that nothing else can be in it."""
    if content == "safety_screens":
        return Part(content, partner_id, {"safety_screens": _screens(chart, case, partner_id)})
    if content == "indicators":
        told = joint.told(chart.for_audience(JOINT), case.id, "progress", set(), for_good=False)
        return Part(content, None, {"progress": told})
    eyes = chart.for_audience(JOINT if partner_id is None else partner(partner_id))
    seen = open_case(eyes, case.id)
    entries: Json = {}
    if content in ("conjoint_sessions", "individual_sessions"):
        entries["sessions"] = _sessions(eyes, seen, partner_id)
    for shelf in SHELVES:
        if content in (shelf.content, "individual_sessions"):
            entries[shelf.name] = _shelf(eyes, seen, shelf, partner_id, labelled=labelled)
    return Part(content, partner_id, entries)


def _own(row: Mapping[str, Any], partner_id: str | None) -> bool:
    """Whether a row that these eyes see belongs to this part: to both, or to the one partner alone."""
    return bool(row["visibility"] == ("joint" if partner_id is None else "partner"))


def current(chart: Chart, case: Case, kind: FactKind) -> list[Row]:
    """All current entries of a kind that a chart's audience may learn of, oldest first."""
    rows = chart.rows(
        facts.listing(kind.table, kind.effective, False),
        couple=case.id,
        known=FAR_INSTANT,
        as_of=FAR_DAY,
        day=FAR_DAY,
        below=FAR_ID,
        most=ALL,
    )
    return rows[::-1]


def _shelf(eyes: Chart, seen: Case, shelf: Shelf, partner_id: str | None, *, labelled: bool) -> list[Row]:
    rows = [row for row in current(eyes, seen, shelf.kind) if _own(row, partner_id)]
    shown = [_told(seen, shelf, row) for row in rows]
    if shelf.name == "betrayals":
        shown = [_event(number, row, labelled) for number, row in enumerate(shown)]
    return [{name: row.get(name) for name in (*_WHEN, *shelf.fields)} for row in shown]


def _told(seen: Case, shelf: Shelf, row: Row) -> Row:
    """An entry in its wire shape; its direction is told by who was harmed."""
    way = row.get("direction_id")
    affected = next((each.affected_id for each in seen.directions if each.id == way), None)
    return {**shelf.kind.shape(row), "direction": affected}


def _event(number: int, row: Row, labelled: bool) -> Row:
    """A betrayal by a letter, and by its neutral label only where that was asked for."""
    label = BETRAYAL_BY_CODE[row["kind"]].label if labelled else None
    return {**row, "event": f"event {letters(number)}", "label": label}


def letters(number: int) -> str:
    """A, B, … Z, AA, AB, … for 0, 1, …"""
    head, last = divmod(number, 26)
    return (letters(head - 1) if head else "") + chr(ord("A") + last)


def _sessions(eyes: Chart, seen: Case, partner_id: str | None) -> list[Row]:
    """Signed sessions with note and addenda, oldest first; a draft is not part of the record yet."""
    items = sessions.listed(eyes, seen.id, state="signed", history=False, place=[], most=ALL)
    own = [row["id"] for row in reversed(items) if _own(row, partner_id)]
    return [_session(sessions.shaped(sessions.read(eyes, session_id))) for session_id in own]


def _session(row: Row) -> Row:
    attendance = {side: here and here["status"] for side, here in row["attendance"].items()}
    addenda = [{name: each[name] for name in ADDENDUM_FIELDS} for each in row["addenda"]]
    return {**{name: row[name] for name in SESSION_FIELDS}, "attendance": attendance, "addenda": addenda}


def _screens(chart: Chart, case: Case, partner_id: str | None) -> list[Row]:
    rows = current(chart, case, safety.SCREEN)
    own = [row for row in rows if row["partner_id"] == partner_id]
    return [{name: row[name] for name in (*_WHEN, *SCREEN_FIELDS)} for row in own]


# --- entries named by a request to amend ---

ENTRY_KINDS: Final[dict[str, FactKind]] = {
    "marker": markers.MARKER,
    "cessation": markers.CESSATION,
    "threat_report": threats.REPORT,
    "commitment": commitments.COMMITMENT,
    "check_in": commitments.CHECK_IN,
    "betrayal": couples.BETRAYAL,
    "stage": stages.STAGE,
}


def entry(chart: Chart, case: Case, name: str, entry_id: str) -> Row | None:
    """One entry of the couple by its kind and id, or None."""
    if name == "session":
        return _session_of(chart, case, entry_id)
    kind = sessions.ADDENDUM if name == "addendum" else ENTRY_KINDS[name]
    return chart.find(facts.single(kind.table), couple=case.id, row=entry_id, known=FAR_INSTANT)


def _session_of(chart: Chart, case: Case, session_id: str) -> Row | None:
    try:
        row = sessions.read(chart, session_id)
    except Refusal:
        return None
    return row if row["couple_id"] == case.id else None


def corrects(chart: Chart, case: Case, name: str, entry_id: str, linked_id: str) -> bool:
    """Whether `linked_id` is an addendum to the session, or a correction of the entry, near or far."""
    if name == "session":
        row = entry(chart, case, "addendum", linked_id)
        return row is not None and row["session_id"] == entry_id
    row = entry(chart, case, name, linked_id)
    while row is not None and row["supersedes_id"] is not None:
        if row["supersedes_id"] == entry_id:
            return True
        row = entry(chart, case, name, row["supersedes_id"])
    return False


def newest(chart: Chart, case: Case, name: str, entry_id: str) -> str:
    """The id under which an entry stands today, after its corrections."""
    row = None if name == "session" else entry(chart, case, name, entry_id)
    while row is not None and row["superseded_by"]:
        row = entry(chart, case, name, row["superseded_by"])
    return str(row["id"]) if row is not None else entry_id


def disagreements(statements: Iterable[Row], part: Part) -> list[Json]:
    """The statements of disagreement about entries of a part; each goes where its entry goes.

    Into what is one partner's own goes no word of the other: such an entry belonged to both when it was disputed.
    """
    inside = set(part.ids)
    return [
        {name: row[name] for name in ("about_id", "partner_id", "statement", "statement_on")}
        for row in statements
        if row["about_id"] in inside and part.partner_id in (None, row["partner_id"])
    ]


# --- how much there is, for the clinician who decides on a request ---


_SEEN_BY: Final = ("visibility", "visible_partner_id")


def amounts(chart: Chart, case: Case, partner_id: str) -> dict[str, int]:
    """How many entries each part of a partner's request for access comprises, and how many are the other's own."""
    rows = [row for shelf in SHELVES for row in _bare(chart, case, shelf.kind, _SEEN_BY)]
    rows += sessions.evidence(chart, case.id, FAR_INSTANT)
    screens = _bare(chart, case, safety.SCREEN, ("partner_id",))
    own = sum(row["visible_partner_id"] == partner_id for row in rows)
    alone = sum(row["visibility"] == "partner" for row in rows)
    return {
        "own_individual": own,
        "conjoint": sum(row["visibility"] == "joint" for row in rows),
        "own_safety": sum(row["partner_id"] == partner_id for row in screens),
        "clinician_records": sum(row["visibility"] == "clinician" for row in rows),
        "other_individual": alone - own,
    }


def _bare(chart: Chart, case: Case, kind: FactKind, columns: tuple[str, ...]) -> list[Row]:
    """Current entries of a kind without their words."""
    statement = facts.evidence(kind.table, columns)
    return facts.current(chart.rows(statement, couple=case.id, known=FAR_INSTANT))
