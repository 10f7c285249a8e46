"""A word written into every text and shouted everywhere else, then looked for where it must not be; __main__ comes in.

Every place where it is looked for has its counter-proof: the same search finds a word that was put there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.archive.container import Reading
from app.archive.locks import Secret
from app.chart.migrations import migrate
from app.settings import driver_url
from bench.api.flaws import BREAK
from bench.api.lines import Answer, Line
from bench.api.served import MASTER, Served, serving
from bench.processes import ROOT
from tests import postgres_server
from tests.chart import raw
from tests.walks import matrix
from tests.walks.matrix import CANARY, WORDS, Estate, Operation
from tests.walks.shouting import SENTENCE, garbage, holds, repeated, shouted, texts_of, untold

CONTROL = "Gegenprobewort"
FEWEST_BROKEN = 5
VERBOSE = {
    "log_statement": "all",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
}
BROKEN_TABLES = (
    "marker",
    "threat_report",
    "session",
    "process_note",
    "safety_concern",
    "commitment",
    "confidence",
)


@dataclass(frozen=True)
class Looked:
    """One place: what was looked through, what came of it, and what is wrong."""

    where: str
    figures: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ground:
    """A database whose every byte can be seen: its address, its files, its server's log and how it is dumped."""

    url: str
    files: Callable[[], list[Path]]
    log: Path | None
    dumper: Path | None


@contextmanager
def ground(kind: str) -> Iterator[Ground]:
    """A migrated database of its own; PostgreSQL writes every statement with its parameters into its log."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="mendline-canary-") as folder:
            url = f"sqlite:///{folder}/mendline.db"
            migrate(url)
            yield Ground(url, lambda: [*Path(folder).iterdir()], None, None)
        return
    cluster = postgres_server.Cluster().start(**VERBOSE)
    try:
        url = driver_url(postgres_server.create_database(cluster.url, prefix="mendline_canary"))
        migrate(url)
        files = lambda: [path for path in cluster.data.rglob("*") if path.is_file()]  # noqa: E731
        yield Ground(url, files, cluster.home / "server.log", Path(cluster.programs) / "pg_dump")
    finally:
        cluster.remove()


def looked_for(kind: str, tell: Callable[[str], None]) -> Iterator[Looked]:
    """Everything about one kind of database."""
    with ground(kind) as place, tempfile.TemporaryDirectory() as folder:
        tell(f"{kind}: canary, the word is sent everywhere")
        logs = []
        with serving(kind, place.url) as service:
            estate = _filled(service)
            yield _in_every_text(estate)
            yield _answers(service, estate)
            tell(f"{kind}: canary, the database refuses in the middle")
            yield _broken(service, "the database refuses a row", _refusing(place.url))
            logs.append(service.written())
        tell(f"{kind}: canary, the service fails in the middle")
        with serving(kind, place.url, "breaking") as service:
            yield _broken(service, "the service itself fails", _breaking(service.log.parent / BREAK))
            yield from _at_rest(place, tell, kind)
            logs.append(service.written())
        yield _in_the_logs(logs)
        yield from _carried_away(place, Path(folder), tell, kind)


def _filled(service: Served) -> Estate:
    """A couple with the word in every text, every question about it asked once, so that results are stored."""
    estate = service.estate(matrix.marked).filled()
    for operation in estate.all.values():
        if operation.method == "get":
            estate.send(estate.keeper(operation), operation)
    return estate


def _in_every_text(estate: Estate) -> Looked:
    texts = sum(
        len({*texts_of(estate.document, each.schema)}) for each in estate.all.values() if each.clinical
    )
    faults = [f"{place} never took the word" for place in untold(estate)]
    figures = f"in {texts:,} places of bodies, also where no example of the document has a text"
    return Looked("the word in every text of every entry", figures, tuple(faults))


def _answers(service: Served, estate: Estate) -> Looked:
    headers = {"Authorization": f"Bearer {estate.owner.key}"}
    with httpx.Client(base_url=service.base, headers=headers, timeout=60) as client:
        answers = shouted(estate, client)
    garbage(service.base)
    shown = estate.owner.get(f"/v1/couples/{estate.ids['couple_id']}").text
    faults = repeated(answers) + [
        f"{each.request.url}: {each.status_code}" for each in answers if each.status_code >= 500
    ]
    if CANARY not in shown:
        faults.append("the word is not where it must be: in the couple's own record")
    refused = sum(each.status_code >= 400 for each in answers)
    return Looked(
        "refusals: the word in fields, paths, queries and headers where it does not belong",
        f"{refused:,} refusals of {len(answers):,} answers, none repeats it; in the record its clinician reads it",
        tuple(faults),
    )


def _broken(service: Served, words: str, breaking: AbstractContextManager[None]) -> Looked:
    """Every entry told once more under an idempotency key, while something fails."""
    estate = service.estate(matrix.marked)
    makers = [
        each for each in estate.all.values() if each.method == "post" and each.media == "application/json"
    ]
    told = [(each.name, *_made(estate.fresh().prepared(each), each)) for each in makers]
    line = Line(service.base)
    with breaking:
        answers = [(name, line.send("POST", path, head, body)) for name, path, body, head in told]
    broken = [name for name, answer in answers if answer.status >= 500 or answer.status == 409]
    faults = [f"{name} repeats it: {answer.body[:200]!r}" for name, answer in answers if _repeats(answer)]
    if len(broken) < FEWEST_BROKEN:
        faults.append(
            f"only {len(broken)} requests failed: {sorted({answer.status for _, answer in answers})}"
        )
    figures = f"{len(broken)} of {len(answers)} requests failed, none repeats it"
    return Looked(f"answers while {words} in the middle of a request", figures, tuple(faults))


def _made(estate: Estate, operation: Operation) -> tuple[str, bytes, dict[str, str | bytes]]:
    """Address, body and head of a good request."""
    headers: dict[str, str | bytes] = {
        "Authorization": f"Bearer {estate.keeper(operation).key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{SENTENCE} {operation.name}",
        "User-Agent": SENTENCE,
        "If-Match": estate.etag(operation) if operation.parameter else '"none"',
    }
    path = operation.path.format_map(matrix.OrNobody(estate.ids))
    return path, json.dumps(estate.body(operation)).encode(), headers


@contextmanager
def _breaking(switch: Path) -> Iterator[None]:
    """A service with the planted flaw fails as long as its switch is there."""
    switch.touch()
    try:
        yield
    finally:
        switch.unlink()


def _repeats(answer: Answer) -> bool:
    return answer.status >= 400 and any(holds(answer.body, word) for word in WORDS)


@contextmanager
def _refusing(url: str) -> Iterator[None]:
    """Tables that refuse every row, in the database's own words, which on PostgreSQL quote the row."""
    if raw.is_postgres(url):
        raw.run(
            url,
            *(
                f"ALTER TABLE {name} ADD CONSTRAINT refusing CHECK (false) NOT VALID"
                for name in BROKEN_TABLES
            ),
        )
    else:
        raw.run(
            url,
            *(
                f"CREATE TRIGGER refusing_{name} BEFORE INSERT ON {name} BEGIN SELECT RAISE(ABORT, 'refused'); END"
                for name in BROKEN_TABLES
            ),
        )
    try:
        yield
    finally:
        if raw.is_postgres(url):
            raw.run(url, *(f"ALTER TABLE {name} DROP CONSTRAINT refusing" for name in BROKEN_TABLES))
        else:
            raw.run(url, *(f"DROP TRIGGER refusing_{name}" for name in BROKEN_TABLES))


def _in_the_logs(logs: list[str]) -> Looked:
    text = "\n".join(logs)
    faults = [line[:300] for line in text.splitlines() for word in WORDS if holds(line.encode(), word)]
    if "unhandled RuntimeError" not in text:
        faults.append("no failure stands in the log")
    with serving_talkative() as talked:
        if not holds(talked.encode()):
            faults.append("the search does not find the word in the log of a service that tells it")
    lines = text.count("\n")
    return Looked(
        "the service's log (standard output and error; there is no more verbose level to set)",
        f"not in {lines:,} lines; found in the log of a service with a planted line",
        tuple(faults),
    )


@contextmanager
def serving_talkative() -> Iterator[str]:
    """What a service says that logs what it stores."""
    with ground("sqlite") as place, serving("sqlite", place.url, "talkative") as service:
        service.estate(matrix.marked).need("marker_id")
        yield service.written()


def _at_rest(place: Ground, tell: Callable[[str], None], kind: str) -> Iterator[Looked]:
    tell(f"{kind}: canary, every file of the database")
    raw.run(
        place.url,
        "CREATE TABLE control_proof (word text)",
        f"INSERT INTO control_proof VALUES ('{CONTROL}')",  # noqa: S608 - our own word
    )
    if place.log is not None:
        raw.run(place.url, "CHECKPOINT")
    size, faults, control, files = 0, [], False, place.files()
    for path in files:
        data = path.read_bytes()
        size += len(data)
        control = control or holds(data, CONTROL)
        faults += [f"{path.name} holds it" for word in WORDS if holds(data, word)]
    if not control:
        faults.append("the search does not find a word that stands there in the clear")
    kept = {name: raw.count(place.url, name) for name in ("remembered_answer", "indicator_result", "trail")}
    faults += [f"no row in {name}" for name, rows in kept.items() if not rows]
    rows = ", ".join(f"{count:,} in {name}" for name, count in kept.items())
    yield Looked(
        "every file of the database, write-ahead log included",
        f"not in {len(files):,} files of {size / 1e6:.0f} MB (rows: {rows}); a word put there in the clear is found",
        tuple(faults),
    )
    if place.log is not None:
        said = place.log.read_bytes()
        wrong = [f"the server's log holds {word}" for word in WORDS if holds(said, word)]
        wrong += [] if holds(said, CONTROL) else ["the search does not find the control"]
        told = (
            f"not in {len(said) / 1e6:.0f} MB of statements with their parameters; a word put there is found"
        )
        yield Looked("PostgreSQL's log at its most talkative", told, tuple(wrong))
    if place.dumper is not None:
        dump = _dumped(place)
        wrong = [f"the dump holds {word}" for word in WORDS if holds(dump, word)]
        wrong += [] if holds(dump, CONTROL) else ["the search does not find the control"]
        yield Looked(
            "pg_dump, as text",
            f"not in {len(dump) / 1e6:.0f} MB; a word put there in the clear is found",
            tuple(wrong),
        )
    raw.run(place.url, "DROP TABLE control_proof")


def _carried_away(place: Ground, folder: Path, tell: Callable[[str], None], kind: str) -> Iterator[Looked]:
    tell(f"{kind}: canary, backup, archive, dump")
    key = folder / "key"
    key.write_text(MASTER)
    secret = Secret(key=b"0123456789abcdef0123456789abcdef")
    for command, file in (("backup", folder / "backup.zip"), ("export", folder / "archive.zip")):
        practice = [] if command == "backup" else ["--practice", _practice(place.url)]
        done = _mendline(place.url, command, str(file), "--key-file", str(key), *practice)
        held = file.read_bytes() if file.exists() else b""
        faults = [f"`mendline {command}` said: {done[-300:]}"] if not held else []
        faults += [
            f"the {command} holds {word}" for word in WORDS if holds(held, word) or holds(done.encode(), word)
        ]
        if held and command == "export" and not holds(repr([*Reading(file, secret).rows()]).encode()):
            faults.append("opened with its key, it does not hold the word")
        opened = "; opened with its key, it holds it" if command == "export" else ""
        yield Looked(
            f"the file of `mendline {command}`, and what it says",
            f"not in {len(held) / 1e6:.1f} MB{opened}",
            tuple(faults),
        )


def _practice(url: str) -> str:
    """The first practice: the one in which the word was told and nothing was broken."""
    return str(raw.rows(url, "SELECT practice_id FROM practice ORDER BY practice_id")[0][0])


def _mendline(url: str, *arguments: str) -> str:
    settings: dict[str, Any] = {
        "MENDLINE_DATABASE_URL": url,
        "MENDLINE_MASTER_KEY": MASTER,
        "MENDLINE_ENVIRONMENT": "demo",
    }
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def _dumped(place: Ground) -> bytes:
    address = place.url.replace("postgresql+psycopg://", "postgresql://")
    done = subprocess.run([str(place.dumper), address], capture_output=True, check=True)  # noqa: S603
    return done.stdout
