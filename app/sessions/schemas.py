"""Shape of the wire for sessions: attendance, notes in four formats, the whole session in one body, addenda."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError, WrapValidator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from app.commitments.schemas import CheckInEntry, CommitmentIn
from app.couples.facts import FactOut
from app.couples.schemas import Visibility
from app.errors import FieldError, InvalidInput
from app.markers.schemas import CESSATION_EXAMPLE, MARKER_EXAMPLE, CessationIn, MarkerIn
from app.sessions.kinds import (
    ADDENDUM_KINDS,
    KIND_BY_CODE,
    NOTE_LIMIT,
    NOTE_SECTIONS,
    OUTCOMES,
    PRESENCES,
    Side,
)
from app.stages.schemas import EXAMPLE as STAGE
from app.stages.schemas import StageIn
from app.threat_responses.schemas import REPORT_EXAMPLE, ThreatReportIn
from app.wire.types import (
    TEAM_ALONE,
    Flag,
    Input,
    Instant,
    Line,
    NoteText,
    OneOf,
    Output,
    Passage,
    Whole,
    Zone,
)

SESSION: JsonDict = {
    "kind": "conjoint",
    "starts_at": "2026-02-20T16:00:00Z",
    "zone": "Europe/Vienna",
    "duration_minutes": 60,
    "attendance": {
        "a": {"status": "attended", "country": "AT"},
        "b": {"status": "attended", "country": "AT"},
    },
    "note": {
        "format": "soap",
        "subjective": {"a": "Slept badly after the bank letter.", "b": "Afraid of the next question."},
        "objective": "B. answered without being asked and stayed in the room.",
        "assessment": "First answer without defence.",
        "plan": "Statements are laid open on Sundays.",
    },
}
ENTRIES: JsonDict = {
    "markers": [{**MARKER_EXAMPLE}],
    "threat_reports": [{**REPORT_EXAMPLE}],
    "cessation": [{**CESSATION_EXAMPLE}],
    "stages": [{**STAGE}],
}

Outcome = Annotated[str, OneOf(OUTCOMES)]
Minutes = Annotated[Whole, Field(ge=1, le=1440, description="How long it lasted.")]
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(description="ISO 3166-1 code.", examples=["AT"])
]
Subdivision = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$"),
    Field(description="ISO 3166-2 code.", examples=["AT-9"]),
]
Section = NoteText | None


# --- notes ---


class Subjective(Input):
    """What each partner reports, kept apart."""

    a: Section = None
    b: Section = None


class SoapNote(Input):
    """Subjective (each partner's own), objective, assessment, plan."""

    format: Literal["soap"]
    subjective: Subjective | None = None
    objective: Section = None
    assessment: Section = None
    plan: Section = None


class DapNote(Input):
    """Data, assessment, plan."""

    format: Literal["dap"]
    data: Section = None
    assessment: Section = None
    plan: Section = None


class BirpNote(Input):
    """Behaviour, intervention, response, plan."""

    format: Literal["birp"]
    behaviour: Section = None
    intervention: Section = None
    response: Section = None
    plan: Section = None


class NarrativeNote(Input):
    """Running text."""

    format: Literal["narrative"]
    text: Section = None


AnyNote = SoapNote | DapNote | BirpNote | NarrativeNote
_BY_FORMAT: dict[object, type[AnyNote]] = {
    "soap": SoapNote,
    "dap": DapNote,
    "birp": BirpNote,
    "narrative": NarrativeNote,
}


def _of_its_format(value: Any, _: Any) -> AnyNote:
    """The note as its format reads it; pointers of what is wrong then name sections and not the format."""
    code = value.get("format") if isinstance(value, dict) else None
    model = _BY_FORMAT.get(code) if isinstance(code, str) else None
    if model is None:
        raise PydanticCustomError("note_format", "a note says its format: soap, dap, birp or narrative")
    return model.model_validate(value)


def _measured(note: AnyNote) -> AnyNote:
    length = sum(len(text) for text in written_sections(note))
    if length == 0:
        raise PydanticCustomError(
            "note_empty", "a note has at least one section written; leave an empty one out"
        )
    if length > NOTE_LIMIT:
        raise PydanticCustomError("note_too_long", "a note holds at most 100,000 characters in all")
    return note


def written_sections(note: AnyNote) -> list[str]:
    """The texts of a note, whatever their section."""
    sections = note.model_dump(exclude={"format"}, exclude_none=True).values()
    return [text for part in sections for text in (part.values() if isinstance(part, dict) else [part])]


Note = Annotated[
    AnyNote, Field(discriminator="format"), WrapValidator(_of_its_format), AfterValidator(_measured)
]


# --- the session ---


class Presence(Input):
    """Whether a partner came, and where they were: licences, crisis lines and reporting duties follow the place."""

    status: Annotated[str, OneOf(PRESENCES)]
    country: Country | None = None
    subdivision: Subdivision | None = None


class Attendance(Input):
    """Who came; leave a partner out who was not asked to come."""

    a: Presence | None = None
    b: Presence | None = None


class SessionContent(Input):
    """What of a session may change while it is a draft."""

    starts_at: Instant
    zone: Zone | None = Field(
        None, description="Where the clock on the wall hung; the practice's zone when left out."
    )
    duration_minutes: Minutes
    outcome: Outcome = "held"
    attendance: Attendance = Attendance()
    others_present: Line | None = Field(
        None, description="Others in the room, such as a child, by first name only."
    )
    note: Note | None = None


class PresenceChange(Input):
    """Merge patch of a presence."""

    status: Annotated[str, OneOf(PRESENCES)] | None = None
    country: Country | None = None
    subdivision: Subdivision | None = None


class AttendanceChange(Input):
    """Merge patch of the attendance."""

    a: PresenceChange | None = None
    b: PresenceChange | None = None


class NoteChange(Input):
    """Merge patch of the note; another format starts a new note, the version before is kept."""

    format: Annotated[str, OneOf(NOTE_SECTIONS)] | None = None
    subjective: Subjective | None = None
    objective: Section = None
    assessment: Section = None
    plan: Section = None
    data: Section = None
    behaviour: Section = None
    intervention: Section = None
    response: Section = None
    text: Section = None


class SessionChange(Input):
    """Merge patch (RFC 7386) of a draft: what is left out stays, null removes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"duration_minutes": 75, "note": {"format": "soap", "plan": "Both bring the account list."}}
            ]
        }
    )

    starts_at: Instant | None = None
    zone: Zone | None = None
    duration_minutes: Minutes | None = None
    outcome: Outcome | None = None
    attendance: AttendanceChange | None = None
    others_present: Line | None = None
    note: NoteChange | None = None


def patched(current: dict[str, Any], change: SessionChange) -> SessionContent:
    """The content after a merge patch, read as strictly as a new one."""
    patch = change.model_dump(mode="json", exclude_unset=True)
    note = patch.get("note") or {}
    if note.get("format") and current["note"] and note["format"] != current["note"]["format"]:
        current = {**current, "note": None}
    try:
        return SessionContent.model_validate(_merged(current, patch))
    except ValidationError as wrong:
        errors = wrong.errors(include_input=False, include_url=False)
        raise InvalidInput(*(_field(error["loc"], error["type"], error["msg"]) for error in errors)) from None


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merged(kept.get(name), value)
    return kept


def _field(where: tuple[int | str, ...], code: str, words: str) -> FieldError:
    return FieldError("".join(f"/{step}" for step in where), code, words)


class AddendumIn(Input):
    """Something added to a signed session; the signed text stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "correction", "text": "The agreed day is Tuesday, not Monday."}]
        }
    )

    kind: Annotated[str, OneOf(ADDENDUM_KINDS)]
    text: Passage


# --- entries, and the session as a whole ---


class EntriesIn(Input):
    """What was noted in a session besides its text; each entry goes where it would go by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRIES]})

    markers: list[MarkerIn] = Field(default_factory=list, max_length=100)
    threat_reports: list[ThreatReportIn] = Field(default_factory=list, max_length=20)
    cessation: list[CessationIn] = Field(default_factory=list, max_length=20)
    commitments: list[CommitmentIn] = Field(default_factory=list, max_length=20)
    check_ins: list[CheckInEntry] = Field(default_factory=list, max_length=100)
    stages: list[StageIn] = Field(default_factory=list, max_length=10)


class SessionIn(SessionContent, EntriesIn):
    """A whole session: attendance, note and entries; all of it is stored, or nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**SESSION, **ENTRIES}]})

    kind: Annotated[str, OneOf(KIND_BY_CODE)]
    with_partner: Side | None = Field(None, description="The partner seen alone; needed for `individual`.")
    visibility: Visibility | None = Field(
        None, description="Left out: `joint` together, `partner` for an individual session, else `clinician`."
    )
    sign: Flag = Field(False, description="Sign at once; a clinician's own act.")


# --- out ---


UNSIGNED = "Of a draft told to the treating team alone: `null` for every other audience until it is signed."


class PresenceOut(Output):
    """Whether a partner came, and where they were."""

    status: str
    country: str | None = Field(description=TEAM_ALONE)
    subdivision: str | None = Field(description=TEAM_ALONE)


class AttendanceOut(Output):
    """Who came."""

    a: PresenceOut | None
    b: PresenceOut | None


class SubjectiveOut(Output):
    """What each partner reports."""

    a: str | None
    b: str | None


class SoapNoteOut(Output):
    """A SOAP note."""

    format: Literal["soap"]
    subjective: SubjectiveOut | None
    objective: str | None
    assessment: str | None
    plan: str | None


class DapNoteOut(Output):
    """A DAP note."""

    format: Literal["dap"]
    data: str | None
    assessment: str | None
    plan: str | None


class BirpNoteOut(Output):
    """A BIRP note."""

    format: Literal["birp"]
    behaviour: str | None
    intervention: str | None
    response: str | None
    plan: str | None


class NarrativeNoteOut(Output):
    """A narrative note."""

    format: Literal["narrative"]
    text: str | None


NoteOut = Annotated[SoapNoteOut | DapNoteOut | BirpNoteOut | NarrativeNoteOut, Field(discriminator="format")]


class AddendumOut(FactOut):
    """An addendum on record."""

    session_id: str
    kind: str
    text: str
    written_on: str


class ContentOut(Output):
    """What every answer about a session's hour holds."""

    starts_at: str
    ends_at: str
    zone: str
    local_day: str = Field(description="The day in the session's own zone.")
    duration_minutes: int
    outcome: str = Field(description="`held`, `missed` or `cancelled`.")
    attendance: AttendanceOut
    written_at: str = Field(description="When this version was written.")
    late_entry: bool = Field(
        description="Written, or last changed, more than 72 hours after the session began."
    )


class SessionItem(ContentOut):
    """A session in a list, without its note."""

    id: str
    couple_id: str
    version: int
    kind: str
    with_partner: str | None = Field(description="The partner seen alone, `a` or `b`.")
    with_partner_id: str | None
    state: str = Field(description="`draft` or `signed`.")
    note_format: str | None = Field(description=UNSIGNED)
    recorded_at: str = Field(description="When this service stored it.")
    recorded_by: str
    source_recorded_at: str | None = Field(
        description="When an earlier system says it was recorded (imports)."
    )
    recorded_basis: str = Field(description="`witnessed` by this service or `claimed` by an earlier one.")
    signed_at: str | None
    signed_by: str | None
    visibility: Visibility
    visible_partner_id: str | None
    entered_in_error: bool


class EntryIds(Output):
    """Ids of what was recorded in the session, by kind."""

    markers: list[str]
    threat_reports: list[str]
    cessation: list[str]
    commitments: list[str]
    check_ins: list[str]
    stages: list[str]


class SignerOut(Output):
    """One signature in the practice's chain of seals."""

    id: str
    number: int = Field(description="Its place in the practice's chain, without gaps.")
    digest: str = Field(description="SHA-256 that the next link of the chain names.")
    signed_at: str
    signed_by: str


class SignatureOut(SignerOut):
    """How a session was sealed when it was signed, and who signed it after."""

    cosigned: list[SignerOut]


class SealOut(Output):
    """One link of the practice's chain of seals, with all that its digest is made from."""

    practice_id: str
    id: str
    number: int
    previous: str = Field(description="Digest of the link before it.")
    kind: str = Field(description="`session`, `cosignature`, `addendum` or `entered_in_error`.")
    form: int = Field(description="Number of the canonical form.")
    couple_id: str
    session_id: str
    addendum_id: str | None
    cosigned_id: str | None = Field(description="The seal that this one co-signs.")
    signed_at: str
    signed_by: str
    content_digest: str = Field(description="Keyed digest of what was signed; its key stays with the record.")
    signing_key_id: str = Field(description="See `listSigningKeys`.")
    digest: str
    signature: str = Field(description="Ed25519, as hex.")


class SealPage(Output):
    """A page of seals."""

    items: list[SealOut]
    next_cursor: str | None
    has_more: bool


class SessionOut(SessionItem):
    """A session with its note and addenda."""

    others_present: str | None = Field(description=UNSIGNED)
    note: NoteOut | None = Field(description=UNSIGNED)
    voided_at: str | None
    voided_by: str | None
    void_reason: str | None = Field(description=TEAM_ALONE)
    addenda: list[AddendumOut]
    entries: EntryIds | None = Field(
        description="Null unless asked for with `include=entries`, or just recorded."
    )
    seal: SignatureOut | None = Field(
        description="How it was sealed; null for a draft, and for every audience but the treating team."
    )


class SessionPage(Output):
    """A page of sessions."""

    items: list[SessionItem]
    next_cursor: str | None
    has_more: bool


class VersionOut(ContentOut):
    """How a draft stood before a change."""

    number: int
    others_present: str | None
    note: NoteOut | None
    replaced_at: str
    replaced_by: str


class VersionPage(Output):
    """A page of earlier versions."""

    items: list[VersionOut]
    next_cursor: str | None
    has_more: bool
