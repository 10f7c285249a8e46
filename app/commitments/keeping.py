"""Keeping: how often and how steadily a commitment was kept, out of its check-ins; pure, for commitments' service.

Interval: Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22:209-212). A check-in that was late or in part
counts as half a success, which the interval takes as it is: a little too wide, never too narrow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Final, NamedTuple

from app.commitments.outcomes import BY_CODE, FEWEST_FOR_A_RATE

WINDOWS_DAYS: Final = (90, 180)
STEADY: Final = 0.8
LEVEL: Final = 0.95
_Z: Final = 1.959964


class CheckedIn(NamedTuple):
    """How a commitment went by a day."""

    on: date
    outcome: str


@dataclass(frozen=True, slots=True)
class KeptRate:
    """How often it was kept in a window; without a rate when too few check-ins count."""

    days: int
    countable: int
    rate: float | None
    low: float | None
    high: float | None
    level: float
    not_reported: int
    disputed: int
    missing: str | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Everything said about keeping one commitment."""

    rates: tuple[KeptRate, ...]
    longest_run: int
    months_counted: int
    months_steady: int
    steady_share: float | None


def keeping(check_ins: Iterable[CheckedIn], as_of: date) -> Keeping:
    """What the check-ins up to a day say."""
    known = sorted(item for item in check_ins if item.on <= as_of)
    months = _month_rates(known)
    steady = sum(rate >= STEADY for rate in months)
    return Keeping(
        rates=tuple(kept_rate(known, as_of, days) for days in WINDOWS_DAYS),
        longest_run=longest_run(known),
        months_counted=len(months),
        months_steady=steady,
        steady_share=round(steady / len(months), 4) if months else None,
    )


def kept_rate(check_ins: Sequence[CheckedIn], as_of: date, days: int) -> KeptRate:
    """The kept rate over the last so many days, the last of them being `as_of`."""
    within = [item for item in check_ins if timedelta(0) <= as_of - item.on < timedelta(days=days)]
    scores = _scores(within)
    n = len(scores)
    shown = n >= FEWEST_FOR_A_RATE
    rate = sum(scores) / n if shown else None
    low, high = wilson(rate, n) if rate is not None else (None, None)
    return KeptRate(
        days=days,
        countable=n,
        rate=None if rate is None else round(rate, 4),
        low=low,
        high=high,
        level=LEVEL,
        not_reported=sum(BY_CODE[item.outcome].missing for item in within),
        disputed=sum(BY_CODE[item.outcome].unsettled for item in within),
        missing=None if shown else _missing(n, days),
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share of n."""
    middle = share + _Z**2 / (2 * n)
    reach = _Z * sqrt(max(0.0, share * (1 - share)) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return round(max(0.0, (middle - reach) / scale), 4), round(min(1.0, (middle + reach) / scale), 4)


def longest_run(check_ins: Iterable[CheckedIn]) -> int:
    """Most check-ins in a row that were fully kept; what does not count neither breaks nor lengthens a run."""
    longest = running = 0
    for score in _scores(check_ins):
        running = running + 1 if score == 1.0 else 0
        longest = max(longest, running)
    return longest


def _month_rates(check_ins: Iterable[CheckedIn]) -> list[float]:
    """The kept rate of each calendar month in which any check-in counts."""
    months: dict[tuple[int, int], list[float]] = {}
    for item in check_ins:
        score = BY_CODE[item.outcome].score
        if score is not None:
            months.setdefault((item.on.year, item.on.month), []).append(score)
    return [sum(scores) / len(scores) for scores in months.values()]


def _scores(check_ins: Iterable[CheckedIn]) -> list[float]:
    found = (BY_CODE[item.outcome].score for item in check_ins)
    return [score for score in found if score is not None]


def _missing(n: int, days: int) -> str:
    more = FEWEST_FOR_A_RATE - n
    return f"{n} check-ins of the last {days} days count; a rate needs {more} more."
