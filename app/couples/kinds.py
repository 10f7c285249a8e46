"""Vocabulary of the case: betrayals, dates, coming to light, confidentiality, endings; open to every room."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

EFT_PAGE: Final = "EFT practice page 'Rebuilding Trust After Betrayal: A Path to Healing and Connection'"
MENDLINE: Final = "Mendline's own choice, to be confirmed by the clinician in charge"


@dataclass(frozen=True, slots=True)
class BetrayalKind:
    """One kind of betrayal; the label is neutral enough to stand in an export."""

    code: str
    label: str
    cessation: str
    diminished_or_changed: str
    source: str


@dataclass(frozen=True, slots=True)
class DatePrecision:
    """How exactly a date is known."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class CameToLight:
    """How the affected partner came to know."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class ConfidentialityPolicy:
    """What happens to things one partner says alone; signed by both before anyone is seen alone."""

    code: str
    label: str
    rule: str
    needs_written_permission: bool
    has_disclosure_dates: bool


@dataclass(frozen=True, slots=True)
class ClosingOutcome:
    """How the work with a couple ended."""

    code: str
    label: str
    told_as: str | None = None
    """What both partners are told instead, without the words written to it."""


_PER_EVENT: Final = "To be written down for this event when it is recorded."

BETRAYAL_KINDS: Final[tuple[BetrayalKind, ...]] = (
    BetrayalKind(
        "emotional_affair", "Emotional closeness kept secret",
        "No private contact; accounts used for it are closed, or open to view where both agree.",
        "Another channel; 'just friends'; following what the person posts; a new confidant of the same sort.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "hidden_compulsion", "Hidden addiction or compulsive behaviour",
        "Abstinence or the agreed limit, with treatment where it is needed.",
        "Smaller sums; another product, such as trading apps; only when away from home.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "financial", "Money matters kept secret",
        "Every account and debt is on the table and no new hidden one has come.",
        "A new card nobody knows of; cash; loans from relatives.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "lies_broken_agreements", "Repeated lies or broken agreements",
        "No further lies on the matters agreed.",
        "Leaving out what matters; keeping the letter of an agreement alone.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "disparagement", "Speaking ill of the partner behind their back",
        "It has stopped and, where wanted, been put right with those who heard it.",
        "Through someone else; on social media; within the family of origin.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "absence_at_need", "Not being there when it mattered",
        "Present at the occasions named; a new moment of need is met.",
        "There in body and out of reach.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "sexual_affair", "Sexual involvement outside the agreement",
        "No contact, or only such as cannot be avoided, is scripted and is reported.",
        "Less contact; contact 'to end it properly'.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "emotional_dishonesty", "Emotional dishonesty",
        "What is felt and wanted is said on the matters named for this event.",
        "Saying what is expected; telling a third person and not the partner.",
        EFT_PAGE,
    ),
    BetrayalKind(
        "agreement_breach_cnm", "Breach of an agreed open arrangement",
        "Back to the rules agreed, or to new ones both agreed.",
        "Bending a rule; keeping to the rules and hiding what they ask to be told.",
        MENDLINE,
    ),
    BetrayalKind("commercial_sex", "Paid sexual contact", _PER_EVENT, _PER_EVENT, MENDLINE),
    BetrayalKind(
        "secret_marriage_or_family", "A marriage or family kept secret", _PER_EVENT, _PER_EVENT, MENDLINE,
    ),
    BetrayalKind(
        "reproductive_deception", "Deception about having children", _PER_EVENT, _PER_EVENT, MENDLINE,
    ),
    BetrayalKind("health_concealment", "A health matter kept secret", _PER_EVENT, _PER_EVENT, MENDLINE),
    BetrayalKind("private_material_shared", "Private material passed on", _PER_EVENT, _PER_EVENT, MENDLINE),
    BetrayalKind("substance_use", "Substance use kept secret", _PER_EVENT, _PER_EVENT, MENDLINE),
    BetrayalKind("other", "Another kind", _PER_EVENT, _PER_EVENT, MENDLINE),
)  # fmt: skip
BETRAYAL_BY_CODE: Final[dict[str, BetrayalKind]] = {kind.code: kind for kind in BETRAYAL_KINDS}

DATE_PRECISIONS: Final[tuple[DatePrecision, ...]] = (
    DatePrecision("day", "known to the day"),
    DatePrecision("month", "known to the month"),
    DatePrecision("year", "known to the year"),
    DatePrecision("about", "about then"),
)
PRECISION_BY_CODE: Final[dict[str, DatePrecision]] = {item.code: item for item in DATE_PRECISIONS}


def span(day: date, precision: str) -> tuple[date, date]:
    """The first and last day that a date can mean; `about` can mean any."""
    if precision == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    if precision == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return (date.min, date.max) if precision == "about" else (day, day)


CAME_TO_LIGHT: Final[tuple[CameToLight, ...]] = (
    CameToLight("discovery", "found out without being told"),
    CameToLight("voluntary", "told of the involved partner's own accord"),
    CameToLight("on_confrontation", "told when confronted"),
    CameToLight("facilitated", "told in a session, with the clinician's help"),
)
CAME_TO_LIGHT_BY_CODE: Final[dict[str, CameToLight]] = {item.code: item for item in CAME_TO_LIGHT}

POLICIES: Final[tuple[ConfidentialityPolicy, ...]] = (
    ConfidentialityPolicy(
        "no_secrets", "No secrets",
        "What one partner says alone may be brought to both where it matters. It stays with the clinician "
        "until the clinician marks it as shareable.",
        needs_written_permission=False, has_disclosure_dates=False,
    ),
    ConfidentialityPolicy(
        "limited_secrets", "Limited secrets",
        "The clinician judges. A secret that would make the work with both misleading is told within an "
        "agreed time, or the work with both is paused.",
        needs_written_permission=False, has_disclosure_dates=True,
    ),
    ConfidentialityPolicy(
        "confidential", "Confidential",
        "Nothing one partner says alone reaches the other without that partner's written permission.",
        needs_written_permission=True, has_disclosure_dates=False,
    ),
)  # fmt: skip
POLICY_BY_CODE: Final[dict[str, ConfidentialityPolicy]] = {policy.code: policy for policy in POLICIES}

# Parting with clarity is as good an ending as staying together stronger; neither is ever a failure.
CLOSING_OUTCOMES: Final[tuple[ClosingOutcome, ...]] = (
    ClosingOutcome("stronger_together", "Together, and stronger"),
    ClosingOutcome("together_as_before", "Together, much as before"),
    ClosingOutcome("parted_with_clarity", "Parted with clarity"),
    ClosingOutcome("parted_in_conflict", "Parted in conflict"),
    ClosingOutcome("dropped_out", "Stayed away without an ending"),
    ClosingOutcome("moved_or_transferred", "Moved away or handed on"),
    # That the work ended for safety would itself tell a dangerous partner that a concern was stated.
    ClosingOutcome("ended_for_safety", "Ended for safety", told_as="other"),
    ClosingOutcome("other", "Another ending"),
)
OUTCOME_BY_CODE: Final[dict[str, ClosingOutcome]] = {outcome.code: outcome for outcome in CLOSING_OUTCOMES}
