"""What lies inside a progress answer, without HTTP: SELECTs, the service's reading, the model; measuring comes in."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import make_url

from app.chart.chart import Actor, Store, Visit, new_id
from app.couples.case import open_case
from app.couples.facts import FAR_INSTANT
from app.demo import records
from app.progress.case_record import read_record
from app.timeline import assess
from bench.databases import Place
from bench.filling import Couple, Made
from bench.timeline_speed import course
from bench.twins.records import COLUMNS

CASES = 40
NAMES = ("markers", "reports", "check_ins", "sessions", "commitments")
"""The evidence of which there is much."""


@dataclass(frozen=True)
class Span:
    """Processor time of something done many times, in milliseconds."""

    what: str
    middle: float
    p95: float


def spans(store: Store, place: Place, made: Made) -> list[Span]:
    """The parts of a progress answer on one database."""
    chosen = made.couples[:CASES]
    today = datetime.now(UTC).date()
    documents: list[Any] = []

    def reading(couple: Couple) -> None:
        documents.extend(_documents(store, couple, today))

    found = [_span("bare SELECTs of the evidence, native values", _bare(place), chosen)]
    found.append(_span("the service's reading of the record, walls and bridge included", reading, chosen))
    found.append(_span("the model on these cases", lambda document: assess(document, today), documents))
    return found


def model_spans() -> list[Span]:
    """The model alone on made-up courses of three years, and on the stories of the sample practice."""
    as_of = date(2025, 1, 3)
    found = []
    for words, every in (("fortnightly", 14), ("weekly", 7), ("daily", 1)):
        cases = [course(seed, every) for seed in range(10)]
        found.append(_span(f"three years, {words} reports", lambda case: assess(case, as_of), cases))
    return found


def _documents(store: Store, couple: Couple, today: date) -> list[Mapping[str, Any]]:
    clinician = couple.clinician
    actor = Actor(clinician.practice_id, clinician.person_id, "clinician", frozenset(), zone="Europe/Vienna")
    visit = Visit("bench", new_id())
    with store.chart(actor, datetime.now(UTC), visit, writing=False) as chart:
        record = read_record(chart, open_case(chart, couple.id), FAR_INSTANT, today)
    return [each.document for each in record.directions]


def _bare(place: Place) -> Callable[[Couple], Any]:
    """Plain SELECTs on a connection of their own, each value as the driver gives it."""
    mark = "?" if place.kind == "sqlite" else "%s"
    statements = [
        f"SELECT {columns} FROM {table} WHERE practice_id = {mark} AND couple_id = {mark}"  # noqa: S608
        for table, columns in (COLUMNS[name] for name in NAMES)
    ]
    url = make_url(place.url)
    connection: Any = (
        sqlite3.connect(url.database or "")
        if place.kind == "sqlite"
        else psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    )

    def read(couple: Couple) -> None:
        for statement in statements:
            connection.execute(statement, (couple.clinician.practice_id, couple.id)).fetchall()

    return read


def _span(what: str, do: Callable[[Any], Any], things: Sequence[Any]) -> Span:
    for thing in things[:3]:
        do(thing)
    spent = []
    for thing in list(things):
        before = time.process_time()
        do(thing)
        spent.append((time.process_time() - before) * 1000)
    spent.sort()
    return Span(what, median(spent), spent[int(len(spent) * 0.95)])


@dataclass(frozen=True)
class Import:
    """How an import went."""

    lines: int
    seconds: float
    start_seconds: float
    """What the same command takes for a file of nothing but its header."""


def imported(
    environment: Mapping[str, str], practice_id: str, clinician_id: str, folder: Path
) -> Import | None:
    """`mendline import` of the sample practice's thirteen cases; None when it refused them."""
    lines = list(records.lines(datetime.now(UTC).date()))
    whole = [line if line.endswith(b"\n") else line + b"\n" for line in lines]
    words = ["--practice", practice_id, "--clinician", clinician_id, "--json"]
    empty = _timed(environment, folder / "empty.ndjson", whole[:1], words)
    full = _timed(environment, folder / "sample.ndjson", whole, words)
    return None if empty is None or full is None else Import(len(lines), full, empty)


def _timed(
    environment: Mapping[str, str], file: Path, lines: Sequence[bytes], words: Sequence[str]
) -> float | None:
    """Seconds that the command takes for a file; None when it refuses it."""
    file.write_bytes(b"".join(lines))
    command = [sys.executable, "-c", "from app.cli import main; main()", "import", str(file), *words]
    before = time.monotonic()
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)  # noqa: S603
    return None if done.returncode else time.monotonic() - before


def section(found: Sequence[Span]) -> list[str]:
    """Lines of a Markdown table."""
    rows = [f"| {span.what} | {span.middle:.2f} | {span.p95:.2f} |" for span in found]
    return ["| processor time, one case | median ms | 95th percentile ms |", "|---|---|---|", *rows]
