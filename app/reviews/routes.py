"""HTTP for reviews on record: list, read, correct; recording one is progress' route, because it takes the snapshot."""

from fastapi import APIRouter
from starlette.responses import Response

from app.couples import facts
from app.practice.door import DoorRoute, Reading, Writing
from app.reviews import service
from app.reviews.schemas import ReviewCorrection, ReviewOut, ReviewPage
from app.wire.answers import IfMatch, IfNoneMatch, created, documents, fact_tag, tagged
from app.wire.pages import Look
from app.wire.types import Id, Reason

router = APIRouter(prefix="/v1", route_class=DoorRoute)


@router.get(
    "/couples/{couple_id}/reviews", operation_id="listReviews", tags=["reviews"], **documents(ReviewPage)
)
def list_reviews(couple_id: Id, chart: Reading, look: Look) -> Response:
    """The couple's reviews, newest first, without their snapshots."""
    return facts.listed(chart, service.kind(chart), couple_id, look)


@router.get("/reviews/{review_id}", operation_id="getReview", tags=["reviews"], **documents(ReviewOut))
def get_review(review_id: Id, chart: Reading, if_none_match: IfNoneMatch = None) -> Response:
    """One review with the indicators as they stood when it was recorded."""
    row = service.read(chart, review_id)
    return tagged(service.whole(chart, row), fact_tag(row), if_none_match)


@router.post(
    "/reviews/{review_id}/corrections",
    operation_id="correctReview",
    tags=["reviews"],
    **documents(ReviewOut, 201, kind="change", problems=("already_superseded", "couple_closed")),
)
def correct_review(
    review_id: Id, body: ReviewCorrection, chart: Writing, if_match: IfMatch = None
) -> Response:
    """Correct what the clinician recorded; the snapshot stays as it was taken."""
    row = service.correct(chart, review_id, body, if_match, body.reason)
    return created(f"/v1/reviews/{row['id']}", service.whole(chart, row), fact_tag(row))


@router.post(
    "/reviews/{review_id}/entered-in-error",
    operation_id="voidReview",
    tags=["reviews"],
    **documents(
        ReviewOut, 201, kind="change", problems=("already_superseded", "couple_closed", "legal_hold")
    ),
)
def void_review(review_id: Id, body: Reason, chart: Writing, if_match: IfMatch = None) -> Response:
    """Mark a review as entered in error; it stays in the history."""
    row = service.void(chart, review_id, if_match, body.reason)
    return created(f"/v1/reviews/{row['id']}", service.whole(chart, row), fact_tag(row))
