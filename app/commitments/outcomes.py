"""Check-in outcomes: how a commitment went, as data; for whoever records a check-in or counts kept ones."""

from dataclasses import dataclass
from typing import Final, Literal

EvidenceResult = Literal["kept", "partly", "missed"]

# Below this many countable check-ins a kept rate is an anecdote and is not shown.
FEWEST_FOR_A_RATE: Final = 5


@dataclass(frozen=True, slots=True)
class CheckInOutcome:
    """One way a check-in can turn out; score None means it is left out of the kept rate."""

    code: str
    words: str
    score: float | None
    closes: bool
    evidence_result: EvidenceResult | None
    missing: bool = False
    unsettled: bool = False
    suggests_marker: str | None = None


def _counted(
    code: str, words: str, score: float, result: EvidenceResult, *, suggests: str | None = None
) -> CheckInOutcome:
    return CheckInOutcome(code, words, score, closes=False, evidence_result=result, suggests_marker=suggests)


def _left_out(code: str, words: str, *, missing: bool = False, unsettled: bool = False) -> CheckInOutcome:
    return CheckInOutcome(
        code, words, None, closes=False, evidence_result=None, missing=missing, unsettled=unsettled
    )


def _closing(code: str, words: str) -> CheckInOutcome:
    return CheckInOutcome(code, words, None, closes=True, evidence_result=None)


OUTCOMES: Final[tuple[CheckInOutcome, ...]] = (
    _counted("kept", "kept", 1.0, "kept"),
    _counted("kept_late", "kept, but late", 0.5, "partly"),
    _counted("partly_kept", "kept in part", 0.5, "partly"),
    _counted("missed_owned", "missed, and said so before being asked", 0.0, "missed", suggests="TRN-VOLDISC"),
    _counted("missed_discovered", "missed, and found out", 0.0, "missed", suggests="TRN-CONCEAL"),
    _left_out("not_due", "not due in this time"),
    _left_out("occasion_did_not_arise", "the occasion did not arise"),
    _left_out("excused_by_both", "excused by both"),
    # Nobody saying anything is missing information, never a missed commitment.
    _left_out("not_reported", "nobody reported", missing=True),
    _left_out("disputed", "the two disagree about it", unsettled=True),
    _closing("renegotiated", "agreed anew in other words"),
    _closing("withdrawn", "withdrawn"),
    _closing("superseded", "replaced by another commitment"),
)
BY_CODE: Final[dict[str, CheckInOutcome]] = {outcome.code: outcome for outcome in OUTCOMES}
