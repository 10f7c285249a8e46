"""Bands and triggers of threat reports."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.threat_responses.bands import (
    BAND_BY_CODE,
    BANDS,
    SOURCES,
    TRIGGER_BY_CODE,
    TRIGGERS,
    episodes_for,
    evidence_trigger,
)

band_codes = st.sampled_from(list(BAND_BY_CODE))
days_of_a_window = st.integers(1, 31)


def test_bands_stand_for_the_decided_rates() -> None:
    assert [band.rate_per_week for band in BANDS] == [28, 14, 7, 5, 3.5, 1, 0.6, 0.25, 0]


@pytest.mark.parametrize(
    ("band", "days", "episodes"),
    [
        ("several_a_day", 7, 28),
        ("several_a_day", 1, 4),
        ("twice_a_day", 14, 28),
        ("daily", 31, 31),
        ("most_days", 14, 10),
        ("most_days", 1, 1),
        ("several_a_week", 1, 1),  # a half is rounded up
        ("several_a_week", 7, 4),
        ("weekly", 3, 0),
        ("weekly", 4, 1),
        ("two_or_three_a_month", 30, 3),
        ("two_or_three_a_month", 5, 0),
        ("monthly", 13, 0),
        ("monthly", 14, 1),
        ("none", 31, 0),
    ],
)
def test_a_band_becomes_a_count_for_its_window(band: str, days: int, episodes: int) -> None:
    assert episodes_for(band, days) == episodes


@settings(derandomize=True)
@given(band_codes, days_of_a_window)
def test_the_count_is_within_a_half_and_nothing_real_becomes_nothing(band: str, days: int) -> None:
    expected = BAND_BY_CODE[band].rate_per_week * days / 7

    counted = episodes_for(band, days)

    assert abs(counted - expected) <= 0.5 + 1e-9
    assert counted > 0 or expected < 0.5


@pytest.mark.parametrize(("band", "days"), [("hourly", 7), ("daily", 0), ("daily", -3), ("daily", 32)])
def test_unknown_bands_and_impossible_windows_are_refused(band: str, days: int) -> None:
    with pytest.raises(ValueError):
        episodes_for(band, days)


def test_triggers_speak_the_words_of_the_calculation() -> None:
    known = {
        "none_identified",
        "reminder",
        "anniversary",
        "stressor",
        "new_disclosure",
        "partner_behaviour",
        "unknown",
    }

    assert {trigger.evidence_trigger for trigger in TRIGGERS} == known
    assert {source.code for source in SOURCES if source.estimate} == {"clinician_estimate"}


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        ([], "unknown"),
        (["none"], "none_identified"),
        (["none", "none", "stressor"], "stressor"),
        (["anniversary", "anniversary", "stressor"], "anniversary"),
        (["anniversary", "new_information"], "new_disclosure"),
        (["reminder", "closeness", "conflict"], "reminder"),
    ],
)
def test_one_trigger_stands_for_a_report(codes: list[str], word: str) -> None:
    assert evidence_trigger(codes) == word


@settings(derandomize=True)
@given(st.lists(st.sampled_from(list(TRIGGER_BY_CODE))))
def test_the_order_of_triggers_does_not_matter(codes: list[str]) -> None:
    assert evidence_trigger(codes) == evidence_trigger(reversed(codes))
