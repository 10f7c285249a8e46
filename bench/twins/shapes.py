"""A session in the service's wire shape, made by hand from a bare row of either driver; the limits come in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

COLUMNS = (
    "id, couple_id, version, kind, with_partner, with_partner_id, starts_at, zone, duration_minutes, local_day, "
    "outcome, attendance_a, country_a, subdivision_a, attendance_b, country_b, subdivision_b, note_format, written_at, "
    "state, recorded_at, recorded_by, source_recorded_at, signed_at, signed_by, visibility, visible_partner_id, "
    "voided_at"
)
LATE = timedelta(hours=72)
Row = Mapping[str, Any]


def item(row: Row) -> dict[str, Any]:
    """A session in a list. Instants may be text (SQLite) or datetimes (PostgreSQL)."""
    starts = _instant(row["starts_at"])
    return {
        "id": row["id"],
        "couple_id": row["couple_id"],
        "version": row["version"],
        "kind": row["kind"],
        "with_partner": row["with_partner"],
        "with_partner_id": row["with_partner_id"],
        "starts_at": row["starts_at"],
        "ends_at": starts + timedelta(minutes=row["duration_minutes"]),
        "zone": row["zone"],
        "local_day": row["local_day"],
        "duration_minutes": row["duration_minutes"],
        "outcome": row["outcome"],
        "attendance": {
            "a": _presence(row["attendance_a"], row["country_a"], row["subdivision_a"]),
            "b": _presence(row["attendance_b"], row["country_b"], row["subdivision_b"]),
        },
        "written_at": row["written_at"],
        "late_entry": _instant(row["written_at"]) - starts > LATE,
        "state": row["state"],
        "note_format": row["note_format"],
        "recorded_at": row["recorded_at"],
        "recorded_by": row["recorded_by"],
        "source_recorded_at": row["source_recorded_at"],
        "recorded_basis": "claimed" if row["source_recorded_at"] else "witnessed",
        "signed_at": row["signed_at"],
        "signed_by": row["signed_by"],
        "visibility": row["visibility"],
        "visible_partner_id": row["visible_partner_id"],
        "entered_in_error": row["voided_at"] is not None,
    }


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _presence(
    status: str | None, country: str | None, subdivision: str | None
) -> dict[str, str | None] | None:
    return None if status is None else {"status": status, "country": country, "subdivision": subdivision}
