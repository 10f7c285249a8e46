"""What was read in timed windows, and ratios taken round by round; measuring and report come in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from bench.in_process import Import, Span
from bench.load import Window
from bench.operations import Operation
from bench.stacks import Stack


@dataclass(frozen=True)
class Reading:
    """One timed window of one stack."""

    round: int
    stack: str
    operation: str
    window: Window
    server_cpu: float
    database_cpu: float
    elsewhere: float

    @property
    def void(self) -> bool:
        """Errors make a window worthless."""
        return self.window.errors > 0 or self.window.requests == 0

    @property
    def per_second(self) -> float:
        """Requests answered each second."""
        return self.window.requests / self.window.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU that the server spent on a request."""
        return self.server_cpu / self.window.requests * 1e6

    @property
    def database_us(self) -> float:
        """Microseconds of CPU that the database server spent on a request."""
        return self.database_cpu / self.window.requests * 1e6


@dataclass(frozen=True)
class Ratio:
    """A ratio of each round."""

    shares: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return median(self.shares)

    def holds(self, goal: float) -> bool:
        """Whether the median reaches a goal, and no more than one round misses it."""
        return self.middle >= goal and sum(share < goal for share in self.shares) <= 1


BUSY = 0.10
Figure = Callable[[Reading], float]


@dataclass
class Measured:
    """All readings of one database."""

    kind: str
    database: str
    rows: dict[str, int]
    operations: tuple[Operation, ...]
    stacks: tuple[Stack, ...]
    readings: list[Reading] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    imported: Import | None = None
    left_out: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, stack: str, operation: str) -> list[Reading]:
        """The sound windows of a stack and an operation."""
        return [r for r in self.readings if (r.stack, r.operation) == (stack, operation) and not r.void]

    def figure(self, stack: str, operation: str, read: Figure) -> float | None:
        """The median of a figure over the rounds."""
        found = [read(reading) for reading in self.of(stack, operation)]
        return median(found) if found else None

    def ratio(self, over: tuple[str, str], under: tuple[str, str], read: Figure) -> Ratio | None:
        """One (stack, operation)'s figure over another's, taken round by round."""
        others = {reading.round: reading for reading in self.of(*under)}
        shares = [read(r) / read(others[r.round]) for r in self.of(*over) if r.round in others]
        return Ratio(tuple(shares)) if shares else None

    def busy(self, operation: str) -> bool:
        """Whether other work took so much of the machine that throughput says nothing."""
        return max((r.elsewhere for r in self.readings if r.operation == operation), default=0.0) > BUSY

    def void(self) -> list[Reading]:
        """Windows with errors."""
        return [reading for reading in self.readings if reading.void]
