"""What both partners may see: the joint answer, when a clinician shares it and nothing speaks against; routes come in.

Two computations exist, over all rows and over joint rows. To both partners and to each of them there is one answer:
what was shared, or `not_released`, which is the same whatever the reason. Both computations are made for every such
question, from scratch, so that neither a difference nor a memory of an earlier answer shows in the time it takes.

What was shared together ends together, and ends for good: a withdrawal takes every answer along and none comes back, so
that one answer gone by itself, or one that returns, would tell that it was something else.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import bindparam, select

from app.chart.audiences import CLINICIAN, JOINT
from app.chart.chart import Chart, Row
from app.clock import day_in
from app.couples import facts
from app.couples import service as couples
from app.couples.case import Case, open_case
from app.couples.facts import FAR_INSTANT
from app.errors import Refusal, invalid
from app.progress import service, wording
from app.progress.case_record import EVIDENCE, read_record
from app.progress.service import Asked, Looked
from app.progress.tables import joint_summary
from app.sessions import service as sessions
from app.stages import service as stages
from app.timeline import assess
from app.wire.answers import demand_match, state_tag

Json = dict[str, Any]
Answer = Literal["progress", "timeline", "stopping"]
SHARED_DAYS: Final = 90
ENDED_TOLD_DAYS: Final = 21
_ENDED: Final = (
    "What was shared with both partners is shared no longer: it ended by itself. Look at the record, and share anew "
    "when that is right."
)

# What may differ between the two computations without the one contradicting the other: which rows are cited, and what
# only the treating team is asked or reminded of.
_ASIDE: Final = frozenset(
    {
        "audience",
        "ask_next",
        "evidence",
        "evidence_digest",
        "evidence_ids",
        "known_basis",
        "last_review",
        "notes",
        "overridden",
        "review_prompts",
    }
)
_ANSWERS: Final[Mapping[Answer, Callable[[Chart, Case, Asked], Json]]] = {
    "progress": service.progress,
    "stopping": service.stopping,
    "timeline": service.timeline,
}
_NAMED: Final = (*EVIDENCE, facts.evidence(stages.STAGE.table, ()), sessions.NAMED)
"""Whatever a shared answer may name."""

_ID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FOR_THE_TEAM: Final[Json] = {"ask_next": [], "review_prompts": [], "last_review": None}

_KEPT = tuple(column for column in joint_summary.c if column.name not in ("practice_id", "content"))
_LISTED = (
    select(*_KEPT)
    .where(joint_summary.c.id < bindparam("below", required=True))
    .order_by(joint_summary.c.id.desc())
    .limit(bindparam("most", required=True))
)
_ONE = select(*_KEPT).where(joint_summary.c.id == bindparam("row", required=True))
_NEWEST = select(*_KEPT, joint_summary.c.content).order_by(joint_summary.c.id.desc()).limit(1)
_LAST = select(*_KEPT).order_by(joint_summary.c.id.desc()).limit(1)


# --- the answer ---


def told(
    chart: Chart, couple_id: str, answer: Answer, asked: Collection[str], *, for_good: bool = True
) -> Json:
    """The one answer for both partners and for each of them; `for_good` ends what is not told any more."""
    for name in sorted(set(asked) - {"audience"}):
        words = "What is shared is shared as it stood on its day."
        raise invalid(f"#/query/{name}", "clinician_only", words, "Leave it out.")
    open_case(chart, couple_id)  # with the audience's own eyes: a stranger's partner meets no couple
    row = _shared(chart, couple_id)
    if not _stands(chart, couple_id, row):
        row = ended_unless_it_stands(chart, couple_id) if row is not None and for_good else None
    if row is None or answer not in row["answers"].split():
        return _not_released(chart, couple_id)
    return {**json.loads(row["content"])[answer], "release": _release(row)}


def ended_unless_it_stands(chart: Chart, couple_id: str) -> Row | None:
    """What is shared, when it stands also with the case held still; otherwise it is shared no longer from now on."""
    with _writing(chart) as team:
        case = open_case(team, couple_id, held=True)  # an entry between the two computations is no difference
        row = _shared(team, couple_id)
        if row is None or _stands(team, couple_id, row):
            return row
        with suppress(Refusal):  # withdrawn in this very moment
            team.amend(joint_summary, row["id"], row["version"], withdrawn_at=team.at)
            case.evidence_changed(team)
        return None


@contextmanager
def _writing(chart: Chart) -> Iterator[Chart]:
    """The treating team's chart to write with, whoever asks: the request's own, or one beside a request that reads."""
    if chart.writing:
        yield chart.for_audience(CLINICIAN).past_the_care_team()
        return
    actor = replace(chart.actor, everything=True)
    with chart.store.chart(actor, chart.now, chart.visit, writing=True) as team:
        yield team


def _shared(chart: Chart, couple_id: str) -> Row | None:
    """The newest summary, while it is neither withdrawn nor lapsed."""
    row = chart.for_audience(CLINICIAN).find(_NEWEST, couple=couple_id)
    return row if row is not None and _in_force(chart, row) else None


def _stands(chart: Chart, couple_id: str, row: Row | None) -> bool:
    """Whether the whole record still says all that was shared, and names no entry that was taken back since."""
    agreeing, kept_back = _agreeing(chart, couple_id), _kept_back(chart, couple_id)
    if row is None:
        return False
    return agreeing.issuperset(row["answers"].split()) and kept_back.isdisjoint(_ID.findall(row["content"]))


def _agreeing(chart: Chart, couple_id: str) -> frozenset[str]:
    """The answers in which the whole record says what the joint rows say; none while a safety concern is open."""
    question = service.asked(chart, None, None)
    whole, both = (_looked(chart, couple_id, question, eyes) for eyes in (CLINICIAN, JOINT))
    same = frozenset(answer for answer in _ANSWERS if _compared(*whole, answer) == _compared(*both, answer))
    return frozenset() if whole[1].record.concerns else same


def _kept_back(chart: Chart, couple_id: str) -> set[str]:
    """What the treating team reads and both partners do not: what was shared once may have been taken back since, or
    marked as entered in error, and its direction with it."""
    whole, both = (_entries(chart.for_audience(eyes), couple_id) for eyes in (CLINICIAN, JOINT))
    return whole - both


def _entries(seeing: Chart, couple_id: str) -> set[str]:
    of_couple = {"couple": couple_id, "known": FAR_INSTANT}
    seeing.expect(*_NAMED, **of_couple)
    entries = {str(row["id"]) for statement in _NAMED for row in seeing.rows(statement, **of_couple)}
    return entries | {way.id for way in open_case(seeing, couple_id).directions}


def _looked(chart: Chart, couple_id: str, question: Asked, eyes: Any) -> tuple[Chart, Looked]:
    """The record with somebody's eyes, calculated from scratch."""
    seeing = chart.for_audience(eyes)
    record = read_record(seeing, _case(seeing, couple_id), question.known, question.as_of)
    results = tuple(assess(each.document, question.as_of) for each in record.directions)
    return seeing, Looked(question, record, results)


def _case(seeing: Chart, couple_id: str) -> Case:
    """The case without a direction that was opened in error alone: both partners are told nothing of it."""
    case, opened = open_case(seeing, couple_id), couples.opened_directions(seeing, couple_id)
    return replace(case, directions=tuple(way for way in case.directions if way.id in opened))


def _compared(seeing: Chart, looked: Looked, answer: Answer) -> Json:
    """An answer as far as the two must agree; a picture over time agrees when the answer about progress does."""
    shown = service.stopping_of if answer == "stopping" else service.progress_of
    bare: Json = _without(shown(seeing, looked), _ASIDE)
    return bare


def _without(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    return value


def _not_released(chart: Chart, couple_id: str) -> Json:
    """The same for every couple and every reason: nothing in it comes from the record."""
    frame = service.blank_frame(couple_id, str(JOINT), chart.today)
    release = {"status": "not_released", "released_on": None, "lapses_on": None}
    return {**frame, "release": release, "notes": [wording.NOT_RELEASED], "directions": []}


def _in_force(chart: Chart, row: Row) -> bool:
    return row["withdrawn_at"] is None and bool(row["lapses_on"] > chart.today.isoformat())


def _release(row: Row) -> Json:
    return {"status": "released", "released_on": row["as_of"], "lapses_on": row["lapses_on"]}


# --- sharing ---


def release(chart: Chart, case: Case, answers: Sequence[Answer]) -> Row:
    """Share answers as they stand today; refused while the two computations differ or a concern is open."""
    _demand_clinician(chart)
    names = list(dict.fromkeys(answers))
    if not _agreeing(chart, case.id).issuperset(names):
        raise Refusal("summary_withheld")
    both, question = chart.for_audience(JOINT), service.asked(chart, None, None)
    theirs = open_case(both, case.id)
    content = {name: _for_partners(_ANSWERS[name](both, theirs, question)) for name in names}
    values = {
        "as_of": question.as_of.isoformat(),
        "answers": " ".join(names),
        "released_at": chart.at,
        "released_by": chart.actor.person_id,
        "lapses_on": (chart.today + timedelta(days=SHARED_DAYS)).isoformat(),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    summary_id = chart.add(joint_summary, couple_id=case.id, content=text, **values)
    chart.note(couple_id=case.id, target_id=summary_id)
    case.evidence_changed(chart)
    row = {
        **values,
        "id": summary_id,
        "couple_id": case.id,
        "version": 1,
        "withdrawn_at": None,
        "withdrawn_by": None,
    }
    return _shaped(chart, row, summary_id)


def _for_partners(shown: Json) -> Json:
    """An answer without what is meant as a reminder for the treating team."""
    ways = [
        {name: _FOR_THE_TEAM.get(name, value) for name, value in way.items()} for way in shown["directions"]
    ]
    return {**shown, "directions": ways}


def listed(chart: Chart, couple_id: str, below: str, most: int) -> list[Row]:
    """What was shared with an opened couple's partners, newest first."""
    newest = _newest_id(chart, couple_id)
    rows = chart.rows(_LISTED, couple=couple_id, below=below, most=most)
    return [_shaped(chart, row, newest) for row in rows]


def read(chart: Chart, summary_id: str) -> Row:
    """One shared summary."""
    row = chart.one(_ONE, row=summary_id)
    chart.note(couple_id=row["couple_id"], target_id=summary_id)
    return _shaped(chart, row, _newest_id(chart, row["couple_id"]))


def withdraw(chart: Chart, summary_id: str, if_match: str | None) -> Row:
    """Share a summary no longer."""
    row = read(chart, summary_id)
    _demand_clinician(chart)
    demand_match(if_match, state_tag(row))
    if row["withdrawn_at"] is not None:
        return row
    values = {"withdrawn_at": chart.at, "withdrawn_by": chart.actor.person_id}
    version = chart.amend(joint_summary, summary_id, row["version"], **values)
    return {**row, **values, "version": version, "state": "withdrawn"}


def _newest_id(chart: Chart, couple_id: str) -> str | None:
    row = chart.find(_NEWEST, couple=couple_id)
    return None if row is None else str(row["id"])


def _shaped(chart: Chart, row: Row, newest_id: str | None) -> Row:
    state = "in_force" if row["id"] == newest_id else "replaced"
    if row["withdrawn_at"] is not None:
        state = "withdrawn"
    elif row["lapses_on"] <= chart.today.isoformat():
        state = "lapsed"
    return {**row, "answers": row["answers"].split(), "state": state}


# --- what the treating team is told of it ---


def tasks(chart: Chart, couple_id: str) -> list[Json]:
    """For three weeks, that the newest summary ended by itself; not why, and nothing where somebody withdrew it."""
    row = chart.find(_LAST, couple=couple_id)
    ended = None if row is None else _ended_by_itself(chart, row)
    if ended is None or ended + timedelta(days=ENDED_TOLD_DAYS) <= chart.today:
        return []
    return [{"code": "summary_ended", "text": _ENDED, "on": ended.isoformat()}]


def _ended_by_itself(chart: Chart, row: Row) -> date | None:
    """The day on which the record spoke against it, or its time was over; None while it stands or was withdrawn."""
    if row["withdrawn_by"] is not None:
        return None
    if row["withdrawn_at"] is not None:
        return day_in(datetime.fromisoformat(row["withdrawn_at"]), chart.actor.zone)
    return None if _in_force(chart, row) else date.fromisoformat(row["lapses_on"])


def _demand_clinician(chart: Chart) -> None:
    """A clinician who may also read what they share."""
    chart.actor.demand_clinician()
    if "indicators:read" not in chart.actor.scopes:
        raise Refusal("clinician_needed")
