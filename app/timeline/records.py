"""Evidence once read: immutable tuples with days as ordinal numbers; only this package makes them.

Days are ``date.toordinal()`` integers: the model subtracts days far more often than it prints them.
The order of the fields is part of the canonical form whose digest is stored; new fields go last.
"""

from __future__ import annotations

from typing import NamedTuple

CONTINUING = frozenset({"continuing", "continuing_diminished", "continuing_changed_form", "new_betrayal"})
LAPSE_BASIS = "lapse_disclosed"


class Pause(NamedTuple):
    """Rest from ``start`` up to, not including, ``end``; ``None`` while it lasts."""

    id: str
    recorded_on: int | None
    start: int
    end: int | None


class KnownDate(NamedTuple):
    """A day that often brings a stronger response."""

    id: str
    recorded_on: int | None
    day: int
    kind: str
    recurs: str


class Report(NamedTuple):
    """One threat report; durations in minutes, intensity 0 to 10, episodes a plain count or unknown."""

    id: str
    recorded_on: int | None
    start: int
    end: int
    episodes: int | None
    duration: float | None
    peak: float | None
    recovery: float | None
    trigger: str

    @property
    def weeks(self) -> float:
        """Length of the window in weeks."""
        return (self.end - self.start + 1) / 7.0


class Observation(NamedTuple):
    """One dated observation with its level (or, for cessation, its status)."""

    id: str
    recorded_on: int | None
    day: int
    level: str
    basis: str | None


class Commitment(NamedTuple):
    """A concrete undertaking; its check-ins are observations of kept, partly or missed."""

    id: str
    recorded_on: int | None
    made_on: int
    owner: str | None
    check_ins: tuple[Observation, ...]


class Record(NamedTuple):
    """Everything about one direction of one couple, each list sorted by id."""

    case_id: str | None
    discovery_date: int | None
    repair_started_on: int | None
    pauses: tuple[Pause, ...]
    known_dates: tuple[KnownDate, ...]
    reports: tuple[Report, ...]
    accountability: tuple[Observation, ...]
    transparency: tuple[Observation, ...]
    cessation: tuple[Observation, ...]
    commitments: tuple[Commitment, ...]
    sessions: tuple[Observation, ...]
