"""The clock: the only place that asks what time it is; the door asks it once a request and passes the answer on."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present instant, in UTC, to the microsecond."""
    return datetime.now(UTC)


def written(instant: datetime) -> str:
    """An instant as every table and answer spells it: RFC 3339, UTC, six digits, so that text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def day_in(instant: datetime, zone: str) -> date:
    """The calendar day that an instant falls on in an IANA zone."""
    return instant.astimezone(ZoneInfo(zone)).date()
