"""Every released version still says, byte for byte, what it said when it was released."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any

import pytest

from app.timeline import CURRENT, MODEL_VERSION, Parameters, parameters_named
from app.timeline.parameters import RELEASED
from tests.timeline import recording

LAST_DIGIT = 2e-9
"""Figures have nine decimals: another processor may round the last one to the other side, and nothing more."""
released = pytest.mark.parametrize("parameters", RELEASED, ids=lambda each: each.version)


def recorded(parameters: Parameters) -> dict[str, Any]:
    path = recording.path_of(parameters)
    assert path.exists(), f"version {parameters.version} is not recorded: make record-model"
    return dict(json.loads(path.read_text("utf-8")))


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two results differ by more than the last digit of a figure."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differences(one[key], other[key], f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for place, (a, b) in pairs for found in differences(a, b, f"{path}/{place}")]
    if (
        type(one) is float
        and type(other) is float
        and math.isclose(one, other, rel_tol=1e-9, abs_tol=LAST_DIGIT)
    ):
        return []
    return [] if one == other and type(one) is type(other) else [f"{path}: {one!r} and {other!r}"]


def changes(parameters: Parameters, held: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name, text in recording.results(parameters).items():
        if text != recording.text_of(held[name]):
            found += differences(held[name], json.loads(text), name)
    return found


@released
def test_a_released_version_still_says_what_it_said(parameters: Parameters) -> None:
    assert changes(parameters, recorded(parameters)["results"]) == []


@released
def test_no_constant_of_a_released_version_was_touched(parameters: Parameters) -> None:
    now = json.loads(json.dumps(asdict(parameters)))
    for part, held in recorded(parameters)["parameters"].items():
        for name, value in held.items() if isinstance(held, dict) else [(None, held)]:
            assert (now[part] if name is None else now[part][name]) == value, f"{part}.{name}"


def test_a_touched_constant_is_caught() -> None:
    other = replace(CURRENT, reading=replace(CURRENT.reading, interval_draw_in=0.93))

    assert changes(other, recorded(CURRENT)["results"])


def test_a_version_that_says_something_else_is_caught() -> None:
    held = recorded(CURRENT)["results"]
    spoilt = json.loads(json.dumps(held))
    spoilt["V01-1"]["progress"]["p_resolved"] += 1e-6

    assert changes(CURRENT, held) == []
    assert [found.split(":")[0] for found in changes(CURRENT, spoilt)] == ["V01-1/progress/p_resolved"]


def test_recording_again_writes_nothing() -> None:
    assert recording.record() == []


def test_a_released_set_cannot_be_changed_in_place() -> None:
    for held in (
        CURRENT,
        *(getattr(CURRENT, each.name) for each in fields(CURRENT) if each.name != "version"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(held, fields(held)[0].name, 1)


def test_versions_are_asked_for_by_parameters_or_by_model() -> None:
    assert parameters_named(None) is parameters_named(MODEL_VERSION) is CURRENT
    assert [parameters_named(each.version) for each in RELEASED] == list(RELEASED)
    with pytest.raises(KeyError):
        parameters_named("1999.1")


def test_names_of_versions_are_never_used_twice() -> None:
    assert len({each.version for each in RELEASED}) == len(RELEASED)
    assert CURRENT is RELEASED[-1]
