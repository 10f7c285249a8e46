"""What happens to commitments: checked, agreed, checked in on, closed; routes, sessions and progress come in."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, or_, select

from app.chart.chart import Chart, Row
from app.commitments import rhythm
from app.commitments.cadence import AnyCadence, in_words
from app.commitments.concreteness import CommitmentDraft, Finding, check, opened
from app.commitments.keeping import CheckedIn, keeping
from app.commitments.outcomes import BY_CODE
from app.commitments.schemas import CheckInEntry, CheckInIn, CommitmentIn
from app.commitments.tables import check_in as check_in_table
from app.commitments.tables import commitment
from app.couples import facts
from app.couples import service as couples
from app.couples.case import Case, open_for_writing, seen_by
from app.couples.facts import FAR_DAY, FAR_INSTANT, FactKind
from app.couples.service import demand_come, not_in_future
from app.errors import FieldError, InvalidInput, Refusal, invalid
from app.safety import service as safety
from app.wire.pages import Looking

Closings = dict[str, Row]

# The checks speak of a draft; their findings are told by the names of the wire.
_POINTERS = {"/actor": "/owner_partner_id", "/evidence": "/evidence_agreed"}
_NOT_AGREED = Finding(
    "warn",
    "not_agreed",
    "/agreed_by_both",
    "It is not agreed by both.",
    "Keep it as a proposal, and ask each, alone, whether it is wanted.",
)

_EVIDENCE = facts.evidence(
    commitment, ("first_id", "direction_id", "owner_partner_id", "made_on", "visibility")
)
_CHECK_INS = facts.evidence(check_in_table, ("commitment_id", "checked_on", "outcome", "visibility"))
_CHECK_INS_OF_ONE = _CHECK_INS.where(check_in_table.c.commitment_id == bindparam("first", required=True))
_ENTRY = select(commitment.c.id, commitment.c.first_id, commitment.c.supersedes_id).where(
    commitment.c.id == bindparam("row", required=True)
)
_ENTRIES = select(
    commitment.c.id,
    commitment.c.supersedes_id,
    commitment.c.entered_in_error,
    commitment.c.made_on,
    commitment.c.visibility,
    commitment.c.visible_partner_id,
).where(
    or_(
        commitment.c.id == bindparam("first", required=True),
        commitment.c.first_id == bindparam("first", required=True),
        commitment.c.supersedes_id == bindparam("first", required=True),
    )
)


# --- what the checks say ---


@dataclass(frozen=True)
class Examined:
    """A draft as the checks see it; `cadence` is None when it could not be read."""

    made_on: date
    cadence: AnyCadence | None
    findings: list[Finding]
    answers_access: bool

    def of(self, level: str) -> list[Finding]:
        """The findings of one level."""
        return [finding for finding in self.findings if finding.level == level]


def examine(
    chart: Chart,
    case: Case,
    body: CommitmentIn,
    *,
    usual: date | None = None,
    source: str | None = None,
    pointer: str = "",
) -> Examined:
    """Everything worth saying about a draft, before anything is stored; made on the `usual` day, else today, or on
    the day of its session when that lies ahead of ours."""
    made_on = body.made_on or usual or max(chart.today, case.held_on or chart.today)
    not_in_future(chart, made_on, f"{pointer}/made_on", case.day_there, usual)
    cadence, wrong = rhythm.read(body.cadence, made_on) if body.cadence else (None, [])
    found = check(_draft(chart, case, body, made_on, cadence, pointer))
    blocks = [finding for finding in found if finding.level == "block"]
    if blocks and _access_cleared(chart, case, made_on if source else chart.today):
        found = [finding for finding in found if finding.level != "block"]
    said = [finding for finding in found if not (wrong and finding.code == "no_cadence")]
    agreed = [] if body.agreed_by_both else [_NOT_AGREED]
    return Examined(made_on, cadence, [*wrong, *said, *agreed], bool(blocks))


def preview(chart: Chart, case: Case, body: CommitmentIn) -> Row:
    """What recording a commitment would say."""
    examined = examine(chart, case, body)
    chart.note(couple_id=case.id, seen_by=seen_by(body, case))  # nobody else is told that it was thought of
    if body.direction_id is not None:
        case.direction(body.direction_id, "/direction_id")
    cadence, given = examined.cadence, body.cadence
    dates = []
    if cadence is not None and given is not None:
        dates = rhythm.upcoming(cadence, given.starts_on or examined.made_on, given.exdates, chart.today)
    return {
        "acceptable": all(finding.level == "warn" for finding in examined.findings),
        "findings": [_told(finding) for finding in examined.findings],
        "answers_access": examined.answers_access,
        "reading": in_words(cadence) if cadence is not None else None,
        "next_dates": dates,
    }


def _draft(
    chart: Chart, case: Case, body: CommitmentIn, made_on: date, cadence: AnyCadence | None, pointer: str
) -> CommitmentDraft:
    owner = body.owner_partner_id and case.partner(body.owner_partner_id, f"{pointer}/owner_partner_id")
    # "A." on file is "A" in a sentence.
    people = couples.read(chart, case.id)["partners"]
    names = {person["id"]: person["name"].replace(".", " ") for person in people}
    own_name = names.pop(owner, "") if owner else ""
    return CommitmentDraft(
        made_on=made_on,
        actor=owner,
        action=body.action,
        cadence=cadence,
        review_on=body.review_on,
        context=body.context or "",
        evidence=body.evidence_agreed or "",
        actor_name=own_name,
        other_name=next(iter(names.values())) if owner else "",
    )


def _access_cleared(chart: Chart, case: Case, on: date) -> bool:
    """Both screens hold and no concern is open. Both are always asked, so that the answer tells neither apart."""
    screened = safety.both_screened(chart, case, on)
    concerns = safety.open_concerns(chart, case.id, FAR_INSTANT, on)
    return screened and all(row["raised_on"] > on.isoformat() for row in concerns)


def _told(finding: Finding, pointer: str = "") -> Row:
    where = pointer + _POINTERS.get(finding.pointer, finding.pointer)
    return {
        "level": finding.level,
        "code": finding.code,
        "pointer": where,
        "detail": finding.message,
        "hint": finding.hint,
    }


def _field_errors(findings: list[Finding], pointer: str) -> list[FieldError]:
    told = [_told(finding, pointer) for finding in findings]
    return [FieldError(row["pointer"], row["code"], row["detail"], row["hint"]) for row in told]


def _demand(examined: Examined, pointer: str, *, blocks: bool = True) -> None:
    """Refuse what is not concrete, and access that is not cleared."""
    if examined.of("reject"):
        raise InvalidInput(*_field_errors(examined.of("reject"), pointer))
    if blocks and examined.of("block"):
        raise Refusal("screens_needed", errors=_field_errors(examined.of("block"), pointer))


# --- commitments ---


def record(
    chart: Chart,
    case: Case,
    body: CommitmentIn,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record a commitment that passes the checks; `warnings` says what is worth a thought."""
    examined = examine(chart, case, body, source=source, pointer=pointer)
    _demand(examined, pointer)
    values = {**_values(case, body, examined, pointer, None), "session_id": session_id}
    return _warned(facts.record(chart, COMMITMENT, case, values, source=source), examined)


def correct(chart: Chart, commitment_id: str, body: CommitmentIn, if_match: str | None, reason: str) -> Row:
    """Correct a commitment by a new entry; access that the old one gave in the same words needs no new clearing."""
    row = facts.get(chart, COMMITMENT, commitment_id)
    case = open_for_writing(chart, row["couple_id"])
    examined = examine(chart, case, body, usual=date.fromisoformat(row["made_on"]))
    _demand(examined, "", blocks=not _cleared_before(row, body))
    kept = {"session_id": row["session_id"], "first_id": first_of(row)}
    values = {**_values(case, body, examined, "", row), **kept}
    corrected = facts.correct(chart, COMMITMENT, row, case, if_match, values, reason)
    _take_check_ins_along(chart, case, corrected, reason)
    return _warned(corrected, examined)


def _cleared_before(row: Row, body: CommitmentIn) -> bool:
    """Whether a correction opens no more than what it corrects, which was cleared: the same person's own."""
    if not row["answers_access"] or row["owner_partner_id"] != body.owner_partner_id:
        return False
    return opened(body.action, body.context, body.evidence_agreed) <= opened(
        row["action"], row["context"], row["evidence_agreed"]
    )


def _take_check_ins_along(chart: Chart, case: Case, standing: Row, reason: str) -> None:
    """What is kept from somebody later takes its check-ins with it."""
    for each in _check_ins_of(chart, case.id, first_of(standing)):
        if standing["visibility"] == "joint" or each["visibility"] == "clinician":
            continue
        row = facts.get(chart, CHECK_IN, each["id"])
        own = {name: row[name] for name in ("visibility", "visible_partner_id")}
        narrower = _narrower(own, standing)
        if narrower != own:
            facts.seen_anew(chart, CHECK_IN, row, case, narrower, reason)


def void(chart: Chart, commitment_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a commitment as entered in error; its check-ins count no longer."""
    row = facts.get(chart, COMMITMENT, commitment_id)
    case = open_for_writing(chart, row["couple_id"])
    return {**facts.void(chart, COMMITMENT, row, case, if_match, reason), "warnings": []}


def _values(
    case: Case, body: CommitmentIn, examined: Examined, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    assert body.cadence is not None
    assert examined.cadence is not None
    kept = corrected["direction_id"] if corrected else None
    return {
        **body.model_dump(exclude={"cadence", "reason"}),
        **rhythm.columns(body.cadence, examined.cadence, examined.made_on),
        **seen_by(body, case, pointer=pointer, corrected=_whose(body, corrected)),
        "direction_id": case.direction(body.direction_id or kept, f"{pointer}/direction_id").id,
        "made_on": examined.made_on,
        "answers_access": examined.answers_access,
    }


def _whose(body: CommitmentIn, corrected: Row | None) -> Mapping[str, str | None] | None:
    """Who might learn of the corrected entry; what turns out to be the other partner's own is not told on."""
    if corrected is None or corrected["visibility"] != "partner":
        return corrected
    return corrected if corrected["owner_partner_id"] == body.owner_partner_id else couples.CLINICIAN


def _warned(row: Row, examined: Examined) -> Row:
    return {**row, "warnings": [_told(finding) for finding in examined.of("warn")]}


def first_of(row: Row) -> str:
    """The entry that began a commitment: what its check-ins refer to through all corrections.

    Corrections carry it; only the mark of error on a first entry knows it by what it supersedes.
    """
    return str(row["first_id"] or row["supersedes_id"] or row["id"])


# --- how a commitment is shown ---


def shown(row: Row, today: date, closings: Closings) -> Row:
    """A commitment in its wire shape, as it stands on a day."""
    closing = closings.get(first_of(row))
    ended = closing is not None or row["superseded_by"] is not None or row["entered_in_error"]
    cadence, told = rhythm.of_row(row), rhythm.shown(row)
    exdates = [date.fromisoformat(day) for day in told["exdates"]]
    starts_on = date.fromisoformat(row["starts_on"])
    kept = {name: value for name, value in row.items() if name not in rhythm.COLUMNS}
    return {
        **kept,
        "first_id": first_of(row),
        "cadence": told,
        "reading": None if "event" in row.get("unreadable", ()) else in_words(cadence),
        "next_dates": [] if ended else rhythm.upcoming(cadence, starts_on, exdates, today),
        "closed_on": closing and closing["checked_on"],
        "closing_outcome": closing and closing["outcome"],
    }


def kind(today: date, closings: Closings) -> FactKind:
    """Commitments as they are shown on a day, with what closed them."""
    return FactKind(commitment, "made_on", "commitments", lambda row: shown(row, today, closings))


COMMITMENT = FactKind(commitment, "made_on", "commitments")


def kind_for_list(chart: Chart, couple_id: str, look: Looking) -> FactKind:
    """Commitments as a list shows them: closed only by what had happened, and was known, by then."""
    rows = check_in_evidence(chart, couple_id, facts.known_bound(chart, look.known_at))
    last = look.as_of.isoformat() if look.as_of else FAR_DAY
    return kind(chart.today, closings_of(row for row in rows if row["checked_on"] <= last))


def detail(chart: Chart, row: Row) -> Row:
    """One commitment with how it was kept."""
    rows = _check_ins_of(chart, row["couple_id"], first_of(row))
    checked = [CheckedIn(date.fromisoformat(each["checked_on"]), each["outcome"]) for each in rows]
    told = facts.shaped(kind(chart.today, closings_of(rows)), row)
    return {**told, "keeping": asdict(keeping(checked, chart.today))}


def made(chart: Chart, row: Row) -> Row:
    """A commitment that was just stored or corrected, with its warnings."""
    rows = _check_ins_of(chart, row["couple_id"], first_of(row)) if row["supersedes_id"] else []
    return facts.shaped(kind(chart.today, closings_of(rows)), row)


def closings_of(check_ins: Any) -> Closings:
    """The earliest closing check-in of each commitment."""
    found: Closings = {}
    for row in sorted(check_ins, key=lambda each: (each["checked_on"], each["id"])):
        if BY_CODE[row["outcome"]].closes:
            found.setdefault(row["commitment_id"], row)
    return found


def _check_ins_of(chart: Chart, couple_id: str, first_id: str) -> list[Row]:
    rows = chart.rows(_CHECK_INS_OF_ONE, couple=couple_id, known=FAR_INSTANT, first=first_id)
    return facts.current(rows)


# --- check-ins ---


def _check_in_shape(row: Row) -> Row:
    return {**row, "suggests_marker": BY_CODE[row["outcome"]].suggests_marker}


CHECK_IN = FactKind(check_in_table, "checked_on", "check-ins", _check_in_shape)


def check_in(
    chart: Chart,
    case: Case,
    commitment_id: str,
    body: CheckInIn,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record how a commitment went; a closing outcome closes it."""
    standing = _standing(chart, case, commitment_id, f"{pointer}/commitment_id")
    values = _check_in_values(chart, case, standing, body, pointer, None)
    return facts.record(chart, CHECK_IN, case, {**values, "session_id": session_id}, source=source)


def check_in_entry(
    chart: Chart,
    case: Case,
    body: CheckInEntry,
    *,
    source: str | None = None,
    session_id: str | None = None,
    pointer: str = "",
) -> Row:
    """Record a check-in that names its commitment itself."""
    commitment_id = body.commitment_id
    return check_in(chart, case, commitment_id, body, source=source, session_id=session_id, pointer=pointer)


def correct_check_in(
    chart: Chart, check_in_id: str, body: CheckInIn, if_match: str | None, reason: str
) -> Row:
    """Correct a check-in by a new entry; a closing one may become another outcome, and so reopen."""
    row = facts.get(chart, CHECK_IN, check_in_id)
    case = open_for_writing(chart, row["couple_id"])
    standing = _standing(chart, case, row["commitment_id"], "")
    values = _check_in_values(chart, case, standing, body, "", row)
    kept = {"session_id": row["session_id"]}
    return facts.correct(chart, CHECK_IN, row, case, if_match, {**values, **kept}, reason)


def void_check_in(chart: Chart, check_in_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a check-in as entered in error."""
    row = facts.get(chart, CHECK_IN, check_in_id)
    return facts.void(chart, CHECK_IN, row, open_for_writing(chart, row["couple_id"]), if_match, reason)


def _standing(chart: Chart, case: Case, commitment_id: str, pointer: str) -> Row:
    """The newest entry of a commitment of this couple, with the id of its first."""
    case.evidence_changed(
        chart
    )  # locks the couple's row: two check-ins cannot both be the last before the end
    named = chart.find(_ENTRY, couple=case.id, row=commitment_id)
    if named is None:
        words = "This is not one of the couple's commitments."
        raise invalid(pointer, "unknown_commitment", words, "See the couple's commitments.")
    first = first_of(named)
    entries = facts.current(chart.rows(_ENTRIES, couple=case.id, first=first))
    if not entries:
        raise Refusal("commitment_closed", "The commitment is marked as entered in error.")
    return {**entries[0], "first_id": first}


def _check_in_values(
    chart: Chart, case: Case, standing: Row, body: CheckInIn, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    demand_come(chart, case, corrected, pointer, checked_on=body.checked_on)
    _check_day(standing, body, f"{pointer}/checked_on")
    rows = _check_ins_of(chart, case.id, standing["first_id"])
    others = [row for row in rows if corrected is None or row["id"] != corrected["id"]]
    _demand_not_closed(others, body)
    _demand_nothing_later(others, body, corrected, f"{pointer}/checked_on")
    return {
        "commitment_id": standing["first_id"],
        "checked_on": body.checked_on,
        "outcome": body.outcome,
        "words": body.words,
        **_narrower(seen_by(body, case, pointer=pointer, corrected=corrected), standing),
    }


def _check_day(standing: Row, body: CheckInIn, where: str) -> None:
    if body.checked_on.isoformat() < standing["made_on"]:
        hint = f"It was made on {standing['made_on']}."
        raise invalid(where, "before_made", "It lies before the commitment was made.", hint)


def _demand_not_closed(check_ins: Collection[Row], body: CheckInIn) -> None:
    """What happened before the closing may still be told; nothing after it, and no second closing."""
    for closing in closings_of(check_ins).values():
        if BY_CODE[body.outcome].closes or body.checked_on.isoformat() >= closing["checked_on"]:
            raise Refusal("commitment_closed", f"It was closed on {closing['checked_on']}.")


def _demand_nothing_later(
    check_ins: Collection[Row], body: CheckInIn, corrected: Row | None, where: str
) -> None:
    """A closing is the last thing told of a commitment, in whichever order the two are recorded.

    Words of a closing that stands may be put right whatever is dated after it.
    """
    day, last = body.checked_on.isoformat(), max((row["checked_on"] for row in check_ins), default="")
    stands = corrected and BY_CODE[corrected["outcome"]].closes and corrected["checked_on"] == day
    if BY_CODE[body.outcome].closes and day < last and not stands:
        hint = f"The last is of {last}: date the closing then or later, or correct what is dated after it."
        raise invalid(where, "before_last_check_in", "Something was checked in on it after this day.", hint)


def _narrower(own: dict[str, str | None], standing: Row) -> dict[str, str | None]:
    """A check-in is never seen more widely than its commitment."""
    wider = {"visibility": standing["visibility"], "visible_partner_id": standing["visible_partner_id"]}
    if own["visibility"] == "joint":
        return wider
    if wider["visibility"] == "joint" or wider == own:
        return own
    return {"visibility": "clinician", "visible_partner_id": None}


# --- evidence for the calculation ---


EVIDENCE = (_EVIDENCE, _CHECK_INS)


def evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's commitments as known before an instant; `id` is the first entry's, as check-ins name it."""
    rows = facts.current(chart.rows(_EVIDENCE, couple=couple_id, known=known))
    return [{**row, "id": first_of(row)} for row in rows]


def check_in_evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's check-ins as known before an instant; those of a voided commitment name one that is not there."""
    return facts.current(chart.rows(_CHECK_INS, couple=couple_id, known=known))
