"""Rounds of timed windows, the order of stacks turned round every other time; __main__ comes in.

A stack must give the service's answers before it is timed; an error in a window voids it.
"""

import base64
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from app.chart.chart import Store
from app.chart.keys import MasterKey
from bench import in_process, load
from bench.databases import Place, place
from bench.filling import Made, fill
from bench.load import Shot
from bench.operations import Operation, plain
from bench.processes import Server, busy_elsewhere, cpu_of_tree, machine_cpu, running
from bench.readings import Measured, Reading
from bench.stacks import SERVICE, Stack, environment, stacks

PROBES = 6
WARM_SECONDS = 1
DAYS_A_WINDOW = 400
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What was asked for."""

    couples: int
    depth: float
    rounds: int
    seconds: int
    loader: str
    pinned: bool

    @property
    def server_core(self) -> int | None:
        """The core that servers keep to."""
        return 0 if self.pinned else None

    @property
    def load_core(self) -> int | None:
        """The core that the loader keeps to."""
        return 1 if self.pinned else None


@dataclass
class Site:
    """One filled database, and the requests that will be sent to it."""

    plan: Plan
    place: Place
    folder: Path
    environment: dict[str, str]
    master: MasterKey
    shots: dict[str, list[Shot]] = field(default_factory=dict)
    days_told: int = 0

    def days(self) -> int:
        """Days that no request has told of yet, enough of them for one window."""
        self.days_told += DAYS_A_WINDOW
        return self.days_told - DAYS_A_WINDOW

    def file(self, operation: Operation) -> Path:
        """The file with an operation's requests, for the loaders."""
        path = self.folder / f"{operation.name}.jsonl"
        if not path.exists():
            load.write_shots(path, self.shots[operation.name])
        return path


def measure(plan: Plan, kind: str, operations: Sequence[Operation], tell: Tell) -> Measured:
    """Fill a database of a kind and time every stack on it."""
    with place(kind) as found, tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        site, made = _site(plan, found, Path(folder), tell)
        measured = Measured(kind, found.name, made.rows, tuple(operations), stacks(kind))
        _prepare(site, measured, made)
        _look_inside(site, measured, made)
        for number in range(plan.rounds):
            for stack in measured.stacks[:: 1 if number % 2 == 0 else -1]:
                tell(f"{kind}, round {number + 1} of {plan.rounds}: {stack.name}")
                _round(site, measured, stack, number)
        return measured


def _site(plan: Plan, found: Place, folder: Path, tell: Tell) -> tuple[Site, Made]:
    master = secrets.token_bytes(32)
    store = Store(found.url, MasterKey(master))
    try:
        made = fill(store, found.url, plan.couples, plan.depth, tell)
    finally:
        store.close()
    settings = {**environment(found.url, base64.b64encode(master).decode()), "MENDLINE_DATA_DIR": str(folder)}
    return Site(plan, found, folder, settings, MasterKey(master)), made


# --- the same answers first ---


def _prepare(site: Site, measured: Measured, made: Made) -> None:
    """Draw the requests, ask every stack the first few, and leave out what one does not answer as the service does."""
    said: dict[str, dict[str, list[Any]]] = {}
    for stack in measured.stacks:
        with running(stack.command, site.environment, core=None) as server, _client(server) as http:
            if stack.name == SERVICE:
                site.shots = {
                    operation.name: operation.shots(made, http) for operation in measured.operations
                }
            said[stack.name] = {o.name: _answers(site, http, o) for o in measured.operations}
    for operation in measured.operations:
        for stack in measured.stacks:
            reason = _unfit(stack, operation, said[SERVICE][operation.name], said[stack.name][operation.name])
            if reason:
                measured.left_out[stack.name, operation.name] = reason


def _client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=60)


def _answers(site: Site, http: httpx.Client, operation: Operation) -> list[Any]:
    said = []
    day = (load.DAY_ONE + timedelta(days=site.days())).isoformat()
    for shot in site.shots[operation.name][:PROBES]:
        headers = {name: value.replace("{fresh}", secrets.token_hex(8)) for name, value in shot.headers}
        if shot.body:
            headers["Content-Type"] = "application/json"
        body = shot.body.replace(load.NO_DAY.encode(), day.encode())
        answer = http.request(shot.method, shot.path, headers=headers, content=body)
        said.append((answer.status_code, _content(answer, operation.unlike)))
    return said


def _content(answer: httpx.Response, unlike: frozenset[str]) -> Any:
    kind = answer.headers.get("content-type", "")
    return plain(answer.json(), unlike) if "json" in kind else answer.text[:200]


def _unfit(stack: Stack, operation: Operation, ours: list[Any], theirs: list[Any]) -> str | None:
    """Why a stack is not timed on an operation, if so."""
    if not theirs or theirs[0][0] >= 400:
        return f"answers {theirs[0][0]}" if theirs else "no requests"
    if stack.name == SERVICE:
        return None
    if operation.only_service:
        return "asked of the service alone"
    return None if ours == theirs else f"answers otherwise: {difference(ours, theirs)}"


def difference(ours: Any, theirs: Any, where: str = "") -> str:
    """The first place at which two answers part."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *theirs]:
            if name not in ours or name not in theirs or ours[name] != theirs[name]:
                return difference(ours.get(name, "nothing"), theirs.get(name, "nothing"), f"{where}/{name}")
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs)):
            if one != other:
                return difference(one, other, f"{where}/{number}")
    return f"{where}: {str(ours)[:60]} and {str(theirs)[:60]}"


# --- inside, without HTTP ---


def _look_inside(site: Site, measured: Measured, made: Made) -> None:
    store = Store(site.place.url, site.master)
    try:
        measured.spans = in_process.spans(store, site.place, made)
    finally:
        store.close()
    who = made.couples[0].clinician
    measured.imported = in_process.imported(site.environment, who.practice_id, who.person_id, site.folder)


# --- then time ---


def _round(site: Site, measured: Measured, stack: Stack, number: int) -> None:
    with running(stack.command, site.environment, core=site.plan.server_core) as server:
        for operation in measured.operations:
            if (stack.name, operation.name) not in measured.left_out:
                measured.readings.append(_window(site, server, stack, operation, number))


def _window(site: Site, server: Server, stack: Stack, operation: Operation, number: int) -> Reading:
    plan, file = site.plan, site.file(operation)
    warm_day, first_day = (site.days(), site.days()) if operation.writes else (None, None)
    load.fire(plan.loader, server.url, file, WARM_SECONDS, core=plan.load_core, first_day=warm_day)
    machine, ours, database = machine_cpu(), server.cpu(), _database_cpu(site)
    window = load.fire(plan.loader, server.url, file, plan.seconds, core=plan.load_core, first_day=first_day)
    spent, database_spent = server.cpu() - ours, _database_cpu(site) - database
    elsewhere = busy_elsewhere(machine, spent + database_spent + window.cpu)
    return Reading(number, stack.name, operation.name, window, spent, database_spent, elsewhere)


def _database_cpu(site: Site) -> float:
    return cpu_of_tree(site.place.pid) if site.place.pid else 0.0
