"""Whether something grows: a slope with an interval that allows for neighbours being alike; pure, the run comes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean

BLOCKS = 10
T_95 = 2.306  # Student's, eight degrees of freedom
MEMORY_LIMIT = 5.0  # MB an hour
SPARE = 3  # files, threads or connections that may come and go
DEARER = 1.2  # processor time a request, the end over the beginning
SLOWER = 2.0  # 99th percentile likewise: on a shared machine it is the neighbours' as much as ours


@dataclass(frozen=True)
class Slope:
    """Units an hour, with a 95 % interval."""

    per_hour: float
    low: float
    high: float

    def verdict(self, limit: float) -> str:
        """`flat`, `grows`, or `undecided`: then the run was too short to tell."""
        if self.low > limit:
            return "grows"
        return "flat" if self.high <= limit else "undecided"


def slope(seconds: Sequence[float], values: Sequence[float]) -> Slope:
    """Least squares through the means of ten stretches: samples beside each other are alike, stretches hardly."""
    size = len(values) // BLOCKS
    if size == 0:
        raise ValueError(f"a slope needs {BLOCKS} samples")
    xs = [mean(seconds[n * size : (n + 1) * size]) / 3600 for n in range(BLOCKS)]
    ys = [mean(values[n * size : (n + 1) * size]) for n in range(BLOCKS)]
    middle_x, middle_y = mean(xs), mean(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    rise = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread
    left = sum((y - middle_y - rise * (x - middle_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    error = sqrt(left / (BLOCKS - 2) / spread)
    return Slope(rise, rise - T_95 * error, rise + T_95 * error)


def steady(values: Sequence[int]) -> str:
    """`flat` when the last third never holds more than the first third and a few to spare, else `grows`."""
    third = len(values) // 3
    return "flat" if max(values[-third:]) <= max(values[:third]) + SPARE else "grows"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
