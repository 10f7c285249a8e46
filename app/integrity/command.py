"""`mendline verify` of the database at hand, and `mendline anchors`; the command line comes in."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from app.chart import signing
from app.chart.chart import Chart, Store, Visit, new_id
from app.chart.keys import stored
from app.chart.seals import Fault
from app.clock import system_clock
from app.integrity import service
from app.integrity.service import Verdict
from app.practice import service as practice

Row = dict[str, Any]
SHOWN = 20
_GONE = Fault("anchors", "all", "anchors know this practice, and it is not in the database")


class NotAnchors(OSError):
    """The file does not hold what `mendline anchors` prints."""


def verify(
    store: Store,
    practice_ids: Sequence[str],
    anchors: Path | None,
    *,
    everybody: bool,
    seal: bool,
    as_json: bool,
) -> bool:
    """Check practices one after the other and print what was found; says whether nothing is wrong.

    Where everybody is checked, a practice that anchors know must be among them: nothing else tells of one cut off.
    """
    known = _read(anchors) if anchors else []
    anchored = {str(each["practice_id"]) for each in known}
    if anchors and anchored.isdisjoint(practice_ids):
        raise NotAnchors(f"{anchors} holds no anchor of what is checked here: is it of another database?")
    verdicts = [
        Verdict(gone, faults=[_GONE]) for gone in sorted(anchored.difference(practice_ids)) if everybody
    ]
    for practice_id in practice_ids:
        if seal:
            _seal(store, practice_id)
        with _chart(store, practice_id, "verifyRecord", writing=False) as chart:
            verdicts.append(service.verify(chart, known))
    for verdict in verdicts:
        _print(verdict, as_json)
    return not any(verdict.faults for verdict in verdicts)


def anchors(store: Store, practice_ids: Iterable[str]) -> None:
    """Print the heads of the practices' chains, a JSON object a line; the trail is sealed up to now first."""
    for practice_id in practice_ids:
        with _chart(store, practice_id, "sealTrail", writing=True) as chart:
            service.seal_trail(chart, everything=True)
            for each in service.anchors(chart):
                typer.echo(json.dumps(each, separators=(",", ":")))


def keys(store: Store, practice_ids: Iterable[str]) -> Iterator[Row]:
    """The public keys of practices, as `mendline doctor` shows them."""
    for practice_id in practice_ids:
        with _chart(store, practice_id, "verifyRecord", writing=False) as chart:
            adopted = signing.adopted(chart)
            for row in signing.public_keys(chart):
                told = {"practice_id": practice_id, "public": stored(row["public"]).hex()}
                yield {**row, **told, "adopted": row["id"] in adopted}


def rotate(store: Store, practice_id: str) -> Row:
    """Give a practice a new signing key, and have it sign at once how far both chains had come under the old one.

    Each has signed a block then: the trail alone tells which key came first, whatever clocks said.
    """
    _seal(store, practice_id)
    with practice.operating(store, practice_id, system_clock(), "rotateSigningKey") as chart:
        row = signing.rotate(chart)
        chart.sign(200)
    _seal(store, practice_id)
    return row


def _seal(store: Store, practice_id: str) -> None:
    with _chart(store, practice_id, "sealTrail", writing=True) as chart:
        service.seal_trail(chart, everything=True)


@contextmanager
def _chart(store: Store, practice_id: str, action: str, *, writing: bool) -> Iterator[Chart]:
    actor = practice.operator(practice_id)
    with store.chart(actor, system_clock(), Visit(action, new_id()), writing=writing) as chart:
        yield chart


def _read(path: Path) -> list[Row]:
    wanted = {"practice_id", "chain", "number", "digest", "signing_key_id", "signature"}
    try:
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        if any(not wanted <= set(each) or not _plain(each) for each in found):
            raise ValueError
        for each in found:
            bytes.fromhex(each["signature"])
    except (ValueError, TypeError) as wrong:
        raise NotAnchors(f"{path} does not hold lines that `mendline anchors` printed") from wrong
    return found


def _plain(anchor: Row) -> bool:
    """A number among words, as printed; what came otherwise could not even be looked up."""
    words = [value for name, value in anchor.items() if name != "number"]
    return isinstance(anchor["number"], int) and all(isinstance(value, str) for value in words)


def _print(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**asdict(verdict), "destroyed": sorted(verdict.destroyed)}))
        return
    typer.echo(
        f"practice {verdict.practice_id}: {verdict.seals} seals, {verdict.contents} contents compared, "
        f"{verdict.texts} texts opened, "
        f"{verdict.blocks} blocks with {verdict.lines - verdict.lines_not_sealed} lines of the trail, "
        f"{verdict.lines_not_sealed} lines not sealed yet, {verdict.anchors} anchors"
    )
    if verdict.lines_brought:
        typer.echo(
            f"  {verdict.lines_brought} lines of the trail came with a couple's archive: not stamped here"
        )
    if verdict.destroyed:
        typer.echo(f"  {len(verdict.destroyed)} records were destroyed: their place in the chain was checked")
    for fault in verdict.faults[:SHOWN]:
        typer.echo(f"  WRONG {fault.where} {fault.which}: {fault.what}")
    if len(verdict.faults) > SHOWN:
        typer.echo(f"  and {len(verdict.faults) - SHOWN} more; --json shows all")
    typer.echo(
        "  everything is as it was signed and written" if not verdict.faults else "  the record was changed"
    )
