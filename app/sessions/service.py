"""What happens to a session: recorded whole, drafted, signed, added to; routes, imports, progress come in."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, or_, select

from app.chart.audiences import CLINICIAN
from app.chart.chart import Chart, Row
from app.clock import day_in, written
from app.couples import facts, holds
from app.couples import service as couples
from app.couples.case import Case, open_case, open_for_writing
from app.couples.facts import FAR_ID, FAR_INSTANT, FactKind
from app.errors import Refusal, invalid, not_found
from app.sessions import entries, sealing
from app.sessions.kinds import KIND_BY_CODE, MAY_RUN_AHEAD, SIDES, is_late
from app.sessions.schemas import (
    AddendumIn,
    Attendance,
    EntriesIn,
    SessionChange,
    SessionContent,
    SessionIn,
    patched,
)
from app.sessions.tables import CONTENT, addendum, seal, session, session_version
from app.wire.answers import demand_match, version_tag

expect_recording = entries.expect_recording
ADDENDUM = FactKind(addendum, "written_on", "addenda")

_ITEM = tuple(
    column
    for column in session.c
    if column.name not in {"practice_id", "others_present", "note", "void_reason"}
)
_ONE = (
    select(*(column for column in session.c if column.name != "practice_id"), *sealing.BESIDE)
    .select_from(session.outerjoin(seal, sealing.SIGNATURES))
    .where(session.c.id == bindparam("row", required=True))
    .order_by(seal.c.number)
)
# What was sealed is told to the treating team alone; other eyes read the session without it.
_TOLD = select(*(column for column in session.c if column.name != "practice_id")).where(
    session.c.id == bindparam("row", required=True)
)
_ADDENDA = (
    select(*addendum.c)
    .where(addendum.c.session_id == bindparam("session", required=True))
    .order_by(addendum.c.id)
)
_VERSIONS = (
    select(*(column for column in session_version.c if column.name != "practice_id"))
    .where(
        session_version.c.session_id == bindparam("session", required=True),
        session_version.c.number < bindparam("below", required=True),
    )
    .order_by(session_version.c.number.desc())
    .limit(bindparam("most", required=True))
)
_EVIDENCE_COLUMNS = ("local_day", "kind", "outcome", "visibility", "visible_partner_id")
_EVIDENCE = select(session.c.id, *(session.c[name] for name in _EVIDENCE_COLUMNS)).where(
    session.c.written_at < bindparam("known", required=True),
    or_(session.c.voided_at.is_(None), session.c.voided_at >= bindparam("known", required=True)),
)
_EARLIER = select(
    session_version.c.session_id.label("id"), *(session_version.c[name] for name in _EVIDENCE_COLUMNS)
).where(
    session_version.c.written_at < bindparam("known", required=True),
    session_version.c.replaced_at >= bindparam("known", required=True),
)


def _listing(*, state: bool, history: bool) -> Select[Any]:
    """Newest first by start and id, below a place; by state, and with those entered in error, when asked."""
    at: BindParameter[str] = bindparam("at", required=True)
    below: BindParameter[str] = bindparam("below", required=True)
    statement = (
        select(*_ITEM)
        .where(or_(session.c.starts_at < at, and_(session.c.starts_at == at, session.c.id < below)))
        .order_by(session.c.starts_at.desc(), session.c.id.desc())
        .limit(bindparam("most", required=True))
    )
    if state:
        statement = statement.where(session.c.state == bindparam("state", required=True))
    return statement if history else statement.where(session.c.voided_at.is_(None))


_LISTINGS = {(s, h): _listing(state=s, history=h) for s in (False, True) for h in (False, True)}


# --- recording ---


def demand_consent(chart: Chart, case: Case, body: SessionIn) -> None:
    """Refuse an individual session until both partners consented to the policy on what is said alone.

    Asked where sessions are held: what an earlier system recorded without it is on record all the same.
    """
    if body.kind == "individual" and not couples.policy_in_force(chart, case.id)[1]:
        raise Refusal("policy_needed")


def record(chart: Chart, case: Case, body: SessionIn, *, source: str | None = None, pointer: str = "") -> Row:
    """Record a session with all that was noted in it; the answer's `entries` names the ids of what lies inside."""
    who = _who(case, body, pointer)
    chart.note(couple_id=case.id, seen_by=who)  # what is refused further down, too, is whose it would be
    _check(chart, body.kind, body.with_partner, body, pointer)
    entries.check(body, held=body.outcome == "held", pointer=pointer)
    values = {**who, **_content(chart, body), "written_at": source or chart.at, "source_recorded_at": source}
    values |= {"recorded_at": chart.at, "recorded_by": chart.actor.person_id, "state": "draft"}
    if body.sign:
        values |= _signature(chart, body.outcome, body.note is not None, f"{pointer}/sign")
    session_id = chart.add(session, couple_id=case.id, **values)
    case.evidence_changed(chart)  # before the entries, which can then travel together
    inside = entries.record(
        chart, case, body, _room(chart, values, session_id), source=source, pointer=pointer
    )
    chart.note(couple_id=case.id, target_id=session_id, seen_by=values)
    row = _as_stored(case.id, session_id, values, inside)
    return {**row, "seal": sealing.seal_session(chart, case.id, session_id, inside)} if body.sign else row


def _who(case: Case, body: SessionIn, pointer: str) -> dict[str, Any]:
    """Kind, the partner seen alone, and who may learn of it."""
    kind, side = KIND_BY_CODE[body.kind], body.with_partner
    if kind.partner_named == "always" and side is None:
        raise invalid(f"{pointer}/with_partner", "partner_needed", "Say which partner was seen alone.")
    if kind.partner_named == "never" and side is not None:
        raise invalid(
            f"{pointer}/with_partner", "partner_not_wanted", "A conjoint session is with both partners."
        )
    allowed = kind.visibilities(side)
    visibility = body.visibility or allowed[0]
    if visibility not in allowed:
        hint = f"For this session: {' or '.join(allowed)}."
        raise invalid(
            f"{pointer}/visibility", "visibility_too_wide", "Others may not learn of it this way.", hint
        )
    partner_id = case.partner_ids[SIDES.index(side)] if side else None
    return {
        "kind": body.kind,
        "with_partner": side,
        "with_partner_id": partner_id,
        "visibility": visibility,
        "visible_partner_id": partner_id if visibility == "partner" else None,
    }


def _check(chart: Chart, kind: str, with_partner: str | None, content: SessionContent, pointer: str) -> None:
    if content.starts_at > chart.now + MAY_RUN_AHEAD:
        raise invalid(f"{pointer}/starts_at", "in_the_future", "This session has not begun yet.")
    for side in SIDES:
        presence = getattr(content.attendance, side)
        if presence and presence.subdivision and not presence.subdivision.startswith(f"{presence.country}-"):
            where = f"{pointer}/attendance/{side}/subdivision"
            raise invalid(
                where, "not_in_country", "The subdivision lies in another country, or none is given."
            )
    _check_attendance(kind, with_partner, content, f"{pointer}/attendance")


def _check_attendance(kind: str, with_partner: str | None, content: SessionContent, pointer: str) -> None:
    present = _present(content.attendance)
    if content.outcome != "held":
        if present:
            raise invalid(pointer, "somebody_attended", "A session that somebody attended was held.")
        return
    wanted = KIND_BY_CODE[kind].expected(with_partner)
    if not present and (wanted is not None or not content.others_present):
        hint = "Record a session that did not take place with outcome `missed` or `cancelled`."
        raise invalid(pointer, "nobody_attended", "Nobody attended this session.", hint)
    if wanted is None or present == wanted:
        return
    if with_partner:
        raise invalid(
            pointer, "only_one_partner", "It is with the named partner alone.", "See `with_partner`."
        )
    hint = "What one partner came to alone is an individual session."
    raise invalid(pointer, "both_partners_needed", "Both partners attend such a session.", hint)


def _present(attendance: Attendance) -> set[str]:
    return {side for side in SIDES if (here := getattr(attendance, side)) and here.status == "attended"}


def _content(chart: Chart, body: SessionContent) -> dict[str, Any]:
    """The columns that a draft may change, but for when they were written."""
    zone = body.zone or chart.actor.zone
    values: dict[str, Any] = {
        "starts_at": written(body.starts_at),
        "zone": zone,
        "duration_minutes": body.duration_minutes,
        "local_day": day_in(body.starts_at, zone).isoformat(),
        "outcome": body.outcome,
        "others_present": body.others_present,
        "note_format": body.note.format if body.note else None,
        "note": _canonical(body.note.model_dump(exclude={"format"})) if body.note else None,
    }
    for side in SIDES:
        here = getattr(body.attendance, side)
        values[f"attendance_{side}"] = here and here.status
        values[f"country_{side}"] = here and here.country
        values[f"subdivision_{side}"] = here and here.subdivision
    return values


def _canonical(sections: Mapping[str, Any]) -> str:
    """One spelling for one note, so that equal notes are equal text."""
    return json.dumps(sections, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _signature(chart: Chart, outcome: str, has_note: bool, pointer: str | None) -> dict[str, Any]:
    """The columns of signing, when this person may sign and there is something to sign."""
    chart.actor.demand_clinician()
    chart.actor.demand_fresh_proof()
    if outcome == "held" and not has_note:
        if pointer is None:
            raise Refusal("note_needed")
        raise invalid(pointer, "note_needed", "A session that was held is signed with its note.")
    return {"state": "signed", "signed_at": chart.at, "signed_by": chart.actor.person_id}


def _room(chart: Chart, values: Mapping[str, Any], session_id: str) -> entries.Room:
    held_on = date.fromisoformat(values["local_day"])
    come = max(held_on, day_in(chart.now, values["zone"]), chart.today)
    return entries.Room(session_id, held_on, come, values["visibility"], values["visible_partner_id"])


_BLANK: Row = {str(column.name): None for column in session.c if column.name != "practice_id"}


def _as_stored(couple_id: str, session_id: str, values: Mapping[str, Any], inside: entries.Inside) -> Row:
    """The row as a GET would show it, without asking the store again."""
    return {
        **_BLANK,
        **values,
        "id": session_id,
        "couple_id": couple_id,
        "version": 1,
        "addenda": [],
        "entries": inside,
        "seal": None,
    }


# --- reading ---


def read(chart: Chart, session_id: str, *, with_entries: bool = False) -> Row:
    """One session with its note and addenda; a draft has none."""
    chart.expect(_ADDENDA, session=session_id)
    own_eyes = chart.audience == CLINICIAN
    found = chart.rows(_ONE if own_eyes else _TOLD, row=session_id)
    if not found:
        raise not_found()
    row = sealing.gathered(found) if own_eyes else {**found[0], "seal": None}
    chart.note(couple_id=row["couple_id"], target_id=session_id, seen_by=row)
    signed = row["state"] == "signed"
    row["addenda"] = chart.rows(_ADDENDA, session=session_id) if signed else []
    row["entries"] = entries.inside(chart, row["couple_id"], session_id) if with_entries else None
    return row


def listed(
    chart: Chart, couple_id: str, *, state: str | None, history: bool, place: list[str], most: int
) -> list[Row]:
    """An opened couple's sessions, newest first, without their notes."""
    params = {"state": state} if state else {}
    return chart.rows(
        _LISTINGS[state is not None, history],
        couple=couple_id,
        at=place[0] if place else FAR_INSTANT,
        below=place[1] if place else FAR_ID,
        most=most,
        **params,
    )


def versions(chart: Chart, row: Row, below: int, most: int) -> list[Row]:
    """How a draft stood before each of its changes, the last one first."""
    return chart.rows(_VERSIONS, couple=row["couple_id"], session=row["id"], below=below, most=most)


def item(row: Row) -> Row:
    """A session in the shape of a list."""
    kept = {name: row[name] for name in _KEPT}
    return {
        **_hour(row),
        **kept,
        "recorded_basis": "claimed" if row["source_recorded_at"] else "witnessed",
        "entered_in_error": row["voided_at"] is not None,
    }


def shaped(row: Row) -> Row:
    """A session in its wire shape."""
    return {
        **item(row),
        **_words(row),
        "voided_at": row["voided_at"],
        "voided_by": row["voided_by"],
        "void_reason": row["void_reason"],
        "addenda": [facts.shaped(ADDENDUM, {**entry, "superseded_by": None}) for entry in row["addenda"]],
        "entries": row["entries"],
        "seal": row["seal"],
    }


def told(chart: Chart, shown: Row) -> Row:
    """A session as the audience may see it: its version also counts entries that are kept from them, and what nobody
    has signed may not stay as it is written."""
    if chart.audience == CLINICIAN:
        return shown
    unsigned = _WORDS & shown.keys() if shown["state"] == "draft" else ()
    return {**shown, "version": 1, **dict.fromkeys(unsigned)}


def shaped_version(row: Row) -> Row:
    """An earlier version of a draft in its wire shape."""
    own = {name: row[name] for name in ("number", "replaced_at", "replaced_by")}
    return {**_hour(row), **_words(row), **own}


def tag(row: Row) -> str:
    """The session's ETag; an addendum changes the answer, so that it changes the tag."""
    return version_tag({"id": row["id"], "version": f"{row['version']}.{len(row['addenda'])}"})


_KEPT = (
    "id",
    "couple_id",
    "version",
    "kind",
    "with_partner",
    "with_partner_id",
    "state",
    "note_format",
    "recorded_at",
    "recorded_by",
    "source_recorded_at",
    "signed_at",
    "signed_by",
    "visibility",
    "visible_partner_id",
)


def _hour(row: Row) -> Row:
    end = datetime.fromisoformat(row["starts_at"]) + timedelta(minutes=row["duration_minutes"])
    return {
        "starts_at": row["starts_at"],
        "ends_at": written(end),
        "zone": row["zone"],
        "local_day": row["local_day"],
        "duration_minutes": row["duration_minutes"],
        "outcome": row["outcome"],
        "attendance": {side: _presence(row, side) for side in SIDES},
        "written_at": row["written_at"],
        "late_entry": is_late(row["starts_at"], row["written_at"]),
    }


def _presence(row: Row, side: str) -> Row | None:
    if row[f"attendance_{side}"] is None:
        return None
    return {
        "status": row[f"attendance_{side}"],
        "country": row[f"country_{side}"],
        "subdivision": row[f"subdivision_{side}"],
    }


_WORDS = frozenset({"others_present", "note", "note_format"})


def _words(row: Row) -> Row:
    return {"others_present": row["others_present"], "note": _note(row)}


def _note(row: Row) -> Row | None:
    return {"format": row["note_format"], **json.loads(row["note"])} if row["note_format"] else None


# --- drafts ---


def change(chart: Chart, session_id: str, body: SessionChange, if_match: str | None) -> Row:
    """Change a draft by a merge patch; how it stood before is kept."""
    row = read(chart, session_id)
    _demand_draft(row, if_match)
    if not body.model_fields_set:
        raise invalid("", "nothing_to_change", "The patch changes nothing.")
    case = open_for_writing(chart, row["couple_id"])
    content = patched(_as_input(row), body)
    _check(chart, row["kind"], row["with_partner"], content, "")
    if row["outcome"] == "held" != content.outcome and entries.any_standing(chart, case.id, session_id):
        raise invalid(
            "/outcome", "entries_recorded", "Entries were recorded in this session, so it was held."
        )
    values = {**_content(chart, content), "written_at": chart.at}
    version = chart.amend(session, session_id, row["version"], couple_id=case.id, **values)
    _keep_version(chart, case, row)
    case.evidence_changed(chart)
    return {**row, **values, "version": version}


def _as_input(row: Row) -> dict[str, Any]:
    attendance = {side: _presence(row, side) for side in SIDES}
    plain = {
        name: row[name] for name in ("starts_at", "zone", "duration_minutes", "outcome", "others_present")
    }
    return {**plain, "attendance": attendance, "note": _note(row)}


def _keep_version(chart: Chart, case: Case, row: Row) -> None:
    chart.add(
        session_version,
        couple_id=case.id,
        session_id=row["id"],
        number=row["version"],
        kind=row["kind"],
        visibility=row["visibility"],
        visible_partner_id=row["visible_partner_id"],
        replaced_at=chart.at,
        replaced_by=chart.actor.person_id,
        **{name: row[name] for name in CONTENT},
    )


def add_entries(chart: Chart, session_id: str, body: EntriesIn, if_match: str | None) -> Row:
    """Record markers, reports and the like in a draft; the answer's `entries` names what was added."""
    row = read(chart, session_id)
    _demand_draft(row, if_match)
    case = open_for_writing(chart, row["couple_id"])
    entries.check(body, held=row["outcome"] == "held", pointer="")
    if not entries.any_in(body):
        raise invalid("", "nothing_to_record", "The body holds no entry.")
    row["version"] = chart.amend(session, session_id, row["version"])
    row["entries"] = entries.record(chart, case, body, _room(chart, row, session_id))
    chart.note(
        couple_id=case.id, target_id=session_id
    )  # told to whom the entries are, not all of the session
    return row


def sign(chart: Chart, session_id: str, if_match: str | None) -> Row:
    """Sign a draft: from now on it stays as it is. A closed case's drafts may still be signed."""
    row = read(chart, session_id)
    chart.actor.demand_clinician()
    _demand_draft(row, if_match)
    values = _signature(chart, row["outcome"], row["note_format"] is not None, None)
    case = open_case(chart, row["couple_id"])
    version = chart.amend(session, session_id, row["version"], **values)
    return {**row, **values, "version": version, "seal": sealing.seal_session(chart, case.id, session_id)}


def cosign(chart: Chart, session_id: str, if_match: str | None) -> Row:
    """Sign what somebody else has signed, as another clinician or the supervisor of the care team."""
    row = read(chart, session_id)
    if chart.actor.role not in ("clinician", "supervisor"):
        raise Refusal("clinician_needed")
    _demand_standing(row, if_match)
    if row["seal"] is None:
        raise Refusal("session_not_signed", "Only what is signed can be co-signed.")
    if chart.actor.person_id in {each["signed_by"] for each in (row["seal"], *row["seal"]["cosigned"])}:
        raise Refusal("already_signed")
    demand_match(if_match, tag(row))
    case = open_case(chart, row["couple_id"])
    version = chart.amend(session, session_id, row["version"])
    signer = sealing.seal_again(chart, case.id, session_id, row["seal"])
    chart.note(couple_id=case.id, target_id=session_id, seen_by=row)
    seal_shown = {**row["seal"], "cosigned": [*row["seal"]["cosigned"], signer]}
    return {**row, "version": version, "seal": seal_shown}


def _demand_draft(row: Row, if_match: str | None) -> None:
    """Refuse unless this is the draft that the caller read."""
    _demand_standing(row, if_match)
    if row["state"] == "signed":
        raise Refusal("session_signed")
    demand_match(if_match, tag(row))


def _demand_standing(row: Row, if_match: str | None) -> None:
    if if_match is None:
        demand_match(if_match, "")
    if row["voided_at"] is not None:
        raise _taken_back()


def _taken_back() -> Refusal:
    told = "This session was marked as entered in error."
    return Refusal("already_superseded", told, extra={"superseded_by": None})


# --- afterwards ---


def add_addendum(chart: Chart, session_id: str, body: AddendumIn) -> Row:
    """Add to a signed session; closed cases too, because a record stays open to being put right."""
    row = read(chart, session_id)
    if row["voided_at"] is not None:
        raise _taken_back()
    if row["state"] != "signed":
        raise Refusal("session_not_signed")
    case = open_case(chart, row["couple_id"])
    seen_by = {"visibility": row["visibility"], "visible_partner_id": row["visible_partner_id"]}
    values = {**body.model_dump(), "session_id": session_id, "written_on": chart.today, **seen_by}
    added = facts.record(chart, ADDENDUM, case, values)
    sealing.seal_addendum(chart, case.id, session_id, added["id"])
    return added


def read_addendum(chart: Chart, addendum_id: str) -> Row:
    """One addendum."""
    return facts.get(chart, ADDENDUM, addendum_id)


def void(chart: Chart, session_id: str, reason: str, if_match: str | None) -> Row:
    """Mark a session as entered in error, with what was recorded in it; the treating team reads it still."""
    row = read(chart, session_id)
    _demand_standing(row, if_match)
    demand_match(if_match, tag(row))
    case = open_for_writing(chart, row["couple_id"])
    holds.demand_not_held(chart, case.id)
    values = {"voided_at": chart.at, "voided_by": chart.actor.person_id, "void_reason": reason}
    version = chart.amend(session, session_id, row["version"], couple_id=case.id, **values)
    if row["state"] == "signed":
        sealing.seal_mark(chart, case.id, session_id)
    entries.void(chart, case.id, session_id, reason)
    chart.note(couple_id=case.id, target_id=session_id, seen_by=row)
    case.evidence_changed(chart)
    return {**row, **values, "version": version}


# --- for the calculation ---


EVIDENCE = (_EVIDENCE,)
NAMED = select(session.c.id)
"""All of a couple's sessions, those entered in error among them where these may be told."""


def evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's sessions as known before an instant: id, local_day, kind, outcome and who may learn of them."""
    rows = chart.rows(_EVIDENCE, couple=couple_id, known=known)
    if known < FAR_INSTANT:
        rows += chart.rows(_EARLIER, couple=couple_id, known=known)
    return rows


def tasks(chart: Chart, couple_id: str) -> list[Row]:
    """Individual sessions of which the policy knows nothing: an import may have brought them in."""
    alone = any(
        row["kind"] == "individual" for row in chart.rows(_EVIDENCE, couple=couple_id, known=FAR_INSTANT)
    )
    if not alone or couples.policy_in_force(chart, couple_id)[1]:
        return []
    text = "Someone is seen alone: record both partners' consent to the policy on what is said alone."
    return [{"code": "policy_needed", "text": text, "on": None}]
