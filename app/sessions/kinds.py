"""Vocabulary of sessions: kinds and who must attend them, note formats, addenda; open to every room."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Side = Literal["a", "b"]
SIDES: Final[tuple[Side, Side]] = ("a", "b")
LATE_AFTER: Final = timedelta(hours=72)
MAY_RUN_AHEAD: Final = timedelta(minutes=5)  # clocks of callers differ a little
NOTE_LIMIT: Final = 100_000


@dataclass(frozen=True, slots=True)
class SessionKind:
    """One kind of session; the first visibility of a tuple is the one that it gets when nobody says otherwise."""

    code: str
    label: str
    partner_named: Literal["always", "never", "may"]
    alone: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    without_partners: bool = False

    def visibilities(self, with_partner: str | None) -> tuple[str, ...]:
        """Who may learn of such a session: what one partner said alone is never joint."""
        return self.alone if with_partner else self.together

    def expected(self, with_partner: str | None) -> Set[str] | None:
        """Which partners must attend, neither more nor fewer; None when it is held about them as well as with them."""
        if with_partner:
            return {with_partner}
        return None if self.without_partners else set(SIDES)


SESSION_KINDS: Final = (
    SessionKind("conjoint", "Both partners together", "never", together=("joint", "clinician")),
    SessionKind("individual", "One partner alone", "always", alone=("partner", "clinician")),
    SessionKind(
        "assessment", "Assessment", "may", alone=("clinician", "partner"), together=("joint", "clinician")
    ),
    SessionKind(
        "consult",
        "Consultation",
        "may",
        alone=("clinician", "partner"),
        together=("clinician",),
        without_partners=True,
    ),
)
KIND_BY_CODE: Final = {kind.code: kind for kind in SESSION_KINDS}

NOTE_SECTIONS: Final = {
    "soap": ("subjective", "objective", "assessment", "plan"),
    "dap": ("data", "assessment", "plan"),
    "birp": ("behaviour", "intervention", "response", "plan"),
    "narrative": ("text",),
}
OUTCOMES: Final = ("held", "missed", "cancelled")
PRESENCES: Final = ("attended", "missed", "cancelled")
ADDENDUM_KINDS: Final = ("addendum", "late_entry", "correction")


def is_late(starts_at: str, written_at: str) -> bool:
    """Whether the session was put down, or last changed, more than 72 hours after it began."""
    return datetime.fromisoformat(written_at) - datetime.fromisoformat(starts_at) > LATE_AFTER
