"""One history; copy, account and access report for B before and after A's own is there: they must be the same bytes."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from unittest import mock

from app.audit import service as audit
from app.chart.chart import Chart
from app.couples import facts
from app.couples.case import JOINT, Case, open_case
from app.disclosures import content, service
from app.disclosures.schemas import DisclosureIn
from app.releases import service as releases
from app.releases.schemas import AuthorisationIn, RecipientIn
from app.sessions import entries
from bench.separation import histories
from bench.separation.proving import NOW, Place

CLASSES: Final = (
    *("conjoint_sessions", "markers", "threat_reports", "commitments", "summary", "indicators"),
    "individual_sessions",
)
"""Safety screens are left out: histories screen B too, and B's own screen is B's to be given."""


@dataclass
class Tally:
    """What was compared, and what was found."""

    histories: int = 0
    entries: int = 0
    kept: int = 0
    differences: list[str] = field(default_factory=list)


def prove(
    place: Place, seeds: Iterable[int], *, watch: Callable[[Tally], None] | None = None, most: int = 20
) -> Tally:
    """Each history in both worlds."""
    tally = Tally()
    for seed in seeds:
        _one(place, Random(seed), seed, tally, most)
        tally.histories += 1
        if watch is not None:
            watch(tally)
    return tally


def _one(place: Place, random: Random, seed: int, tally: Tally, most: int) -> None:
    with place.writing() as chart:
        history = histories.begun(chart, random, signing=True)
        histories.tell(history, most=most)
        a, b = history.case.partner_ids
        recipient_id = _signed_for(chart, history.case)
        service.disclose(chart, history.case.id, _order(recipient_id, b))
    before = _handed_to(place, history.case.id, recipient_id, b, tally)
    with place.writing() as chart:
        history.chart, history.case = chart, open_case(chart, history.case.id)
        tally.kept += histories.keep(history)
        service.disclose(chart, history.case.id, _order(recipient_id, a, ["individual_sessions"]))
    after = _handed_to(place, history.case.id, recipient_id, b, tally)
    for name, told in before.items():
        if told != after[name]:
            tally.differences.append(f"history {seed}: {name}\n  {_around(told, after[name])}")


def _signed_for(chart: Chart, case: Case) -> str:
    """A recipient for whom both partners have signed, for everything."""
    recipient = releases.name_recipient(chart, case, RecipientIn(kind="clinician", name="Dr. Lindner"))
    for partner_id in case.partner_ids:
        form = {
            "partner_id": partner_id,
            "recipient_id": recipient["id"],
            "content": list(CLASSES),
            "purpose": "Going on elsewhere.",
            "valid_from": str(NOW.date()),
            "expires_on": "2026-12-31",
            "language": "en",
            "signed_on": str(NOW.date()),
            "witnessed": "in_person",
        }
        releases.authorise(chart, case, AuthorisationIn.model_validate(form))
    return str(recipient["id"])


def _order(recipient_id: str, partner_id: str, classes: Iterable[str] = CLASSES) -> DisclosureIn:
    wanted = {"recipient_id": recipient_id, "form": "one_partner", "partner_id": partner_id}
    return DisclosureIn.model_validate({**wanted, "content": list(classes)})


def _handed_to(
    place: Place, couple_id: str, recipient_id: str, partner_id: str, tally: Tally
) -> dict[str, str]:
    """What is fit to be handed to one partner: a copy, the account of disclosures, and who saw and changed what."""
    with place.writing() as chart:
        case = open_case(chart, couple_id)
        given, document = service.copied(chart, service.order(chart, case, _order(recipient_id, partner_id)))
        account = service.account(chart, case, partner_id, "ffffffff-ffff-ffff-ffff-ffffffffffff", 1000)
        lines = audit.access_report(chart, couple_id, partner_id, None, None, [], 1000)
        tally.entries += sum(len(part.ids) for _, part in given)
    # That somebody looked at what was entered in error is told; here nothing else is read.
    report = [told for told in map(audit.access_shape, lines) if told["deed"] != "read"]
    return {"copy": _spelled(document), "account": _spelled(account), "report": _spelled(report)}


def _spelled(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _around(one: str, other: str) -> str:
    """Where two texts part."""
    at = next(
        (n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), min(len(one), len(other))
    )
    return f"before …{one[max(0, at - 60) : at + 120]}\n  after  …{other[max(0, at - 60) : at + 120]}"


# --- flaws planted on purpose ---


@dataclass(frozen=True)
class Flaw:
    """A flaw, how it is planted, and how many histories may pass until it is found."""

    words: str
    planted: Callable[[], AbstractContextManager[Any]]
    histories: int = 12


@contextmanager
def _a_manifest_that_counts() -> Iterator[None]:
    right = service._document

    def wrong(chart: Chart, asked: Any, parts: Any) -> Any:
        document = right(chart, asked, parts)
        amounts = content.amounts(chart, asked.case, asked.body.partner_id)
        document["manifest"]["withheld"].append({"entries": amounts["other_individual"]})
        return document

    with mock.patch.object(service, "_document", wrong):
        yield


def _the_clinicians_eyes() -> AbstractContextManager[Any]:
    return mock.patch.object(Chart, "for_audience", lambda chart, _: chart)


@contextmanager
def _an_account_of_everything() -> Iterator[None]:
    right = service.account

    def wrong(chart: Chart, case: Case, partner_id: str, below: str, most: int) -> Any:
        other = next(each for each in case.partner_ids if each != partner_id)
        return [*right(chart, case, partner_id, below, most), *right(chart, case, other, below, most)]

    with mock.patch.object(service, "account", wrong):
        yield


def _lines_of_the_whole_session() -> AbstractContextManager[Any]:
    return mock.patch.object(entries, "seen_by", return_value=JOINT)


def _lines_of_what_was_taken_back() -> AbstractContextManager[Any]:
    return mock.patch.object(facts, "kept_back", return_value=facts.KeptBack([], frozenset()))


FLAWS: Final = (
    Flaw("a manifest that counts what is withheld", _a_manifest_that_counts),
    Flaw("a copy read with the clinician's eyes", _the_clinicians_eyes),
    Flaw("an account that is not one person's own", _an_account_of_everything, 2),
    Flaw("a report that tells of what is kept inside a joint draft", _lines_of_the_whole_session, 60),
    Flaw("a report that still tells of what was taken back", _lines_of_what_was_taken_back),
)
