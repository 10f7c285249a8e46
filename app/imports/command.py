"""`mendline import`: a file from the operator's own disk, couple by couple; the command line comes in."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.chart.chart import Actor, Chart, Store, Visit, new_id
from app.clock import system_clock
from app.errors import not_found
from app.imports import service
from app.imports.reader import Block, ndjson, table
from app.imports.service import Order
from app.practice import service as practice
from app.wire.pages import LOWEST_ID

EVERYBODY = 100_000


class ClinicianNeeded(OSError):
    """Nobody said whose couples these are, and the practice has not exactly one clinician."""


def run(
    store: Store,
    practice_id: str,
    path: Path,
    order: Order,
    *,
    kind: str | None = None,
    as_json: bool = False,
) -> bool:
    """Import a file in the name of the treating clinician; says whether every couple went in."""
    clerk = _clerk(store, practice_id, order.clinician_id)

    @contextmanager
    def within() -> Iterator[Chart]:
        visit = Visit("importRecords", new_id())
        with store.chart(clerk, system_clock(), visit, writing=True) as chart:
            yield chart

    with path.open("rb") as file, _bar() as bar:
        task = bar.add_task("Importing" if not order.dry_run else "Checking", total=path.stat().st_size)
        reads = table(file, kind) if kind else ndjson(file)

        def told(_: Block) -> None:
            bar.update(task, completed=_place(file))

        report = service.bring_in(reads, within, replace(order, clinician_id=clerk.person_id), told)
    _print(report, as_json)
    return not report["errors"]


def _place(file: BinaryIO) -> int:
    return file.tell()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _clerk(store: Store, practice_id: str, clinician_id: str | None) -> Actor:
    """An operator who writes in the name of the treating clinician: each row says who is answerable for it."""
    with practice.operating(store, practice_id, system_clock(), "importRecords") as chart:
        home = practice.home(chart)
        if home is None:
            raise not_found()
        known = [row["id"] for row in practice.people(chart, LOWEST_ID, EVERYBODY) if _treats(row)]
        if clinician_id is None and len(known) != 1:
            words = "has no clinician yet" if not known else f"has {len(known)} clinicians"
            raise ClinicianNeeded(f"the practice {words}: say with --clinician ID whose couples these are")
        person_id = practice.treating_clinician(chart, clinician_id or known[0])
        chart.sign(200)
    operator = practice.operator(practice_id, home["zone"])
    return replace(operator, person_id=person_id, role="clinician")


def _treats(row: dict[str, Any]) -> bool:
    return bool(row["role"] == "clinician" and row["active"])


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
        return
    width = None if sys.stdout.isatty() else 160
    console = Console(highlight=False, markup=False, width=width)
    verb = "would be taken in" if report["dry_run"] else "taken in"
    counts = report["couples"]
    console.print(
        f"Couples: {counts['imported']} {verb}, {counts['unchanged']} unchanged, {counts['refused']} refused."
    )
    console.print(_counts(report["records"]))
    if report["errors"]:
        console.print(_errors(report["errors"]))
    if report["more_errors"]:
        console.print(f"… and {report['more_errors']} more.")
    if report["gave_up_at"]:
        console.print(f"Gave up at line {report['gave_up_at']}: too much was refused; the rest was not read.")


def _counts(records: dict[str, dict[str, int]]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in ("kind", "imported", "unchanged"):
        shown.add_column(column)
    for kind, found in records.items():
        shown.add_row(kind, str(found["imported"]), str(found["unchanged"]))
    return shown


def _errors(errors: list[dict[str, Any]]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in ("line", "pointer", "code", "detail", "hint"):
        shown.add_column(column, overflow="fold")
    for found in errors:
        shown.add_row(*(str(found[name]) for name in ("line", "pointer", "code", "detail", "hint")))
    return shown
