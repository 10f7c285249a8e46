"""Ids of rows: in order for whom they are told, and without a word on what was stored between them."""

from itertools import pairwise
from operator import sub
from random import Random
from typing import Any
from unittest import mock
from uuid import UUID

import pytest

from app.chart import ids
from app.chart.ids import Instants, RowIds
from tests.people import Caller, Json, a_couple, partner

BOTH: Json = {"visibility": "joint", "visible_partner_id": None}
PARTS = (80, 32)
"""Where the instant ends, and where what is drawn for each id begins."""


def own(name: str) -> Json:
    return {"visibility": "partner", "visible_partner_id": name}


def bare(row_id: str) -> tuple[int, int]:
    """The instant of an id, and its rank with its number."""
    whole = UUID(row_id).int
    tail = (whole >> 64 & 0xFFF) << 62 | whole & (1 << 62) - 1
    return whole >> PARTS[0], tail >> PARTS[1]


def strides_of_one() -> Any:
    """Strides of any size would hide what is counted."""
    return mock.patch.object(ids, "randbelow", return_value=0)


@pytest.mark.parametrize(
    "between", [[], [own("a")], [own("a")] * 3, [{"visibility": "clinician"}], [{"partner_id": "a"}]]
)
def test_what_is_stored_between_two_rows_does_not_show_in_their_ids(between: list[Json]) -> None:
    made = RowIds()
    with strides_of_one():
        first = bare(made.next(BOTH))
        for values in between:
            made.next(values)
        second = bare(made.next(BOTH))

    assert (second[0] - first[0], second[1] - first[1]) == (0, 1)


def test_ids_are_version_seven_and_sort_in_the_order_of_their_making() -> None:
    made = RowIds()
    found = [made.next(own("a")) for _ in range(500)] + [RowIds().next(BOTH) for _ in range(500)]

    assert found == sorted(found)
    assert len(set(found)) == len(found)
    assert {(UUID(each).version, UUID(each).variant) for each in found} == {(7, UUID(found[0]).variant)}


def test_strides_of_any_size_leave_no_count_in_a_gap() -> None:
    """A gap over an entry that was taken back later looks like many another."""
    dice, made = Random(1), RowIds()  # noqa: S311 - ids of a test
    with mock.patch.multiple(ids, randbits=dice.getrandbits, randbelow=dice.randrange):
        places = [bare(made.next(BOTH))[1] for _ in range(2000)]
    single, double = (sorted(map(sub, places[n:], places)) for n in (1, 2))

    assert double[len(double) // 2] < single[len(single) * 9 // 10]
    assert len(set(single)) > len(single) // 2


def test_no_two_transactions_of_a_process_share_an_instant_and_a_clock_set_back_is_believed() -> None:
    def at(instants: Instants, milliseconds: int) -> int:
        with mock.patch.object(ids, "uuid7", return_value=UUID(int=milliseconds << 80)):
            return instants.next()

    instants = Instants()
    given = [at(instants, now) for now in (5000, 5000, 5001, 4990)]

    assert all(later > earlier for earlier, later in pairwise(given))
    assert at(instants, 100) == 100


def a_marker(**changes: object) -> Json:
    return {
        "code": "ACC-IMPACT",
        "observed_on": "2026-02-01",
        "basis": "observed_in_session",
        **changes,
    }


def test_a_sign_of_coercion_between_two_markers_of_a_session_does_not_show_in_what_both_are_told(
    therapist: Caller,
) -> None:
    couple = a_couple(therapist)
    alone = a_marker(visibility="partner", visible_partner_id=partner(couple, "a"))
    gaps = []
    for between in ([], [alone], [a_marker(code="TRN-COERCED")]):
        both = {"status": "attended"}
        body = {
            "kind": "conjoint",
            "starts_at": "2026-02-01T16:00:00Z",
            "duration_minutes": 60,
            "attendance": {"a": both, "b": both},
            "markers": [a_marker(), *between, a_marker()],
        }
        with strides_of_one():
            session = therapist.made(f"/v1/couples/{couple['id']}/sessions", body)
        told = therapist.get(
            f"/v1/sessions/{session['id']}", params={"audience": "joint", "include": "entries"}
        ).json()
        row, first, second = (bare(each) for each in (told["id"], *told["entries"]["markers"]))
        gaps.append((first[0] - row[0], first[1] - row[1], second[0] - first[0], second[1] - first[1]))

    assert gaps == [(0, 1, 0, 1)] * 3
