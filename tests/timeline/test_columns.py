"""Lists read whole: the same as item by item, and nothing odd gets through."""

from __future__ import annotations

from collections import UserDict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.timeline import EvidenceError, columns
from app.timeline.reading import read
from tests.timeline.documents import documents

REPORT = {
    "id": "r",
    "recorded_on": None,
    "window_start": "2026-01-01",
    "window_end": "2026-01-14",
    "episodes": 3,
    "typical_duration_minutes": 20,
    "peak_intensity": 7.5,
    "recovery_minutes": None,
    "trigger": None,
}
ODD: list[Any] = [
    "",
    "x",
    "\ud800",
    "é",
    "2026-13-01",
    "1066-10-14",
    "2026-W01-1",
    7,
    -1,
    True,
    2.5,
    1e9,
    10**400,
    float("nan"),
    float("inf"),
    [],
    {},
]


def item_by_item(document: dict[str, Any]) -> Any:
    """Read a document whose items are no plain dictionaries, which is never done whole."""
    held = {
        key: [UserDict(item) for item in value] if isinstance(value, list) else value
        for key, value in document.items()
    }
    return read(held)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_a_list_read_whole_is_the_list_read_item_by_item(document: dict[str, Any]) -> None:
    assert repr(read(document)) == repr(item_by_item(document))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(REPORT)), st.sampled_from(ODD))
def test_an_odd_field_is_judged_as_it_is_item_by_item(field: str, value: Any) -> None:
    document = {"threat_reports": [REPORT, {**REPORT, "id": "s", field: value}]}

    told = []
    for reader in (read, item_by_item):
        try:
            told.append(repr(reader(document)))
        except EvidenceError as fault:
            told.append(str(fault))

    assert told[0] == told[1]


@pytest.mark.parametrize("items", [[], [REPORT, UserDict(REPORT)], [REPORT, "r"]])
def test_only_plain_items_are_read_whole(items: list[Any]) -> None:
    assert columns.at_once(items, lambda found: tuple(found)) is None
