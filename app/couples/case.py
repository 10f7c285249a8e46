"""The opened case: two partners, at most two directions, open or closed; every slice opens it before it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, Protocol

from sqlalchemy import bindparam, select, update

from app.chart.audiences import CLINICIAN
from app.chart.chart import Chart
from app.couples.tables import betrayal, couple
from app.errors import Refusal, invalid

Visibility = Literal["joint", "partner", "clinician"]
JOINT: Final[dict[str, str | None]] = {"visibility": "joint", "visible_partner_id": None}

_CASE = select(
    couple.c.id,
    couple.c.version,
    couple.c.status,
    couple.c.partner_a_id,
    couple.c.partner_b_id,
    couple.c.direction_a_id,
    couple.c.direction_b_id,
    couple.c.evidence_version,
)
_TOLD_DIRECTIONS = select(betrayal.c.direction_id).distinct()
_HELD = _CASE.with_for_update(of=couple, key_share=True)
_EVIDENCE = (
    update(couple)
    .where(couple.c.id == bindparam("row", required=True))
    .values(evidence_version=couple.c.evidence_version + 1)
)


@dataclass(frozen=True)
class Direction:
    """One affected and one betraying partner; everything is computed per direction."""

    id: str
    affected_id: str
    betraying_id: str


@dataclass
class Case:
    """What the slices need to know of a couple before they write."""

    id: str
    version: int
    status: str
    partner_ids: tuple[str, str]
    directions: tuple[Direction, ...]
    evidence_version: int
    bumped: bool = False
    day_there: date | None = None
    """The day that has come where a session is held, when what is written is said in one."""
    held_on: date | None = None
    """The day of that session, there."""

    def demand_open(self) -> None:
        """Refuse to write into a closed case."""
        if self.status != "open":
            raise Refusal("couple_closed")

    def partner(self, partner_id: str, pointer: str) -> str:
        """The partner's id, when it is one of this couple's; the same refusal for strangers and for nobody."""
        if partner_id not in self.partner_ids:
            raise invalid(
                pointer, "unknown_partner", "This is not one of the couple's partners.", "See the couple."
            )
        return partner_id

    def direction(self, direction_id: str | None, pointer: str) -> Direction:
        """The direction named, or the only one there is."""
        if direction_id is None:
            if len(self.directions) == 1:
                return self.directions[0]
            what, hint = (
                ("two directions: say which", "See `directions` of the couple.")
                if self.directions
                else ("no betrayal on record yet", "Record the betrayal first; it opens the direction.")
            )
            raise invalid(pointer, "direction_needed", f"This couple has {what}.", hint)
        for direction in self.directions:
            if direction.id == direction_id:
                return direction
        raise invalid(
            pointer, "unknown_direction", "This is not one of the couple's directions.", "See the couple."
        )

    def evidence_changed(self, chart: Chart) -> None:
        """Say, once a request, that stored indicators of this couple are out of date."""
        if not self.bumped:
            self.bumped = True
            chart.run(_EVIDENCE, row=self.id)


def open_case(chart: Chart, couple_id: str, *, held: bool = False) -> Case:
    """Open a couple's chart, or not found; from then on its rows may be added to.

    `held`: nobody closes the case, or takes it up again, before this request is done.
    """
    row = chart.one(_HELD if held else _CASE, couple=couple_id)
    chart.opened.add(couple_id)
    chart.note(couple_id=couple_id)
    a, b = row["partner_a_id"], row["partner_b_id"]
    directions = []
    if row["direction_a_id"]:
        directions.append(Direction(row["direction_a_id"], a, b))
    if row["direction_b_id"]:
        directions.append(Direction(row["direction_b_id"], b, a))
    if chart.audience != CLINICIAN:  # a direction may have been opened by what one partner said alone
        told = {way["direction_id"] for way in chart.rows(_TOLD_DIRECTIONS, couple=couple_id)}
        directions = [way for way in directions if way.id in told]
    return Case(couple_id, row["version"], row["status"], (a, b), tuple(directions), row["evidence_version"])


def open_for_writing(chart: Chart, couple_id: str) -> Case:
    """Open a couple's chart to write into it; refuses a closed case, also one that is being closed meanwhile."""
    case = open_case(chart, couple_id, held=True)
    case.demand_open()
    return case


def expect_case(chart: Chart, couple_id: str, *, held: bool = False) -> None:
    """Ask ahead what `open_case` will ask; `held` as there: what is asked after it finds the couple's row held."""
    chart.expect(_HELD if held else _CASE, couple=couple_id)


def visible(
    visibility: Visibility | None,
    partner_id: str | None,
    case: Case,
    *,
    pointer: str = "",
    standing: Mapping[str, str | None] = JOINT,
) -> dict[str, str | None]:
    """The two visibility columns, checked: `partner` needs the partner whose own material it is.

    Nothing said means `standing`: what holds for such an entry, or what the corrected entry had.
    """
    where = f"{pointer}/visible_partner_id"
    if visibility is None and partner_id is None:
        return dict(standing)
    if visibility == "partner":
        if partner_id is None:
            raise invalid(where, "partner_needed", "Say whose individual material this is.")
        return {"visibility": visibility, "visible_partner_id": case.partner(partner_id, where)}
    if partner_id is not None:
        raise invalid(where, "partner_not_wanted", "Only visibility `partner` names a partner.")
    return {"visibility": visibility, "visible_partner_id": None}


class Saying(Protocol):
    """A body that may say who may learn of an entry."""

    @property
    def visibility(self) -> Visibility: ...
    @property
    def visible_partner_id(self) -> str | None: ...
    @property
    def model_fields_set(self) -> set[str]: ...


def seen_by(
    body: Saying,
    case: Case,
    *,
    pointer: str = "",
    usual: Mapping[str, str | None] = JOINT,
    corrected: Mapping[str, str | None] | None = None,
) -> dict[str, str | None]:
    """Who may learn of an entry: what the body says, else what the corrected entry had, else what is usual.

    A correction that says nothing of it must not tell one partner what the other said alone.
    """
    said = body.model_fields_set & JOINT.keys()
    standing = {name: corrected[name] for name in JOINT} if corrected else usual
    visibility = body.visibility if said else None
    return visible(visibility, body.visible_partner_id, case, pointer=pointer, standing=standing)
