"""The pace of a key: how many requests it has made in its present window, counted in this process; the door comes in.

The stores of the `limits` library start a thread to forget old counts; here a count is forgotten when it is next met.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem

MANY = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands in its window."""

    limit: RateLimitItem
    fits: bool
    remaining: int
    wait: int


class Pace:
    """Fixed windows, one for each key, each beginning with the key's first request."""

    def __init__(self, limit: RateLimitItem, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._length = float(limit.get_expiry())
        self._windows: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def count(self, key: str) -> Standing:
        """Count a request of a key."""
        now = self._clock()
        with self._lock:
            ends, made = self._windows.get(key, (0.0, 0))
            if ends <= now:
                self._forget(now)
                ends, made = now + self._length, 0
            made += 1
            self._windows[key] = (ends, made)
        amount = self.limit.amount
        return Standing(self.limit, made <= amount, max(0, amount - made), int(ends - now) + 1)

    def _forget(self, now: float) -> None:
        """Keys that stay away do not fill the memory."""
        if len(self._windows) >= MANY:
            self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
