"""What happens when content leaves: permission first, then the copy, then the ledger; routes come in."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, bindparam, or_, select

from app.chart.chart import Chart, Row
from app.client_requests import service as requests
from app.couples import holds
from app.couples import service as couples
from app.couples.case import Case, open_case
from app.couples.facts import FAR_INSTANT
from app.couples.jurisdictions import LEDGER_KEPT
from app.disclosures import content
from app.disclosures.content import Part
from app.disclosures.kinds import NEVER
from app.disclosures.permission import Ruling, Wanted, rulings
from app.disclosures.schemas import DisclosureIn
from app.disclosures.tables import disclosure, disclosure_part
from app.errors import Refusal, invalid, not_found
from app.practice import service as practice
from app.progress import joint
from app.releases import service as releases
from app.releases.kinds import CONTENT_BY_CODE
from app.safety import service as safety
from app.sessions import service as sessions

Json = dict[str, Any]
FORMAT: Final = "mendline-disclosure/1"
SEEING_SAFETY: Final = "safety:read"

_LEDGER: Select[Any] = select(*(column for column in disclosure.c if column.name != "practice_id"))
_ONE = _LEDGER.where(disclosure.c.id == bindparam("row", required=True))
_PAGE = (
    _LEDGER.where(disclosure.c.id < bindparam("below", required=True))
    .order_by(disclosure.c.id.desc())
    .limit(bindparam("most", required=True))
)
_PARTS = (
    select(*(column for column in disclosure_part.c if column.name != "practice_id"))
    .where(disclosure_part.c.disclosure_id == bindparam("disclosure", required=True))
    .order_by(disclosure_part.c.id)
)
_ACCOUNT = (
    select(
        disclosure_part.c.id,
        disclosure_part.c.disclosure_id,
        disclosure_part.c.content,
        disclosure_part.c.partner_id,
        disclosure_part.c.authorisation_a_id,
        disclosure_part.c.authorisation_b_id,
        disclosure_part.c.amount,
        disclosure_part.c.digest,
        disclosure.c.recipient_id,
        disclosure.c.partner_id.label("copy_of"),
        disclosure.c.access_request_id,
        disclosure.c.made_on,
        disclosure.c.made_at,
    )
    .join(
        disclosure,
        (disclosure.c.practice_id == disclosure_part.c.practice_id)
        & (disclosure.c.id == disclosure_part.c.disclosure_id),
    )
    .where(
        or_(
            disclosure_part.c.partner_id.is_(None),
            disclosure_part.c.partner_id == bindparam("partner", required=True),
        ),
        disclosure_part.c.id < bindparam("below", required=True),
    )
    .order_by(disclosure_part.c.id.desc())
    .limit(bindparam("most", required=True))
)


@dataclass(frozen=True, slots=True)
class Order:
    """A disclosure as it was asked for, checked and ruled on."""

    body: DisclosureIn
    case: Case
    recipient: Row
    rulings: list[Ruling]

    @property
    def missing(self) -> list[Json]:
        """Whose authorisation is missing for what."""
        return [
            {"partner_id": who, "content": each.content, "whose": each.partner_id}
            for each in self.rulings
            for who in each.missing
        ]

    @property
    def may_leave(self) -> bool:
        """A full copy holds all or does not leave; a one-partner copy holds at least something."""
        every = all if self.body.form == "full" else any
        return every(each.permitted for each in self.rulings)


# --- before anything leaves ---


def order(chart: Chart, case: Case, body: DisclosureIn) -> Order:
    """Check what is asked for and rule on each class of content."""
    recipient = releases.recipient_of(chart, case, body.recipient_id, "/recipient_id")
    _check_form(case, body, recipient)
    _demand_scopes(chart, body)
    decided = _decided(chart, case, body, recipient)
    policies = couples.policies_heeded(chart, case.id)
    wanted = Wanted(body.content, case.partner_ids, body.partner_id, policies, decided)
    return Order(body, case, recipient, rulings(wanted, releases.standing(chart, case.id, recipient["id"])))


def _check_form(case: Case, body: DisclosureIn, recipient: Row) -> None:
    if body.form == "full" and body.partner_id is not None:
        raise invalid("/partner_id", "partner_not_wanted", "Only form `one_partner` names a partner.")
    if body.form == "one_partner" and body.partner_id is None:
        raise invalid("/partner_id", "partner_needed", "Say whose copy it is.")
    if body.partner_id is not None:
        case.partner(body.partner_id, "/partner_id")
    if recipient["partner_id"] not in (None, body.partner_id):
        detail = "A partner is given that partner's own copy and no other."
        raise invalid("/form", "own_copy_only", detail, "Use form `one_partner` for the recipient.")


def _demand_scopes(chart: Chart, body: DisclosureIn) -> None:
    for code in body.content:
        scope = CONTENT_BY_CODE[code].scope
        if scope not in chart.actor.scopes:
            raise Refusal("insufficient_scope", f"Letting {code} out needs the scope {scope}.")


def _decided(chart: Chart, case: Case, body: DisclosureIn, recipient: Row) -> dict[str, str] | None:
    """The decisions of the request for access that a copy answers; it is the partner's own, identity checked."""
    where = "/access_request_id"
    if body.access_request_id is None:
        return None
    row = requests.request_of(chart, case, body.access_request_id, where)
    if row["partner_id"] != body.partner_id:
        raise invalid(where, "not_their_request", "It is not the request of the partner whose copy this is.")
    if recipient["partner_id"] != body.partner_id:
        detail = "A request for access is answered to the partner who asked, and to nobody else."
        hint = "Anybody else is given something on an authorisation that the partner signed for them."
        raise invalid(where, "not_to_who_asked", detail, hint)
    if row["identity_on"] is None:
        raise invalid(where, "identity_unchecked", "It is not made sure yet who asked.")
    return requests.decisions(row)


def preview(chart: Chart, couple_id: str, body: DisclosureIn) -> Json:
    """What a disclosure would hold and what is missing; nothing leaves and nothing is written."""
    asked = order(chart, open_case(chart, couple_id), body)
    parts = [_preview_part(chart, asked, each) for each in asked.rulings]
    chart.note(couple_id=couple_id, target_id=couple_id)
    return {
        "would_leave": asked.may_leave and not holds.locked(chart, couple_id),
        "parts": parts,
        "missing": asked.missing,
        "cautions": _cautions(chart, asked.case),
    }


def _preview_part(chart: Chart, asked: Order, ruling: Ruling) -> Json:
    part = _part(chart, asked, ruling) if ruling.permitted else None
    return {
        "content": ruling.content,
        "partner_id": ruling.partner_id,
        "permitted": ruling.permitted,
        "ground": ruling.ground,
        "amount": len(part.ids) if part else 0,
    }


def _cautions(chart: Chart, case: Case) -> list[str]:
    sees = SEEING_SAFETY in chart.actor.scopes
    asked = {
        "export_locked": holds.locked(chart, case.id),
        "safety_concern_open": sees and bool(safety.open_concerns(chart, case.id, FAR_INSTANT)),
        "drafts_left_out": bool(
            sessions.listed(chart, case.id, state="draft", history=False, place=[], most=1)
        ),
    }
    return [code for code, so in asked.items() if so]


# --- letting it out ---


def disclose(chart: Chart, couple_id: str, body: DisclosureIn) -> Row:
    """Make the copy and write it on the ledger, in one transaction; the copy itself is kept nowhere."""
    case = open_case(chart, couple_id, held=True)  # nobody takes an authorisation back meanwhile
    chart.actor.demand_clinician()
    holds.demand_not_locked(chart, couple_id)
    asked = order(chart, case, body)
    if not asked.may_leave:
        raise Refusal("authorisation_missing", extra={"missing": asked.missing})
    given, document = copied(chart, asked)
    if any(each.content == "indicators" for each, _ in given):
        joint.ended_unless_it_stands(chart, couple_id)  # a copy without it is not followed by one with it
    disclosure_id = _write(chart, asked, given, document)
    return {**read(chart, disclosure_id), "document": document}


def copied(chart: Chart, asked: Order) -> tuple[list[tuple[Ruling, Part]], Json]:
    """What is permitted, with the ruling that it rests on, and the copy made of it; nothing is written."""
    given = [(each, _part(chart, asked, each)) for each in asked.rulings if each.permitted]
    return given, _document(chart, asked, [part for _, part in given])


def _part(chart: Chart, asked: Order, ruling: Ruling) -> Part:
    labelled = asked.body.label_events
    return content.gathered(chart, asked.case, ruling.content, ruling.partner_id, labelled=labelled)


def _document(chart: Chart, asked: Order, parts: list[Part]) -> Json:
    """The copy: nothing in it depends on what was withheld, but for the classes that were asked for."""
    recipient = {name: asked.recipient[name] for name in ("kind", "name", "partner_id")}
    home = practice.home(chart)
    statements = _statements(chart, asked.case)
    return {
        "format": FORMAT,
        "practice": home["name"] if home else "",
        "made_on": chart.today.isoformat(),
        "form": asked.body.form,
        "recipient": recipient,
        "partners": couples.read(chart, asked.case.id)["partners"],
        "parts": [_told(part, content.disagreements(statements, part)) for part in parts],
        "manifest": manifest(asked.rulings),
    }


def _told(part: Part, statements: list[Json]) -> Json:
    return {
        "content": part.content,
        "partner_id": part.partner_id,
        "entries": part.entries,
        "statements_of_disagreement": statements,
    }


def manifest(ruled: list[Ruling]) -> Json:
    """What a copy holds and what was withheld: made from what was asked and signed for, never from what there is."""
    withheld = [
        {"content": each.content, "partner_id": each.partner_id, "ground": each.ground}
        for each in ruled
        if each.ground is not None
    ]
    given = list(dict.fromkeys(each.content for each in ruled if each.permitted))
    return {"given": given, "withheld": withheld, "never": list(NEVER)}


def _statements(chart: Chart, case: Case) -> list[Row]:
    """Statements of disagreement under the id that their entry has today."""
    return [
        {**row, "about_id": content.newest(chart, case, row["entry"], row["entry_id"])}
        for row in requests.statements(chart, case.id)
    ]


def digest(document: Any) -> str:
    """SHA-256 of a document in its one spelling."""
    spelled = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _write(chart: Chart, asked: Order, given: list[tuple[Ruling, Part]], document: Json) -> str:
    disclosure_id = chart.add(
        disclosure,
        couple_id=asked.case.id,
        recipient_id=asked.recipient["id"],
        form=asked.body.form,
        partner_id=asked.body.partner_id,
        access_request_id=asked.body.access_request_id,
        digest=digest(document),
        made_on=chart.today,
        made_at=chart.at,
        made_by=chart.actor.person_id,
        kept_until=LEDGER_KEPT.after(chart.today),
    )
    for (ruling, part), told in zip(given, document["parts"], strict=True):
        chart.add(
            disclosure_part,
            couple_id=asked.case.id,
            disclosure_id=disclosure_id,
            content=part.content,
            partner_id=part.partner_id,
            authorisation_a_id=ruling.basis[0],
            authorisation_b_id=ruling.basis[1],
            amount=len(part.ids),
            entries=json.dumps(part.ids),
            digest=digest(told),
        )
    return disclosure_id


# --- the ledger ---


def read(chart: Chart, disclosure_id: str) -> Row:
    """One disclosure with its parts."""
    row = chart.one(_ONE, row=disclosure_id)
    chart.note(couple_id=row["couple_id"], target_id=disclosure_id)
    parts = chart.rows(_PARTS, couple=row["couple_id"], disclosure=disclosure_id)
    return {**row, "parts": [_ledger_part(chart, each) for each in parts]}


def _ledger_part(chart: Chart, row: Row) -> Row:
    bases = (row["authorisation_a_id"], row["authorisation_b_id"])
    told = {name: row[name] for name in ("content", "partner_id")}
    rests_on = [each for each in bases if each is not None]
    what = _measured(chart, row)
    entries = json.loads(row["entries"]) if what["digest"] else []
    return {**told, **what, "entries": entries, "authorisation_ids": rests_on}


def _measured(chart: Chart, row: Row) -> Row:
    """How much left, for who might have let it out: the number of screens tells of safety, and so does a digest that
    anybody can make of none."""
    may = CONTENT_BY_CODE[row["content"]].scope in chart.actor.scopes
    return {name: row[name] if may else None for name in ("amount", "digest")}


def listed(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """The couple's disclosures, newest first."""
    rows = chart.rows(_PAGE, couple=couple_id, below=below, most=most)
    return [{name: value for name, value in row.items() if name != "access_request_id"} for row in rows]


def account(chart: Chart, case: Case, partner_id: str, below: str, most: int) -> list[Row]:
    """What of one person went to whom, newest first: what belongs to both, and this person's own."""
    if partner_id not in case.partner_ids:
        raise not_found()
    rows = chart.rows(_ACCOUNT, couple=case.id, partner=partner_id, below=below, most=most)
    known: dict[str, Row] = {}
    return [_account_line(chart, case, partner_id, row, known) for row in rows]


def _account_line(chart: Chart, case: Case, partner_id: str, row: Row, known: dict[str, Row]) -> Row:
    """A line tells this person's own authorisation and request, never the other's."""
    told = (
        "id",
        "disclosure_id",
        "content",
        "partner_id",
        "made_on",
        "made_at",
    )
    who = row["recipient_id"]  # not told: its id says when the other may first have named them
    if who not in known:
        known[who] = releases.recipient_of(chart, case, who, "")
    first = partner_id == case.partner_ids[0]
    return {
        **{name: row[name] for name in told},
        **_measured(chart, row),
        "recipient_kind": known[who]["kind"],
        "recipient_name": known[who]["name"],
        "authorisation_id": row["authorisation_a_id" if first else "authorisation_b_id"],
        "access_request_id": row["access_request_id"] if row["copy_of"] == partner_id else None,
    }
