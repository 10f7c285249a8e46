"""The figures of progress: one file each, named in one tuple; read by progress and the published rules."""

from __future__ import annotations

from app.timeline.indicators import duration, frequency, projection, rate, recovery, reference_band

INDICATORS = (rate, frequency, duration, recovery, projection, reference_band)
