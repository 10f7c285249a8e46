"""What must stand before repair can carry: one file each, named in one tuple; read by the assessment."""

from __future__ import annotations

from app.timeline.prerequisites import accountability, cessation, commitments, transparency

PREREQUISITES = (accountability, transparency, cessation, commitments)
SHARES = (accountability, transparency, commitments)
