"""Flaws planted on purpose, each of which the proof must find: a proof that cannot fail proves nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

from sqlalchemy import func, select, true
from starlette.responses import Response

from app.chart import plans
from app.chart.audiences import CLINICIAN
from app.chart.chart import Chart
from app.couples import facts
from app.couples.case import open_case
from app.couples.tables import couple
from app.markers.tables import marker
from app.progress import joint, service
from app.safety import service as safety
from app.sessions import service as sessions
from app.wire import pages


@dataclass(frozen=True)
class Flaw:
    """A flaw, how it is planted, and how many histories may pass until it is found."""

    words: str
    planted: Callable[[], AbstractContextManager[Any]]
    histories: int = 12


@contextmanager
def _a_table_without_its_wall() -> Iterator[None]:
    right = plans._told_to

    def wrong(table: Any, audience: Any, **options: Any) -> Iterator[Any]:
        bare = getattr(table, "element", table).name == "marker"
        return iter(()) if bare else right(table, audience, **options)

    with mock.patch.object(plans, "_told_to", wrong):
        yield


@contextmanager
def _all_rows_counted() -> Iterator[None]:
    right, count = pages.page, select(func.count().label("n")).select_from(marker)

    def wrong(chart: Chart, *args: Any, **options: Any) -> Response:
        answer = right(chart, *args, **options)
        answer.headers["X-Total"] = str(chart.for_audience(CLINICIAN).rows(count)[0]["n"])
        return answer

    with mock.patch.object(pages, "page", wrong):
        yield


@contextmanager
def _a_tag_from_the_evidence_version() -> Iterator[None]:
    right, version = facts.get, select(couple.c.evidence_version)

    def wrong(chart: Chart, kind: facts.FactKind, fact_id: str) -> Any:
        row = right(chart, kind, fact_id)
        number = chart.for_audience(CLINICIAN).rows(version, couple=row["couple_id"])[0]["evidence_version"]
        return {**row, "superseded_by": row["superseded_by"] or (number % 2 or None)}

    with mock.patch.object(facts, "get", wrong):
        yield


def _kept_back_by_the_newest_alone() -> AbstractContextManager[Any]:
    """A correction of a correction takes back only the last version but one."""

    def wrong(table: Any, original: Any, audience: Any) -> Any:
        later = original.alias("following")
        same = (later.c.practice_id == table.c.practice_id) & (later.c.supersedes_id == table.c.id)
        shut = select(later.c.id).where(same, ~plans._may_learn(later, audience)).correlate(table)
        return shut.exists()

    return mock.patch.object(plans, "_kept_back_later", wrong)


@contextmanager
def _an_open_concern_told() -> Iterator[None]:
    right = joint._not_released

    def wrong(chart: Chart, couple_id: str) -> Any:
        open_now = safety.open_concerns(chart.for_audience(CLINICIAN), couple_id, facts.FAR_INSTANT)
        return {**right(chart, couple_id), **({"notes": ["Withheld."]} if open_now else {})}

    with mock.patch.object(joint, "_not_released", wrong):
        yield


def _over_the_whole_record() -> AbstractContextManager[Any]:
    """What both partners are told is worked out at once, from all rows."""

    def wrong(chart: Chart, couple_id: str, answer: joint.Answer, asked: Any) -> Any:
        whole = chart.for_audience(CLINICIAN)
        question = service.asked(whole, None, None)
        return joint._ANSWERS[answer](whole, open_case(whole, couple_id), question)

    return mock.patch.object(joint, "told", wrong)


def _an_answer_that_ends_alone() -> AbstractContextManager[Any]:
    """Each answer is told as long as it holds itself, whatever became of those that were shared with it."""

    def wrong(chart: Chart, couple_id: str, answer: joint.Answer, asked: Any) -> Any:
        row, holds = joint._shared(chart, couple_id), joint._agreeing(chart, couple_id)
        if row is None or answer not in holds:
            return joint._not_released(chart, couple_id)
        return {**json.loads(row["content"])[answer], "release": joint._release(row)}

    return mock.patch.object(joint, "told", wrong)


FLAWS: Final = (
    Flaw("a table without the wall of audiences", _a_table_without_its_wall),
    Flaw("a total that counts all rows", _all_rows_counted),
    Flaw("an answer that follows the evidence version", _a_tag_from_the_evidence_version),
    Flaw(
        "the version of a session that counts kept entries",
        lambda: mock.patch.object(sessions, "told", lambda _, row: row),
        40,
    ),
    Flaw("a joint answer worked out from all rows", _over_the_whole_record),
    Flaw("a concern that changes what is not released", _an_open_concern_told, 40),
    Flaw("corrections of corrections that leave the first version", _kept_back_by_the_newest_alone, 40),
    Flaw(
        "entries marked as entered in error that are told on",
        lambda: mock.patch.object(plans, "_standing", return_value=()),
    ),
    Flaw(
        "joint entries about a direction that is kept",
        lambda: mock.patch.object(plans, "_in_a_told_direction", return_value=true()),
        120,
    ),
    Flaw("an answer that ends alone of those that were shared", _an_answer_that_ends_alone, 200),
)
