"""Whom the door has let in before, as the store then told of them; only the door comes in.

Nobody is let in on its word. It says what to presume while the lookup itself, the same as ever, travels with the
request's first question: a key revoked meanwhile is refused before anything it asked for is handed out.
"""

from app.chart.chart import Row

MANY = 10_000


class Acquaintances:
    """What was found for credentials, by their digest."""

    def __init__(self) -> None:
        self._found: dict[str, Row] = {}

    def __call__(self, digest: str) -> Row | None:
        """What was found last time, if anything."""
        return self._found.get(digest)

    def remember(self, digest: str, found: Row) -> None:
        """Keep what was found now; credentials that stay away do not fill the memory."""
        if len(self._found) >= MANY:
            self._found.clear()
        self._found[digest] = found
