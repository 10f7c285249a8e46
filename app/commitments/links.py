"""What a commitment answers to: what the affected partner named, or one of the three conditions; open to all."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Link:
    """One thing that a commitment can answer to."""

    code: str
    words: str


LINKS: Final[tuple[Link, ...]] = (
    Link("AFF-MARK", "what the affected partner named as evidence"),
    Link("accountability", "owning what was done"),
    Link("transparency", "openness that is offered"),
    Link("cessation", "that it has ended"),
)
LINK_BY_CODE: Final[dict[str, Link]] = {link.code: link for link in LINKS}
