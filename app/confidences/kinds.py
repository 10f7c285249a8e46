"""Vocabulary of confidences: how an entry of one partner's own bears on the work with both; open to every room."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Relevance:
    """How what was said alone bears on the work with both."""

    code: str
    label: str
    must_come_out: bool = False


RELEVANCES: Final = (
    Relevance(
        "misleading", "Kept from the other, it makes the work with both misleading", must_come_out=True
    ),
    Relevance("relevant", "It bears on the work with both"),
    Relevance("private", "It is this partner's own and bears on nothing else"),
)
RELEVANCE_BY_CODE: Final = {each.code: each for each in RELEVANCES}
