"""Concreteness: whether a commitment says who does what, when, and how both will know; asked before one is recorded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from app.commitments import wording
from app.commitments.cadence import AnyCadence, Cadence, OnceBy

Level = Literal["reject", "block", "warn"]

LONGEST_DAYS_TO_REVIEW: Final = 90
MAX_TEXT_LENGTH: Final = 2000
_BOTH: Final = frozenset({"both", "we", "us", "both partners", "a and b", "the couple", "couple"})


@dataclass(frozen=True, slots=True)
class CommitmentDraft:
    """A commitment before it is recorded; names are how the two are called in the text, such as 'A' and 'B'."""

    made_on: date
    actor: str | None
    action: str
    cadence: AnyCadence | None
    review_on: date | None
    context: str = ""
    evidence: str = ""
    actor_name: str = ""
    other_name: str = ""
    # Current separate screens of both partners and no open concern: the safety room answers, this one only asks.
    access_cleared: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to change (reject), to clear first (block) or to think over (warn)."""

    level: Level
    code: str
    pointer: str
    message: str
    hint: str


def check(draft: CommitmentDraft) -> list[Finding]:
    """Everything worth saying about a draft, what stops it first; an empty list means it is concrete."""
    if any(len(text) > MAX_TEXT_LENGTH for text in (draft.action, draft.context, draft.evidence)):
        return [_TOO_LONG]
    action = wording.normalised(draft.action)
    found = [
        *_actor(draft),
        *_action(draft, action),
        *_when(draft),
        *_review(draft),
        *_access(draft, action),
        *_words(action),
        *_evidence(draft),
    ]
    order: tuple[Level, ...] = ("reject", "block", "warn")
    return sorted(found, key=lambda finding: order.index(finding.level))


_TOO_LONG: Final = Finding(
    "reject", "too_long", "/action", "The text is too long to be one commitment.",
    f"Use at most {MAX_TEXT_LENGTH} characters for each part, or make two commitments.",
)  # fmt: skip
_NO_ACTOR: Final = Finding(
    "reject", "no_actor", "/actor", "Nobody is named who does it.", "Name the one partner who does it."
)
_TWO_ACTORS: Final = Finding(
    "reject",
    "two_actors",
    "/actor",
    "Two people cannot keep one commitment.",
    "Make one commitment for each.",
)
_NO_ACTION: Final = Finding(
    "reject", "no_observable_action", "/action", "It names nothing that a third person could see or hear.",
    "Say what is done: 'puts the three statements on the kitchen table'.",
)  # fmt: skip
_PROMISE: Final = Finding(
    "reject", "promise", "/action", "This is a promise, and a promise is not evidence.",
    "Record it as ACC-APOL, or ask what will be seen to be done.",
)  # fmt: skip
_FORGIVENESS: Final = Finding(
    "reject", "forgiveness", "/action", "Forgiveness is never a commitment.",
    "Leave it to time; ask what the affected partner would count as evidence (AFF-MARK).",
)  # fmt: skip
_WATCHING: Final = Finding(
    "reject", "watching_the_other", "/action", "Going through what belongs to the other is nobody's commitment.",
    "Talk it over as TRN-SURV, and ask what could be offered before anyone looks.",
)  # fmt: skip
_NO_CADENCE: Final = Finding(
    "reject", "no_cadence", "/cadence", "It does not say when it falls due.",
    "Give a rhythm, an event that sets it off, or one day by which it is done.",
)  # fmt: skip
_CADENCE_OVER: Final = Finding(
    "reject", "cadence_over", "/cadence", "It would be over before it begins.", "Give a day still to come."
)
_NO_REVIEW: Final = Finding(
    "reject", "no_review_date", "/review_on", "It has no review date.",
    f"Give a day at most {LONGEST_DAYS_TO_REVIEW} days ahead.",
)  # fmt: skip
_REVIEW_PAST: Final = Finding(
    "reject", "review_not_ahead", "/review_on", "The review date is not ahead.", _NO_REVIEW.hint
)
_REVIEW_LATE: Final = Finding(
    "reject", "review_too_late", "/review_on", f"The review is over {LONGEST_DAYS_TO_REVIEW} days away.",
    _NO_REVIEW.hint,
)  # fmt: skip
# The same words whether a screen is missing, too old or has found something: nobody may infer which.
_ACCESS: Final = Finding(
    "block", "access_needs_screens", "/action", "It opens a device, a location or an account to someone.",
    "Confirm a current safety screen of each partner, held apart, before recording it.",
)  # fmt: skip
_CONTROL: Final = Finding(
    "warn", "control", "/action", "It may put one partner under the other's control.",
    "Ask each, alone, whether it is freely agreed, and look for something offered instead.",
)  # fmt: skip
_NO_EVIDENCE: Final = Finding(
    "warn", "no_evidence", "/evidence", "It does not say how both will know.",
    "Say what both will see or hear, without anyone checking up.",
)  # fmt: skip
_EVIDENCE_BY_CHECKING: Final = Finding(
    "warn", "evidence_by_checking", "/evidence", "Both would know only because someone checks up.",
    "Look for something shown or told without being asked: 'statements seen together'.",
)  # fmt: skip


def _actor(draft: CommitmentDraft) -> Iterator[Finding]:
    actor = wording.normalised(draft.actor or "")
    if not actor:
        yield _NO_ACTOR
    elif actor in _BOTH:
        yield _TWO_ACTORS


def _action(draft: CommitmentDraft, action: str) -> Iterator[Finding]:
    if wording.asks_forgiveness(action):
        yield _FORGIVENESS
    elif wording.watches_the_other(action, wording.normalised(draft.other_name)):
        yield _WATCHING
    elif not wording.has_observable_action(action, _names(draft)):
        yield _PROMISE if wording.is_promise(action) else _NO_ACTION


def _names(draft: CommitmentDraft) -> frozenset[str]:
    text = wording.normalised(f"{draft.actor_name} {draft.other_name}")
    return frozenset(text.split())


def _when(draft: CommitmentDraft) -> Iterator[Finding]:
    if draft.cadence is None:
        yield _NO_CADENCE
        return
    last = None
    if isinstance(draft.cadence, OnceBy):
        last = draft.cadence.by
    elif isinstance(draft.cadence, Cadence):
        last = draft.cadence.until
    if last is not None and last < draft.made_on:
        yield _CADENCE_OVER


def _review(draft: CommitmentDraft) -> Iterator[Finding]:
    if draft.review_on is None:
        yield _NO_REVIEW
    elif draft.review_on <= draft.made_on:
        yield _REVIEW_PAST
    elif draft.review_on - draft.made_on > timedelta(days=LONGEST_DAYS_TO_REVIEW):
        yield _REVIEW_LATE


def _access(draft: CommitmentDraft, action: str) -> Iterator[Finding]:
    if draft.access_cleared:
        return
    texts = (action, wording.normalised(draft.context), wording.normalised(draft.evidence))
    other = wording.normalised(draft.other_name)
    if any(wording.grants_access(text) or wording.watches_the_other(text, other) for text in texts):
        yield _ACCESS


def opened(*texts: str | None) -> frozenset[str]:
    """By which words the parts of a commitment open a device, a location or an account to someone, or look into one."""
    return frozenset().union(*(wording.access_granted(wording.normalised(text or "")) for text in texts))


def _words(action: str) -> Iterator[Finding]:
    unseen = wording.unobservable_words(action)
    if unseen:
        named = ", ".join(f"'{word}'" for word in unseen)
        yield Finding(
            "warn", "unobservable_words", "/action", f"Nobody could see this being kept: {named}.",
            "Say what is done or said instead.",
        )  # fmt: skip
    if wording.controls_the_other(action):
        yield _CONTROL


def _evidence(draft: CommitmentDraft) -> Iterator[Finding]:
    evidence = wording.normalised(draft.evidence)
    if not evidence:
        yield _NO_EVIDENCE
    elif wording.rests_on_checking(evidence):
        yield _EVIDENCE_BY_CHECKING
