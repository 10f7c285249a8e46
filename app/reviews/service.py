"""Reviews recorded, corrected and read; progress (which adds the snapshot), routes and the import come in."""

import json
from collections.abc import Collection
from datetime import date
from typing import Any

from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import Case, open_for_writing
from app.couples.facts import FactKind
from app.couples.service import CLINICIAN, not_in_future
from app.errors import invalid
from app.reviews import kinds
from app.reviews.schemas import ReviewIn
from app.reviews.tables import review

SEEING, SEEING_SAFETY = "indicators:read", "safety:read"
ON_SAFETY = ("safety_words", "last_screen_on")


def _item(row: Row) -> Row:
    decision = kinds.BY_CODE[row["decision"]]
    wishes = {name: {"words": row[name], "stated_on": row[f"{name}_on"]} for name in ("wish_a", "wish_b")}
    left_out = {"wish_a_on", "wish_b_on", "overridden", "snapshot"}
    return {
        **{name: value for name, value in row.items() if name not in left_out},
        **wishes,
        "decision_words": decision.words,
        "caution": decision.caution or None,
        "overrides": row["overridden"].split(),
        "unreadable": _without(row["unreadable"], ("snapshot",)),
    }


def _without(names: list[str], hidden: Collection[str]) -> list[str]:
    """Names of fields apart from those that are not shown here: even a name would tell that there is something."""
    return [name for name in names if name not in hidden]


REVIEW = FactKind(review, "reviewed_on", "reviews", _item)

_EVIDENCE = facts.evidence(
    review, ("direction_id", "reviewed_on", "decision", "next_review_on", "overridden")
)


def kind(chart: Chart) -> FactKind:
    """Reviews as this caller sees them: what they say of safety is for those who may read of safety."""
    if SEEING_SAFETY in chart.actor.scopes:
        return REVIEW
    return FactKind(REVIEW.table, REVIEW.effective, REVIEW.path, _beside_safety)


def _beside_safety(row: Row) -> Row:
    item = _item(row)
    return {**item, **dict.fromkeys(ON_SAFETY), "unreadable": _without(item["unreadable"], ON_SAFETY)}


def whole(chart: Chart, row: Row) -> Row:
    """A review in its wire shape; its snapshot is for those who may see indicators."""
    seen = SEEING in chart.actor.scopes
    return {**facts.shaped(kind(chart), row), "snapshot": json.loads(row["snapshot"]) if seen else None}


def check(chart: Chart, case: Case, body: ReviewIn, pointer: str = "") -> None:
    """Refuse a review that lacks what its decision asks for."""
    for name in ("reviewed_on", "last_screen_on"):
        not_in_future(chart, getattr(body, name), f"{pointer}/{name}")
    for name in ("wish_a", "wish_b"):
        not_in_future(chart, getattr(body, name).stated_on, f"{pointer}/{name}/stated_on")
    if body.direction_id is not None:
        case.direction(body.direction_id, f"{pointer}/direction_id")
    _check_words(body, pointer)
    _check_next(body, pointer)


def record(
    chart: Chart,
    case: Case,
    body: ReviewIn,
    snapshot: dict[str, Any],
    *,
    continuing_betrayal: bool = False,
    source: str | None = None,
    pointer: str = "",
) -> Row:
    """Record a decision with the indicators as they stood; `continuing_betrayal` brings the next review nearer."""
    check(chart, case, body, pointer)
    values = {
        **_values(body, continuing_betrayal),
        "snapshot": json.dumps(snapshot, separators=(",", ":"), ensure_ascii=False),
    }
    return facts.record(chart, REVIEW, case, values, source=source)


def read(chart: Chart, review_id: str) -> Row:
    """One review."""
    return facts.get(chart, REVIEW, review_id)


def correct(chart: Chart, review_id: str, body: ReviewIn, if_match: str | None, reason: str) -> Row:
    """Correct the clinician's part of a review; what the indicators said is not the clinician's to change."""
    row = read(chart, review_id)
    case = open_for_writing(chart, row["couple_id"])
    if SEEING_SAFETY not in chart.actor.scopes:
        body = _with_what_was_not_shown(body, row)
    check(chart, case, body)
    values = {**_values(body, _continued(row)), "snapshot": row["snapshot"]}
    return facts.correct(chart, REVIEW, row, case, if_match, values, reason)


def _with_what_was_not_shown(body: ReviewIn, row: Row) -> ReviewIn:
    """What a review says of safety is not taken away by leaving out what the caller was not shown."""
    day = row["last_screen_on"]
    kept = {
        "safety_words": body.safety_words or row["safety_words"],
        "last_screen_on": body.last_screen_on or (day and date.fromisoformat(day)),
    }
    return body.model_copy(update=kept)


def void(chart: Chart, review_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a review as entered in error."""
    row = read(chart, review_id)
    case = open_for_writing(chart, row["couple_id"])
    return facts.void(chart, REVIEW, row, case, if_match, reason)


def evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's reviews as known before an instant, without words, oldest first."""
    rows = facts.current(chart.rows(_EVIDENCE, couple=couple_id, known=known))
    return sorted(rows, key=lambda row: (row["reviewed_on"], row["id"]))


def _check_words(body: ReviewIn, pointer: str) -> None:
    kind = kinds.BY_CODE[body.decision]
    if kind.needs_changes and body.changes is None:
        raise invalid(f"{pointer}/changes", "changes_needed", "This decision needs to say what changes.")
    if kind.needs_alternatives and body.alternatives is None:
        detail = "This decision needs to say what else was considered."
        raise invalid(f"{pointer}/alternatives", "alternatives_needed", detail)
    if body.safety_considered and body.safety_words is None:
        raise invalid(f"{pointer}/safety_words", "words_needed", "Say how safety was considered.")
    if body.overrides and body.disagreement is None:
        detail = "An indicator that is overridden needs words on how the clinician sees it."
        raise invalid(f"{pointer}/disagreement", "words_needed", detail)


def _check_next(body: ReviewIn, pointer: str) -> None:
    if body.next_review_on is None:
        return
    if kinds.BY_CODE[body.decision].closes:
        detail = "This decision ends the work; no further review is set."
        raise invalid(f"{pointer}/next_review_on", "not_wanted", detail)
    if body.next_review_on <= body.reviewed_on:
        raise invalid(f"{pointer}/next_review_on", "not_later", "The next review lies after this one.")


def _values(body: ReviewIn, continuing_betrayal: bool) -> dict[str, Any]:
    values = body.model_dump(exclude={"wish_a", "wish_b", "overrides", "reason", "next_review_on"})
    due = body.next_review_on or _due(body.decision, body.reviewed_on, continuing_betrayal)
    return {
        **values,
        **CLINICIAN,
        "wish_a": body.wish_a.words,
        "wish_a_on": body.wish_a.stated_on,
        "wish_b": body.wish_b.words,
        "wish_b_on": body.wish_b.stated_on,
        "overridden": " ".join(dict.fromkeys(body.overrides)),
        "next_review_on": due,
    }


def _due(decision: str, reviewed_on: date, continuing_betrayal: bool) -> date | None:
    return kinds.next_review_on(decision, reviewed_on, continuing_betrayal=continuing_betrayal)


def _continued(row: Row) -> bool:
    """Whether the snapshot of a review says that the betrayal went on."""
    directions = json.loads(row["snapshot"])["stopping"]["directions"]
    return any(way["criteria"]["continuing_betrayal"]["status"] == "met" for way in directions)
