"""What happens to what one partner said alone: kept in view, told, made known to both; routes and progress come in."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.calendar import service as calendar
from app.chart.audiences import JOINT as BOTH
from app.chart.chart import Chart, Row
from app.clock import written
from app.confidences.kinds import RELEVANCE_BY_CODE
from app.confidences.schemas import ConfidenceCorrection, ConfidenceFields, ConfidenceIn, SharingIn
from app.confidences.tables import confidence
from app.couples import facts
from app.couples import service as couples
from app.couples.case import JOINT, Case, open_case, open_for_writing
from app.couples.facts import FAR_INSTANT, FactKind
from app.couples.kinds import POLICY_BY_CODE
from app.couples.service import CLINICIAN, not_in_future
from app.errors import Refusal, invalid
from app.markers import service as markers
from app.stages import service as stages
from app.threat_responses import service as threats
from app.wire.answers import demand_match, fact_tag

Json = dict[str, Any]
ITEMS: Final[Mapping[str, FactKind]] = {
    "betrayal": couples.BETRAYAL,
    "cessation": markers.CESSATION,
    "known_date": calendar.known_date_kind(date.min),
    "marker": markers.MARKER,
    "pause": calendar.PAUSE,
    "stage": stages.STAGE,
    "threat_report": threats.REPORT,
}
AREAS: Final[Mapping[str, str]] = {
    "betrayal": "couples",
    "cessation": "markers",
    "known_date": "calendar",
    "marker": "markers",
    "pause": "calendar",
    "stage": "stages",
    "threat_report": "threat reports",
}
"""The part of the API under which partners are told that such an entry was made."""
_OVERDUE: Final = (
    "What was to be told by now is still kept: help with telling it, or pause the work with both."
)
_MADE_KNOWN: Final = "Made known to both partners by an entry of its own."


def _shape(row: Row) -> Row:
    state = "shared" if row["shared_as_id"] else "told" if row["told_on"] else "held"
    return {**row, "state": state}


CONFIDENCE = FactKind(confidence, "noted_on", "confidences", _shape)

_EVIDENCE = facts.evidence(confidence, ("item_id", "disclosure_due", "told_on", "shared_as_id"))


# --- kept in view ---


def record(chart: Chart, case: Case, body: ConfidenceIn) -> Row:
    """Keep an entry of one partner's own in view."""
    item = _item(chart, case.id, body.item_kind, body.item_id)
    if item is None or item["visibility"] != "partner":
        detail = "This is no entry of one partner's own."
        raise invalid(
            "/item_id", "unknown_item", detail, "See the couple's entries with visibility `partner`."
        )
    _check_due(chart, case, body)
    versions = {row["id"] for row in _versions(chart, ITEMS[body.item_kind], item)}
    if any(row["item_id"] in versions for row in _standing(chart, case.id)):
        raise Refusal("conflict", "This entry is kept in view already.")
    whose = {"item_id": item["id"], "partner_id": item["visible_partner_id"], "noted_on": chart.today}
    values = {**body.model_dump(), **whose, **CLINICIAN}
    return facts.record(chart, CONFIDENCE, case, values)


def correct(chart: Chart, confidence_id: str, body: ConfidenceCorrection, if_match: str | None) -> Row:
    """Say how it stands now: how it bears on the work, until when it is told, or that it was."""
    row = facts.get(chart, CONFIDENCE, confidence_id)
    case = open_for_writing(chart, row["couple_id"])
    not_in_future(chart, body.told_on, "/told_on")
    _check_due(chart, case, body)
    values = {**_kept(row), **body.model_dump(exclude={"reason"})}
    return facts.correct(chart, CONFIDENCE, row, case, if_match, values, body.reason)


def void(chart: Chart, confidence_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a confidence as entered in error; the entry itself stays as it is."""
    row = facts.get(chart, CONFIDENCE, confidence_id)
    return facts.void(chart, CONFIDENCE, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _check_due(chart: Chart, case: Case, body: ConfidenceFields) -> None:
    """A day for telling belongs to limited secrets; under `confidential` nobody sets a term."""
    code, _ = couples.policy_in_force(chart, case.id)
    policy = POLICY_BY_CODE[code] if code else None
    needed = (
        RELEVANCE_BY_CODE[body.relevance].must_come_out and policy is not None and policy.has_disclosure_dates
    )
    if needed and body.disclosure_due is None:
        detail = "Under limited secrets, what makes the work misleading is told by an agreed day."
        raise invalid("/disclosure_due", "due_needed", detail)
    if body.disclosure_due is not None and policy is not None and policy.needs_written_permission:
        raise invalid(
            "/disclosure_due", "due_not_wanted", "Under this policy nobody has to tell.", "Leave it out."
        )


def _kept(row: Row) -> Json:
    names = ("item_kind", "item_id", "partner_id", "noted_on", "permission_on", "shared_on", "shared_as_id")
    return {**{name: row[name] for name in names}, **CLINICIAN}


def _standing(chart: Chart, couple_id: str) -> list[Row]:
    return facts.current(chart.rows(_EVIDENCE, couple=couple_id, known=FAR_INSTANT))


# --- made known to both ---


def share(chart: Chart, confidence_id: str, body: SharingIn, if_match: str | None) -> Row:
    """Make a joint entry of one partner's own: who did so, when and on what permission stays on record.

    The joint entry is a new one and tells nothing of the old; the old one counts no longer and stays in the history.
    """
    row = facts.get(chart, CONFIDENCE, confidence_id)
    case = open_for_writing(chart, row["couple_id"])
    demand_match(if_match, fact_tag(row))
    if row["shared_as_id"] is not None:
        raise Refusal("conflict", "It is known to both already.")
    kind = ITEMS[row["item_kind"]]
    item = _item(chart, case.id, row["item_kind"], row["item_id"])
    if item is None or item["visibility"] != "partner":
        raise Refusal("conflict", "The entry is no longer one partner's own.")
    _demand_direction_known(chart, case, row["item_kind"], item)
    _demand_grounds_known(chart, case, row["item_kind"], {**item, **JOINT})
    _demand_permission(chart, case, body, _until_recorded(chart, kind, item))
    facts.void(chart, kind, item, case, fact_tag(item), _MADE_KNOWN)
    made = facts.record(chart, kind, case, _told(kind, item))
    values = {
        **_kept(row),
        **{name: row[name] for name in ("relevance", "disclosure_due", "words", "told_on")},
        "permission_on": body.permission_on,
        "shared_on": chart.today,
        "shared_as_id": made["id"],
    }
    shared = facts.correct(chart, CONFIDENCE, row, case, if_match, values, body.reason)
    # an entry without the line of its making would tell both that one of them had said it alone before
    chart.note(couple_id=case.id, target_id=made["id"], seen_by=JOINT, area=AREAS[row["item_kind"]])
    return shared


def _demand_direction_known(chart: Chart, case: Case, item_kind: str, item: Row) -> None:
    """What lies in a direction that the other knows nothing of would not be told: its betrayal comes first."""
    way = item["direction_id"]
    known = {each.id for each in open_case(chart.for_audience(BOTH), case.id).directions}
    if item_kind != "betrayal" and way is not None and way not in known:
        raise Refusal("conflict", "Its direction is one partner's own: make a betrayal in it known first.")


def _demand_grounds_known(chart: Chart, case: Case, item_kind: str, told: Json) -> None:
    """What both are told rests on what both know, whether it was recorded for them or is made known to them."""
    known = True
    if item_kind == "marker":
        known = markers.rests_on_known(chart, case.id, told)
    elif item_kind == "threat_report":
        betrayals = couples.betrayal_evidence(chart, case.id, FAR_INSTANT)
        known = told["window_start"] >= (
            couples.discovered_on(betrayals, told["direction_id"], told) or date.min.isoformat()
        )
    if not known:
        raise Refusal("conflict", "What it rests on is one partner's own: make that known first.")


def _demand_permission(chart: Chart, case: Case, body: SharingIn, until_recorded: str) -> None:
    """What was said under one policy is not set free by the next: both must allow it."""
    not_in_future(chart, body.permission_on, "/permission_on")
    policies = (couples.policy_in_force(chart, case.id, known) for known in (until_recorded, FAR_INSTANT))
    if body.permission_on is None and not all(_frees(code, agreed) for code, agreed in policies):
        raise Refusal("permission_needed")


def _frees(code: str | None, agreed: bool) -> bool:
    return agreed and code is not None and not POLICY_BY_CODE[code].needs_written_permission


def _until_recorded(chart: Chart, kind: FactKind, item: Row) -> str:
    """The instant before which all is known that was on record when an entry came there, before its corrections."""
    first = _versions(chart, kind, item)[-1]
    at = datetime.fromisoformat(first["source_recorded_at"] or first["recorded_at"])
    return written(at + timedelta(microseconds=1))  # a policy of the same instant came in one file with it


def _versions(chart: Chart, kind: FactKind, item: Row) -> list[Row]:
    """An entry and those that it corrects, near and far, the newest first."""
    found = [item]
    while found[-1]["supersedes_id"] is not None:
        found.append(chart.one(facts.single(kind.table), row=found[-1]["supersedes_id"], known=FAR_INSTANT))
    return found


def _told(kind: FactKind, item: Row) -> Json:
    """The content of an entry for both: what happened, without the session in which it was said alone."""
    content = {name: value for name, value in item.items() if name in facts.content_of(kind.table)}
    return {**content, **JOINT, **({"session_id": None} if "session_id" in content else {})}


def _item(chart: Chart, couple_id: str, item_kind: str, item_id: str) -> Row | None:
    """The newest version of an entry of this couple; None when there is none that stands."""
    statement = facts.single(ITEMS[item_kind].table)
    row = chart.find(statement, couple=couple_id, row=item_id, known=FAR_INSTANT)
    while row is not None and row["superseded_by"] is not None:
        row = chart.find(statement, couple=couple_id, row=row["superseded_by"], known=FAR_INSTANT)
    return None if row is None or row["entered_in_error"] else row


# --- what waits to be told ---


def tasks(chart: Chart, couple_id: str) -> list[Json]:
    """Under limited secrets, what was to be told by now; says neither whose it is nor what."""
    code, _ = couples.policy_in_force(chart, couple_id)
    if code is None or not POLICY_BY_CODE[code].has_disclosure_dates:
        return []
    held = (row for row in _standing(chart, couple_id) if not row["told_on"] and not row["shared_as_id"])
    due = sorted(str(row["disclosure_due"]) for row in held if row["disclosure_due"])
    today = chart.today.isoformat()
    return [{"code": "disclosure_overdue", "text": _OVERDUE, "on": day} for day in due if day < today]
