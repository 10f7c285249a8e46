"""What happens to stages: the clinician says where the work stands, software never does; routes come in."""

from dataclasses import asdict
from typing import Any

from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import Case, open_for_writing, seen_by
from app.couples.facts import FactKind
from app.couples.service import CLINICIAN, demand_come
from app.stages.kinds import INJURY_STEPS, STAGES
from app.stages.schemas import StageIn
from app.stages.tables import stage

STAGE = FactKind(stage, "entered_on", "stages")


def record(
    chart: Chart,
    case: Case,
    body: StageIn,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record that the work has entered a stage."""
    values = {**_values(chart, case, body, pointer, None), "session_id": session_id}
    return facts.record(chart, STAGE, case, values, source=source)


def correct(chart: Chart, stage_id: str, body: StageIn, if_match: str | None, reason: str) -> Row:
    """Correct a stage by a new entry."""
    row = facts.get(chart, STAGE, stage_id)
    case = open_for_writing(chart, row["couple_id"])
    values = {**_values(chart, case, body, "", row), "session_id": row["session_id"]}
    return facts.correct(chart, STAGE, row, case, if_match, values, reason)


def void(chart: Chart, stage_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a stage as entered in error."""
    row = facts.get(chart, STAGE, stage_id)
    return facts.void(chart, STAGE, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def kinds() -> Row:
    """The four stages with their aims and evidence."""
    return {
        "items": [asdict(item) for item in STAGES],
        "injury_steps": [asdict(step) for step in INJURY_STEPS],
    }


def _values(chart: Chart, case: Case, body: StageIn, pointer: str, corrected: Row | None) -> dict[str, Any]:
    demand_come(chart, case, corrected, pointer, entered_on=body.entered_on)
    if body.direction_id is not None:
        case.direction(body.direction_id, f"{pointer}/direction_id")
    who = seen_by(body, case, pointer=pointer, usual=CLINICIAN, corrected=corrected)
    return {**body.model_dump(exclude={"reason"}), **who}
