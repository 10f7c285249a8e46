"""PostgreSQL's line: how values travel there and back, and that what fails leaves nothing behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.chart.database import ROWS_TOGETHER, PostgresJourney, postgres_address
from app.chart.pipeline import IDLE_SECONDS, LIFE_SECONDS, Line, Lines, Rows, Statement, numbered
from tests.postgres_server import postgres_url


@pytest.fixture
def line() -> Iterator[Line]:
    opened = Line(postgres_address(postgres_url()), "postgres")
    yield opened
    opened.close()


def answers(line: Line, *statements: Statement) -> list[Rows]:
    return [line.rows(result) for result in line.run(statements)]


def test_names_become_numbers_in_the_order_in_which_they_first_stand() -> None:
    assert numbered("a = %(one)s and b = %(two)s and c = %(one)s and d LIKE 'x%%'") == (
        b"a = $1 and b = $2 and c = $1 and d LIKE 'x%'",
        ("one", "two"),
    )


def test_the_values_of_an_insert_are_written_once_a_row_and_counted_on() -> None:
    assert numbered("INSERT INTO t (a, b) VALUES (%(a)s::UUID, %(b)s)", 3) == (
        b"INSERT INTO t (a, b) VALUES ($1::UUID, $2), ($3::UUID, $4), ($5::UUID, $6)",
        ("a", "b"),
    )


def test_rows_that_follow_one_another_travel_as_one_statement_and_others_in_their_place(line: Line) -> None:
    line.run([("CREATE TEMP TABLE one (a int, b bytea)", None), ("CREATE TEMP TABLE other (a int)", None)])
    one, other = "INSERT INTO one (a, b) VALUES (%(a)s, %(b)s)", "INSERT INTO other (a) VALUES (%(a)s)"
    journey = PostgresJourney(line)
    for number in range(ROWS_TOGETHER + 2):
        journey.insert(one, {"a": number, "b": b"\x00" if number else None})
    journey.insert(other, {"a": 1})
    journey.insert(one, {"a": 99, "b": b""})

    assert [len(rows or ()) for _, rows in journey._waiting] == [ROWS_TOGETHER, 2, 1, 1]
    stored = journey.fetch("SELECT a, b FROM one ORDER BY a", {})
    assert [a for a, _ in stored] == [*range(ROWS_TOGETHER + 2), 99]
    assert [b for _, b in stored] == [None, *[b"\x00"] * (ROWS_TOGETHER + 1), b""]
    assert journey.fetch("SELECT a FROM other", {}) == [(1,)]


@pytest.mark.parametrize(
    ("kind", "value", "back"),
    [
        ("text", "Ärger\n'", "Ärger\n'"),
        ("text", None, None),
        ("int", -7, -7),
        ("bool", True, True),
        ("float8", 0.1, 0.1),
        ("bytea", b"\x00\xff'\\", b"\x00\xff'\\"),
        ("date", "2026-03-02", "2026-03-02"),
        ("uuid", "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d", "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"),
        ("timestamptz", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000000Z"),
        ("timestamptz", "2026-03-02T10:00:00.5+01:00", "2026-03-02T09:00:00.500000Z"),
        ("timestamptz", "2026-03-02T09:00:00.123456Z", "2026-03-02T09:00:00.123456Z"),
    ],
)
def test_a_value_comes_back_as_the_wire_spells_it(line: Line, kind: str, value: Any, back: Any) -> None:
    for _ in range(2):  # prepared, then known
        (result,) = line.run([(f"SELECT CAST(%(value)s AS {kind})", {"value": value})])
        assert line.rows(result) == [(back,)]


def test_a_value_of_no_known_kind_is_refused_before_anything_travels(line: Line) -> None:
    with pytest.raises(TypeError, match="dict"):
        line.run([("SELECT CAST(%(value)s AS text)", {"value": {}})])
    assert answers(line, ("SELECT 1", {})) == [[(1,)]]


def test_what_was_prepared_behind_an_error_is_prepared_again(line: Line) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        line.run([("BEGIN", None), ("SELECT 1 / %(by)s", {"by": 0}), ("SELECT 2", {})])
    line.run([("ROLLBACK", None)])
    assert line.idle
    assert answers(line, ("SELECT 1 / %(by)s", {"by": 1})) == [[(1,)]]
    assert answers(line, ("SELECT 2", {})) == [[(2,)]]


def test_a_statement_that_always_fails_is_kept_by_the_server_once(line: Line) -> None:
    for _ in range(5):
        with pytest.raises(psycopg.errors.DivisionByZero):
            line.run([("SELECT 2", {}), ("SELECT 1 / %(a)s::int", {"a": 0}), ("SELECT 3", {})])

    assert answers(line, ("SELECT count(*) FROM pg_prepared_statements", None)) == [[(2,)]]


def test_more_than_fits_into_the_buffers_travels_both_ways(line: Line) -> None:
    text = "x" * 1_000_000
    statements = [("SELECT CAST(%(text)s AS text)", {"text": text})] * 12
    assert answers(line, *statements) == [[(text,)]] * 12


def test_each_statement_of_a_flush_has_its_own_rows_whether_new_or_known(line: Line) -> None:
    one, two = ("SELECT %(value)s::int", {"value": 1}), ("SELECT %(value)s::int + 1", {"value": 1})
    for together in ([one], [two, one], [one, ("SET LOCAL app.x = 'y'", None), two]):
        assert [rows for rows in answers(line, *together) if rows] == [
            [(1,)] if each is one else [(2,)] for each in together if each[1] is not None
        ]


def test_several_hosts_stay_several_for_libpq() -> None:
    told = conninfo_to_dict(
        postgres_address(
            "postgresql+psycopg://me:secret@/care?host=10.0.0.1:5432&host=10.0.0.2:5433&target_session_attrs=read-write"
        )
    )

    assert (told["host"], told["port"]) == ("10.0.0.1,10.0.0.2", "5432,5433")
    assert (told["user"], told["dbname"], told["target_session_attrs"]) == ("me", "care", "read-write")


# --- lines that rest ---


@dataclass
class Ticking:
    """Seconds as the test wants them."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def lines(ticking: Ticking) -> Iterator[Lines]:
    every: list[Line] = []

    def opened() -> Line:
        every.append(Line(postgres_address(postgres_url()), "postgres"))
        return every[-1]

    yield Lines(opened, ticking)
    for line in every:
        line.close()


def test_the_line_that_was_used_last_is_taken_first(lines: Lines) -> None:
    first, second = lines.take(), lines.take()
    lines.give_back(first)
    lines.give_back(second)

    assert lines.take() is second
    assert lines.take() is first


def test_a_line_that_nobody_needed_for_a_while_is_let_go(lines: Lines, ticking: Ticking) -> None:
    busy, spare = lines.take(), lines.take()
    lines.give_back(spare)
    ticking.now = IDLE_SECONDS
    lines.give_back(busy)
    assert not spare.closed

    ticking.now += 1
    lines.give_back(lines.take())

    assert (spare.closed, busy.closed, len(lines)) == (True, False, 1)


def test_an_old_line_is_not_taken_again_however_busy_it_was(lines: Lines, ticking: Ticking) -> None:
    old = lines.take()
    while ticking.now < LIFE_SECONDS:
        ticking.now += IDLE_SECONDS / 2
        lines.give_back(old)
        assert lines.take() is old
    lines.give_back(old)
    ticking.now += 1

    young = lines.take()

    assert (young is old, old.closed, young.closed) == (False, True, False)


def test_a_line_that_broke_while_it_rested_is_not_taken(lines: Lines) -> None:
    line = lines.take()
    lines.give_back(line)
    line.close()

    assert lines.take() is not line
