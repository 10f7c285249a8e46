"""A whole session to be stored, from its JSON: rows for session, markers, report and trail; limits and twin come in.

Nothing is checked. Instants and days are objects; SQLite's limit spells them as text.
"""

from datetime import UTC, date, datetime
from typing import Any

import orjson
from uuid_utils import uuid7

from app.clock import written
from bench.twins.records import ZONE
from bench.twins.sealed import Seals
from bench.twins.shapes import item

Row = dict[str, Any]


_INSERTED = {
    "session": (
        "practice_id, couple_id, id, version, kind, starts_at, zone, duration_minutes, local_day, outcome, "
        "attendance_a, attendance_b, country_a, country_b, note_format, note, written_at, "
        "state, recorded_at, recorded_by, visibility"
    ),
    "marker": (
        "practice_id, couple_id, recorded_at, recorded_by, entered_in_error, visibility, id, direction_id, code, "
        "about_id, observed_on, basis, session_id"
    ),
    "threat_report": (
        "practice_id, couple_id, recorded_at, recorded_by, entered_in_error, visibility, id, direction_id, "
        "reporter_id, window_start, window_end, episodes, declined, triggers, source, session_id"
    ),
    "trail": "practice_id, id, at, person_id, request_id, action, status, couple_id, target_id, stamp",
}

COLUMNS_OF = {table: names.split(", ") for table, names in _INSERTED.items()}


def new_id() -> str:
    """A UUIDv7 as text."""
    return str(uuid7())


class Whole:
    """Everything that one POST stores."""

    def __init__(self, body: Any, case: Any, practice_id: Any, person_id: Any, seals: Seals) -> None:
        self.now = datetime.now(UTC)
        self.body, self.case = body, case
        self.own = {"practice_id": practice_id, "couple_id": case.id}
        self.entry = {
            **self.own,
            "recorded_at": self.now,
            "recorded_by": person_id,
            "entered_in_error": False,
            "visibility": "joint",
        }
        self.session = self._session(person_id, seals)
        self.markers = [self._marker(entry) for entry in body["markers"]]
        self.reports = [self._report(entry) for entry in body["threat_reports"]]
        self.trail = {
            "practice_id": practice_id,
            "id": new_id(),
            "at": self.now,
            "person_id": person_id,
            "request_id": new_id(),
            "action": "recordSession",
            "status": 201,
            "couple_id": case.id,
            "target_id": self.session["id"],
            "stamp": "",  # the limit keeps no proof
        }

    def _session(self, person_id: Any, seals: Seals) -> Row:
        body, session_id = self.body, new_id()
        note = orjson.dumps({name: text for name, text in body["note"].items() if name != "format"}).decode()
        starts = datetime.fromisoformat(body["starts_at"])
        here = body["attendance"]
        return {
            **self.own,
            "id": session_id,
            "version": 1,
            "kind": body["kind"],
            "starts_at": starts,
            "zone": ZONE.key,
            "duration_minutes": body["duration_minutes"],
            "local_day": starts.astimezone(ZONE).date(),
            "outcome": "held",
            **{f"attendance_{side}": here[side]["status"] for side in "ab"},
            **{f"country_{side}": here[side]["country"] for side in "ab"},
            "note_format": body["note"]["format"],
            "note": seals.seal(note, self.case.id, self.own["practice_id"], "session", session_id, "note"),
            "written_at": self.now,
            "state": "draft",
            "recorded_at": self.now,
            "recorded_by": person_id,
            "visibility": "joint",
        }

    def _marker(self, entry: Any) -> Row:
        return {
            **self.entry,
            "id": new_id(),
            "direction_id": self.case.directions[0].id,
            "code": entry["code"],
            "about_id": self.case.directions[0].betraying_id,
            "observed_on": date.fromisoformat(entry["observed_on"]),
            "basis": entry["basis"],
            "session_id": self.session["id"],
        }

    def _report(self, entry: Any) -> Row:
        return {
            **self.entry,
            "id": new_id(),
            "direction_id": self.case.directions[0].id,
            "reporter_id": self.case.directions[0].affected_id,
            "window_start": date.fromisoformat(entry["window_start"]),
            "window_end": date.fromisoformat(entry["window_end"]),
            "episodes": entry["episodes"],
            "declined": False,
            "triggers": "",
            "source": entry["source"],
            "session_id": self.session["id"],
        }

    def text_rows(self) -> list[tuple[str, Row]]:
        """The same with instants and days as SQLite's text."""
        return [(table, {name: _spelled(value) for name, value in row.items()}) for table, row in self.rows()]

    def rows(self) -> list[tuple[str, Row]]:
        """All rows in the order in which they refer to each other."""
        return [
            ("session", self.session),
            *(("marker", row) for row in self.markers),
            *(("threat_report", row) for row in self.reports),
            ("trail", self.trail),
        ]

    def answer(self) -> Row:
        """The session as a GET would show it."""
        blank = dict.fromkeys(NAMES)
        return {
            **item({**blank, **self.session}),
            "others_present": None,
            "note": self.body["note"],
            "voided_by": None,
            "voided_at": None,
            "void_reason": None,
            "seal": None,
            "addenda": [],
            "entries": {
                "markers": [row["id"] for row in self.markers],
                "threat_reports": [row["id"] for row in self.reports],
                **{name: [] for name in ("cessation", "commitments", "check_ins", "stages")},
            },
        }


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    return value.isoformat() if isinstance(value, date) else value


NAMES = (
    "with_partner",
    "with_partner_id",
    "subdivision_a",
    "subdivision_b",
    "source_recorded_at",
    "signed_at",
    "signed_by",
    "visible_partner_id",
    "voided_at",
)
