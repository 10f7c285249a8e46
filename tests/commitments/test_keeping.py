"""How a commitment was kept: rates with their interval, runs and steady months, against worked figures."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commitments.keeping import CheckedIn, keeping, kept_rate, longest_run, wilson
from app.commitments.outcomes import BY_CODE

TODAY = date(2026, 3, 2)


def weekly(*outcomes: str) -> list[CheckedIn]:
    """Check-ins a week apart, the last of them today."""
    last = len(outcomes) - 1
    return [CheckedIn(TODAY - timedelta(weeks=last - n), outcome) for n, outcome in enumerate(outcomes)]


# Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3 (score, without continuity correction).
@pytest.mark.parametrize(
    ("kept", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(kept: int, n: int, low: float, high: float) -> None:
    assert wilson(kept / n, n) == pytest.approx((low, high), abs=0.0001)


def test_late_and_in_part_count_half_and_missing_is_never_missed() -> None:
    found = kept_rate(
        weekly(
            "kept", "kept_late", "partly_kept", "missed_owned", "kept", "not_reported", "disputed", "not_due"
        ),
        TODAY,
        90,
    )

    assert (found.countable, found.rate) == (5, 0.6)
    assert (found.not_reported, found.disputed, found.missing) == (1, 1, None)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.6 < found.high


def test_below_five_there_is_no_rate_but_a_word_on_what_is_missing() -> None:
    found = kept_rate(weekly("kept", "kept", "kept"), TODAY, 90)

    assert (found.countable, found.rate, found.low, found.high) == (3, None, None, None)
    assert found.missing == "3 check-ins of the last 90 days count; a rate needs 2 more."


def test_a_window_holds_its_last_day_and_not_the_day_before_its_first() -> None:
    edge = [CheckedIn(TODAY, "kept"), CheckedIn(TODAY - timedelta(days=89), "kept")]
    outside = [CheckedIn(TODAY - timedelta(days=90), "kept"), CheckedIn(TODAY + timedelta(days=1), "kept")]

    assert kept_rate([*edge, *outside], TODAY, 90).countable == 2


def test_what_does_not_count_neither_breaks_nor_lengthens_a_run() -> None:
    assert (
        longest_run(weekly("kept", "excused_by_both", "kept", "not_reported", "kept", "kept_late", "kept"))
        == 3
    )
    assert longest_run([]) == 0


def test_a_month_is_steady_from_four_fifths_on() -> None:
    january = [CheckedIn(date(2026, 1, day), "kept") for day in (5, 12, 19, 26)]
    late = CheckedIn(date(2026, 1, 30), "missed_owned")
    february = [CheckedIn(date(2026, 2, 2), "kept_late"), CheckedIn(date(2026, 2, 9), "not_reported")]

    found = keeping([*january, late, *february], TODAY)

    assert (found.months_counted, found.months_steady, found.steady_share) == (2, 1, 0.5)
    assert [rate.days for rate in found.rates] == [90, 180]


def test_without_check_ins_nothing_is_claimed() -> None:
    found = keeping([], TODAY)

    assert (found.longest_run, found.months_counted, found.steady_share) == (0, 0, None)
    assert all(rate.rate is None for rate in found.rates)


@given(
    st.lists(
        st.builds(CheckedIn, st.dates(date(2025, 6, 1), date(2026, 6, 1)), st.sampled_from(sorted(BY_CODE))),
        max_size=40,
    )
)
def test_order_of_entry_and_what_lies_ahead_change_nothing(check_ins: list[CheckedIn]) -> None:
    known = [item for item in check_ins if item.on <= TODAY]

    assert keeping(check_ins, TODAY) == keeping(reversed(known), TODAY)
    for rate in keeping(check_ins, TODAY).rates:
        assert (rate.rate is None) == (rate.countable < 5)
        if rate.rate is not None and rate.low is not None and rate.high is not None:
            assert 0 <= rate.low <= rate.rate <= rate.high <= 1
