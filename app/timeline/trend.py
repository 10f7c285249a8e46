"""The trend of log frequency and log duration; fitted once a look, read by progress, phases and stopping."""

from __future__ import annotations

from typing import NamedTuple

from app.timeline.findings import Interval


class Trend(NamedTuple):
    """What the fitted trend says; rates are monthly changes on the natural log scale, days are ordinals."""

    p_flat_long: float
    p_flat_short: float
    p_loaded: float
    p_resolved: float
    frequency: float
    rate_short: float
    rate_short_interval: Interval
    short_from: int
    long_from: int
    quiet_since: int
