"""HTTP for the case: /v1/couples and what belongs to a couple as such; integrations and frontends come in."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.chart.audiences import CLINICIAN
from app.chart.chart import Chart, Row
from app.couples import facts, service
from app.couples.case import open_case, open_for_writing
from app.couples.schemas import (
    AcknowledgementIn,
    BetrayalCorrection,
    BetrayalIn,
    BetrayalOut,
    BetrayalPage,
    ClosingIn,
    CoupleChange,
    CoupleIn,
    CoupleOut,
    CouplePage,
    PolicyIn,
    PolicyOut,
    PolicyPage,
    ReopeningIn,
    RepairStartIn,
    RepairStartOut,
    RepairStartPage,
    StatusPage,
)
from app.practice import service as practice
from app.practice.door import DoorRoute, Reading, Writing
from app.practice.schemas import GrantIn, GrantOut, GrantPage
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, answer, created, documents, fact_tag, tagged, version_tag
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute)


@router.post(
    "/couples",
    operation_id="createCouple",
    tags=["couples"],
    **documents(CoupleOut, 201, kind="create", description="The case, opened."),
)
def create_couple(body: CoupleIn, chart: Writing) -> Response:
    """Open a case: two partners and, when known, their betrayals and confidentiality policy."""
    row = service.begin(chart, body)
    return created(f"/v1/couples/{row['id']}", row, version_tag(row))


@router.get("/couples", operation_id="listCouples", tags=["couples"], **documents(CouplePage))
def list_couples(
    chart: Reading,
    status: Annotated[
        Literal["open", "closed"] | None, Query(description="Only cases of this status.")
    ] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response:
    """The cases in whose care team the caller stands, newest first."""
    filters = {"status": status}
    place = pages.position(chart, cursor, {**filters, "path": "couples"})
    rows = service.listed(chart, status, place[0] if place else None, limit + 1)
    return pages.page(
        chart,
        "/v1/couples",
        rows,
        limit=limit,
        filters=filters,
        bound={"path": "couples"},
        sort=lambda row: [row["id"]],
        shape=dict,
    )


@router.get("/couples/{couple_id}", operation_id="getCouple", tags=["couples"], **documents(CoupleOut))
def get_couple(couple_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One case with its partners and directions."""
    row = service.read(chart, couple_id)
    return tagged(row, version_tag(row), if_none_match)


@router.patch(
    "/couples/{couple_id}",
    operation_id="changeCouple",
    tags=["couples"],
    **documents(CoupleOut, kind="change"),
)
def change_couple(couple_id: Id, body: CoupleChange, chart: Writing, if_match: IfMatch = None) -> Response:
    """Change the case's own words (merge patch)."""
    row = service.change(chart, couple_id, body, if_match)
    return tagged(row, version_tag(row), None)


@router.post(
    "/couples/{couple_id}/close",
    operation_id="closeCouple",
    tags=["couples"],
    **documents(CoupleOut, kind="change", problems=("couple_closed",)),
)
def close_couple(couple_id: Id, body: ClosingIn, chart: Writing, if_match: IfMatch = None) -> Response:
    """Close the case with its outcome; staying and parting can both be good outcomes."""
    row = service.close(chart, couple_id, body, if_match)
    return tagged(row, version_tag(row), None)


@router.post(
    "/couples/{couple_id}/reopen",
    operation_id="reopenCouple",
    tags=["couples"],
    **documents(CoupleOut, kind="change"),
)
def reopen_couple(couple_id: Id, body: ReopeningIn, chart: Writing, if_match: IfMatch = None) -> Response:
    """Take a closed case up again."""
    row = service.reopen(chart, couple_id, body, if_match)
    return tagged(row, version_tag(row), None)


@router.get(
    "/couples/{couple_id}/status", operation_id="listStatusSteps", tags=["couples"], **documents(StatusPage)
)
def list_status_steps(couple_id: Id, chart: Reading, look: Look) -> Response:
    """When the case was closed or taken up again, and with what outcome; an ending for safety is told to the treating
    team alone, and to others as `other`."""
    kind = service.STATUS if chart.audience == CLINICIAN else service.TOLD_STATUS
    return facts.listed(chart, kind, couple_id, look)


# --- betrayals ---


@router.post(
    "/couples/{couple_id}/betrayals",
    operation_id="recordBetrayal",
    tags=["couples"],
    **documents(BetrayalOut, 201, kind="create", problems=("couple_closed",)),
)
def record_betrayal(couple_id: Id, body: BetrayalIn, chart: Writing) -> Response:
    """Record a betrayal; the first in its direction opens that direction."""
    row = service.record_betrayal(chart, open_for_writing(chart, couple_id), body)
    return created(f"/v1/betrayals/{row['id']}", facts.shaped(service.BETRAYAL, row), fact_tag(row))


@router.get(
    "/couples/{couple_id}/betrayals",
    operation_id="listBetrayals",
    tags=["couples"],
    **documents(BetrayalPage),
)
def list_betrayals(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The couple's betrayals, newest first."""
    case = open_case(chart, couple_id)
    kind = facts.FactKind(
        service.BETRAYAL.table,
        service.BETRAYAL.effective,
        service.BETRAYAL.path,
        lambda row: {**row, "affected": service.affected_side(case, row["direction_id"])},
    )
    return facts.listed(chart, kind, couple_id, look)


@router.get(
    "/betrayals/{betrayal_id}", operation_id="getBetrayal", tags=["couples"], **documents(BetrayalOut)
)
def get_betrayal(
    betrayal_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One betrayal, corrected or not."""
    row = service.read_betrayal(chart, betrayal_id)
    return tagged(facts.shaped(service.BETRAYAL, row), fact_tag(row), if_none_match)


@router.post(
    "/betrayals/{betrayal_id}/corrections",
    operation_id="correctBetrayal",
    tags=["couples"],
    **documents(BetrayalOut, 201, kind="change", problems=("already_superseded", "couple_closed")),
)
def correct_betrayal(
    betrayal_id: Id, body: BetrayalCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct a betrayal: a new entry supersedes the old one, with the reason."""
    row = service.correct_betrayal(chart, betrayal_id, body, if_match, body.reason)
    return created(f"/v1/betrayals/{row['id']}", facts.shaped(service.BETRAYAL, row), fact_tag(row))


@router.post(
    "/betrayals/{betrayal_id}/entered-in-error",
    operation_id="voidBetrayal",
    tags=["couples"],
    **documents(
        BetrayalOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")
    ),
)
def void_betrayal(betrayal_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a betrayal as entered in error; it stays in the history."""
    row = service.void_betrayal(chart, betrayal_id, if_match, body.reason)
    return created(f"/v1/betrayals/{row['id']}", facts.shaped(service.BETRAYAL, row), fact_tag(row))


# --- policy and repair start ---


@router.post(
    "/couples/{couple_id}/policies",
    operation_id="recordPolicy",
    tags=["couples"],
    **documents(PolicyOut, 201, kind="create", problems=("couple_closed",)),
)
def record_policy(couple_id: Id, body: PolicyIn, chart: Writing) -> Response:
    """Record the next version of the confidentiality policy between the partners; the newest one is in force."""
    row = service.record_policy(chart, open_for_writing(chart, couple_id), body)
    return _policy_created(chart, row)


@router.get(
    "/couples/{couple_id}/policies", operation_id="listPolicies", tags=["couples"], **documents(PolicyPage)
)
def list_policies(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The versions of the couple's confidentiality policy, newest first, with who consented to each."""
    return facts.listed(chart, service.policy_kind(chart, couple_id), couple_id, look)


@router.get("/policies/{policy_id}", operation_id="getPolicy", tags=["couples"], **documents(PolicyOut))
def get_policy(
    policy_id: Id,
    chart: Reading,
    audience: pages.Audience = pages.AUDIENCE,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One version of the policy with who consented to it."""
    row = facts.get(chart, service.POLICY, policy_id)
    shown = facts.shaped(service.policy_kind(chart, row["couple_id"]), row)
    return tagged(shown, facts.seen_tag(row, shown), if_none_match)


@router.post(
    "/policies/{policy_id}/acknowledgements",
    operation_id="acknowledgePolicy",
    tags=["couples"],
    **documents(PolicyOut, 201, kind="create", problems=("couple_closed",)),
)
def acknowledge_policy(policy_id: Id, body: AcknowledgementIn, chart: Writing) -> Response:
    """Record one partner's written consent to a version of the policy."""
    return _policy_created(chart, service.acknowledge_policy(chart, policy_id, body))


def _policy_created(chart: Chart, row: Row) -> Response:
    shown = facts.shaped(service.policy_kind(chart, row["couple_id"]), row)
    return created(f"/v1/policies/{row['id']}", shown, facts.seen_tag(row, shown))


@router.post(
    "/couples/{couple_id}/repair-starts",
    operation_id="setRepairStart",
    tags=["couples"],
    **documents(RepairStartOut, 201, kind="create", problems=("couple_closed",)),
)
def set_repair_start(couple_id: Id, body: RepairStartIn, chart: Writing) -> Response:
    """Set the start of repair of a direction by judgement, with the reason; without one the rule decides."""
    row = service.set_repair_start(chart, open_for_writing(chart, couple_id), body)
    return answer(facts.shaped(service.REPAIR_START, row), status=201, headers={"ETag": fact_tag(row)})


@router.get(
    "/couples/{couple_id}/repair-starts",
    operation_id="listRepairStarts",
    tags=["couples"],
    **documents(RepairStartPage),
)
def list_repair_starts(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The starts of repair that clinicians set, newest first."""
    return facts.listed(chart, service.REPAIR_START, couple_id, look)


# --- care team ---


@router.post(
    "/couples/{couple_id}/care-team",
    operation_id="joinCareTeam",
    tags=["practice"],
    **documents(GrantOut, 201, kind="create", problems=("clinician_needed",)),
)
def join_care_team(couple_id: Id, body: GrantIn, chart: Writing) -> Response:
    """Let a colleague, a supervisor (for a limited time) or an integration open this couple's chart."""
    case = open_case(chart, couple_id)
    row = practice.grant(chart, case.id, body)
    return created(f"/v1/care-team/{row['id']}", row, version_tag(row))


@router.get(
    "/couples/{couple_id}/care-team", operation_id="listCareTeam", tags=["practice"], **documents(GrantPage)
)
def list_care_team(
    couple_id: Id, chart: Reading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """Who may open this couple's chart, and who once could."""
    open_case(chart, couple_id)
    path, bound = f"/v1/couples/{couple_id}/care-team", {"path": "care-team", "couple": couple_id}
    rows = partial(practice.team, chart, couple_id)
    return pages.by_id(chart, path, rows, bound, limit, cursor, begin=pages.LOWEST_ID)


@router.get("/care-team/{grant_id}", operation_id="getGrant", tags=["practice"], **documents(GrantOut))
def get_grant(grant_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One standing in a care team."""
    row = practice.read_grant(chart, grant_id)
    return tagged(row, version_tag(row), if_none_match)


@router.delete(
    "/care-team/{grant_id}",
    operation_id="endGrant",
    tags=["practice"],
    **documents(GrantOut, kind="change", problems=("clinician_needed",)),
)
def end_grant(grant_id: Id, chart: Writing, if_match: IfMatch = None) -> Response:
    """End somebody's standing in a care team, with effect on the next request."""
    row = practice.end_grant(chart, grant_id, if_match)
    return tagged(row, version_tag(row), None)
