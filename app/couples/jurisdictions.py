"""Jurisdictions: how long records are kept and requests may take, by the law that applies; open to every room.

Where several laws apply, the stricter one holds: the longer keeping, the earlier answer. The figures are defaults to be
checked against the law in force before a practice relies on them.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of calendar time; a month on from 31 January is the last day of February."""

    years: int = 0
    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """The day on which the period ends that begins on a day."""
        number = day.year * 12 + day.month - 1 + self.years * 12 + self.months
        year, month = divmod(number, 12)
        if year > date.max.year - 1:
            return date(date.max.year, 1, 1)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One profile: periods for keeping, for answering a request for access, and for one to amend."""

    code: str
    label: str
    retention: Period
    access: Period
    access_extension: Period
    amend: Period
    amend_extension: Period
    source: str


LEDGER_KEPT: Final = Period(years=6)
"""How long disclosures and decisions on requests stay accountable: 45 CFR 164.316(b)(2) and 164.528."""

_MONTH, _TWO_MONTHS = Period(months=1), Period(months=2)

JURISDICTIONS: Final[tuple[Jurisdiction, ...]] = (
    Jurisdiction(
        "us", "United States",
        retention=Period(years=7),
        access=Period(days=30), access_extension=Period(days=30),
        amend=Period(days=60), amend_extension=Period(days=30),
        source="45 CFR 164.524(b), 164.526(b); keeping: APA guideline where state law says nothing else",
    ),
    Jurisdiction(
        "eu_uk", "European Union and United Kingdom",
        retention=Period(years=7),
        access=_MONTH, access_extension=_TWO_MONTHS,
        amend=_MONTH, amend_extension=_TWO_MONTHS,
        source="GDPR and UK GDPR, Articles 12(3), 15 and 16; keeping: to be stated by the practice",
    ),
    Jurisdiction(
        "pk", "Pakistan, and work across borders",
        retention=Period(years=7),
        access=_MONTH, access_extension=_TWO_MONTHS,
        amend=_MONTH, amend_extension=_TWO_MONTHS,
        source="no general statute in force; the European periods are taken over by contract",
    ),
)  # fmt: skip
BY_CODE: Final[dict[str, Jurisdiction]] = {each.code: each for each in JURISDICTIONS}


def kept_until(codes: Iterable[str], last_service: date) -> date:
    """The day up to which a record is kept after the last service: the longest of all that apply."""
    return max(BY_CODE[code].retention.after(last_service) for code in codes)


def access_due(codes: Iterable[str], received: date) -> date:
    """The day by which a request for access is answered: the earliest of all that apply."""
    return min(BY_CODE[code].access.after(received) for code in codes)


def access_extended(codes: Iterable[str], due: date) -> date:
    """The day by which it is answered once the time was prolonged, with the reason told."""
    return min(BY_CODE[code].access_extension.after(due) for code in codes)


def amend_due(codes: Iterable[str], received: date) -> date:
    """The day by which a request to amend is acted on: the earliest of all that apply."""
    return min(BY_CODE[code].amend.after(received) for code in codes)


def amend_extended(codes: Iterable[str], due: date) -> date:
    """The day by which it is acted on once the time was prolonged, with the reason told."""
    return min(BY_CODE[code].amend_extension.after(due) for code in codes)
