"""Made-up practices written into the tables, sealed as the service seals them; measuring.py comes in.

People, keys, couples and betrayals go through the services. The many entries after them go straight into the tables
in time order: COPY on PostgreSQL, executemany on SQLite.
"""

import functools
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from pydantic_core import to_json
from sqlalchemy import Table, make_url

from app.chart.base import Sealed, metadata
from app.chart.chart import Actor, Chart, Store, Visit, new_id
from app.chart.keys import context_of
from app.clock import written
from app.couples import service as couples
from app.couples.schemas import CoupleIn
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import PersonIn
from bench import courses
from bench.courses import Event

CLINICIANS, CASELOAD, AT_ONCE = 8, 60, 5_000
WRITTEN_TO, LONG_AGO = 64, datetime(1971, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clinician:
    """One clinician with a key that may do everything of the role."""

    practice_id: str
    person_id: str
    key: str


@dataclass
class Couple:
    """What requests and rows need to know of a couple."""

    id: str
    clinician: Clinician
    partners: tuple[str, str]
    direction_id: str
    sessions: list[str] = field(default_factory=list)
    commitments: list[str] = field(default_factory=list)


@dataclass
class Made:
    """Everything that was made, and how many rows."""

    couples: list[Couple] = field(default_factory=list)
    written_to: list[Couple] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)


def fill(
    store: Store, owner_url: str, couples_wanted: int, depth: float, tell: Callable[[str], None]
) -> Made:
    """Make practices with couples and three years of entries; `depth` scales the number of entries a couple."""
    start = courses.begin(datetime.now(UTC).date())
    made = Made()
    for number in range(0, couples_wanted, CLINICIANS * CASELOAD):
        _found(store, start, made, min(CLINICIANS * CASELOAD, couples_wanted - number))
    tell(f"{len(made.couples)} couples opened")
    with _pen(owner_url) as pen:
        for event in courses.events(couples_wanted, depth):
            couple = made.couples[event.couple]
            table, row = ROWS[event.kind](event, couple, courses.instant(start, event))
            pen.write(table, _sealed(made.charts[couple.clinician.practice_id], table, row))
    made.rows = pen.rows
    tell(f"{sum(made.rows.values()):,} entries written")
    return made


def _found(store: Store, start: datetime, made: Made, couples_wanted: int) -> None:
    """One practice with its clinicians and their couples; in the first, one more whose couples are written to."""
    home = practice.found(store, start, "Practice at the river", "Europe/Vienna")
    with practice.operating(store, home, start, "benchSetup", "Europe/Vienna") as chart:
        needed = min(CLINICIANS, -(-couples_wanted // CASELOAD))
        people = [_clinician(chart, number) for number in range(needed + (not made.couples))]
        chart.sign(201)
    new: list[Couple] = []
    for number, person in enumerate(people[:needed]):
        cases = range(number, couples_wanted, needed)
        new += _opened(store, person, start, start - timedelta(days=20), cases)
    for person in people[needed:]:
        made.written_to = _opened(store, person, start, LONG_AGO, range(WRITTEN_TO))
    made.couples += new
    with store.chart(practice.operator(home), start, chart.visit, writing=False) as reading:
        for couple in new:
            reading.seal(couple.id, "warm", "")  # opens the couple's key: sealing needs the store no more
    made.charts[home] = reading


def _opened(
    store: Store, person: Clinician, start: datetime, since: datetime, numbers: Iterable[int]
) -> list[Couple]:
    """A clinician's couples, opened by themself."""
    actor = Actor(
        person.practice_id,
        person.person_id,
        "clinician",
        frozenset(credentials.SCOPES),
        zone="Europe/Vienna",
    )
    with store.chart(actor, start, Visit("benchSetup", new_id()), writing=True) as own:
        return [_open(own, person, since, number) for number in numbers]


def _clinician(chart: Chart, number: int) -> Clinician:
    person = practice.add_person(chart, PersonIn(name=f"Dr. {chr(65 + number)}", role="clinician"))
    scopes = credentials.ROLE_SCOPES["clinician"]
    key = practice.make_key(chart, "live", person_id=person["id"], label="bench", scopes=scopes)
    return Clinician(chart.actor.practice_id, person["id"], key["secret"])


def _open(chart: Chart, clinician: Clinician, since: datetime, number: int) -> Couple:
    body = CoupleIn.model_validate(
        {
            "label": f"C-{number:04d}",
            "partner_a": {"name": "A."},
            "partner_b": {"name": "B."},
            "treating_clinician_id": clinician.person_id,
            "betrayals": [
                {
                    "affected": "a",
                    "kind": "financial",
                    "came_to_light": "discovery",
                    "came_to_light_on": str(since.date()),
                    "full_disclosure_on": str(since.date() + timedelta(days=10)),
                }
            ],
        }
    )
    row = couples.begin(chart, body)
    a, b = (str(partner["id"]) for partner in row["partners"])
    return Couple(row["id"], clinician, (a, b), row["directions"][0]["id"])


# --- rows of each kind ---

Row = dict[str, Any]


def _fact(event: Event, couple: Couple, at: datetime, salt: int, **values: Any) -> Row:
    return {
        "practice_id": couple.clinician.practice_id,
        "id": id_at(at, event, salt),
        "couple_id": couple.id,
        "recorded_at": written(at),
        "recorded_by": couple.clinician.person_id,
        "entered_in_error": False,
        "visibility": "joint",
        **values,
    }


def _session(event: Event, couple: Couple, at: datetime) -> tuple[Table, Row]:
    row = _fact(
        event,
        couple,
        at,
        1,
        version=1,
        kind="conjoint",
        starts_at=written(at),
        zone="Europe/Vienna",
        duration_minutes=75,
        local_day=_day(at),
        outcome="held",
        attendance_a="attended",
        country_a="AT",
        attendance_b="attended",
        country_b="AT",
        note_format="narrative",
        note=to_json({"text": courses.note_text(event)}).decode(),
        written_at=written(at),
        state="signed",
        signed_at=written(at),
        signed_by=couple.clinician.person_id,
    )
    del row["entered_in_error"]
    couple.sessions.append(row["id"])
    return metadata.tables["session"], row


def _commitment(event: Event, couple: Couple, at: datetime) -> tuple[Table, Row]:
    row = _fact(
        event,
        couple,
        at,
        2,
        direction_id=couple.direction_id,
        owner_partner_id=couple.partners[1],
        action="Reads the week's account statement aloud on Sunday at 18:00.",
        cadence="weekly",
        rrule="FREQ=WEEKLY;BYDAY=SU",
        starts_on=_day(at),
        made_on=_day(at),
        review_on=_day(at + timedelta(days=56)),
        agreed_by_both=True,
        answers_access=False,
    )
    couple.commitments.append(row["id"])
    return metadata.tables["commitment"], row


def _check_in(event: Event, couple: Couple, at: datetime) -> tuple[Table, Row]:
    commitment = couple.commitments[-1 - event.number % min(3, len(couple.commitments))]
    outcome = _one_of(courses.CHECK_INS, event, 3)
    row = _fact(event, couple, at, 3, commitment_id=commitment, checked_on=_day(at), outcome=outcome)
    return metadata.tables["check_in"], row


def _marker(event: Event, couple: Couple, at: datetime) -> tuple[Table, Row]:
    row = _fact(
        event,
        couple,
        at,
        4,
        direction_id=couple.direction_id,
        code=_one_of(courses.MARKERS, event, 4),
        about_id=couple.partners[1],
        observed_on=_day(at),
        basis="observed_in_session",
        session_id=couple.sessions[-1],
    )
    return metadata.tables["marker"], row


def _report(event: Event, couple: Couple, at: datetime) -> tuple[Table, Row]:
    counted = courses.episodes(event)
    row = _fact(
        event,
        couple,
        at,
        5,
        direction_id=couple.direction_id,
        reporter_id=couple.partners[0],
        window_start=_day(at - timedelta(days=7)),
        window_end=_day(at - timedelta(days=1)),
        episodes=counted,
        declined=False,
        typical_duration_minutes=15 + 4 * counted if counted else None,
        recovery_minutes=30 + 6 * counted if counted else None,
        peak_intensity=min(10, 3 + counted) if counted else None,
        triggers="reminder",
        source="self_in_session",
    )
    return metadata.tables["threat_report"], row


def _one_of(choices: Sequence[str], event: Event, salt: int) -> str:
    return choices[int(courses.chance(event.couple, event.number, salt, 5) * len(choices))]


ROWS: Mapping[str, Callable[[Event, Couple, datetime], tuple[Table, Row]]] = {
    "session": _session,
    "commitment": _commitment,
    "check_in": _check_in,
    "marker": _marker,
    "report": _report,
}


def _day(at: datetime) -> str:
    return at.date().isoformat()


def id_at(at: datetime, event: Event, salt: int) -> str:
    """A UUIDv7 that the same event always gets."""
    low = int(courses.chance(event.couple, event.number, salt, 77) * 2**53)
    milliseconds = int(at.timestamp() * 1000)
    return str(
        UUID(
            int=milliseconds << 80 | 7 << 76 | (low & 0xFFF) << 64 | 2 << 62 | event.couple << 20 | low >> 33
        )
    )


def _sealed(chart: Chart, table: Table, row: Row) -> Row:
    for name in _sealed_names(table):
        value = row.get(name)
        if value is not None:
            context = context_of(row["practice_id"], table.name, row["id"], name)
            row[name] = chart.seal(row["couple_id"], context, value)
    return row


@functools.cache
def _sealed_names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if isinstance(column.type, Sealed))


@functools.cache
def _names(table: Table) -> dict[str, None]:
    """The columns of a table in their order."""
    return dict.fromkeys(table.c.keys())


# --- pens: how rows reach a database quickly ---


class Pen(ABC):
    """Gathers rows table by table and writes them by the thousand, in the order in which tables refer to each other."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self._waiting: dict[str, list[tuple[Any, ...]]] = {table.name: [] for table in metadata.sorted_tables}
        self._count = 0

    def write(self, table: Table, row: Row) -> None:
        """Take a row."""
        names = _names(table)
        unknown = row.keys() - names.keys()
        if unknown:
            raise LookupError(f"{table.name} has no {', '.join(unknown)}")
        self._waiting[table.name].append(tuple(map(row.get, names)))
        self._count += 1
        if self._count >= AT_ONCE:
            self.empty()

    def empty(self) -> None:
        """Write what waits."""
        for name, rows in self._waiting.items():
            if rows:
                self._put(metadata.tables[name], rows)
                self.rows[name] = self.rows.get(name, 0) + len(rows)
                rows.clear()
        self._count = 0

    @abstractmethod
    def _put(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Write rows of one table."""

    def __enter__(self) -> "Pen":
        return self

    @abstractmethod
    def __exit__(self, *_: object) -> None:
        """Write what still waits and let the connection go."""


class SqlitePen(Pen):
    """One transaction of an SQLite file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._connection = sqlite3.connect(path, timeout=60)
        self._connection.execute("PRAGMA synchronous=OFF")

    def _put(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        marks = ",".join("?" * len(table.c))
        names = ",".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118
        self._connection.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608

    def __exit__(self, *_: object) -> None:
        self.empty()
        self._connection.commit()
        self._connection.execute("ANALYZE")
        self._connection.close()


class PostgresPen(Pen):
    """COPY in one transaction of the owner."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._connection = psycopg.connect(url)

    def _put(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        names = sql.SQL(",").join(map(sql.Identifier, table.c.keys()))
        with (
            self._connection.cursor() as cursor,
            cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def __exit__(self, *_: object) -> None:
        self.empty()
        self._connection.commit()
        self._connection.autocommit = True
        self._connection.execute("VACUUM (ANALYZE)")
        self._connection.close()


def _pen(owner_url: str) -> Pen:
    url = make_url(owner_url)
    if url.get_backend_name() == "sqlite":
        return SqlitePen(url.database or "")
    return PostgresPen(url.set(drivername="postgresql").render_as_string(hide_password=False))
