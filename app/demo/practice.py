"""The sample practice on disk, filled through the import path; the demo's command comes in."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from app import __version__
from app.chart.chart import Chart, Store, Visit, new_id
from app.chart.keys import load_master_key
from app.chart.migrations import alone, migrate
from app.chart.migrations import folder as migrations_folder
from app.clock import day_in, system_clock
from app.couples import service as couples
from app.couples.case import open_case
from app.demo.records import SOURCE, ZONE, lines
from app.demo.stories import STORIES
from app.imports import service as imports
from app.imports.reader import ndjson
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import PersonIn
from app.progress import service as progress
from app.settings import Settings

STAMP = "demo.json"
LOCK = "demo.lock"
DATABASE = "mendline.db"
FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal")
"""What one database consists of; a copy that somebody put aside under a longer name is not of it."""
NAME, CLINICIAN = "Demo practice", "Dr. Adler"
Told = Callable[[str], None]


class NotADemo(OSError):
    """The folder holds a database that no demo made: it stays as it is."""


@dataclass(frozen=True)
class Demo:
    """A sample practice that stands ready."""

    settings: Settings
    store: Store
    practice_id: str
    clinician_id: str
    fresh: bool

    @contextmanager
    def chart(self, action: str, *, writing: bool) -> Iterator[Chart]:
        """The clinician's own way to the sample practice."""
        with self.store.chart(
            _clinician(self), system_clock(), Visit(action, new_id()), writing=writing
        ) as chart:
            yield chart


def settings_for(folder: Path, host: str, port: int) -> Settings:
    """Settings of a demo: embedded, in its own folder, whatever the environment says about the real record."""
    return Settings(
        data_dir=folder,
        database_url="",
        migration_url="",
        master_key="",
        master_key_file=None,
        sqlite_encryption=False,
        environment="demo",
        host=host,
        port=port,
    )


def stand_ready(folder: Path, host: str, port: int, told: Told = lambda _: None) -> Demo:
    """The sample practice in a folder: reused when it was made today by this version, made afresh otherwise."""
    _demand_a_demos(folder)
    with alone(folder / LOCK):
        return _stand_ready(folder, settings_for(folder, host, port), told)


def _demand_a_demos(folder: Path) -> None:
    if _stamp(folder) is None and any((folder / name).exists() for name in FILES):
        raise NotADemo(
            f"{folder} holds a database that is not a demo's; choose another folder with --data-dir"
        )


def _stand_ready(folder: Path, settings: Settings, told: Told) -> Demo:
    today = day_in(system_clock(), ZONE)
    stamp, wanted = _stamp(folder), _mark(today)
    whole = (folder / DATABASE).exists() and settings.key_file.exists()
    if whole and stamp is not None and stamp.get("mark") == wanted:
        return Demo(settings, _open(settings), stamp["practice_id"], stamp["clinician_id"], fresh=False)
    return _made(folder, settings, today, wanted, told)


def _mark(today: date) -> str:
    """Changes with the day, the version, the migrations and the stories."""
    paths = sorted([*Path(__file__).parent.glob("*.py"), *migrations_folder().glob("versions/*.py")])
    told = hashlib.sha256(b"".join(path.read_bytes() for path in paths))
    return f"{today} {__version__} {told.hexdigest()[:16]}"


def _stamp(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _made(folder: Path, settings: Settings, today: date, mark: str, told: Told) -> Demo:
    """Found the practice and tell the stories; the stamp says that it is whole only when it is."""
    _put_stamp(folder, {"mark": "being made"})
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    migrate(settings.url)
    demo = _founded(settings)
    _tell(demo, today, told)
    stamp = {"mark": mark, "practice_id": demo.practice_id, "clinician_id": demo.clinician_id}
    _put_stamp(folder, stamp)
    return demo


def _put_stamp(folder: Path, stamp: dict[str, Any]) -> None:
    """Whole or not at all: half a stamp would make the folder pass for somebody's own."""
    unfinished = folder / f"{STAMP}.{os.getpid()}"
    unfinished.write_text(json.dumps(stamp), "utf-8")
    unfinished.replace(folder / STAMP)


def _open(settings: Settings) -> Store:
    master, _ = load_master_key(settings.master_key, settings.key_file)
    return Store(settings.url, master, settings.threads)


def _founded(settings: Settings) -> Demo:
    store, now = _open(settings), system_clock()
    practice_id = practice.found(store, now, NAME, ZONE)
    with practice.operating(store, practice_id, now, "addPerson", ZONE) as chart:
        person = practice.add_person(chart, PersonIn(name=CLINICIAN, role="clinician"))
        chart.sign(201)
    return Demo(settings, store, practice_id, person["id"], fresh=True)


def _tell(demo: Demo, today: date, told: Told) -> None:
    """Bring the stories in on the same way as any earlier system's records, one couple after the other."""

    @contextmanager
    def within() -> Iterator[Chart]:
        with demo.chart("importRecords", writing=True) as chart:
            yield chart

    file = BytesIO(b"".join(lines(today)))
    report = imports.bring_in(
        ndjson(file), within, imports.Order(SOURCE), lambda block: told(block.couple or "")
    )
    if report["couples"]["imported"] != len(STORIES):
        raise RuntimeError(f"the stories did not go in: {report['errors'][:3]}")


def _clinician(demo: Demo) -> Any:
    operator = practice.operator(demo.practice_id, ZONE)
    return replace(operator, person_id=demo.clinician_id, role="clinician")


def fresh_key(demo: Demo) -> str:
    """A new API key of the clinician, with every scope of the role."""
    with practice.operating(demo.store, demo.practice_id, system_clock(), "createKey", ZONE) as chart:
        row = practice.make_key(
            chart,
            demo.settings.environment,
            person_id=demo.clinician_id,
            label="demo",
            scopes=credentials.ROLE_SCOPES["clinician"],
        )
        chart.sign(201)
    return str(row["secret"])


def shown(demo: Demo) -> Iterator[dict[str, Any]]:
    """Each case with what the two questions answer for each of its directions, today."""
    with demo.chart("showDemo", writing=False) as chart:
        rows = couples.listed(chart, None, None, 1000)
        for row in sorted(rows, key=lambda each: each["label"]):
            question = progress.asked(chart, None, None)
            looked = progress.look(chart, open_case(chart, row["id"]), question)
            moving = progress.progress_of(chart, looked)["directions"]
            stopping = progress.stopping_of(chart, looked)["directions"]
            ways = [
                {"direction": number, "progress": one, "stop": other}
                for number, (one, other) in enumerate(zip(moving, stopping), start=1)
            ]
            yield {"case": row["label"].split()[0], "directions": ways}
