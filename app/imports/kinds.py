"""What each kind of line becomes: its shape in the API and the slice that records it; imports' service comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from app.calendar import service as calendar
from app.calendar.schemas import KnownDateIn, PauseIn
from app.chart.chart import Chart, Row
from app.commitments import service as commitments
from app.commitments.schemas import CheckInEntry, CommitmentIn
from app.couples import service as couples
from app.couples.case import Case, open_case
from app.couples.schemas import BetrayalIn, ClosingIn, CoupleIn, PolicyIn, RepairStartIn
from app.errors import invalid
from app.markers import service as markers
from app.markers.schemas import CessationIn, MarkerIn
from app.progress import service as progress
from app.reviews.schemas import ReviewIn
from app.safety import service as safety
from app.safety.schemas import ConcernIn, ScreenIn
from app.sessions import service as sessions
from app.sessions.schemas import SessionIn
from app.stages import service as stages
from app.stages.schemas import StageIn
from app.threat_responses import service as threat_responses
from app.threat_responses.schemas import ThreatReportIn
from app.wire.types import ID

SIDES = ("a", "b")
FindCommitment = Callable[[str, str], str]


class Record(Protocol):
    """A slice's verb that records one entry of an opened case."""

    def __call__(
        self, chart: Chart, case: Case, body: Any, *, source: str | None = None, pointer: str = ""
    ) -> Row: ...


@dataclass(frozen=True)
class Handler:
    """One kind of line; `scope` is what its key needs beyond `imports:write`."""

    schema: type[BaseModel]
    record: Record
    scope: str | None = None

    def demand_scope(self, chart: Chart) -> None:
        """Refuse a line that the caller could not have posted either."""
        if self.scope is not None and self.scope not in chart.actor.scopes:
            words = f"Lines of this kind need the scope {self.scope}."
            raise invalid("/kind", "insufficient_scope", words, "Use a key that was made with it.")


HANDLERS: dict[str, Handler] = {
    "betrayal": Handler(BetrayalIn, couples.record_betrayal),
    "policy": Handler(PolicyIn, couples.record_policy),
    "repair_start": Handler(RepairStartIn, couples.set_repair_start),
    "session": Handler(SessionIn, sessions.record),
    "marker": Handler(MarkerIn, markers.record_marker),
    "threat_report": Handler(ThreatReportIn, threat_responses.record_report),
    "cessation": Handler(CessationIn, markers.record_cessation),
    "commitment": Handler(CommitmentIn, commitments.record),
    "check_in": Handler(CheckInEntry, commitments.check_in_entry),
    "pause": Handler(PauseIn, calendar.record_pause),
    "known_date": Handler(KnownDateIn, calendar.record_known_date),
    "stage": Handler(StageIn, stages.record),
    "safety_concern": Handler(ConcernIn, safety.record_concern, "safety:write"),
    "screen": Handler(ScreenIn, safety.record_screen, "safety:write"),
    "review": Handler(ReviewIn, progress.record_review),
    "closing": Handler(ClosingIn, couples.record_closing),
}


def begin(chart: Chart, data: dict[str, Any], clinician_id: str | None, source: str | None) -> Case:
    """Open the couple of a `couple` line; the clinician of the order treats it unless the line says otherwise."""
    given = {"treating_clinician_id": clinician_id} if clinician_id else {}
    body = CoupleIn.model_validate({**given, **data})
    return open_case(chart, couples.begin(chart, body, source=source)["id"])


# --- names instead of ids ---


def resolved(
    value: Any, case: Case, commitment: FindCommitment, pointer: str = "/data", name: str = ""
) -> Any:
    """The data with ids where the file says `a`, `b` or the name of a commitment, however deep they lie."""
    if isinstance(value, dict):
        return {key: resolved(v, case, commitment, f"{pointer}/{key}", key) for key, v in value.items()}
    if isinstance(value, list):
        return [resolved(v, case, commitment, f"{pointer}/{n}") for n, v in enumerate(value)]
    if not isinstance(value, str):
        return value
    if name == "commitment_id":
        return value if is_id(value) else commitment(value, pointer)
    if value not in SIDES or not name.endswith("_id"):
        return value
    return (
        _direction(case, value, pointer) if name == "direction_id" else case.partner_ids[SIDES.index(value)]
    )


def _direction(case: Case, side: str, pointer: str) -> str:
    """The direction in which a side was harmed."""
    affected = case.partner_ids[SIDES.index(side)]
    for way in case.directions:
        if way.affected_id == affected:
            return way.id
    words = "No betrayal on record harmed this partner, so there is no such direction."
    raise invalid(pointer, "unknown_direction", words, "Put the betrayal further up.")


def is_id(text: str) -> bool:
    """Whether a text is written as one of our ids."""
    return ID.fullmatch(text) is not None
