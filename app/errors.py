"""The error family: every refusal a caller can meet, as vocabulary; anyone may raise one, nobody here knows HTTP.

    Refusal                 an answer, not an accident: carries a code out of MEANINGS
    └── InvalidInput        several field errors at once, each with its JSON pointer

A code has one status, one title, one explanation and one piece of advice; the page /problems/{code} is made from it.
Details name fields, ids and dates, never the text that somebody wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Meaning:
    """What a code means: HTTP status, short title, what happened, what to do about it."""

    code: str
    status: int
    title: str
    explanation: str
    advice: str


@dataclass(frozen=True)
class FieldError:
    """One thing wrong in the input: where (RFC 6901 pointer), what, and how to mend it."""

    pointer: str
    code: str
    detail: str
    hint: str = ""


MEANINGS: tuple[Meaning, ...] = (
    Meaning(
        "invalid_input",
        422,
        "The input does not fit",
        "At least one field or parameter cannot be taken as it was sent.",
        "Read `errors`: each entry points at the place and says what is wrong there and how to mend it.",
    ),
    Meaning(
        "malformed_request",
        400,
        "The request could not be read",
        "The body is not well-formed JSON in UTF-8, says a name twice in one object, or holds far more names than any "
        "operation knows; or a header that stands for one thing is there twice.",
        "Send well-formed JSON in UTF-8, each name and each header once, nested no deeper than the schema asks.",
    ),
    Meaning(
        "not_found",
        404,
        "Not found",
        "There is nothing at this address for this caller. What is not yours answers exactly like what does not exist.",
        "Check the address and every id in it, and that the key belongs to somebody in the couple's care team.",
    ),
    Meaning(
        "method_not_allowed",
        405,
        "Method not allowed",
        "The address exists but does not answer to this method.",
        "See the `Allow` header.",
    ),
    Meaning(
        "not_acceptable",
        406,
        "Not acceptable",
        "The address cannot answer in the media type that `Accept` asks for.",
        "Ask for application/json.",
    ),
    Meaning(
        "body_too_large",
        413,
        "The body is too large",
        "The request body is larger than this service reads.",
        "Send less at a time; imports have a larger limit.",
    ),
    Meaning(
        "body_too_slow",
        408,
        "The body came too slowly",
        "The request body did not arrive in the time that this service waits for one.",
        "Send it again, over a better connection or in smaller parts.",
    ),
    Meaning(
        "unsupported_media_type",
        415,
        "Unsupported media type",
        "The body's Content-Type is not one that this address reads, or it comes packed (Content-Encoding).",
        "Send `Content-Type: application/json` (for imports: application/x-ndjson or text/csv), and the body unpacked.",
    ),
    Meaning(
        "unauthenticated",
        401,
        "Sign-in needed",
        "The request carries no API key and no token that holds, or one that is unknown, revoked or expired.",
        "Send `Authorization: Bearer …` with a key that is in force or, where the practice has an OpenID Connect "
        "issuer, a fresh access token.",
    ),
    Meaning(
        "step_up_needed",
        401,
        "A fresh, stronger sign-in needed",
        "This operation asks its user to have proved who they are recently and strongly; an API key cannot.",
        "Sign the user in again with the `acr_values` and `max_age` of the WWW-Authenticate header, then repeat.",
    ),
    Meaning(
        "insufficient_scope",
        403,
        "The key may not do this",
        "The key is good, but it lacks the scope that this operation needs. Nothing was looked up.",
        "Use a key that was made with the scope named in `detail`.",
    ),
    Meaning(
        "rate_limited",
        429,
        "Too many requests",
        "This key has used up its requests for the current window.",
        "Wait for the seconds in `Retry-After`.",
    ),
    Meaning(
        "idempotency_key_reused",
        422,
        "Idempotency key used for something else",
        "This Idempotency-Key was already used with another body or address.",
        "Make a new key for each new intention; repeat a key only to repeat the same request.",
    ),
    Meaning(
        "idempotency_in_progress",
        409,
        "The first request is still running",
        "A request with this Idempotency-Key is being worked on.",
        "Repeat the same request after `Retry-After`.",
    ),
    Meaning(
        "idempotency_key_invalid",
        400,
        "Idempotency key not usable",
        "An Idempotency-Key is 1 to 255 printable ASCII characters.",
        "Send a UUID.",
    ),
    Meaning(
        "precondition_required",
        428,
        "If-Match needed",
        "Changing an existing thing needs the ETag that you last read, so that nobody's change is lost.",
        "GET it, then send its ETag in `If-Match`.",
    ),
    Meaning(
        "stale_version",
        412,
        "Changed since you read it",
        "The thing has another version than the one in `If-Match`.",
        "GET it again, look, and repeat your change.",
    ),
    Meaning(
        "cursor_invalid",
        400,
        "Cursor not usable",
        "The cursor was not made by this service, was edited, or belongs to another practice.",
        "Start again without a cursor.",
    ),
    Meaning(
        "cursor_mismatch",
        400,
        "Cursor of another list",
        "The cursor was made for other filters than the ones sent with it.",
        "Repeat the filters of the first page.",
    ),
    Meaning(
        "already_superseded",
        409,
        "Already corrected",
        "This entry has a later version, or was marked as entered in error; history does not fork.",
        "Correct the newest version, which `superseded_by` names; null means that nothing stands in its place.",
    ),
    Meaning(
        "session_signed",
        409,
        "The session is signed",
        "A signed session is frozen with everything recorded in it.",
        "Add an addendum, or correct the single entry.",
    ),
    Meaning(
        "already_signed",
        409,
        "You have signed this session",
        "A co-signature is somebody else's than those who signed already.",
        "Ask another clinician, or the supervisor of the care team.",
    ),
    Meaning(
        "session_not_signed",
        409,
        "The session is not signed",
        "Addenda belong to signed sessions; a draft is simply changed.",
        "Change the draft, or sign it first.",
    ),
    Meaning(
        "note_needed",
        409,
        "The note is missing",
        "A session that was held is signed with its note.",
        "Write the note into the draft, then sign.",
    ),
    Meaning(
        "clinician_needed",
        403,
        "Only a clinician may do this",
        "Signing a session, and deciding who stands in a care team, are a clinician's own acts; no integration does "
        "them for one.",
        "Use the key of a clinician in the couple's care team.",
    ),
    Meaning(
        "second_person_needed",
        403,
        "Somebody else must do this",
        "Whoever opened a record in an emergency does not review it; a clinician of the couple's care team does.",
        "Ask a clinician who stands in the care team.",
    ),
    Meaning(
        "break_glass_spent",
        429,
        "Too many emergencies",
        "This person has opened as many records in an emergency within a day as one person may.",
        "Ask a clinician of the couple's care team to let you in.",
    ),
    Meaning(
        "report_overlaps",
        409,
        "These days are told of already",
        "Another threat report of the same partner in the same direction covers at least one of these days.",
        "Correct the report that `overlapping_id` names, or send a window that leaves its days out.",
    ),
    Meaning(
        "policy_needed",
        409,
        "Consent of both partners needed first",
        "Before one partner is seen alone, both consent in writing to the policy on what is said alone.",
        "Record the confidentiality policy and each partner's acknowledgement of its newest version.",
    ),
    Meaning(
        "permission_needed",
        409,
        "Written permission needed",
        "What this partner said alone reaches the other only with written permission: the couple's policy says so, or "
        "said so when it came on record, or not both partners have acknowledged it.",
        "Send the partner's permission with its day.",
    ),
    Meaning(
        "summary_withheld",
        409,
        "Nothing to share at present",
        "What both partners may know does not give the whole record's answer, or something speaks against sharing it.",
        "Read the answers for the treating team; share a summary when both computations agree.",
    ),
    Meaning(
        "couple_closed",
        409,
        "The case is closed",
        "Nothing new is recorded in a closed case.",
        "Reopen the case first.",
    ),
    Meaning(
        "screens_needed",
        409,
        "Safety to be confirmed first",
        "The commitment opens a device, a location or an account to someone, and that is not cleared at present.",
        "Confirm a current safety screen of each partner, held apart; or agree on something that opens nothing.",
    ),
    Meaning(
        "commitment_closed",
        409,
        "The commitment is closed",
        "It was agreed anew, withdrawn, replaced or marked as entered in error; nothing later is checked in on it.",
        "Check in on the commitment that is in force, or correct the check-in that closed this one.",
    ),
    Meaning(
        "legal_hold",
        409,
        "The case is under legal hold",
        "While a legal hold stands, nothing is destroyed and nothing is marked as entered in error.",
        "Correct the entry instead, or lift the hold when its ground is gone.",
    ),
    Meaning(
        "export_locked",
        409,
        "Nothing may leave this case",
        "An export lock stands on the case: no disclosure and no export is made.",
        "See the couple's holds; lift the lock when its ground is gone.",
    ),
    Meaning(
        "authorisation_missing",
        409,
        "An authorisation is missing",
        "What was asked for needs a current authorisation of each partner whom it concerns, for this recipient and "
        "this content. Nothing left.",
        "See `missing`: which partner for which content. Ask for less, or record the authorisation when it is signed.",
    ),
    Meaning(
        "request_incomplete",
        409,
        "Steps are missing before the answer",
        "A request for access is answered after identity, the other partner and each needed part were seen to.",
        "See `missing`, and take those steps first.",
    ),
    Meaning(
        "conflict",
        409,
        "In conflict with the record",
        "The request contradicts something already recorded.",
        "See `detail` for what stands against it.",
    ),
    Meaning(
        "service_unavailable",
        503,
        "For the moment out of service",
        "The record store could not be reached or could not write. Nothing was changed.",
        "Repeat the request with the same Idempotency-Key.",
    ),
    Meaning(
        "record_damaged",
        500,
        "A text of the record does not open",
        "A stored text was changed or put in another's place, or its key is gone. Nothing of it is told.",
        "Tell the operator: `mendline verify` names the row.",
    ),
    Meaning(
        "internal_error",
        500,
        "Our mistake",
        "Something failed that should not have. Nothing was changed.",
        "Report the `request_id`; it leads to the entry in our log.",
    ),
)

BY_CODE: dict[str, Meaning] = {meaning.code: meaning for meaning in MEANINGS}


@dataclass
class Refusal(Exception):
    """A refusal with a code out of MEANINGS; `extra` members go into the problem document as they are."""

    code: str
    detail: str = ""
    errors: Sequence[FieldError] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.code)
        self.meaning = BY_CODE[self.code]


class InvalidInput(Refusal):
    """One or several fields that cannot be taken."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("invalid_input", errors=errors)


def invalid(pointer: str, code: str, detail: str, hint: str = "") -> InvalidInput:
    """A single-field refusal, the everyday form."""
    return InvalidInput(FieldError(pointer, code, detail, hint or _usual_hint(code)))


def _usual_hint(code: str) -> str:
    return next(
        (hint for ending, hint in _USUAL_HINTS.items() if code.startswith(ending) or code.endswith(ending)),
        "",
    )


_USUAL_HINTS = {
    "not_wanted": "Leave it out.",
    "nothing_to": "Send at least one thing.",
    "_needed": "Send this field.",
    "unknown_": "Take the id from the list or the answer that holds it.",
    "in_the_past": "Send a later one, or leave it out.",
    "in_the_future": "Send one that has come.",
    "end_before_start": "Send an end that is not before the start.",
    "before_": "Look at both days, and send the one that is right.",
    "after_": "Look at both days, and send the one that is right.",
    "beyond_key": "Leave these out, or ask with a key that has them.",
    "beyond_role": "Leave these out.",
    "entries_recorded": "Leave `outcome` as it is, or mark those entries as entered in error first.",
    "identity_unchecked": "Record first how it was made sure: `POST /v1/access-requests/{id}/identity`.",
    "made_by_operator": "Ask the operator for it.",
    "not_in_country": "Send the country too, and a subdivision that begins with its code, such as US-CA.",
    "not_later": "Send a later day, or leave it out for the usual one.",
    "not_their_request": "Name that partner's own request.",
    "part_and_role": "Send the part that goes with the person's role.",
    "session_not_held": "Send them to their own addresses, or send `outcome` as `held`.",
    "somebody_attended": "Send `outcome` as `held`, or say of nobody that they attended.",
    "subject_taken": "Send the subject of this person's own tokens.",
    "too_far_ahead": "Send an instant within a year.",
}
"""What to do about a fault whose code begins or ends like this, where its place says nothing better."""


def not_found() -> Refusal:
    """The one answer for what does not exist and for what is not the caller's."""
    return Refusal("not_found")
