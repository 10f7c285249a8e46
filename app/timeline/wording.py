"""Plain words for days, counts and chances, to be read aloud; internal, holds no rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

CONSULT = "Discuss with the couple; consider supervision."
BAND_SENTENCE = "The 18-to-36-month band is one clinician's published expectation; it has not been validated."
SIMULATION_SENTENCE = (
    "Accuracy figures come from simulated couples; no data set of real couples followed for 18 to 36 months "
    "was found."
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_FEW = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def on(day: int) -> str:
    """Return a day in words, such as ``3 March 2026``."""
    found = date.fromordinal(day)
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: small numbers as words."""
    word = _FEW[number] if number < len(_FEW) else str(number)
    return f"{word} {noun if number == 1 else plural or noun + 's'}"


def opening(sentence: str) -> str:
    """Return the sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def chance(probability: float) -> str:
    """Return a probability as a whole percentage, never claiming certainty."""
    if probability > 0.99:
        return "over 99%"
    return "under 1%" if probability < 0.01 else f"{probability:.0%}"


def monthly_change(rate: float) -> str:
    """Return a monthly rate on the log scale as a percentage: ``about 10% less each month``."""
    share = round(abs(math.expm1(rate)) * 100)
    if share == 0:
        return "about the same from month to month"
    return f"about {share}% {'less' if rate < 0 else 'more'} each month"


def per_week(rate: float) -> str:
    """Return episodes a week in words."""
    if 0.0 < rate < 0.05:
        return "fewer than 0.1 episodes a week"
    return f"{rate:.1f} episodes a week" if rate < 9.95 else f"{rate:.0f} episodes a week"


def listed(parts: Sequence[str]) -> str:
    """Join parts with commas and a final ``and``."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]
