"""The criterion `stated_wish`: what each partner says about going on, asked apart; pure, for progress."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

CODE: Final = "stated_wish"
APART_DAYS: Final = 14
TIMES: Final = 2
LEAN, CHOICE = "MUT-LEAN", "MUT-CHOICE"


@dataclass(frozen=True, slots=True)
class Stated:
    """One thing a partner said: which way they lean, or what they have decided."""

    id: str
    kind: str
    partner_id: str
    value: str
    on: date


def stated_wish(said: Iterable[Stated], as_of: date) -> dict[str, Any]:
    """The finding; the newest word of each partner counts, and a partner who turns back clears their own."""
    known = sorted((each for each in said if each.on <= as_of), key=lambda each: (each.on, each.id))
    if not known:
        return _finding(
            "insufficient_evidence", (), "Neither partner's own wish is recorded; ask each apart."
        )
    parting = _parting(known)
    if parting:
        basis = (
            f"Criterion met: stated wish. On {_on(parting[-1].on)} a decision to part was stated. Take it "
            f"up with each "
            "partner apart; both staying and parting can be good outcomes."
        )
        return _finding("met", parting, basis, parting[0].on)
    return _leaning(known)


def _parting(known: Sequence[Stated]) -> list[Stated]:
    newest = {each.partner_id: each for each in known if each.kind == CHOICE}
    found = [each for each in newest.values() if each.value == "part"]
    return sorted(found, key=lambda each: (each.on, each.id))


def _leaning(known: Sequence[Stated]) -> dict[str, Any]:
    runs = _runs(known)
    out = [run for run in runs.values() if run]
    if len(out) == 2:
        items = [run[-1] for run in out]
        first = max(run[0].on for run in out)
        basis = (
            "Criterion met: stated wish. Both partners, each asked apart, lean out. "
            "Decide together what this asks for; both staying and parting can be good outcomes."
        )
        return _finding("met", items, basis, first)
    for run in out:
        if len(run) >= TIMES and (run[-1].on - run[0].on).days >= APART_DAYS:
            basis = (
                f"One partner has leaned out since {_on(run[0].on)}, last on {_on(run[-1].on)}, asked "
                f"apart. Talk about "
                "which way each wants to go; discernment is one form for it."
            )
            return _finding("emerging", run, basis)
    return _finding(
        "not_met", known[-2:], "Neither partner has stated a decision to part or a lasting lean out."
    )


def _runs(known: Sequence[Stated]) -> dict[str, list[Stated]]:
    """For each partner the leanings out since they last leaned otherwise."""
    runs: dict[str, list[Stated]] = {}
    for each in known:
        if each.kind == LEAN:
            run = runs.setdefault(each.partner_id, [])
            if each.value == "out":
                run.append(each)
            else:
                run.clear()
    return runs


def _finding(
    status: str, items: Sequence[Stated], basis: str, first_met: date | None = None
) -> dict[str, Any]:
    return {
        "status": status,
        "estimate": None,
        "interval": None,
        "first_met_on": first_met.isoformat() if first_met else None,
        "evidence_ids": [each.id for each in items],
        "basis": basis,
    }


def _on(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
