"""HTTP for what is seen and reported: kinds of markers, cessation, bands, triggers; anyone with a key comes in."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from app.markers import service as markers
from app.practice.door import Anyone, DoorRoute
from app.threat_responses import service as threat_responses
from app.vocabulary.schemas import KindsOut
from app.wire.answers import IfNoneMatch, computed, documents

router = APIRouter(prefix="/v1", route_class=DoorRoute, tags=["markers"])

KINDS: Final = {**markers.catalogue(), **threat_responses.catalogue()}


@router.get("/marker-kinds", operation_id="listMarkerKinds", **documents(KindsOut))
def list_marker_kinds(chart: Anyone, if_none_match: IfNoneMatch = None) -> Response:
    """Every kind of marker with definition, example and counter-example; cessation, bands and triggers beside it."""
    return computed(KINDS, if_none_match)
