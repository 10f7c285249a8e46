"""The shape of one answer and of one published rule; every indicator, prerequisite and criterion speaks it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypedDict

Answer = Literal["insufficient_evidence", "not_met", "emerging", "met"]
RANK: dict[str, int] = {"insufficient_evidence": 0, "not_met": 1, "emerging": 2, "met": 3}

ARTICLE = 'Ali Ahmad Awan, "How to Rebuild Trust in a Relationship After Betrayal", 20 November 2024'
DESIGN = "design default of this project, to be confirmed by a clinician"


class Interval(TypedDict):
    """A central interval and how much of the probability it holds."""

    low: float
    high: float
    level: float


class Finding(TypedDict):
    """Status, figure, uncertainty, the evidence it rests on, and a sentence to read aloud."""

    status: Answer
    estimate: float | None
    interval: Interval | None
    evidence_ids: list[str]
    basis: str


class Criterion(Finding):
    """A finding of a stop criterion, with the first weekly look at which it was met (ISO day)."""

    first_met_on: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One published rule: what is measured, from which numbers, on whose word, and where it does not reach."""

    code: str
    label: str
    definition: str
    source: str
    limits: str
    thresholds: dict[str, Any] = field(default_factory=dict)
    states: tuple[str, ...] = tuple(RANK)

    def as_json(self) -> dict[str, Any]:
        """Return the rule as plain JSON."""
        return {**asdict(self), "states": list(self.states)}


def interval(low: float, high: float, level: float) -> Interval:
    """Return an interval rounded as every figure of a result is."""
    return {"low": rounded(low), "high": rounded(high), "level": level}


def rounded(value: float) -> float:
    """Return a figure at nine decimals: far below any meaning, far above differences between platforms."""
    return round(float(value), 9) + 0.0
