"""A couple with something of everybody on record, and copies of it; the tests of disclosures come in."""

from datetime import date
from typing import Any

from tests.people import Caller, Json, a_betrayal, a_couple, partner
from tests.progress.records import a_cessation, a_concern, a_marker, a_report, a_session
from tests.releases.papers import a_recipient, of, signed

DAY = date(2026, 2, 20)
ALL = (
    *("conjoint_sessions", "markers", "threat_reports", "commitments", "summary", "indicators"),
    *("individual_sessions", "safety_screens"),
)
CONSENTED = {"agreed_on": "2026-02-01", "acknowledged_by_a": True, "acknowledged_by_b": True}


def a_note(words: str) -> Json:
    """A narrative note."""
    return {"format": "narrative", "text": words}


def alone_with(caller: Caller, couple: Json, side: str, words: str, **changes: Any) -> Json:
    """A signed session with one partner alone, told to that partner."""
    here = {side: {"status": "attended"}}
    body = {"with_partner": side, "attendance": here, "note": a_note(words), "sign": True}
    return a_session(caller, couple, DAY, "individual", **{**body, "visibility": "partner", **changes})


def told_by(couple: Json, side: str) -> Json:
    """The visibility of what one partner said alone."""
    return {"visibility": "partner", "visible_partner_id": partner(couple, side)}


def a_commitment(caller: Caller, couple: Json, **changes: Any) -> Json:
    """Something that partner B will do."""
    body = {
        "owner_partner_id": partner(couple, "b"),
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
        "evidence_agreed": "Statements seen together",
        "made_on": "2026-02-20",
        "review_on": "2026-04-13",
        "agreed_by_both": True,
        **changes,
    }
    return caller.made(of(couple, "commitments"), body)


def a_check_in(caller: Caller, commitment: Json, **changes: Any) -> Json:
    """It was kept."""
    body = {"checked_on": "2026-03-01", "outcome": "kept", **changes}
    return caller.made(f"/v1/commitments/{commitment['id']}/check-ins", body)


def a_screen(caller: Caller, couple: Json, side: str, **changes: Any) -> Json:
    """A safety screen of one partner."""
    body = {
        "partner_id": partner(couple, side),
        "screened_on": str(DAY),
        "separately": True,
        "result": "no_concern_stated",
        "details": f"Screen of {side}",
        **changes,
    }
    return caller.made(of(couple, "safety-screens"), body)


def a_full_record(caller: Caller) -> Json:
    """A couple with something that belongs to both, and something of partner A alone."""
    couple = a_couple(caller, policy={**CONSENTED, "code": "limited_secrets"})
    a_session(caller, couple, DAY, note=a_note("Both were there."), sign=True)
    a_session(caller, couple, DAY, note=a_note("A draft."))
    a_marker(caller, couple, "ACC-FULL", DAY, words="Said it without a but.", about_id=partner(couple, "b"))
    a_cessation(caller, couple, "self_reported", DAY)
    a_report(caller, couple, DAY, 12)
    a_check_in(caller, a_commitment(caller, couple))
    alone_with(caller, couple, "a", "What A said alone.")
    a_marker(caller, couple, "TRN-PRO", DAY, words="Told by A alone.", **told_by(couple, "a"))
    a_screen(caller, couple, "a")
    return couple


def b_alone(caller: Caller, couple: Json) -> None:
    """All sorts of things that partner B said or gave alone, and that the team keeps for itself."""
    alone_with(caller, couple, "b", "What B said alone.")
    alone_with(caller, couple, "b", "Not even B.", visibility="clinician")
    mine = told_by(couple, "b")
    a_marker(caller, couple, "TRN-CONCEAL", DAY, words="Told by B alone.", **mine)
    a_marker(caller, couple, "ACC-DENY", DAY, words="For the team.", visibility="clinician")
    earlier = a_betrayal(affected="b", kind="sexual_affair", came_to_light_on="2024-01-01", **mine)
    caller.made(of(couple, "betrayals"), earlier)
    caller.made(of(couple, "betrayals"), a_betrayal(came_to_light_on="2024-02-01", **mine))
    a_cessation(caller, couple, "continuing", DAY, grade="admitted", direction_id=_way(couple), **mine)
    a_check_in(caller, a_commitment(caller, couple, direction_id=_way(couple), **mine), **mine)
    a_screen(caller, couple, "b")
    a_concern(caller, couple)


def _way(couple: Json) -> str:
    return str(couple["directions"][0]["id"])


def both_signed(caller: Caller, couple: Json, content: tuple[str, ...] = ALL) -> Json:
    """A recipient for whom both partners have signed."""
    recipient = a_recipient(caller, couple)
    for side in "ab":
        signed(caller, couple, side, recipient, content)
    return recipient


def wanted(recipient: Json, content: tuple[str, ...] = ALL, **changes: Any) -> Json:
    """A disclosure as a caller asks for it."""
    return {"recipient_id": recipient["id"], "form": "full", "content": list(content), **changes}


def copy_for(caller: Caller, couple: Json, recipient: Json, side: str = "a", **changes: Any) -> Json:
    """A one-partner copy, made."""
    body = wanted(recipient, form="one_partner", partner_id=partner(couple, side), **changes)
    return caller.made(of(couple, "disclosures"), body)
