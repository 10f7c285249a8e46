"""A couple's evidence for the other stacks: bare SELECTs, then the service's own bridge and model.

The made-up practices hold no corrections and no earlier system's entries, so that the SELECTs look for none.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.couples.case import Case, Direction
from app.progress import service_rules, views, wording
from app.progress.case_record import Rows, assemble
from app.progress.service import RULES
from app.timeline import CURRENT, MODEL_VERSION, assess
from app.wire.pages import AUDIENCE

Json = dict[str, Any]
ZONE = ZoneInfo("Europe/Vienna")
CASE = "id, version, status, partner_a_id, partner_b_id, direction_a_id, direction_b_id, evidence_version"
REPORT_COLUMNS = (
    "id, direction_id, window_start, window_end, episodes, declined, typical_duration_minutes, recovery_minutes, "
    "peak_intensity, triggers, source, visibility"
)
COLUMNS: Mapping[str, tuple[str, str]] = {
    "betrayals": (
        "betrayal",
        "id, direction_id, kind, began_on, began_precision, came_to_light, came_to_light_on, full_disclosure_on",
    ),
    "starts": ("repair_start", "id, direction_id, starts_on"),
    "steps": ("case_status", "id, status, effective_on"),
    "markers": (
        "marker",
        "id, direction_id, code, about_id, observed_on, stated_value, session_id, visibility",
    ),
    "cessation": ("cessation", "id, direction_id, status, grade, effective_on, visibility"),
    "reports": (
        "threat_report",
        REPORT_COLUMNS,
    ),
    "commitments": ("commitment", "id, first_id, direction_id, owner_partner_id, made_on, visibility"),
    "check_ins": ("check_in", "id, commitment_id, checked_on, outcome, visibility"),
    "sessions": ("session", "id, local_day, kind, outcome, visibility, visible_partner_id"),
    "pauses": ("pause", "id, direction_id, starts_on, ends_on, visibility"),
    "known_dates": (
        "known_date",
        "id, direction_id, on_day, kind, recurs, calendar, hijri_month, hijri_day, visibility",
    ),
    "concerns": ("safety_concern", "id, kind, raised_on, direction_id, person_at_risk_id, state, state_on"),
}


def today() -> date:
    """The day of a request."""
    return datetime.now(UTC).astimezone(ZONE).date()


def case_of(row: Mapping[str, Any]) -> Case:
    """A case from its row."""
    a, b = str(row["partner_a_id"]), str(row["partner_b_id"])
    ways = []
    if row["direction_a_id"]:
        ways.append(Direction(str(row["direction_a_id"]), a, b))
    if row["direction_b_id"]:
        ways.append(Direction(str(row["direction_b_id"]), b, a))
    return Case(str(row["id"]), row["version"], row["status"], (a, b), tuple(ways), row["evidence_version"])


def progress(case: Case, rows: Callable[[str], list[Any]]) -> Json:
    """The answer to the first question, from rows by the name of their list."""
    as_of = today()
    record = assemble(case, Rows(*(rows(name) for name in COLUMNS)), as_of)
    shown = [views.progress_view(record, each, assess(each.document, as_of)) for each in record.directions]
    return {
        "couple_id": case.id,
        "audience": AUDIENCE,
        "release": None,
        "as_of": as_of.isoformat(),
        "known_at": None,
        "known_basis": "claimed" if record.claimed else "witnessed",
        "notes": [wording.claimed_note(record.claimed)],
        "model_version": MODEL_VERSION,
        "parameters_version": CURRENT.version,
        "service_rules_version": service_rules.VERSION,
        "rules": "/v1/indicators/rules",
        "statements": RULES["statements"],
        "directions": shown,
    }


def caseload_item(
    row: Mapping[str, Any], label: str, summary: Mapping[str, Any], order: tuple[str, ...]
) -> Json:
    """One line of the caseload from a stored result."""
    return {
        "couple_id": row["id"],
        "label": label,
        "rank": row["attention"],
        "attention": order[row["attention"]],
        "looked_on": row["looked_on"],
        **summary,
        "as_of": row["as_of"],
        "evidence_version": row["evidence_version"],
        "computed_at": row["computed_at"],
    }


def caseload(items: list[Json]) -> Json:
    """The page, most in need of attention first."""
    items.sort(key=lambda item: (item["rank"], str(item["looked_on"] or ""), str(item["couple_id"])))
    return {"items": items[:100], "next_cursor": None, "has_more": len(items) > 100}
