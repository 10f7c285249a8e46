"""What happens to clients' requests: received, prolonged, decided, answered; routes and slices above come in."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from app.chart.chart import Chart, Row
from app.client_requests.kinds import DECISION_BY_CODE, NEEDED
from app.client_requests.schemas import (
    AccessRequestIn,
    AmendmentDecisionIn,
    AmendmentRequestIn,
    DecisionIn,
    IdentityIn,
    OtherPartnerIn,
    ReplyIn,
    StatementIn,
)
from app.client_requests.tables import access_decision, access_request, amendment_request
from app.couples import jurisdictions
from app.couples.case import Case, open_case
from app.couples.service import not_in_future
from app.errors import Refusal, invalid
from app.wire.answers import demand_match, version_tag

Json = dict[str, Any]


def _whole(table: Table) -> Select[Any]:
    return select(*(column for column in table.c if column.name != "practice_id"))


def _one(table: Table) -> Select[Any]:
    return _whole(table).where(table.c.id == bindparam("row", required=True))


_OF_ALL = ("id", "couple_id", "version", "partner_id", "jurisdictions", "received_on", "due_on", "extended")
_AND = ("extension_reason", "recorded_at", "recorded_by", "kept_until")


def _page(table: Table, *names: str) -> Select[Any]:
    """Newest first, below an id."""
    return (
        select(*(table.c[name] for name in (*_OF_ALL, *_AND, *names)))
        .where(table.c.id < bindparam("below", required=True))
        .order_by(table.c.id.desc())
        .limit(bindparam("most", required=True))
    )


_ACCESS, _AMENDMENT = _one(access_request), _one(amendment_request)
_ACCESS_PAGE = _page(access_request, "replied_on")
_AMENDMENT_PAGE = _page(amendment_request, "entry", "entry_id", "outcome", "decided_on")
_DECISIONS = (
    _whole(access_decision)
    .where(access_decision.c.request_id == bindparam("request", required=True))
    .order_by(access_decision.c.id)
)
_ACCESS_OPEN = select(access_request.c.id, access_request.c.due_on).where(
    access_request.c.replied_on.is_(None)
)
_AMENDMENT_OPEN = select(amendment_request.c.id, amendment_request.c.due_on).where(
    amendment_request.c.decided_on.is_(None)
)
_STATEMENTS = (
    select(
        amendment_request.c.id,
        amendment_request.c.entry,
        amendment_request.c.entry_id,
        amendment_request.c.partner_id,
        amendment_request.c.statement,
        amendment_request.c.statement_on,
    )
    .where(amendment_request.c.statement_on.is_not(None))
    .order_by(amendment_request.c.id)
)


# --- what both kinds share ---


def _received(chart: Chart, case: Case, body: AccessRequestIn | AmendmentRequestIn) -> Json:
    case.partner(body.partner_id, "/partner_id")
    not_in_future(chart, body.received_on, "/received_on")
    return {
        **body.model_dump(),
        "jurisdictions": " ".join(dict.fromkeys(body.jurisdictions)),
        "extended": False,
        "kept_until": jurisdictions.LEDGER_KEPT.after(chart.today),
        "recorded_at": chart.at,
        "recorded_by": chart.actor.person_id,
    }


def _shaped(row: Row, today: date, done: str) -> Row:
    overdue = row[done] is None and row["due_on"] < today.isoformat()
    return {**row, "jurisdictions": row["jurisdictions"].split(), "overdue": overdue}


def tag(row: Row) -> str:
    """A request's ETag; that it is overdue comes by itself as days pass."""
    return version_tag({"id": row["id"], "version": f"{row['version']}{'.late' if row['overdue'] else ''}"})


def _held(chart: Chart, row: Row, if_match: str | None, done: str) -> Case:
    """The request's case, held still; refuses a stale ETag and a request that has its answer."""
    demand_match(if_match, tag(row))
    if row[done] is not None:
        raise Refusal("conflict", "The request has its answer already.")
    return open_case(chart, row["couple_id"], held=True)


def _step(chart: Chart, table: Table, row: Row, case: Case, values: Mapping[str, Any]) -> None:
    kept = {"kept_until": jurisdictions.LEDGER_KEPT.after(chart.today)}
    chart.amend(table, row["id"], row["version"], couple_id=row["couple_id"], **kept, **values)
    case.evidence_changed(chart)  # the caseload tells what waits to be answered


def _prolong(
    chart: Chart,
    table: Table,
    row: Row,
    reason: str,
    if_match: str | None,
    done: str,
    until: Callable[[list[str], date], date],
) -> None:
    case = _held(chart, row, if_match, done)
    if row["extended"]:
        raise Refusal("conflict", "The time was prolonged once already.")
    due = until(row["jurisdictions"], date.fromisoformat(row["due_on"]))
    _step(chart, table, row, case, {"extended": True, "due_on": due, "extension_reason": reason})


def _not_before(row: Row, day: date, pointer: str) -> None:
    if day.isoformat() < row["received_on"]:
        raise invalid(pointer, "before_received", "It lies before the request came.")


# --- access ---


def receive(chart: Chart, case: Case, body: AccessRequestIn) -> Row:
    """Record that a partner asks for the record; the clock runs from the day it came."""
    values = _received(chart, case, body)
    values["due_on"] = jurisdictions.access_due(body.jurisdictions, body.received_on)
    request_id = chart.add(access_request, couple_id=case.id, **values)
    case.evidence_changed(chart)
    return read_access(chart, request_id)


def read_access(chart: Chart, request_id: str) -> Row:
    """One request for access with its decisions."""
    row = chart.one(_ACCESS, row=request_id)
    chart.note(couple_id=row["couple_id"], target_id=request_id)
    found = chart.rows(_DECISIONS, couple=row["couple_id"], request=request_id)
    told = ("part", "decision", "grounds", "words", "decided_at", "decided_by")
    decisions = [{name: each[name] for name in told} | {"grounds": each["grounds"].split()} for each in found]
    return {**_shaped(row, chart.today, "replied_on"), "decisions": decisions}


def shaped_access(row: Row) -> Row:
    """A request for access in its wire shape."""
    return {name: value for name, value in row.items() if name != "decided_at"}


def access_requests(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """A couple's requests for access, newest first."""
    rows = chart.rows(_ACCESS_PAGE, couple=couple_id, below=below, most=most)
    return [_shaped(row, chart.today, "replied_on") for row in rows]


def check_identity(chart: Chart, request_id: str, body: IdentityIn, if_match: str | None) -> Row:
    """Record that it was really this partner who asked."""
    row = read_access(chart, request_id)
    case = _held(chart, row, if_match, "replied_on")
    not_in_future(chart, body.checked_on, "/checked_on")
    _step(chart, access_request, row, case, {"identity_on": body.checked_on, "identity_how": body.how})
    return read_access(chart, request_id)


def hear_other_partner(chart: Chart, request_id: str, body: OtherPartnerIn, if_match: str | None) -> Row:
    """Record what the other partner says to it, or why they are not asked."""
    row = read_access(chart, request_id)
    case = _held(chart, row, if_match, "replied_on")
    not_in_future(chart, body.on, "/on")
    _not_before(row, body.on, "/on")
    if body.answer == "not_asked" and body.words is None:
        raise invalid("/words", "words_needed", "Say why the other partner is not asked.")
    values = {"other_partner": body.answer, "other_partner_on": body.on, "other_partner_words": body.words}
    _step(chart, access_request, row, case, values)
    return read_access(chart, request_id)


def decide(chart: Chart, request_id: str, body: DecisionIn, if_match: str | None) -> Row:
    """Decide on one part of the record; a clinician's own act."""
    row = read_access(chart, request_id)
    case = _held(chart, row, if_match, "replied_on")
    chart.actor.demand_clinician()
    wanted = DECISION_BY_CODE[body.decision].needs_ground
    if wanted and not body.grounds:
        raise invalid("/grounds", "ground_needed", "What is not given whole needs a ground.")
    if body.grounds and not wanted:
        raise invalid("/grounds", "not_wanted", "What is given whole needs no ground.")
    values = {**body.model_dump(), "grounds": " ".join(dict.fromkeys(body.grounds))}
    who = {"decided_at": chart.at, "decided_by": chart.actor.person_id}
    chart.add(access_decision, couple_id=case.id, request_id=request_id, **values, **who)
    _step(chart, access_request, row, case, {"decided_at": chart.at})
    return read_access(chart, request_id)


def prolong_access(chart: Chart, request_id: str, reason: str, if_match: str | None) -> Row:
    """Take more time, once."""
    row = read_access(chart, request_id)
    _prolong(chart, access_request, row, reason, if_match, "replied_on", jurisdictions.access_extended)
    return read_access(chart, request_id)


def reply(chart: Chart, request_id: str, body: ReplyIn, if_match: str | None) -> Row:
    """Record the written answer, when every step before it was taken; a clinician's own act."""
    row = read_access(chart, request_id)
    case = _held(chart, row, if_match, "replied_on")
    chart.actor.demand_clinician()
    not_in_future(chart, body.replied_on, "/replied_on")
    _not_before(row, body.replied_on, "/replied_on")
    missing = steps_missing(row)
    if missing:
        raise Refusal("request_incomplete", extra={"missing": missing})
    values = {"replied_on": body.replied_on, "reply": body.words, "review_told": body.review_told}
    _step(chart, access_request, row, case, values)
    return read_access(chart, request_id)


def steps_missing(row: Row) -> list[str]:
    """The steps that must come before the answer."""
    steps = {"identity": row["identity_on"], "other_partner": row["other_partner"]}
    decided = decisions(row)
    return [
        *(name for name, done in steps.items() if done is None),
        *(f"decision:{part}" for part in NEEDED if part not in decided),
    ]


def decisions(row: Row) -> dict[str, str]:
    """The decision that holds for each part that was decided on."""
    return {each["part"]: each["decision"] for each in row["decisions"]}


def request_of(chart: Chart, case: Case, request_id: str, pointer: str) -> Row:
    """The couple's request with an id out of a body; the same refusal for strangers and for nobody."""
    if chart.find(_ACCESS, couple=case.id, row=request_id) is None:
        detail = "This is not one of the couple's requests for access."
        raise invalid(pointer, "unknown_request", detail, "See the couple's requests.")
    return read_access(chart, request_id)


# --- amendment; recording and deciding look the entry up, so that their routes stand above ---


def receive_amendment(chart: Chart, case: Case, body: AmendmentRequestIn) -> Row:
    """Record that a partner asks for an entry to be put right; whoever calls has looked the entry up."""
    values = _received(chart, case, body)
    values["due_on"] = jurisdictions.amend_due(body.jurisdictions, body.received_on)
    request_id = chart.add(amendment_request, couple_id=case.id, **values)
    case.evidence_changed(chart)
    return read_amendment(chart, request_id)


def read_amendment(chart: Chart, request_id: str) -> Row:
    """One request to amend."""
    row = chart.one(_AMENDMENT, row=request_id)
    chart.note(couple_id=row["couple_id"], target_id=request_id)
    return _shaped(row, chart.today, "decided_on")


def amendment_requests(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """A couple's requests to amend, newest first."""
    rows = chart.rows(_AMENDMENT_PAGE, couple=couple_id, below=below, most=most)
    return [_shaped(row, chart.today, "decided_on") for row in rows]


def prolong_amendment(chart: Chart, request_id: str, reason: str, if_match: str | None) -> Row:
    """Take more time, once."""
    row = read_amendment(chart, request_id)
    _prolong(chart, amendment_request, row, reason, if_match, "decided_on", jurisdictions.amend_extended)
    return read_amendment(chart, request_id)


def decide_amendment(chart: Chart, request_id: str, body: AmendmentDecisionIn, if_match: str | None) -> Row:
    """Accept with the entry that was made for it, or deny with the basis; whoever calls has looked the entry up."""
    row = read_amendment(chart, request_id)
    case = _held(chart, row, if_match, "decided_on")
    chart.actor.demand_clinician()
    needed, unwanted = ("linked_id", "basis") if body.outcome == "accepted" else ("basis", "linked_id")
    if getattr(body, needed) is None:
        raise invalid(f"/{needed}", f"{needed}_needed", f"The outcome `{body.outcome}` needs it.")
    if getattr(body, unwanted) is not None:
        raise invalid(f"/{unwanted}", "not_wanted", f"The outcome `{body.outcome}` has none.")
    who = {"decided_on": chart.today, "decided_by": chart.actor.person_id}
    _step(chart, amendment_request, row, case, {**body.model_dump(), **who})
    return read_amendment(chart, request_id)


def state_disagreement(chart: Chart, request_id: str, body: StatementIn, if_match: str | None) -> Row:
    """Keep the partner's statement with the entry; a denial came before it."""
    row = read_amendment(chart, request_id)
    demand_match(if_match, tag(row))
    if row["outcome"] != "denied":
        raise Refusal("conflict", "A statement of disagreement answers a denial.")
    if row["statement_on"] is not None:
        raise Refusal("conflict", "There is a statement already.")
    not_in_future(chart, body.stated_on, "/stated_on")
    case = open_case(chart, row["couple_id"], held=True)
    values = {"statement": body.statement, "statement_on": body.stated_on}
    _step(chart, amendment_request, row, case, values)
    return read_amendment(chart, request_id)


def statements(chart: Chart, couple_id: str) -> list[Row]:
    """The couple's statements of disagreement: which entry each is about, whose it is, and its words."""
    return chart.rows(_STATEMENTS, couple=couple_id)


# --- what waits to be answered ---


def tasks(chart: Chart, couple_id: str) -> list[Json]:
    """Requests without an answer, by the day they are due; neither says whose it is or what it asks."""
    access = chart.rows(_ACCESS_OPEN, couple=couple_id)
    amendment = chart.rows(_AMENDMENT_OPEN, couple=couple_id)
    found = [
        *(_task("access_request_due", "A request for access waits for its answer.", row) for row in access),
        *(
            _task("amendment_request_due", "A request to amend waits to be decided.", row)
            for row in amendment
        ),
    ]
    return sorted(found, key=lambda task: str(task["on"]))


def _task(code: str, text: str, row: Row) -> Json:
    return {"code": code, "text": text, "on": row["due_on"]}
