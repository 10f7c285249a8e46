"""Which threat reports count: no refusals, and estimates only beside enough of the partner's own; pure."""

from collections import deque
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from app.threat_responses.bands import MAX_SHARE_OF_ESTIMATES, SOURCE_BY_CODE

WINDOW: Final = timedelta(days=183)
Row = dict[str, Any]


def counted(reports: Iterable[Row]) -> list[Row]:
    """Reports with a number of episodes, in order of time.

    An estimate counts only while estimates stay at most a third of what counts in the half year up to it; so what is
    reported later never changes whether it counted.
    """
    recent: deque[tuple[date, bool]] = deque()
    guesses, found = 0, list[Row]()
    for row in sorted(reports, key=lambda each: (each["window_end"], each["id"])):
        if row["episodes"] is None:
            continue
        day, estimate = date.fromisoformat(row["window_end"]), SOURCE_BY_CODE[row["source"]].estimate
        while recent and recent[0][0] <= day - WINDOW:
            guesses -= recent.popleft()[1]
        if estimate and guesses + 1 > MAX_SHARE_OF_ESTIMATES * (len(recent) + 1):
            continue
        guesses += estimate
        recent.append((day, estimate))
        found.append(row)
    return found
