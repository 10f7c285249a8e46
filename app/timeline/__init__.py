"""The repair model: is trust repair moving, and when has trying longer become its own harm; pure, open to all.

What is claimed: trust is rebuilt by dated, consistent, new evidence, and its most reliable marker is that the
threat response of the affected partner comes less often and lasts less long. What is not claimed: that the
18-to-36-month band is validated (it is one clinician's published expectation), or that the accuracy figures
speak of real couples (they come from simulated ones). Nothing here is a verdict on a relationship.

Nothing in this package reads a clock, a store or chance; it needs the standard library and numpy only.
"""

from __future__ import annotations

from app.timeline.assessment import assess
from app.timeline.chart import chart
from app.timeline.explanation import explain
from app.timeline.history import history
from app.timeline.parameters import CURRENT, MODEL_VERSION, Parameters, parameters_for
from app.timeline.reading import EvidenceError
from app.timeline.rules import catalogue
from app.timeline.versions import NAMES, parameters_named
from app.timeline.week import week

__all__ = [
    "CURRENT",
    "MODEL_VERSION",
    "NAMES",
    "EvidenceError",
    "Parameters",
    "assess",
    "catalogue",
    "chart",
    "explain",
    "history",
    "parameters_for",
    "parameters_named",
    "week",
]
