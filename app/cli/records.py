"""Commands for whole records: what comes in, leaves, is checked, kept and destroyed; operators come in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import (
    identifier,
    named_practice,
    operators_store,
    practices_of,
    record,
    settings_of,
    with_archive,
)
from app.cli.printing import line, show, table
from app.cli.program import (
    Answerable,
    AsJson,
    KeyFile,
    PassphraseFile,
    Practice,
    Tombstones,
    app,
    retention_commands,
)
from app.cli.troubles import trouble

if TYPE_CHECKING:
    from app.retention.tombstones import Burial


@app.command("import", short_help="Bring records of an earlier system, or an archive, in.")
def import_(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="Records (docs/import-format.md) or an archive."),
    ],
    practice: Practice = None,
    clinician: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Who treats the couples; may be left out while there is only one."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")] = False,
    csv: Annotated[
        str | None, typer.Option(metavar="KIND", help="A CSV file of: threat_report, marker or check_in.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Name of the earlier system.")] = None,
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring records of an earlier system in; each couple whole or not at all. Exit code 1 when any was refused.

    An archive that `mendline export` wrote is told by its first bytes, and goes in where its practice is not yet.
    """
    from pydantic import TypeAdapter

    from app.archive import command as archive
    from app.archive import container
    from app.imports import command
    from app.imports.schemas import FLAT, Source
    from app.imports.service import Order

    if container.is_archive(file):
        _refuse_beside_an_archive(practice, clinician, csv, source, dry_run)
        with_archive(archive.bring_in, file, key_file, passphrase_file, as_json)
        return
    if csv is not None and csv not in FLAT:
        trouble(f"--csv takes one of {', '.join(FLAT)}")
    named = None if source is None else TypeAdapter(Source).validate_python(source)
    settings = settings_of()
    store = operators_store(settings)
    try:
        practice_id = named_practice(store, settings, practice)
        order = Order(named, identifier(clinician) if clinician else None, dry_run)
        whole = command.run(store, practice_id, file, order, kind=csv, as_json=as_json)
    finally:
        store.close()
    if not whole:
        raise typer.Exit(1)


@app.command(short_help="Write a practice or a couple as an archive.")
def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The archive to write; never overwritten.")],
    practice: Practice = None,
    couple: Annotated[str | None, typer.Option(metavar="ID", help="Only this couple's record.")] = None,
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a practice, or one of its couples, as an encrypted archive (docs/archive-format.md)."""
    from app.archive import command

    settings = settings_of()
    secret = command.secret(key_file, passphrase_file, settings.archive_passphrase, new=True)
    store = operators_store(settings)
    try:
        practice_id = named_practice(store, settings, practice)
        command.export(store, practice_id, identifier(couple) if couple else None, file, secret, as_json)
    finally:
        store.close()


@app.command(short_help="Whether the record is what was signed.")
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="An archive or a backup; the database when left out."
        ),
    ] = None,
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    practice: Practice = None,
    anchors: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What `mendline anchors` printed earlier."),
    ] = None,
    seal: Annotated[bool, typer.Option("--seal", help="Seal the newest lines of the trail first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Whether the record is what was signed and the trail what was written. Exit code 1 when it is not.

    With a file: whether an archive or a backup is as it was written; that needs no database.
    """
    from app.archive import command

    if file is None:
        _verify_database(practice, anchors, seal, as_json)
        return
    if practice or anchors or seal:
        trouble("--practice, --anchors and --seal are for the database: leave them or the file away")
    given = settings_of().archive_passphrase
    if not command.verify(file, command.secret(key_file, passphrase_file, given, new=False), as_json):
        raise typer.Exit(1)


@app.command("anchors", short_help="Print what to keep elsewhere against cut chains.")
def print_anchors(practice: Practice = None) -> None:
    """Print the heads of all chains of seals and trail, to be kept elsewhere: `mendline verify --anchors FILE`."""
    from app.integrity import command

    with record() as (store, settings):
        command.anchors(store, practices_of(store, settings, practice))


@app.command(short_help="Write every practice as it is stored.")
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The backup to write; never overwritten.")],
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Write every practice as it is stored, while the service goes on; the master key is not in it."""
    from app.archive import command

    settings = settings_of()
    secret = command.secret(key_file, passphrase_file, settings.archive_passphrase, new=True)
    store = operators_store(settings)
    try:
        command.backup(store, settings.owner_url, file, secret, as_json)
    finally:
        store.close()


@app.command(short_help="Put a backup into an empty database.")
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `mendline backup` wrote.")],
    tombstones: Tombstones = None,
    by: Answerable = None,
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into a database without any practice, on either kind; needs the master key it was made under.

    With --tombstones, records that were destroyed since do not come back.
    """
    from functools import partial

    from app.archive import command
    from app.retention import command as retention

    if by and tombstones is None:
        trouble(
            "--by says who answers for what --tombstones destroys again: name that list, or leave --by away"
        )
    burial = _burial(tombstones, by)
    deed = partial(command.restore, then=burial.take_place)
    with_archive(deed, file, key_file, passphrase_file, as_json)
    retention.rewrite(settings_of().owner_url, burial)
    _tell_burial(burial)


Laws = Annotated[
    list[str] | None, typer.Option("--law", help="us, eu_uk or pk; repeat for several. Default: the longest.")
]


@retention_commands.command("list", short_help="How long each couple's record is kept.")
def retention_list(
    practice: Practice = None,
    law: Laws = None,
    due: Annotated[bool, typer.Option("--due", help="Only records whose time is over.")] = False,
    as_json: AsJson = False,
) -> None:
    """How long each couple's record is kept, those that are due first."""
    from app.retention import command

    with record() as (store, settings):
        practice_id = named_practice(store, settings, practice)
        rows = command.listed(store, practice_id, _laws(law), only_due=due)
    table(rows, ("couple_id", "state", "last_service_on", "kept_until"), as_json)


@retention_commands.command("tombstones")
def retention_tombstones(
    practice: Practice = None,
    lines: Annotated[
        bool,
        typer.Option(
            "--lines", help="A line of JSON each, of all practices: for `mendline restore --tombstones`."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What is left of records that were destroyed."""
    from app.retention import command

    with record() as (store, settings):
        if lines:
            for row in command.lines(store, practices_of(store, settings, practice)):
                typer.echo(line(row))
            return
        rows = command.tombstones(store, named_practice(store, settings, practice))
    table(
        rows, ("couple_id", "destroyed_at", "destroyed_by", "basis", "decision", "last_service_on"), as_json
    )


@retention_commands.command("apply")
def retention_apply(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="What `tombstones --lines` printed.")
    ],
    practice: Practice = None,
    by: Answerable = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
) -> None:
    """Destroy again what came back with an old backup, as a list of tombstones says."""
    from app.retention import command

    burial = _burial(file, by)
    with record() as (store, settings):
        practices = practices_of(store, settings, practice)
        due = command.due(store, practices, burial)
        if due and not yes:
            typer.confirm(
                f"Destroy {len(due)} records again for good ({', '.join(due)})?", abort=True, err=True
            )
        command.bury(store, settings.owner_url, practices, burial)
    _tell_burial(burial)


@app.command(short_help="Destroy a couple's record and keys for good.")
def destroy(
    couple: Annotated[str, typer.Option(metavar="ID", help="Whose record.")],
    by: Annotated[str, typer.Option(metavar="ID", help="The person who is answerable for it.")],
    basis: Annotated[str, typer.Option(help="retention_expired or client_erasure.")],
    decision: Annotated[
        str | None, typer.Option(help="Where the practice's decision is filed; needed for client_erasure.")
    ] = None,
    practice: Practice = None,
    law: Laws = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy a couple's record and its keys for good; a tombstone without clinical content stays.

    A legal hold stops it. Backups made before still hold the record: let them run out.
    """
    from app.retention import command
    from app.retention.service import BASES, Order

    if basis not in BASES:
        trouble(f"--basis takes one of {', '.join(BASES)}")
    order = Order(identifier(by), basis, decision, _laws(law))
    if not yes:
        typer.confirm(f"Destroy the record of {identifier(couple)} for good?", abort=True, err=True)
    with record() as (store, settings):
        practice_id = named_practice(store, settings, practice)
        row = command.destroy(store, settings.owner_url, practice_id, identifier(couple), order)
    show(row, as_json)


def _refuse_beside_an_archive(*options: object) -> None:
    """What only records of an earlier system take is not passed over: who asked for a dry run wants nothing stored."""
    if any(options):
        trouble(
            "an archive goes in whole and brings its practice with it: leave --practice, --clinician, --csv,"
            " --source and --dry-run away (`mendline verify FILE` checks an archive and stores nothing)"
        )


def _burial(tombstones: Path | None, by: str | None) -> "Burial":
    """What a list of tombstones asks for; nothing without one."""
    from app.retention.tombstones import Burial, read

    return Burial(read(tombstones) if tombstones else [], by and identifier(by))


def _tell_burial(burial: "Burial") -> None:
    """Say, beside what a command prints, what was destroyed again and what a younger legal hold kept."""
    for couple_id in burial.destroyed:
        typer.echo(f"destroyed again: {couple_id}", err=True)
    for couple_id in burial.held:
        typer.echo(f"kept, because a legal hold was placed after its destruction: {couple_id}", err=True)


def _laws(given: list[str] | None) -> list[str]:
    from app.couples.jurisdictions import BY_CODE

    if unknown := set(given or ()) - set(BY_CODE):
        trouble(f"--law takes one of {', '.join(BY_CODE)}, not {', '.join(sorted(unknown))}")
    return list(given or BY_CODE)


def _verify_database(practice: str | None, anchors: Path | None, seal: bool, as_json: bool) -> None:
    from app.integrity import command

    with record() as (store, settings):
        practices = practices_of(store, settings, practice)
        everybody = practice is None
        if not command.verify(store, practices, anchors, everybody=everybody, seal=seal, as_json=as_json):
            raise typer.Exit(1)
