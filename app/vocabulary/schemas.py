"""Shape of the wire for the published vocabulary."""

from app.markers.schemas import BasisOut, CessationKindOut, GradeOut, MarkerKindOut
from app.threat_responses.schemas import BandOut, SourceOut, TriggerOut
from app.wire.types import Output


class KindsOut(Output):
    """Every code of markers, cessation entries and threat reports, and what it means."""

    markers: list[MarkerKindOut]
    bases: list[BasisOut]
    cessation: list[CessationKindOut]
    cessation_grades: list[GradeOut]
    threat_bands: list[BandOut]
    triggers: list[TriggerOut]
    threat_sources: list[SourceOut]
