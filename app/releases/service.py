"""What happens to releases: recipients, authorisations signed and taken back, holds; routes and disclosures come in."""

from datetime import date
from typing import Final

from sqlalchemy import Select, Table, bindparam, select

from app.chart.chart import Chart, Row
from app.couples import holds
from app.couples.case import Case, open_case
from app.couples.jurisdictions import LEDGER_KEPT
from app.couples.service import not_in_future
from app.errors import Refusal, invalid
from app.releases.kinds import CONTENT_BY_CODE
from app.releases.schemas import AuthorisationIn, HoldIn, RecipientIn
from app.releases.tables import authorisation, recipient
from app.wire.answers import demand_match, state_tag, version_tag

SEEING_SAFETY: Final = "safety:read"
KEPT_REASON: Final = "Why nothing may leave is told to those who may read of safety."


def _of_couple(table: Table) -> Select[tuple[object, ...]]:
    return select(*(column for column in table.c if column.name != "practice_id"))


def _page(table: Table) -> Select[tuple[object, ...]]:
    """Newest first, below an id."""
    below = table.c.id < bindparam("below", required=True)
    return _of_couple(table).where(below).order_by(table.c.id.desc()).limit(bindparam("most", required=True))


_RECIPIENT = _of_couple(recipient).where(recipient.c.id == bindparam("row", required=True))
_RECIPIENTS = _page(recipient)
_AUTHORISATION = _of_couple(authorisation).where(authorisation.c.id == bindparam("row", required=True))
_AUTHORISATIONS = _page(authorisation)
_CURRENT = (
    select(authorisation.c.id, authorisation.c.partner_id, authorisation.c.content)
    .where(
        authorisation.c.recipient_id == bindparam("recipient", required=True),
        authorisation.c.expires_on >= bindparam("today", required=True),
        authorisation.c.valid_from <= bindparam("today", required=True),
        authorisation.c.revoked_at.is_(None),
    )
    .order_by(authorisation.c.id)
)


# --- recipients ---


def name_recipient(chart: Chart, case: Case, body: RecipientIn) -> Row:
    """Name somebody to whom something may go."""
    if body.kind == "partner":
        if body.partner_id is None:
            raise invalid("/partner_id", "partner_needed", "Say which partner.")
        if body.name is not None:
            raise invalid("/name", "not_wanted", "A partner has a name already.")
        case.partner(body.partner_id, "/partner_id")
    elif body.partner_id is not None:
        raise invalid("/partner_id", "partner_not_wanted", "Only kind `partner` names a partner.")
    elif body.name is None:
        raise invalid("/name", "name_needed", "Say who it is.")
    values = {**body.model_dump(), "created_at": chart.at, "created_by": chart.actor.person_id}
    return read_recipient(chart, chart.add(recipient, couple_id=case.id, **values))


def read_recipient(chart: Chart, recipient_id: str) -> Row:
    """One recipient."""
    row = chart.one(_RECIPIENT, row=recipient_id)
    chart.note(couple_id=row["couple_id"], target_id=recipient_id)
    return row


def recipient_of(chart: Chart, case: Case, recipient_id: str, pointer: str) -> Row:
    """The couple's recipient with an id out of a body; the same refusal for strangers and for nobody."""
    row = chart.find(_RECIPIENT, couple=case.id, row=recipient_id)
    if row is None:
        detail = "This is not one of the couple's recipients."
        raise invalid(pointer, "unknown_recipient", detail, "See the couple's recipients.")
    return row


def recipients(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """A couple's recipients, newest first."""
    return chart.rows(_RECIPIENTS, couple=couple_id, below=below, most=most)


# --- authorisations ---


def authorise(chart: Chart, case: Case, body: AuthorisationIn) -> Row:
    """Record what one partner signed."""
    case.partner(body.partner_id, "/partner_id")
    recipient_of(chart, case, body.recipient_id, "/recipient_id")
    not_in_future(chart, body.signed_on, "/signed_on")
    if body.expires_on < body.valid_from:
        raise invalid("/expires_on", "end_before_start", "It would end before it begins.")
    values = {
        **body.model_dump(),
        "content": " ".join(code for code in CONTENT_BY_CODE if code in body.content),
        "recorded_at": chart.at,
        "recorded_by": chart.actor.person_id,
        "kept_until": LEDGER_KEPT.after(chart.today),
    }
    return read_authorisation(chart, chart.add(authorisation, couple_id=case.id, **values))


def read_authorisation(chart: Chart, authorisation_id: str) -> Row:
    """One authorisation."""
    row = chart.one(_AUTHORISATION, row=authorisation_id)
    chart.note(couple_id=row["couple_id"], target_id=authorisation_id)
    return shaped(row, chart.today)


def authorisations(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """A couple's authorisations, newest first."""
    rows = chart.rows(_AUTHORISATIONS, couple=couple_id, below=below, most=most)
    return [shaped(row, chart.today) for row in rows]


def revoke(chart: Chart, authorisation_id: str, words: str | None, if_match: str | None) -> Row:
    """Take an authorisation back: no disclosure from now on rests on it; earlier ones stay on the ledger."""
    row = read_authorisation(chart, authorisation_id)
    open_case(
        chart, row["couple_id"], held=True
    )  # a disclosure that is being made is made before or after, not with it
    demand_match(if_match, state_tag(row))
    if row["revoked_at"]:
        raise Refusal("conflict", "The authorisation was taken back already.")
    values = {"revoked_at": chart.at, "revoked_by": chart.actor.person_id, "revocation": words}
    kept = {"kept_until": LEDGER_KEPT.after(chart.today)}
    chart.amend(authorisation, row["id"], row["version"], couple_id=row["couple_id"], **kept, **values)
    return read_authorisation(chart, authorisation_id)


def shaped(row: Row, today: date) -> Row:
    """An authorisation in its wire shape."""
    return {**row, "content": row["content"].split(), "state": _state(row, today.isoformat())}


def _state(row: Row, today: str) -> str:
    if row["revoked_at"]:
        return "revoked"
    if row["expires_on"] < today:
        return "expired"
    return "current" if row["valid_from"] <= today else "not_yet"


def standing(chart: Chart, couple_id: str, recipient_id: str) -> dict[str, dict[str, str]]:
    """For each partner: the content that may go to a recipient today, with the authorisation that says so."""
    found: dict[str, dict[str, str]] = {}
    for row in chart.rows(_CURRENT, couple=couple_id, recipient=recipient_id, today=chart.today):
        own = found.setdefault(row["partner_id"], {})
        own.update(dict.fromkeys(row["content"].split(), row["id"]))
    return found


# --- holds ---


def place_hold(chart: Chart, case: Case, body: HoldIn) -> Row:
    """Place a hold on the case."""
    not_in_future(chart, body.effective_on, "/effective_on")
    return shaped_hold(chart, holds.place(chart, case, body.kind, body.reason, body.effective_on))


def lift_hold(chart: Chart, hold_id: str, reason: str, if_match: str | None) -> Row:
    """Lift a hold; a clinician's own act."""
    row = holds.read(chart, hold_id)
    demand_match(if_match, version_tag(row))
    chart.actor.demand_clinician()
    return shaped_hold(chart, holds.lift(chart, row, reason))


def shaped_hold(chart: Chart, row: Row) -> Row:
    """A hold in its wire shape; why an export lock stands is for those who may read of safety."""
    shown = {**row, "words": holds.BY_CODE[row["kind"]].words}
    if row["kind"] == "export_lock" and SEEING_SAFETY not in chart.actor.scopes:
        # all of them alike: the words of one that a danger placed are always the same, and would tell of it
        shown |= {"reason": KEPT_REASON, "lift_reason": row["lift_reason"] and KEPT_REASON}
    return shown
