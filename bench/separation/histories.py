"""Random histories of a couple: what both may know, and then what A said alone, the clinician's own, and safety."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from app.calendar import service as calendar
from app.calendar.schemas import KnownDateIn, PauseIn
from app.chart.audiences import JOINT
from app.chart.chart import Chart, Row
from app.commitments import service as commitments
from app.commitments.schemas import CheckInIn, CommitmentCorrection, CommitmentIn
from app.confidences import service as confidences
from app.confidences.schemas import ConfidenceIn, SharingIn
from app.couples import facts
from app.couples import service as couples
from app.couples.case import Case, open_case
from app.couples.facts import FactKind
from app.couples.schemas import AcknowledgementIn, BetrayalIn, CoupleIn, PolicyIn, RepairStartIn
from app.errors import Refusal
from app.markers import service as markers
from app.markers.schemas import CessationIn, MarkerCorrection, MarkerIn
from app.process_notes import service as process_notes
from app.process_notes.schemas import ProcessNoteIn
from app.safety import service as safety
from app.safety.schemas import ConcernIn, ScreenIn
from app.sessions import service as sessions
from app.sessions.schemas import AddendumIn, EntriesIn, SessionIn
from app.stages import service as stages
from app.stages.schemas import StageIn
from app.threat_responses import service as threats
from app.threat_responses.schemas import ThreatReportIn
from app.wire.answers import fact_tag

Json = dict[str, Any]
BEGAN: Final = date(2025, 3, 14)
DAYS: Final = 350
CODES: Final = ("ACC-FULL", "ACC-IMPACT", "ACC-DEFL", "TRN-PRO", "TRN-COMPLY", "AFF-MARK", "RES-SHUT")
OUTCOMES: Final = ("kept", "kept_late", "missed_owned")
WRONG: Final = "Of another couple."
PART: Final = "markers"
"""Under which part of the API every step of a history is signed."""
MISTAKES: Final = 0.5
"""In how many histories something of another couple is entered, and marked as entered in error."""


@dataclass
class History:
    """One couple under way: whose entries are written now, and the ids of what each may be told."""

    chart: Chart
    random: Random
    case: Case
    seen: Json
    """The visibility of what is written now."""
    ids: dict[str, list[str]] = field(default_factory=dict)
    """By path parameter: what stands there for everybody who may be told."""
    kept: dict[str, list[str]] = field(default_factory=dict)
    """By path parameter: what must be like nothing to the others."""
    reported: int = 0
    signing: bool = False
    """Whether each step leaves a line on the trail, as a request of its own would."""

    @property
    def alone(self) -> bool:
        """Whether what is written now is kept from B and from both."""
        return bool(self.seen["visibility"] != "joint")

    def day(self) -> str:
        """A day in the course."""
        return str(BEGAN + timedelta(days=self.random.randrange(20, DAYS)))

    def said(self, body: Json) -> Json:
        """A body with the visibility of what is written now."""
        return {**body, **self.seen}

    def of_a_direction(self, body: Json) -> Json:
        """The same, in one of the directions that there are."""
        return {**self.said(body), "direction_id": self.random.choice(self.case.directions).id}

    def note(self, parameter: str, row: Row) -> Row:
        """Remember an id."""
        (self.kept if self.alone else self.ids).setdefault(parameter, []).append(str(row["id"]))
        self.sign()
        return row

    def sign(self) -> None:
        """A line on the trail about what was touched last, in a part of the API that partners are told of."""
        visit = self.chart.visit
        if self.signing and visit.target_id is not None:  # else nothing was done, it was only looked around
            visit.area = PART
            self.chart.sign(201)
            visit.area = None
        visit.forget()

    def one(self, parameter: str) -> str | None:
        """One of the ids that stand, or None."""
        found = self.ids.get(parameter)
        return self.random.choice(found) if found else None


Act = Callable[[History], Any]


def begun(chart: Chart, random: Random, *, signing: bool = False) -> History:
    """A new couple with one betrayal and a policy that both consented to."""
    body = {
        "label": "C-1",
        "partner_a": {"name": "A."},
        "partner_b": {"name": "B."},
        "betrayals": [
            {
                "affected": random.choice("ab"),
                "kind": "financial",
                "came_to_light": "discovery",
                "came_to_light_on": str(BEGAN),
            }
        ],
        "policy": _policy(random, True),
    }
    couple = couples.begin(chart, CoupleIn.model_validate(body))
    case = open_case(chart, couple["id"])
    ids = {"couple_id": [case.id]}
    return History(chart, random, case, {"visibility": "joint"}, ids, signing=signing)


def _policy(random: Random, by_b: bool) -> Json:
    code = random.choice(("no_secrets", "limited_secrets", "confidential"))
    return {"code": code, "agreed_on": str(BEGAN), "acknowledged_by_a": True, "acknowledged_by_b": by_b}


# --- acts that both worlds know, and that A, or the clinician, also does alone ---


def a_marker(told: History) -> None:
    body = {"code": told.random.choice(CODES), "observed_on": told.day(), "basis": "observed_in_session"}
    row = markers.record_marker(
        told.chart, told.case, MarkerIn.model_validate(told.of_a_direction(body)), source=_source(told)
    )
    told.note("marker_id", row)


def a_cessation(told: History) -> None:
    status, grade = told.random.choice(
        (("self_reported", None), ("continuing", "admitted"), ("verified", "documented"))
    )
    body = {"status": status, "grade": grade, "effective_on": told.day(), "words": "Asked."}
    row = markers.record_cessation(
        told.chart, told.case, CessationIn.model_validate(told.of_a_direction(body))
    )
    told.note("cessation_id", row)


def a_report(told: History) -> None:
    start = BEGAN + timedelta(days=14 * told.reported + 7)
    told.reported += 1
    if start + timedelta(days=13) > BEGAN + timedelta(days=DAYS):
        return
    body = {
        "window_start": str(start),
        "window_end": str(start + timedelta(days=13)),
        "episodes": told.random.randrange(0, 60),
        "peak_intensity": told.random.randrange(1, 10),
        "source": "self_in_session",
    }
    row = threats.record_report(
        told.chart, told.case, ThreatReportIn.model_validate(told.of_a_direction(body))
    )
    told.note("report_id", row)


def a_commitment(told: History) -> None:
    body = told.of_a_direction(_undertaken(told))
    told.note("commitment_id", commitments.record(told.chart, told.case, CommitmentIn.model_validate(body)))


def _undertaken(told: History) -> Json:
    made_on = BEGAN + timedelta(days=told.random.randrange(20, 60))
    return {
        "owner_partner_id": told.random.choice(told.case.partner_ids),
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
        "evidence_agreed": "Statements seen together",
        "made_on": str(made_on),
        "review_on": str(made_on + timedelta(days=40)),
        "agreed_by_both": True,
    }


def a_check_in(told: History) -> None:
    commitment_id = told.one("commitment_id")
    if commitment_id is None:
        return
    closing = ("withdrawn",) if told.alone else ()
    day = str(BEGAN + timedelta(days=told.random.randrange(60, DAYS)))
    body = {"checked_on": day, "outcome": told.random.choice(OUTCOMES + closing)}
    row = commitments.check_in(
        told.chart, told.case, commitment_id, CheckInIn.model_validate(told.said(body))
    )
    told.note("check_in_id", row)


def a_pause(told: History) -> None:
    day = date.fromisoformat(told.day())
    body = {"kind": "travel", "starts_on": str(day), "ends_on": str(day + timedelta(days=20))}
    told.note(
        "pause_id", calendar.record_pause(told.chart, told.case, PauseIn.model_validate(told.said(body)))
    )


def a_known_date(told: History) -> None:
    body = {"kind": "reminder", "on_day": told.day(), "recurs": told.random.choice(("none", "yearly"))}
    row = calendar.record_known_date(told.chart, told.case, KnownDateIn.model_validate(told.said(body)))
    told.note("known_date_id", row)


def a_stage(told: History) -> None:
    body = {"stage": "stabilisation", "entered_on": told.day(), "evidence": "Both screens are current."}
    told.note("stage_id", stages.record(told.chart, told.case, StageIn.model_validate(told.said(body))))


def a_betrayal(told: History) -> None:
    """Alone it may open a direction that the other knows nothing of."""
    body = {
        "affected": told.random.choice("ab"),
        "kind": "emotional_dishonesty",
        "came_to_light": "voluntary",
        "came_to_light_on": told.day(),
    }
    told.note(
        "betrayal_id",
        couples.record_betrayal(told.chart, told.case, BetrayalIn.model_validate(told.said(body))),
    )


def a_seen_marker(told: History) -> Json:
    return {"code": "ACC-IMPACT", "observed_on": told.day(), "basis": "observed_in_session"}


def a_session(told: History) -> None:
    side = told.random.choice("ab") if not told.alone else "a"
    there = {"status": "attended"}
    body: Json = {
        "kind": "conjoint",
        "starts_at": f"{told.day()}T16:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": there, "b": there},
        "note": {"format": "narrative", "text": f"Spoke of {side}."},
        "sign": told.random.random() < 0.5,
        "markers": [told.of_a_direction(a_seen_marker(told))] if not told.alone else [],
    }
    if told.alone:
        body |= {"kind": "individual", "with_partner": "a", "attendance": {"a": there}}
        body["visibility"] = told.seen["visibility"]
    row = sessions.record(told.chart, told.case, SessionIn.model_validate(body))
    told.note("session_id", row)
    if body["sign"]:
        added = AddendumIn.model_validate({"kind": "addendum", "text": "One word more."})
        told.note("addendum_id", sessions.add_addendum(told.chart, row["id"], added))


def a_correction(told: History) -> None:
    """Of what both may know; alone it takes back what this very history had told, and had corrected."""
    if not told.alone:
        _corrected(told, told.one("marker_id"))
        return
    alone, ids = told.seen, told.ids
    told.seen, told.ids = {"visibility": "joint"}, {}
    a_marker(told)
    for _ in range(told.random.randrange(2)):
        _corrected(told, told.ids["marker_id"][-1])
    told.kept.setdefault("marker_id", []).extend(told.ids["marker_id"])
    told.seen, told.ids = alone, ids
    _corrected(told, told.kept["marker_id"][-1])


def _corrected(told: History, marker_id: str | None) -> None:
    row = marker_id and markers.read_marker(told.chart, marker_id)
    if not row or row["superseded_by"] or row["entered_in_error"]:
        return
    body = {
        "code": told.random.choice(CODES),
        "observed_on": row["observed_on"],
        "basis": "observed_in_session",
        "reason": "Misheard.",
    }
    correction = MarkerCorrection.model_validate(told.of_a_direction(body))
    told.note("marker_id", markers.correct_marker(told.chart, row["id"], correction, fact_tag(row)))


def a_void(told: History) -> None:
    marker_id = told.kept.get("marker_id", [None])[-1] if told.alone else told.one("marker_id")
    row = marker_id and markers.read_marker(told.chart, marker_id)
    if row and not row["superseded_by"] and not row["entered_in_error"]:
        told.note("marker_id", markers.void_marker(told.chart, row["id"], fact_tag(row), WRONG))


def a_policy(told: History) -> None:
    if not told.alone:
        row = couples.record_policy(
            told.chart, told.case, PolicyIn.model_validate(_policy(told.random, False))
        )
        told.note("policy_id", row)
        body = {"partner_id": told.case.partner_ids[1], "acknowledged_on": str(BEGAN)}
        couples.acknowledge_policy(told.chart, row["id"], AcknowledgementIn.model_validate(body))


def a_shared_confidence(told: History) -> None:
    """What A said alone and then let both know: the old entry must be like nothing, the new one is told."""
    if told.alone:
        return
    told.seen = _own(told.case)
    a_marker(told)
    told.seen = {"visibility": "joint"}
    item_id = told.kept["marker_id"][-1]
    body = {"item_kind": "marker", "item_id": item_id, "relevance": "relevant"}
    row = confidences.record(told.chart, told.case, ConfidenceIn.model_validate(body))
    sharing = SharingIn(permission_on=BEGAN, reason="Asked for.")
    shared = confidences.share(told.chart, row["id"], sharing, fact_tag(row))
    told.ids.setdefault("marker_id", []).append(str(shared["shared_as_id"]))


TOLD: Final[tuple[Act, ...]] = (
    a_marker, a_marker, a_cessation, a_report, a_report, a_report, a_commitment, a_check_in, a_check_in, a_pause,
    a_known_date, a_stage, a_betrayal, a_session, a_session, a_correction, a_void, a_policy, a_shared_confidence,
)  # fmt: skip


# --- acts that only one world knows ---


def a_concern(told: History) -> None:
    at_risk = told.random.choice(told.case.partner_ids)
    body = {"kind": "violence", "raised_on": told.day(), "person_at_risk_id": at_risk}
    told.note("concern_id", safety.record_concern(told.chart, told.case, ConcernIn.model_validate(body)))


def a_screen(told: History) -> None:
    body = {
        "partner_id": told.random.choice(told.case.partner_ids),
        "screened_on": told.day(),
        "separately": True,
    }
    body |= {"result": "no_concern_stated", "occasion": "interval"}
    told.note("screen_id", safety.record_screen(told.chart, told.case, ScreenIn.model_validate(body)))


def a_start(told: History) -> None:
    body = {"starts_on": told.day(), "reason": "By judgement.", "direction_id": told.case.directions[0].id}
    couples.set_repair_start(told.chart, told.case, RepairStartIn.model_validate(body))


def coercion(told: History) -> None:
    body = {"code": "TRN-COERCED", "observed_on": told.day(), "basis": "reported_by_betraying"}
    told.note(
        "marker_id",
        markers.record_marker(told.chart, told.case, MarkerIn.model_validate(told.of_a_direction(body))),
    )


def a_wish(told: History) -> None:
    body = {
        "code": "MUT-LEAN",
        "observed_on": told.day(),
        "basis": "reported_by_affected",
        "stated_value": "out",
    }
    body["about_id"] = told.case.partner_ids[0]
    told.note(
        "marker_id",
        markers.record_marker(told.chart, told.case, MarkerIn.model_validate(told.of_a_direction(body))),
    )


def an_entry_in_a_joint_draft(told: History) -> None:
    for session_id in told.ids.get("session_id", ()):
        row = sessions.read(told.chart, session_id)
        if row["state"] == "draft":
            body = {"code": "ACC-FULL", "observed_on": told.day(), "basis": "observed_in_session"}
            entries = EntriesIn.model_validate({"markers": [told.of_a_direction(body)]})
            sessions.add_entries(told.chart, session_id, entries, sessions.tag(row))
            return
    told.chart.visit.forget()  # no draft was there: what was looked at was not changed


def a_joint_entry_about_what_is_kept(told: History) -> None:
    """It says that it is joint, and is about a direction that A's betrayal, or the clinician's, alone has opened."""
    a_betrayal(told)
    known = {way.id for way in open_case(told.chart.for_audience(JOINT), told.case.id).directions}
    kept = tuple(way for way in told.case.directions if way.id not in known)
    if kept:
        _as_joint(told, replace(told.case, directions=kept), told.random.choice(ABOUT_A_DIRECTION))


def _as_joint(told: History, case: Case, *acts: Act) -> dict[str, list[str]]:
    """Acts that say that they are joint, and whose entries must be like nothing all the same; gives their ids."""
    before = told.case, told.seen, told.ids
    told.case, told.seen, told.ids = case, {"visibility": "joint"}, {}
    for act in acts:
        act(told)
    entered, (told.case, told.seen, told.ids) = told.ids, before
    for parameter, found in entered.items():
        told.kept.setdefault(parameter, []).extend(found)
    return entered


def a_narrowing(told: History) -> None:
    """Both were told, and then it turns out to be A's own, or the clinician's: it never was theirs."""
    for parameter, found in _as_joint(told, told.case, told.random.choice(NARROWED)).items():
        kind = KINDS[parameter]
        row = facts.get(told.chart, kind, found[0])
        narrower = {"visible_partner_id": None, **told.seen}
        told.note(parameter, facts.seen_anew(told.chart, kind, row, told.case, narrower, "Said alone."))


def a_narrowed_commitment(told: History) -> None:
    """A commitment that turns out to be A's own takes its check-ins along."""
    first = _as_joint(told, told.case, a_commitment, a_check_in)["commitment_id"][0]
    row = facts.get(told.chart, commitments.COMMITMENT, first)
    body = {**_undertaken(told), "made_on": row["made_on"], "reason": "Said alone."}
    correction = CommitmentCorrection.model_validate(
        told.said({**body, "owner_partner_id": row["owner_partner_id"]})
    )
    told.note(
        "commitment_id", commitments.correct(told.chart, first, correction, fact_tag(row), correction.reason)
    )


def a_kept_confidence(told: History) -> None:
    """The clinician keeps in view what A said alone."""
    before, told.seen = told.seen, _own(told.case)
    a_marker(told)
    told.seen = before
    body = {"item_kind": "marker", "item_id": told.kept["marker_id"][-1], "relevance": "relevant"}
    confidences.record(told.chart, told.case, ConfidenceIn.model_validate(body))


def a_process_note(told: History) -> None:
    body = {"written_on": told.day(), "text": "My own impatience."}
    process_notes.record_note(told.chart, told.case, ProcessNoteIn.model_validate(body))


def _own(case: Case) -> Json:
    """The visibility of what A says alone."""
    return {"visibility": "partner", "visible_partner_id": case.partner_ids[0]}


def an_error(told: History) -> None:
    """What both were told is another couple's: once it is marked, it never was on this record."""
    act = told.random.choice(MISTAKEN)
    mistaken = _as_joint(told, told.case, act, *BESIDE.get(act, ()))
    for parameter, void in VOIDS.items():
        for row_id in mistaken.get(parameter, ()):
            void(told.chart, row_id)


def _void_session(chart: Chart, session_id: str) -> None:
    sessions.void(chart, session_id, WRONG, sessions.tag(sessions.read(chart, session_id)))


def _voiding(kind: FactKind, void: Callable[[Chart, str, str, str], Row]) -> Callable[[Chart, str], None]:
    """A slice's way to mark an entry as entered in error, for one that nobody has corrected."""

    def mark(chart: Chart, row_id: str) -> None:
        void(chart, row_id, fact_tag(facts.get(chart, kind, row_id)), WRONG)

    return mark


MISTAKEN: Final[tuple[Act, ...]] = (
    a_marker, a_cessation, a_report, a_commitment, a_pause, a_known_date, a_stage, a_betrayal, a_session,
)  # fmt: skip
BESIDE: Final[Mapping[Act, tuple[Act, ...]]] = {a_commitment: (a_check_in,)}
ABOUT_A_DIRECTION: Final[tuple[Act, ...]] = (a_marker, a_cessation, a_report, a_commitment)
NARROWED: Final[tuple[Act, ...]] = (a_cessation, a_report, a_pause, a_known_date, a_stage, a_betrayal)
KINDS: Final[Mapping[str, FactKind]] = {
    "cessation_id": markers.CESSATION,
    "report_id": threats.REPORT,
    "pause_id": calendar.PAUSE,
    "known_date_id": calendar.known_date_kind(BEGAN),
    "stage_id": stages.STAGE,
    "betrayal_id": couples.BETRAYAL,
}
VOIDS: Final[Mapping[str, Callable[[Chart, str], None]]] = {
    "marker_id": _voiding(markers.MARKER, markers.void_marker),
    "cessation_id": _voiding(markers.CESSATION, markers.void_cessation),
    "report_id": _voiding(threats.REPORT, threats.void_report),
    "commitment_id": _voiding(commitments.COMMITMENT, commitments.void),
    "pause_id": _voiding(calendar.PAUSE, calendar.void_pause),
    "known_date_id": _voiding(calendar.known_date_kind(BEGAN), calendar.void_known_date),
    "stage_id": _voiding(stages.STAGE, stages.void),
    "betrayal_id": _voiding(couples.BETRAYAL, couples.void_betrayal),
    "session_id": _void_session,
}
OF_ONES_OWN: Final[tuple[Act, ...]] = (a_marker, a_known_date, a_pause, a_report)
ALONE: Final[tuple[Act, ...]] = (
    *dict.fromkeys(TOLD), a_concern, a_screen, a_start, coercion, a_wish, an_entry_in_a_joint_draft,
    a_joint_entry_about_what_is_kept, a_narrowing, a_narrowed_commitment, a_kept_confidence, a_process_note,
)  # fmt: skip


def _source(told: History) -> str | None:
    """Sometimes an earlier system claims to have recorded it."""
    if told.random.random() < 0.8:
        return None
    return f"{BEGAN + timedelta(days=told.random.randrange(20, DAYS))}T12:00:00.000000Z"


def tell(told: History, least: int = 6, most: int = 20) -> None:
    """What both may know, with entries of B's own among it."""
    for _ in range(told.random.randrange(least, most + 1)):
        act, kept = told.random.choice(TOLD), told.kept
        told.seen = {"visibility": "joint"}
        if act in OF_ONES_OWN and told.random.random() < 0.3:
            told.seen, told.kept = (
                {"visibility": "partner", "visible_partner_id": told.case.partner_ids[1]},
                {},
            )
        _attempted(told, act)
        told.kept = kept


def keep(told: History, least: int = 2, most: int = 10) -> int:
    """What A said alone, the clinician's own, safety, and mistakes; says how many entries that came to."""
    for _ in range(told.random.randrange(least, most + 1)):
        told.seen = told.random.choice((_own(told.case), {"visibility": "clinician"}))
        _attempted(told, told.random.choice(ALONE))
    if told.random.random() < MISTAKES:
        _attempted(told, an_error)
    return sum(map(len, told.kept.values()))


def _attempted(told: History, act: Act) -> None:
    """What the record refuses (a closed commitment, days that overlap) is simply not done."""
    ids, case = told.ids, replace(told.case)
    kept = {parameter: list(found) for parameter, found in told.kept.items()}
    try:
        with told.chart.attempt():
            act(told)
            told.sign()
    except Refusal:
        told.ids, told.case, told.kept = ids, case, kept
        told.chart.visit.forget()  # a request of its own would have ended here, with what it touched
