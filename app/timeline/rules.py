"""The published rules: every indicator, prerequisite and criterion with its thresholds; served as they are.

Thresholds are taken from the parameters, never typed a second time, so what is published is what is computed.
"""

from __future__ import annotations

from typing import Any

from app.timeline import phases, setbacks
from app.timeline.indicators import INDICATORS
from app.timeline.parameters import CURRENT, MODEL_VERSION, Parameters
from app.timeline.prerequisites import PREREQUISITES
from app.timeline.stopping import CRITERIA
from app.timeline.wording import BAND_SENTENCE, SIMULATION_SENTENCE


def catalogue(parameters: Parameters = CURRENT) -> dict[str, Any]:
    """Return all rules as plain JSON, with the two sentences that stand wherever figures are shown."""
    return {
        "model_version": MODEL_VERSION,
        "parameters_version": parameters.version,
        "statements": [BAND_SENTENCE, SIMULATION_SENTENCE],
        "indicators": [each.rule(parameters).as_json() for each in INDICATORS],
        "prerequisites": [each.rule(parameters).as_json() for each in PREREQUISITES],
        "stop_criteria": [each.rule(parameters).as_json() for each in CRITERIA],
        "setbacks": setbacks.rule(parameters).as_json(),
        "phases": phases.rule(parameters).as_json(),
    }
