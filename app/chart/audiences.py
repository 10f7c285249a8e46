"""Audiences: for whom an answer is meant, and how wide an entry's visibility is; the chart, wire and facts come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["clinician", "joint", "partner", "partner_with_errors"]
_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PATTERN: Final = f"^(clinician|joint|partner:{_UUID})$"


@dataclass(frozen=True, slots=True)
class Audience:
    """The treating team, both partners together, or one partner."""

    kind: Kind
    partner_id: str | None = None

    def __str__(self) -> str:
        return self.kind if self.partner_id is None else f"{self.kind}:{self.partner_id}"


CLINICIAN: Final = Audience("clinician")
JOINT: Final = Audience("joint")


def partner(partner_id: str) -> Audience:
    """One partner: what both may know, and this partner's own material."""
    return Audience("partner", partner_id)


def partner_with_errors(partner_id: str) -> Audience:
    """One partner, as if nothing had ever been entered in error: for asking why an id is kept back, never for words."""
    return Audience("partner_with_errors", partner_id)


def read(name: str) -> Audience:
    """An audience by its name on the wire, which fits PATTERN."""
    _, _, partner_id = name.partition(":")
    if partner_id:
        return partner(partner_id)
    return JOINT if name == "joint" else CLINICIAN


def of(seen: Mapping[str, Any]) -> Audience:
    """Whoever may learn of an entry with these two columns of visibility."""
    if seen["visibility"] == "partner":
        return partner(seen["visible_partner_id"])
    return JOINT if seen["visibility"] == "joint" else CLINICIAN


def is_wider(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether somebody could learn of `new` who may not learn of `old`; both hold the two columns of visibility."""
    if old["visibility"] == "joint" or new["visibility"] == "clinician":
        return False
    same = new["visibility"] == old["visibility"] == "partner"
    return not (same and new["visible_partner_id"] == old["visible_partner_id"])
