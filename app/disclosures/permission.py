"""Permission: which class of content may leave, on whose word, and what is missing; no chart, disclosures come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.disclosures.kinds import JOINT_PART, PART_OF
from app.releases.kinds import CONTENT_BY_CODE, needs_both

Standing = Mapping[str, Mapping[str, str]]
"""For each partner: content codes with the authorisation that holds today for the recipient."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a disclosure asks for."""

    content: Sequence[str]
    partner_ids: tuple[str, str]
    partner_id: str | None
    """The partner of a one-partner copy; None for a full one."""
    policies: frozenset[str]
    decided: Mapping[str, str] | None = None
    """Decisions by part of that partner's own request for access, when the copy answers one."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """One class of content: whose it is (None: both partners'), and who has not signed for it."""

    content: str
    partner_id: str | None
    missing: tuple[str, ...]
    ground: str | None
    basis: tuple[str | None, str | None]
    """The authorisation of each partner that it rests on."""

    @property
    def permitted(self) -> bool:
        """Whether it may leave."""
        return self.ground is None


def rulings(wanted: Wanted, standing: Standing) -> list[Ruling]:
    """What may leave: of both partners' material what both have signed for, of one's own what that one has."""
    return [
        _ruling(wanted, standing, content, partner_id)
        for content in CONTENT_BY_CODE
        if content in wanted.content
        for partner_id in _whose(wanted, content)
    ]


def _whose(wanted: Wanted, content: str) -> tuple[str | None, ...]:
    if CONTENT_BY_CODE[content].whose == "both":
        return (None,)
    return wanted.partner_ids if wanted.partner_id is None else (wanted.partner_id,)


def _ruling(wanted: Wanted, standing: Standing, content: str, partner_id: str | None) -> Ruling:
    both = partner_id is None or needs_both(content, wanted.policies)
    signers = wanted.partner_ids if both else (partner_id,)
    held = {who: standing.get(who, {}).get(content) for who in wanted.partner_ids}
    asked = None if wanted.decided is None else wanted.decided.get(PART_OF.get(content, JOINT_PART))
    stands_in = wanted.partner_id if asked == "give" else None
    missing = tuple(who for who in signers if who and held[who] is None and who != stands_in)
    first, second = (held[who] if who in signers else None for who in wanted.partner_ids)
    return Ruling(content, partner_id, missing, _ground(wanted, asked, missing, both), (first, second))


def _ground(wanted: Wanted, asked: str | None, missing: tuple[str, ...], both: bool) -> str | None:
    if wanted.decided is not None and asked != "give":
        return "decided_in_request"
    if missing:
        return "needs_both" if both else "not_authorised"
    return None
