"""Requests that look into the record: split for access, entries to be put right; disclosures' routes come in."""

from typing import Any

from app.chart.chart import Chart, Row
from app.client_requests import service as requests
from app.client_requests.kinds import PARTS
from app.client_requests.schemas import AmendmentDecisionIn, AmendmentRequestIn
from app.couples.case import open_case
from app.disclosures import content
from app.disclosures.kinds import OTHERS_OWN, SPLIT_NOTES
from app.errors import invalid

Json = dict[str, Any]
SEEING_SAFETY = "safety:read"


def split(chart: Chart, request_id: str) -> Json:
    """The record split for a request for access, with amounts and what was decided; for the treating team."""
    row = requests.read_access(chart, request_id)
    case = open_case(chart, row["couple_id"])
    amounts = content.amounts(chart, case, row["partner_id"])
    if SEEING_SAFETY not in chart.actor.scopes:
        amounts = {name: value for name, value in amounts.items() if name != "own_safety"}
    chart.note(couple_id=case.id, target_id=request_id)
    return {
        "access_request_id": request_id,
        "partner_id": row["partner_id"],
        "parts": [*_split_parts(amounts, requests.decisions(row))],
        "notes": list(SPLIT_NOTES),
    }


def _split_parts(amounts: dict[str, int], decided: dict[str, str]) -> list[Json]:
    words = {part.code: part.words for part in PARTS}
    return [
        {
            "part": code,
            "words": words.get(code, OTHERS_OWN),
            "amount": amounts.get(code),
            "decision": decided.get(code),
            "may_be_decided": code in words,
        }
        for code in (*words, "other_individual")
    ]


def receive_amendment(chart: Chart, couple_id: str, body: AmendmentRequestIn) -> Row:
    """Record that a partner asks for an entry to be put right: one that there is, and that is not the other's own."""
    case = open_case(chart, couple_id, held=True)
    case.partner(body.partner_id, "/partner_id")
    row = content.entry(chart, case, body.entry, body.entry_id)
    theirs = row is not None and row["visible_partner_id"] in (None, body.partner_id)
    if not theirs:
        detail = "This is not an entry of that kind that this partner could ask about."
        raise invalid("/entry_id", "unknown_entry", detail)
    return requests.receive_amendment(chart, case, body)


def decide_amendment(chart: Chart, request_id: str, body: AmendmentDecisionIn, if_match: str | None) -> Row:
    """Accept a request with the addendum or correction made for it, or deny it with its basis."""
    row = requests.read_amendment(chart, request_id)
    case = open_case(chart, row["couple_id"], held=True)
    linked = body.linked_id if body.outcome == "accepted" else None
    if linked is not None and not content.corrects(chart, case, row["entry"], row["entry_id"], linked):
        detail = "This is neither an addendum to the entry nor a correction of it."
        raise invalid("/linked_id", "unknown_entry", detail, "Make it first, then accept.")
    return requests.decide_amendment(chart, request_id, body, if_match)
