"""Ids: in order for the same eyes, and telling nothing of what lies between them for others."""

from datetime import datetime
from operator import sub
from random import Random
from unittest import mock
from uuid import UUID

import pytest

from app.chart import ids
from app.chart.ids import Ids
from tests.people import DAY_ZERO, Caller, Json, a_couple, partner

JOINT = {"visibility": "joint", "visible_partner_id": None}
MARKER = {"code": "ACC-IMPACT", "observed_on": "2026-02-20", "basis": "observed_in_session"}


def place(row_id: str) -> int:
    """The time and the place of an id, without its random tail."""
    number = UUID(row_id).int
    return (number >> 80) << 42 | (number >> 64 & 0xFFF) << 30 | (number & (1 << 62) - 1) >> 32


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_what_lies_between_two_joint_entries_of_a_session_moves_neither(therapist: Caller, kept: int) -> None:
    couple = a_couple(therapist)
    alone = {**MARKER, "visibility": "partner", "visible_partner_id": partner(couple, "a")}
    there = {"status": "attended"}
    body: Json = {"kind": "conjoint", "starts_at": "2026-02-20T09:00:00Z", "duration_minutes": 50}
    body |= {"attendance": {"a": there, "b": there}, "markers": [MARKER, *[alone] * kept, MARKER]}
    with mock.patch.object(ids, "randbelow", return_value=0):  # strides of one: what is counted shows
        session = therapist.made(f"/v1/couples/{couple['id']}/sessions", body)

    asked = {"audience": f"partner:{partner(couple, 'b')}", "include": "entries"}
    told = therapist.get(f"/v1/sessions/{session['id']}", params=asked).json()
    first, second = told["entries"]["markers"]

    assert place(second) - place(first) == 1
    at = datetime.fromisoformat(told["recorded_at"])
    assert {place(each) >> 42 for each in (session["id"], first, second)} == {int(at.timestamp() * 1000)}


def test_the_same_eyes_read_them_in_the_order_in_which_they_were_made() -> None:
    made = Ids()
    found = [made.next("marker", JOINT, DAY_ZERO) for _ in range(500)]
    kept = [made.next("marker", {**JOINT, "visibility": "clinician"}, DAY_ZERO) for _ in range(500)]

    assert (found, kept) == (sorted(found), sorted(kept))
    assert {(UUID(each).version, UUID(each).variant) for each in found} == {(7, UUID(found[0]).variant)}
    assert len({place(each) >> 42 for each in (*found, *kept)}) == 1


def test_strides_of_any_size_leave_no_count_in_a_gap() -> None:
    """A gap over an entry that was taken back later looks like many another."""
    dice, made = Random(1), Ids()  # noqa: S311 - ids of a test
    with mock.patch.multiple(ids, randbits=dice.getrandbits, randbelow=dice.randrange):
        places = [place(made.next("marker", JOINT, DAY_ZERO)) for _ in range(2000)]
    single, double = (sorted(map(sub, places[n:], places)) for n in (1, 2))

    assert double[len(double) // 2] < single[len(single) * 9 // 10]
    assert len(set(single)) > len(single) // 2
