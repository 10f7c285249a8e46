"""Bands, triggers and sources of threat reports; for telling alarm in words and counting it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final, Literal

EvidenceTrigger = Literal[
    "none_identified", "reminder", "anniversary", "stressor", "new_disclosure", "partner_behaviour", "unknown"
]

LONGEST_WINDOW_DAYS: Final = 31
MAX_SHARE_OF_ESTIMATES: Final = Fraction(1, 3)


@dataclass(frozen=True, slots=True)
class Band:
    """A frequency in everyday words, for those who cannot count."""

    code: str
    words: str
    rate_per_week: float


@dataclass(frozen=True, slots=True)
class Trigger:
    """What lay behind an episode, and the word the calculation has for it."""

    code: str
    words: str
    evidence_trigger: EvidenceTrigger


@dataclass(frozen=True, slots=True)
class Source:
    """Who gave the figures."""

    code: str
    words: str
    estimate: bool


BANDS: Final[tuple[Band, ...]] = (
    Band("several_a_day", "several times a day", 28.0),
    Band("twice_a_day", "about twice a day", 14.0),
    Band("daily", "about once a day", 7.0),
    Band("most_days", "on most days", 5.0),
    Band("several_a_week", "several times a week", 3.5),
    Band("weekly", "about once a week", 1.0),
    Band("two_or_three_a_month", "two or three times a month", 0.6),
    Band("monthly", "about once a month", 0.25),
    Band("none", "not at all", 0.0),
)
BAND_BY_CODE: Final[dict[str, Band]] = {band.code: band for band in BANDS}

TRIGGERS: Final[tuple[Trigger, ...]] = (
    Trigger("anniversary", "a date that stands for what happened", "anniversary"),
    Trigger("reminder", "something that brought it back", "reminder"),
    Trigger("stressor", "strain from elsewhere", "stressor"),
    Trigger("new_information", "something new was learned", "new_disclosure"),
    Trigger("conflict", "a conflict between the two", "partner_behaviour"),
    # Closeness brings the alarm back as a reminder does, and says nothing against the other's conduct.
    Trigger("closeness", "closeness itself", "reminder"),
    Trigger("none", "nothing that could be named", "none_identified"),
    Trigger("unknown", "not known", "unknown"),
)
TRIGGER_BY_CODE: Final[dict[str, Trigger]] = {trigger.code: trigger for trigger in TRIGGERS}

# Ties go to what may need acting on: a date on the calendar must never explain away a new fact.
_PRECEDENCE: Final[tuple[EvidenceTrigger, ...]] = (
    "new_disclosure", "partner_behaviour", "anniversary", "reminder", "stressor",
    "none_identified", "unknown",
)  # fmt: skip

SOURCES: Final[tuple[Source, ...]] = (
    Source("self_in_session", "the affected partner, asked in the session", estimate=False),
    Source("self_checkin", "the affected partner, between sessions", estimate=False),
    Source("clinician_estimate", "the clinician's estimate", estimate=True),
)
SOURCE_BY_CODE: Final[dict[str, Source]] = {source.code: source for source in SOURCES}


def episodes_for(band: str, days: int) -> int:
    """The count a band stands for in a window of so many days, rounded half up."""
    if band not in BAND_BY_CODE:
        raise ValueError(f"Unknown band; use one of {', '.join(BAND_BY_CODE)}.")
    if not 1 <= days <= LONGEST_WINDOW_DAYS:
        raise ValueError(f"A window has 1 to {LONGEST_WINDOW_DAYS} days.")
    # Exact fractions, so that a half is a half whatever the rate.
    return floor(Fraction(str(BAND_BY_CODE[band].rate_per_week)) * days / 7 + Fraction(1, 2))


def evidence_trigger(codes: Iterable[str]) -> EvidenceTrigger:
    """The one trigger that stands for a report: the most frequent, named ones before unnamed."""
    counts = Counter(TRIGGER_BY_CODE[code].evidence_trigger for code in codes)
    named = {word: n for word, n in counts.items() if word not in ("none_identified", "unknown")}
    pool = named or dict(counts)
    if not pool:
        return "unknown"
    most = max(pool.values())
    return next(word for word in _PRECEDENCE if pool.get(word) == most)
