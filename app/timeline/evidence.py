"""The evidence document as callers write it: typed shapes of the JSON that goes in; readable by everyone."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

KnownDateKind = Literal["anniversary", "stressor", "reminder"]
Recurrence = Literal["none", "yearly"]
Trigger = Literal[
    "none_identified",
    "reminder",
    "anniversary",
    "stressor",
    "new_disclosure",
    "partner_behaviour",
    "unknown",
]
AccountabilityLevel = Literal[
    "full_ownership", "acknowledged_harm", "minimised", "deflected", "blame_shifted"
]
TransparencyLevel = Literal[
    "proactive",
    "responsive",
    "passive_compliance",
    "surveillance_dependent",
    "withheld",
    "concealment_discovered",
]
CessationStatus = Literal[
    "verified_ceased",
    "self_reported_ceased",
    "unknown",
    "continuing",
    "continuing_diminished",
    "continuing_changed_form",
    "new_betrayal",
]
CheckInResult = Literal["kept", "partly", "missed"]
SessionStatus = Literal["attended", "missed", "cancelled"]


class PauseDoc(TypedDict):
    """Days on which the work rested, from ``start`` up to but not including ``end`` (null: still resting)."""

    id: str
    start: str
    end: NotRequired[str | None]
    recorded_on: NotRequired[str | None]


class KnownDateDoc(TypedDict):
    """A day on which a stronger response is to be expected."""

    id: str
    date: str
    kind: KnownDateKind
    recurs: NotRequired[Recurrence | None]
    recorded_on: NotRequired[str | None]


class ThreatReportDoc(TypedDict):
    """The affected partner's own report for the days ``window_start`` to ``window_end``, both included."""

    id: str
    window_start: str
    window_end: str
    recorded_on: NotRequired[str | None]
    episodes: NotRequired[int | None]
    typical_duration_minutes: NotRequired[float | None]
    peak_intensity: NotRequired[float | None]
    recovery_minutes: NotRequired[float | None]
    trigger: NotRequired[Trigger | None]


class AccountabilityDoc(TypedDict):
    """One observed answer of the involved partner to the harm."""

    id: str
    date: str
    level: AccountabilityLevel
    recorded_on: NotRequired[str | None]


class TransparencyDoc(TypedDict):
    """One observed act of openness, or its absence."""

    id: str
    date: str
    level: TransparencyLevel
    recorded_on: NotRequired[str | None]


class CessationDoc(TypedDict):
    """What is known on a day about whether the behaviour has ended."""

    id: str
    date: str
    status: CessationStatus
    basis: NotRequired[str | None]
    recorded_on: NotRequired[str | None]


class CheckInDoc(TypedDict):
    """Whether a commitment was kept by a day."""

    id: str
    date: str
    result: CheckInResult
    recorded_on: NotRequired[str | None]


class CommitmentDoc(TypedDict):
    """A concrete undertaking with its check-ins."""

    id: str
    made_on: str
    owner: NotRequired[str | None]
    check_ins: NotRequired[list[CheckInDoc] | None]
    recorded_on: NotRequired[str | None]


class SessionDoc(TypedDict):
    """A therapy session that was planned for a day."""

    id: str
    date: str
    status: SessionStatus
    recorded_on: NotRequired[str | None]


class EvidenceDoc(TypedDict, total=False):
    """All evidence about one direction of one couple; every list may be missing, null or empty."""

    schema_version: str
    case_id: str | None
    discovery_date: str | None
    repair_started_on: str | None
    pauses: list[PauseDoc] | None
    known_dates: list[KnownDateDoc] | None
    threat_reports: list[ThreatReportDoc] | None
    accountability: list[AccountabilityDoc] | None
    transparency: list[TransparencyDoc] | None
    cessation: list[CessationDoc] | None
    commitments: list[CommitmentDoc] | None
    sessions: list[SessionDoc] | None
