"""PostgreSQL's line: how values travel there and back, and that what fails leaves nothing behind."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.chart.database import postgres_address
from app.chart.pipeline import Line, Rows, Statement, numbered
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
