"""The two questions answered for a couple as of a day and as known then; routes, the import and reports come in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import zip_longest
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from app import __version__
from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import Case
from app.couples.facts import FAR_INSTANT
from app.errors import FieldError, InvalidInput, invalid
from app.progress import service_rules, views, wording
from app.progress.case_record import CaseRecord, Evidence, read_record
from app.progress.recollection import Recollection
from app.progress.remembered import Memory
from app.reviews import service as reviews
from app.reviews.schemas import ReviewIn
from app.safety import service as safety
from app.stages import service as stages
from app.timeline import (
    CURRENT,
    MODEL_VERSION,
    NAMES,
    EvidenceError,
    Parameters,
    assess,
    catalogue,
    explain,
    history,
    parameters_named,
    week,
)
from app.timeline import chart as drawing
from app.wire.answers import content_tag

Json = dict[str, Any]
VERSIONS = f"{MODEL_VERSION} {CURRENT.version} {service_rules.VERSION}"
RULES: Json = {
    **catalogue(),
    "service_rules_version": service_rules.VERSION,
    "service_rules": list(service_rules.RULES),
}

MOST_WEEKS: Final = 520
_MEMORY = Memory()
_STAGES = facts.evidence(stages.STAGE.table, ("direction_id", "stage", "entered_on"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What day is asked about, by which instant something must have been recorded to count, and by which rules."""

    as_of: date
    known_at: date | None
    known: str
    parameters: Parameters = CURRENT


@dataclass(frozen=True, slots=True)
class Looked:
    """One couple's record with the calculation's result for each direction."""

    asked: Asked
    record: CaseRecord
    results: tuple[Json, ...]

    def each(self) -> list[tuple[Evidence, Json]]:
        """The directions with their results."""
        return list(zip(self.record.directions, self.results, strict=True))


def asked(chart: Chart, as_of: date | None, known_at: date | None, model_version: str | None = None) -> Asked:
    """The question in full: today when nothing is said, the day of knowledge when only that is said."""
    for name, day in (("as_of", as_of), ("known_at", known_at)):
        if day is not None and day > chart.today:
            hint = f"Here today is {chart.today}."
            raise invalid(f"#/query/{name}", "in_the_future", "This day has not come yet.", hint)
    rules = released(model_version, "#/query/model_version")
    return Asked(as_of or known_at or chart.today, known_at, facts.known_bound(chart, known_at), rules)


def released(model_version: str | None, pointer: str) -> Parameters:
    """The released parameters of that name; the current ones when none is asked for."""
    try:
        return parameters_named(model_version)
    except KeyError:
        detail = f"There is no such version. Released: {', '.join(NAMES)}."
        raise invalid(pointer, "unknown_version", detail, "Leave it out for the current one.") from None


def look(chart: Chart, case: Case, question: Asked) -> Looked:
    """Read the record and run the calculation for each direction."""
    record = read_record(chart, case, question.known, question.as_of)
    return Looked(question, record, _worked_out(assess, record, question))


def _worked_out(calculate: Any, record: CaseRecord, question: Asked) -> tuple[Json, ...]:
    rules = question.parameters
    return tuple(
        _MEMORY.recall(calculate, each.document, question.as_of, rules) for each in record.directions
    )


def tag(chart: Chart, case: Case, what: str, asking: BaseModel) -> str:
    """ETag of an answer for the treating team, known before anything is worked out.

    An answer is made of the couple's evidence, the day, the practice's zone, the rules and what was asked, and of
    nothing else. The version was read before the evidence: what is recorded in between belongs to the next tag.
    """
    made_of = (
        what,
        case.id,
        case.evidence_version,
        chart.today.isoformat(),
        chart.actor.zone,
        f"{__version__} {VERSIONS}",
        asking.model_dump(mode="json"),
    )
    return content_tag(to_json(made_of))


def progress(chart: Chart, case: Case, question: Asked) -> Json:
    """Is repair moving: each direction on its own, never averaged."""
    return progress_of(chart, look(chart, case, question))


def stopping(chart: Chart, case: Case, question: Asked) -> Json:
    """Has trying longer become its own harm: criteria as prompts for a review, beside the clinician's decision."""
    return stopping_of(chart, look(chart, case, question))


def progress_of(chart: Chart, looked: Looked) -> Json:
    """The first answer from a record that was looked at."""
    shown = [views.progress_view(looked.record, *each) for each in looked.each()]
    return {**_frame(chart, looked), "directions": shown}


def stopping_of(chart: Chart, looked: Looked) -> Json:
    """The second answer from a record that was looked at."""
    decided = [
        row
        for row in reviews.evidence(chart, looked.record.case.id, looked.asked.known)
        if row["reviewed_on"] <= looked.asked.as_of.isoformat()
    ]
    show = partial(views.stop_view, looked.record, reviews=decided)
    return {
        **_frame(chart, looked),
        "directions": [show(evidence, result) for evidence, result in looked.each()],
    }


def _frame(chart: Chart, looked: Looked) -> Json:
    question, record = looked.asked, looked.record
    return {
        **blank_frame(record.case.id, str(chart.audience), question.as_of),
        "known_at": question.known_at and question.known_at.isoformat(),
        "known_basis": "claimed" if record.claimed else "witnessed",
        "notes": [wording.claimed_note(record.claimed), *_danger(chart, looked)],
        "parameters_version": question.parameters.version,
    }


def blank_frame(couple_id: str, audience: str, as_of: date) -> Json:
    """What an answer says about itself before anything is known of the record."""
    return {
        "couple_id": couple_id,
        "audience": audience,
        "release": None,
        "as_of": as_of.isoformat(),
        "known_at": None,
        "known_basis": "witnessed",
        "notes": [],
        "model_version": MODEL_VERSION,
        "parameters_version": CURRENT.version,
        "service_rules_version": service_rules.VERSION,
        "rules": "/v1/indicators/rules",
        "statements": RULES["statements"],
    }


def _danger(chart: Chart, looked: Looked) -> list[str]:
    """What no direction says: a concern before any betrayal is on record, and one that was not known then; an answer
    as known then must not be read as if it were about today while somebody may be in danger."""
    if looked.record.concerns:
        return [] if looked.record.directions else [wording.SAFETY]
    if looked.asked.known_at is None:
        return []
    if not safety.open_concerns(chart, looked.record.case.id, FAR_INSTANT):
        return []
    return [wording.CONCERN_SINCE]


# --- the picture over time ---


def timeline(chart: Chart, case: Case, question: Asked, *, as_known: bool = False) -> Json:
    """Series, band, events and weekly history, ready to draw; `as_known` tells each week as known in that week."""
    record = read_record(chart, case, question.known, question.as_of)
    entered = facts.current(chart.rows(_STAGES, couple=case.id, known=question.known))
    looked = Looked(question, record, ())
    past = _past(chart, question, record) if as_known else None
    ways = [
        views.timeline_view(record, each, *_drawn(question, record, each, past), entered)
        for each in record.directions
    ]
    basis = "as_known_in_each_week" if as_known else "as_known_now"
    return {**_frame(chart, looked), "directions": [{**way, "history_basis": basis} for way in ways]}


def _drawn(
    question: Asked, record: CaseRecord, evidence: Evidence, past: Mapping[str, list[Json]] | None
) -> tuple[Json, list[Json]]:
    """Series and weeks; while a concern is open no week is shown, so none is worked out."""
    drawn = drawing(evidence.document, record.as_of, parameters=question.parameters)
    if record.concerns:
        return drawn, []
    if past is not None:
        return drawn, past[evidence.direction.id]
    weeks = _MEMORY.recall(history, evidence.document, record.as_of, question.parameters)
    return drawn, [views.dated_week(record, evidence, each) for each in weeks]


def _past(chart: Chart, question: Asked, record: CaseRecord) -> dict[str, list[Json]]:
    """For each direction every week as known in that week; what a single question for that day would say."""
    found: dict[str, list[Json]] = {each.direction.id: [] for each in record.directions}
    if record.concerns:
        return found
    memories = Recollection(chart).as_chart()
    for day in _weeks(record):
        known = min(question.known, facts.known_bound(chart, day))
        then = read_record(memories, record.case, known, day)
        for each in then.directions:
            told = _MEMORY.recall(week, each.document, day, question.parameters)
            found[each.direction.id].append(views.known_week(then, each, told))
    return found


def _weeks(record: CaseRecord) -> Iterator[date]:
    """Every seventh day from the first start of repair in any direction, and the day asked for."""
    starts = [each.start.on for each in record.directions if each.start.on is not None]
    first = min(starts, default=record.as_of)
    number = min(MOST_WEEKS, max(0, (record.as_of - first).days - 1) // 7)
    yield from (first + timedelta(days=7 * (n + 1)) for n in range(number))
    yield record.as_of


# --- why ---


def explanation(chart: Chart, case: Case, question: Asked) -> Json:
    """What moved each direction's answer, what was left out, and what the calculation still lacks."""
    record = read_record(chart, case, question.known, question.as_of)
    # While a concern is open nothing is explained, so nothing is worked out.
    found = () if record.concerns else _worked_out(explain, record, question)
    shown = [views.explanation_view(record, *each) for each in zip_longest(record.directions, found)]
    return {**_frame(chart, Looked(question, record, ())), "directions": shown}


# --- reviews ---


def record_review(
    chart: Chart, case: Case, body: ReviewIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record a clinician's decision with an immutable copy of what both answers said for its day."""
    reviews.check(chart, case, body, pointer)
    looked = look(chart, case, Asked(body.reviewed_on, None, source or FAR_INSTANT))
    snapshot = {"progress": progress_of(chart, looked), "stopping": stopping_of(chart, looked)}
    continuing = any(
        result["stop"]["criteria"]["continuing_betrayal"]["status"] == "met" for result in looked.results
    )
    return reviews.record(
        chart, case, body, snapshot, continuing_betrayal=continuing, source=source, pointer=pointer
    )


# --- without a chart ---


def assessment(evidence: Json, as_of: date, model_version: str | None = None) -> Json:
    """Assess a document without storing anything."""
    return _without_chart(assess, evidence, as_of, model_version)


def assessment_explained(evidence: Json, as_of: date, model_version: str | None = None) -> Json:
    """Explain the assessment of a document without storing anything."""
    return _without_chart(explain, evidence, as_of, model_version)


def _without_chart(calculate: Any, evidence: Json, as_of: date, model_version: str | None) -> Json:
    rules = released(model_version, "/model_version")
    try:
        found: Json = calculate(evidence, as_of, parameters=rules)
    except EvidenceError as wrong:
        pointer = "/as_of" if wrong.pointer == "/as_of" else f"/evidence{wrong.pointer}"
        raise InvalidInput(
            FieldError(pointer, "evidence", f"This {wrong.message}.", "The API document has its schema.")
        ) from wrong
    return found
