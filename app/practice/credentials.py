"""API keys, roles and scopes: how a secret becomes a person; the door and the practice's service come in.

A key reads ml_live_<practice>_<secret>: the practice's id in base 32, so that the lookup itself stays inside one
practice, and 256 random bits. Only the SHA-256 of the whole key is stored: it is random, so a slow hash buys nothing.
"""

import base64
import functools
import hashlib
import re
from uuid import UUID

from app.chart.chart import fresh_secret

SCOPES = {
    "record:read": "Read couples, sessions, notes, markers, reports, commitments, calendar, stages and reviews.",
    "record:write": "Write them; clinicians also change care teams.",
    "record:cosign": "Co-sign sessions that somebody else has signed.",
    "safety:read": "Read safety concerns and screens.",
    "safety:write": "Record safety concerns and screens.",
    "process_notes:read": "Read one's own process notes, and those that their author lets one read for a time.",
    "process_notes:write": "Write one's own process notes, and let a supervisor read them for a time.",
    "break_glass:use": "Open the record of a couple in whose care team one does not stand, in an emergency.",
    "access_reports:read": "Read, for a partner of one's own couples, who saw what about this partner.",
    "audit:read": "Read what was done in the practice, without what it was about.",
    "indicators:read": "Read progress, stopping, timeline and caseload.",
    "imports:write": "Bring records of an earlier system in.",
    "practice:read": "Read people, keys and care teams.",
    "practice:write": "Add people, make keys of programs and administrators, revoke anybody's.",
}

CLINICAL = frozenset(SCOPES) - {"practice:write", "audit:read"}
PERSONAL = frozenset(
    {"record:cosign", "process_notes:read", "process_notes:write", "break_glass:use", "access_reports:read"}
)
"""What a person answers for in person: no program has it."""
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "clinician": CLINICAL,
    "supervisor": frozenset(
        {
            "record:read",
            "record:cosign",
            "safety:read",
            "process_notes:read",
            "indicators:read",
            "practice:read",
        }
    ),
    "administrator": frozenset({"practice:read", "practice:write", "audit:read"}),
    "integration": CLINICAL - {"practice:read"} - PERSONAL,
}

IN_PERSON = frozenset({"clinician", "supervisor"})
"""Roles that see what couples said because of who they are: nobody but the operator makes a key for them."""

_KEY = re.compile(r"ml_(?:live|demo)_([a-z2-7]{26})_[A-Za-z0-9_-]{43}", re.ASCII)


def make_key(environment: str, practice_id: str) -> str:
    """A new secret key of a practice; shown once."""
    practice = base64.b32encode(UUID(practice_id).bytes).decode().rstrip("=").lower()
    return f"ml_{environment}_{practice}_{fresh_secret()}"


def practice_of(key: str) -> str | None:
    """The practice that a key claims, or None when it cannot be one of ours."""
    form = _KEY.fullmatch(key)
    return None if form is None else _spelled(form.group(1))


@functools.lru_cache(maxsize=1024)
def _spelled(practice: str) -> str:
    return str(UUID(bytes=base64.b32decode(practice.upper() + "======")))


def digest(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def hint(key: str) -> str:
    """What is shown of a key later: its beginning and its last four characters."""
    return f"{key[:8]}…{key[-4:]}"
