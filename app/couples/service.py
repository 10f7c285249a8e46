"""What happens to a case: opened, described, closed and taken up again; routes and the slices above come in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Select, Table, bindparam, or_, select

from app.chart.audiences import is_wider
from app.chart.chart import Chart, Row, among, new_id, untimed_id
from app.couples import facts
from app.couples.case import Case, Direction, open_case, open_for_writing, seen_by
from app.couples.facts import FAR_ID, FAR_INSTANT, FactKind
from app.couples.kinds import OUTCOME_BY_CODE, span
from app.couples.schemas import (
    AcknowledgementIn,
    BetrayalIn,
    ClosingIn,
    CoupleChange,
    CoupleIn,
    PolicyIn,
    ReopeningIn,
    RepairStartIn,
)
from app.couples.tables import (
    betrayal,
    case_status,
    couple,
    direction,
    partner,
    policy,
    policy_acknowledgement,
    repair_start,
)
from app.errors import Refusal, invalid
from app.practice import service as practice
from app.wire.answers import demand_match, version_tag

JOINT = {"visibility": "joint", "visible_partner_id": None}
CLINICIAN = {"visibility": "clinician", "visible_partner_id": None}


BETRAYAL = FactKind(betrayal, "came_to_light_on", "betrayals")
POLICY = FactKind(policy, "agreed_on", "policies")
_ACKNOWLEDGEMENT = FactKind(policy_acknowledgement, "acknowledged_on", "acknowledgements")
REPAIR_START = FactKind(repair_start, "starts_on", "repair-starts")
STATUS = FactKind(case_status, "effective_on", "status")


def _status_told(row: Row) -> Row:
    """A step as both partners are told it: an ending that would tell of danger is another ending without words."""
    outcome = OUTCOME_BY_CODE.get(row["outcome"])
    told_as = outcome and outcome.told_as
    return {**row, "outcome": told_as, "words": None} if told_as else row


TOLD_STATUS = replace(STATUS, shape=_status_told)


_BETRAYAL_EVIDENCE = facts.evidence(
    betrayal,
    (
        "direction_id",
        "kind",
        "began_on",
        "began_precision",
        "came_to_light",
        "came_to_light_on",
        "full_disclosure_on",
    ),
)
_DISCOVERIES = facts.evidence(
    betrayal, ("direction_id", "came_to_light_on", "visibility", "visible_partner_id")
)
_REPAIR_START_EVIDENCE = facts.evidence(repair_start, ("direction_id", "starts_on"))
_STATUS_EVIDENCE = facts.evidence(case_status, ("status", "effective_on"))
_POLICY_EVIDENCE = facts.evidence(policy, ("code", "agreed_on", "number"))
_ACKNOWLEDGEMENTS = facts.evidence(policy_acknowledgement, ("policy_id", "partner_id", "acknowledged_on"))
EVIDENCE = (_BETRAYAL_EVIDENCE, _REPAIR_START_EVIDENCE, _STATUS_EVIDENCE)

_COUPLE = select(
    couple.c.id, couple.c.version, couple.c.label, couple.c.status, couple.c.created_at, couple.c.created_by
)
_BARE = select(couple.c.id, couple.c.status, couple.c.created_at)
_IDS = select(couple.c.id)
_LABELS = select(couple.c.id, couple.c.label)
_PARTNERS = select(partner.c.id, partner.c.side, partner.c.name, partner.c.language).order_by(partner.c.side)
_PAGE = (
    select(couple.c.id, couple.c.version, couple.c.label, couple.c.status, couple.c.created_at)
    .where(
        couple.c.id < bindparam("below", required=True),
        or_(
            bindparam("any_status", type_=couple.c.status.type, required=True) == "yes",
            couple.c.status == bindparam("status", required=True),
        ),
    )
    .order_by(couple.c.id.desc())
    .limit(bindparam("most", required=True))
)


def begin(chart: Chart, body: CoupleIn, *, source: str | None = None) -> Row:
    """Open a new case with its two partners, its care team and what is known of the betrayals."""
    clinician = practice.treating_clinician(chart, body.treating_clinician_id)
    a, b = new_id(), new_id()
    chart_id = new_id()
    chart.opened.add(chart_id)
    chart.new_key(chart_id)
    affected = {entry.affected for entry in body.betrayals}
    directions = {side: untimed_id() if side in affected else None for side in "ab"}
    chart.add(
        couple,
        id=chart_id,
        label=body.label,
        status="open",
        partner_a_id=a,
        partner_b_id=b,
        direction_a_id=directions["a"],
        direction_b_id=directions["b"],
        created_at=chart.at,
        created_by=chart.actor.person_id,
    )
    for side, partner_id, adult in (("a", a, body.partner_a), ("b", b, body.partner_b)):
        chart.add(
            partner, id=partner_id, couple_id=chart_id, side=side, name=adult.name, language=adult.language
        )
    practice.join_care_team(chart, chart_id, clinician)
    for side, direction_id in directions.items():
        if direction_id:
            _store_direction(chart, chart_id, direction_id, (a, b) if side == "a" else (b, a))
    case = open_case(chart, chart_id)
    for number, entry in enumerate(body.betrayals):
        record_betrayal(chart, case, entry, source=source, pointer=f"/betrayals/{number}")
    if body.policy:
        record_policy(chart, case, body.policy, source=source, pointer="/policy")
    return read(chart, chart_id)


def _store_direction(chart: Chart, couple_id: str, direction_id: str, people: tuple[str, str]) -> None:
    chart.add(
        direction,
        id=direction_id,
        couple_id=couple_id,
        affected_partner_id=people[0],
        betraying_partner_id=people[1],
    )


def read(chart: Chart, couple_id: str) -> Row:
    """A case with its partners and directions."""
    chart.expect(_COUPLE, _PARTNERS, couple=couple_id)
    case = open_case(chart, couple_id)
    row = chart.one(_COUPLE, couple=couple_id)
    row["partners"] = chart.rows(_PARTNERS, couple=couple_id)
    row["directions"] = [
        {
            "id": way.id,
            "affected_partner_id": way.affected_id,
            "betraying_partner_id": way.betraying_id,
        }
        for way in case.directions
    ]
    return row


def read_bare(chart: Chart, couple_id: str) -> Row:
    """A case without anything that somebody wrote: what of it can be told also when its texts do not open."""
    return chart.one(_BARE, couple=couple_id)


def known_ids(chart: Chart) -> set[str]:
    """The ids of all cases that the chart reaches."""
    return {row["id"] for row in chart.rows(_IDS)}


def labels(chart: Chart) -> tuple[int, int]:
    """How many cases the chart reaches, and how many of their labels no longer open."""
    rows = chart.marked_rows(_LABELS)
    return len(rows), sum("label" in row["unreadable"] for row in rows)


def listed(chart: Chart, status: str | None, below: str | None, most: int) -> list[Row]:
    """The caller's cases, newest first; a label that does not open is marked, and hides no other case."""
    return chart.marked_rows(
        _PAGE,
        below=below or FAR_ID,
        any_status="no" if status else "yes",
        status=status or "",
        most=most,
    )


def change(chart: Chart, couple_id: str, body: CoupleChange, if_match: str | None) -> Row:
    """Change the case's own words."""
    case = open_case(chart, couple_id)  # a label that no longer opens can be written anew
    demand_match(if_match, version_tag({"id": couple_id, "version": case.version}))
    chart.amend(couple, couple_id, case.version, couple_id=couple_id, label=body.label)
    return read(chart, couple_id)


# --- betrayals ---


def record_betrayal(
    chart: Chart, case: Case, body: BetrayalIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record a betrayal; the first one in a direction opens that direction."""
    _check_betrayal(chart, body, pointer)
    way = _direction(chart, case, body.affected)
    values = _betrayal_values(body, way, case, pointer, None)
    return _told(case, facts.record(chart, BETRAYAL, case, values, source=source))


def correct_betrayal(
    chart: Chart, betrayal_id: str, body: BetrayalIn, if_match: str | None, reason: str
) -> Row:
    """Correct a betrayal by a new entry."""
    row = facts.get(chart, BETRAYAL, betrayal_id)
    case = open_for_writing(chart, row["couple_id"])
    _check_betrayal(chart, body, "")
    way = _direction(chart, case, body.affected)
    values = _betrayal_values(body, way, case, "", row)
    return _told(case, facts.correct(chart, BETRAYAL, row, case, if_match, values, reason))


def void_betrayal(chart: Chart, betrayal_id: str, if_match: str | None, reason: str) -> Row:
    """Mark a betrayal as entered in error."""
    row = facts.get(chart, BETRAYAL, betrayal_id)
    case = open_for_writing(chart, row["couple_id"])
    return _told(case, facts.void(chart, BETRAYAL, row, case, if_match, reason))


def read_betrayal(chart: Chart, betrayal_id: str) -> Row:
    """One betrayal."""
    row = facts.get(chart, BETRAYAL, betrayal_id)
    return _told(open_case(chart, row["couple_id"]), row)


def affected_side(case: Case, direction_id: str) -> str:
    """Which partner, `a` or `b`, a direction's affected partner is."""
    way = case.direction(direction_id, "/direction_id")
    return "a" if way.affected_id == case.partner_ids[0] else "b"


def _told(case: Case, row: Row) -> Row:
    return {**row, "affected": affected_side(case, row["direction_id"])}


def _betrayal_values(
    body: BetrayalIn, way: Direction, case: Case, pointer: str, corrected: Row | None
) -> dict[str, Any]:
    values = body.model_dump(exclude={"affected", "visibility", "visible_partner_id", "reason"})
    return {**values, "direction_id": way.id, **seen_by(body, case, pointer=pointer, corrected=corrected)}


def _check_betrayal(chart: Chart, body: BetrayalIn, pointer: str) -> None:
    for name in ("came_to_light_on", "full_disclosure_on"):
        not_in_future(chart, getattr(body, name), f"{pointer}/{name}")
    for name, day, how in (
        ("began_on", body.began_on, body.began_precision),
        ("ended_on", body.ended_on, body.ended_precision),
    ):  # "this year" has begun, on whichever of its days it is written down
        earliest = span(day, how)[0] if day and how != "about" else day
        not_in_future(chart, earliest, f"{pointer}/{name}")
    known = span(body.came_to_light_on, body.came_to_light_precision)
    began, ended = (
        span(day, how) if day else None
        for day, how in ((body.began_on, body.began_precision), (body.ended_on, body.ended_precision))
    )
    if began and ended and ended[1] < began[0]:
        raise invalid(f"{pointer}/ended_on", "end_before_start", "The end lies before the start.")
    if began and began[0] > known[1]:
        raise invalid(
            f"{pointer}/began_on", "after_discovery", "It cannot have begun after it came to light."
        )
    if body.full_disclosure_on and body.full_disclosure_on < known[0]:
        raise invalid(f"{pointer}/full_disclosure_on", "before_discovery", "It lies before it came to light.")
    if body.kind == "other" and not body.description:
        raise invalid(f"{pointer}/description", "description_needed", "Kind `other` needs a description.")


def _direction(chart: Chart, case: Case, affected: str) -> Direction:
    """The direction in which a side was harmed, made when this is its first betrayal."""
    a, b = case.partner_ids
    people = (a, b) if affected == "a" else (b, a)
    for way in case.directions:
        if way.affected_id == people[0]:
            return way
    way = Direction(untimed_id(), *people)
    _store_direction(chart, case.id, way.id, people)
    case.version = chart.amend(couple, case.id, case.version, **{f"direction_{affected}_id": way.id})
    case.directions = (*case.directions, way) if affected == "b" else (way, *case.directions)
    return way


def not_in_future(chart: Chart, day: Any, pointer: str, *come: date | str | None) -> None:
    """Refuse a day after today, and after the days said to have `come` all the same: what has not happened cannot be
    on record."""
    last = max(str(each) for each in (chart.today, *come) if each)
    if day is not None and day.isoformat() > last:
        raise invalid(pointer, "in_the_future", "This day has not come yet.", f"Here today is {last}.")


def demand_come(chart: Chart, case: Case, corrected: Row | None, pointer: str, **days: date) -> None:
    """Refuse an entry's day that has come neither here, nor where the session is held that it is said in.

    The entry corrected proves its own day: it had come when that was recorded.
    """
    for name, day in days.items():
        stood = corrected[name] if corrected else None
        not_in_future(chart, day, f"{pointer}/{name}", case.day_there, stood)


# --- policy, repair start, status ---


def record_policy(
    chart: Chart, case: Case, body: PolicyIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record the next version of the confidentiality policy, with the consent of whoever gave it that day."""
    not_in_future(chart, body.agreed_on, f"{pointer}/agreed_on")
    number = len(chart.rows(_POLICY_EVIDENCE, couple=case.id, known=FAR_INSTANT)) + 1
    values = {"code": body.code, "agreed_on": body.agreed_on, "number": number, **JOINT}
    row = facts.record(chart, POLICY, case, values, source=source)
    given = zip(case.partner_ids, (body.acknowledged_by_a, body.acknowledged_by_b), strict=True)
    for partner_id in (who for who, so in given if so):
        _acknowledge(chart, case, row["id"], partner_id, body.agreed_on, source)
    chart.note(couple_id=case.id, target_id=row["id"])
    return row


def acknowledge_policy(chart: Chart, policy_id: str, body: AcknowledgementIn) -> Row:
    """Record that a partner consents to a version; one consent each is enough."""
    row = facts.get(chart, POLICY, policy_id)
    case = open_for_writing(chart, row["couple_id"])
    case.partner(body.partner_id, "/partner_id")
    not_in_future(chart, body.acknowledged_on, "/acknowledged_on")
    if body.acknowledged_on.isoformat() < row["agreed_on"]:
        raise invalid("/acknowledged_on", "before_agreed", "The policy was agreed on later than that.")
    if body.partner_id in _acknowledged(chart, case.id, policy_id):
        raise Refusal("conflict", "This partner consented to this version already.")
    _acknowledge(chart, case, policy_id, body.partner_id, body.acknowledged_on, None)
    return row


def _acknowledge(
    chart: Chart, case: Case, policy_id: str, partner_id: str, day: Any, source: str | None
) -> None:
    values = {"policy_id": policy_id, "partner_id": partner_id, "acknowledged_on": day, **JOINT}
    facts.record(chart, _ACKNOWLEDGEMENT, case, values, source=source)


def _acknowledged(chart: Chart, couple_id: str, policy_id: str, known: str = FAR_INSTANT) -> dict[str, str]:
    """Who consented to a version, and when, as known before an instant."""
    rows = facts.current(chart.rows(_ACKNOWLEDGEMENTS, couple=couple_id, known=known))
    return {row["partner_id"]: row["acknowledged_on"] for row in rows if row["policy_id"] == policy_id}


def policy_kind(chart: Chart, couple_id: str) -> FactKind:
    """Policies as they are shown: with who has consented to each version."""
    rows = facts.current(chart.rows(_ACKNOWLEDGEMENTS, couple=couple_id, known=FAR_INSTANT))
    a, b = open_case(chart, couple_id).partner_ids

    def shape(row: Row) -> Row:
        given = {
            each["partner_id"]: each["acknowledged_on"] for each in rows if each["policy_id"] == row["id"]
        }
        told = [{"partner_id": who, "acknowledged_on": on} for who, on in sorted(given.items())]
        return {
            **row,
            "acknowledged_by_a": a in given,
            "acknowledged_by_b": b in given,
            "acknowledgements": told,
        }

    return FactKind(policy, POLICY.effective, POLICY.path, shape)


def policy_in_force(chart: Chart, couple_id: str, known: str = FAR_INSTANT) -> tuple[str | None, bool]:
    """The code of the newest version, None before the first, and whether both partners consented to it; as known
    before an instant, because a version written down later may bear an earlier day."""
    rows = facts.current(chart.rows(_POLICY_EVIDENCE, couple=couple_id, known=known))
    if not rows:
        return None, False
    newest = max(rows, key=lambda row: (row["agreed_on"], row["number"]))
    return str(newest["code"]), len(_acknowledged(chart, couple_id, newest["id"], known)) == len("ab")


def policies_heeded(chart: Chart, couple_id: str) -> frozenset[str]:
    """The codes of the newest version and of the newest to which both consented: until they consent to the next one, it
    is what each relied on."""
    rows = facts.current(chart.rows(_POLICY_EVIDENCE, couple=couple_id, known=FAR_INSTANT))
    rows.sort(key=lambda row: (row["agreed_on"], row["number"]), reverse=True)
    agreed = (row for row in rows if len(_acknowledged(chart, couple_id, row["id"])) == len("ab"))
    return frozenset(str(row["code"]) for row in (*rows[:1], next(agreed, None)) if row)


def set_repair_start(
    chart: Chart, case: Case, body: RepairStartIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Record where the clinician sets the start of repair."""
    not_in_future(chart, body.starts_on, f"{pointer}/starts_on")
    way = case.direction(body.direction_id, f"{pointer}/direction_id")
    values = {**body.model_dump(), "direction_id": way.id, **CLINICIAN}
    return facts.record(chart, REPAIR_START, case, values, source=source)


def close(chart: Chart, couple_id: str, body: ClosingIn, if_match: str | None) -> Row:
    """Close a case with its outcome."""
    case = open_for_writing(chart, couple_id)
    _check_step(chart, case, body.effective_on, "")
    return _step(chart, case, "closed", body.model_dump(), if_match)


def record_closing(
    chart: Chart, case: Case, body: ClosingIn, *, source: str | None = None, pointer: str = ""
) -> Row:
    """Close an opened case as an earlier system closed it."""
    _check_step(chart, case, body.effective_on, pointer)
    return _record_step(chart, case, "closed", body.model_dump(), source)


def reopen(chart: Chart, couple_id: str, body: ReopeningIn, if_match: str | None) -> Row:
    """Take a closed case up again."""
    case = open_case(chart, couple_id)
    if case.status == "open":
        raise Refusal("conflict", "The case is open already.")
    _check_step(chart, case, body.effective_on, "")
    return _step(chart, case, "open", {**body.model_dump(), "outcome": None}, if_match)


def _check_step(chart: Chart, case: Case, day: date, pointer: str) -> None:
    """Steps follow each other: taken up again on a day before it was closed, a case would rest for ever."""
    where = f"{pointer}/effective_on"
    not_in_future(chart, day, where)
    taken = [row["effective_on"] for row in status_evidence(chart, case.id, FAR_INSTANT)]
    last = max(taken, default=None)
    if last is not None and day.isoformat() < last:
        hint = f"The last step was on {last}."
        raise invalid(where, "before_last_step", "It lies before the last step of the case.", hint)


def _step(chart: Chart, case: Case, status: str, values: dict[str, Any], if_match: str | None) -> Row:
    demand_match(if_match, version_tag({"id": case.id, "version": case.version}))
    _record_step(chart, case, status, values, None)
    return read(chart, case.id)


def _record_step(chart: Chart, case: Case, status: str, values: dict[str, Any], source: str | None) -> Row:
    row = facts.record(chart, STATUS, case, {"status": status, **values, **JOINT}, source=source)
    case.version, case.status = chart.amend(couple, case.id, case.version, status=status), status
    return row


# --- evidence for the calculation ---


def betrayal_evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The couple's betrayals as known before an instant, without words: what they were and when they came to light."""
    return facts.current(chart.rows(_BETRAYAL_EVIDENCE, couple=couple_id, known=known))


def opened_directions(chart: Chart, couple_id: str) -> set[str]:
    """The directions that a betrayal has opened; one that was marked as entered in error opened none."""
    rows = chart.rows(_BETRAYAL_EVIDENCE, couple=couple_id, known=FAR_INSTANT)
    mistaken = facts.in_error(rows)
    return {row["direction_id"] for row in rows if row["id"] not in mistaken}


def discoveries(chart: Chart, couple_id: str) -> list[Row]:
    """When the couple's betrayals came to light, and who may learn of each."""
    return facts.current(chart.rows(_DISCOVERIES, couple=couple_id, known=FAR_INSTANT))


def discovered_on(found: list[Row], direction_id: str, seen: Mapping[str, Any]) -> str | None:
    """The day on which a direction came to light, as far as everybody knows who may learn of an entry in it."""
    days = (
        str(row["came_to_light_on"])
        for row in found
        if row["direction_id"] == direction_id and not is_wider(seen, row)
    )
    return min(days, default=None)


def expect_discoveries(chart: Chart, couple_id: str) -> None:
    """Ask ahead what `discoveries` will ask."""
    chart.expect(_DISCOVERIES, couple=couple_id, known=FAR_INSTANT)


def repair_start_evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """The starts of repair that clinicians set, as known before an instant; ids tell which was set last."""
    return facts.current(chart.rows(_REPAIR_START_EVIDENCE, couple=couple_id, known=known))


def status_evidence(chart: Chart, couple_id: str, known: str) -> list[Row]:
    """When the case was closed and taken up again, as known before an instant."""
    return facts.current(chart.rows(_STATUS_EVIDENCE, couple=couple_id, known=known))


# --- the caseload ---

_VERSIONS = (
    select(couple.c.id, couple.c.evidence_version)
    .where(among(couple.c.id, bindparam("ids", required=True)))
    .order_by(couple.c.id)
    .with_for_update(of=couple)
)


def open_cases_beside(table: Table, names: tuple[str, ...], own: tuple[str, ...] = ("label",)) -> Select[Any]:
    """The caller's open cases beside a table that keeps one row a couple under the couple's own id.

    Its owner builds it once; the row's id comes out as `beside_id`, None where there is no row.
    """
    same = (table.c.practice_id == couple.c.practice_id) & (table.c.id == couple.c.id)
    return (
        select(
            couple.c.id,
            couple.c.version,
            couple.c.evidence_version,
            *(couple.c[name] for name in own),
            table.c.id.label("beside_id"),
            *(table.c[name].label(f"beside_{name}") for name in names),
        )
        .select_from(couple.outerjoin(table, same))
        .where(couple.c.status == "open")
        .order_by(couple.c.id)
    )


def held_versions(chart: Chart, couple_ids: list[str]) -> dict[str, int]:
    """The evidence versions of couples, held still until this transaction ends."""
    rows = chart.rows(_VERSIONS, ids=chart.list_value(couple_ids))
    return {row["id"]: row["evidence_version"] for row in rows}
