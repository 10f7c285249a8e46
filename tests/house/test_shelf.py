"""The shelf of PostgreSQL databases lends no test what another one left behind."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.shelf import LOANS, Shelf

FOUNDED = """
INSERT INTO practice (practice_id, name, zone, created_at)
VALUES (gen_random_uuid(), 'Practice at the river', 'Europe/Vienna', '2026-03-02T09:00:00.000000Z')
"""


@pytest.fixture
def lent(postgres_template: str) -> Iterator[Shelf]:
    kept = Shelf(postgres_template)
    yield kept
    kept.close()


def run(url: str, *statements: str) -> list[tuple[int, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in statements:
            connection.execute(sql.encode())
        return connection.execute("SELECT count(*) FROM practice").fetchall()


def test_a_database_comes_back_empty(lent: Shelf) -> None:
    loan = lent.borrow()
    assert run(loan.url, FOUNDED) == [(1,)]
    lent.give_back(loan)
    again = lent.borrow()
    assert again is loan
    assert run(again.url) == [(0,)]
    lent.give_back(again)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE marker DISABLE TRIGGER ALL",
        "ALTER TABLE marker DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE marker ADD COLUMN colour text",
        "UPDATE alembic_version SET version_num = 'elsewhere'",
    ],
)
def test_a_database_whose_shape_was_changed_is_not_lent_again(lent: Shelf, change: str) -> None:
    loan = lent.borrow()
    run(loan.url, change)
    lent.give_back(loan)
    assert not lent.free


def test_a_worn_database_is_not_lent_again(lent: Shelf) -> None:
    loan = lent.borrow()
    for _ in range(LOANS - 1):
        lent.give_back(loan)
        assert lent.borrow() is loan
    lent.give_back(loan)
    assert not lent.free
