"""The command line `mendline`: serve, migrate, found a practice, make keys, look after the database; operators come in.

Everything heavy is imported inside the command that needs it, so that asking for help does not wait for the service.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from app.chart.chart import Chart, Store
    from app.retention.tombstones import Burial
    from app.settings import Settings

Row = dict[str, Any]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Names and labels come over HTTP, and an operator's terminal obeys what they hold."""

app = typer.Typer(
    help="Mendline: case notes for therapists who treat couples after a betrayal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
practice_commands = typer.Typer(help="Practices: each is a world of its own.", no_args_is_help=True)
people_commands = typer.Typer(help="Who works for a practice.", no_args_is_help=True)
keys_commands = typer.Typer(help="API keys of a practice's people.", no_args_is_help=True)
app.add_typer(practice_commands, name="practice")
app.add_typer(people_commands, name="people")
app.add_typer(keys_commands, name="keys")
retention_commands = typer.Typer(help="How long records are kept.", no_args_is_help=True)
app.add_typer(retention_commands, name="retention")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Practice = Annotated[
    str | None,
    typer.Option("--practice", metavar="ID", help="May be left out while there is only one practice."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Base64 of 32 bytes, in place of a passphrase."),
]
PassphraseFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="A file that holds the passphrase.")
]

Tombstones = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="What `mendline retention tombstones --lines` printed."),
]
Answerable = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help="Who answers for it where the person of a tombstone came after the backup."
    ),
]


class Trouble(Exception):
    """Something the operator can put right, told in one line."""


def main() -> None:
    """The console script: what an operator can put right ends as one line on standard error and exit code 2."""
    try:
        app()
    except Exception as error:
        told = _told(error)
        if told is None:
            raise
        sys.stderr.write(f"mendline: {told}\n")
        sys.exit(2)


def _told(error: Exception) -> str | None:
    """One clear line about an error that is not ours; None when it is a mistake in Mendline itself."""
    from alembic.util.exc import CommandError
    from pydantic import ValidationError

    from app.chart.inspection import STORE_TROUBLES, first_line
    from app.chart.keys import NoMasterKey, SealBroken
    from app.errors import Refusal

    if isinstance(error, Refusal):
        return "; ".join(f"{e.pointer.lstrip('/')}: {e.detail}" for e in error.errors) or _sentence(error)
    if isinstance(error, ValidationError):
        return "; ".join(_fault(error, e) for e in error.errors(include_input=False))
    if isinstance(error, SealBroken):
        return "the stored text does not open: this is not the master key that it was sealed with"
    if isinstance(error, STORE_TROUBLES):
        return f"the database: {first_line(error)}"
    if isinstance(error, Trouble | CommandError | NoMasterKey | OSError):
        return first_line(error)
    return None


def _sentence(refusal: Any) -> str:
    if refusal.code == "not_found" and not refusal.detail:
        return "there is nothing of this id in the practice"  # an operator asked for no address
    return str(refusal.detail or refusal.meaning.explanation)


def _fault(error: Any, detail: Any) -> str:
    """What is wrong, and with which field; a fault of several settings names them itself."""
    name, words = "_".join(str(step) for step in detail["loc"]), detail["msg"].removeprefix("Value error, ")
    if error.title == "Settings":
        name = f"MENDLINE_{name.upper()}" if name else "settings"
    return f"{name}: {words}"


def _trouble(line: str) -> NoReturn:
    raise Trouble(line)


def _settings() -> "Settings":
    from app.settings import Settings

    settings = Settings()
    if settings.sqlite_encryption:
        from app.main import know_file

        know_file(settings)
    return settings


# --- serving and migrating ---


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default MENDLINE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default MENDLINE_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default MENDLINE_WORKERS.")] = None,
    first_migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the database to head before, as `mendline migrate` does.")
    ] = False,
) -> None:
    """Serve the API. Refuses a database that is not at head; logs JSON lines without addresses or text."""
    import uvicorn

    from app.logs import configuration

    settings = _settings()
    if first_migrate:
        migrate("head")
    _store(settings).close()
    uvicorn.run(
        "app.main:create_app_from_environment",
        factory=True,
        host=host or settings.host,
        port=settings.port if port is None else port,
        workers=workers or settings.workers,
        http="app.listener:Listener",
        ws="none",
        log_config=configuration(),
        access_log=False,
        server_header=False,
    )


@app.command(context_settings={"ignore_unknown_options": True})  # -1 is a step, not an option
def migrate(
    revision: Annotated[
        str, typer.Argument(help="`head`, a revision, `-1` for one step back, or `base`.")
    ] = "head",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a step back.")] = False,
) -> None:
    """Bring the database to a revision; uses MENDLINE_MIGRATION_URL when it is set.

    For an empty database it also makes the master key when there is none yet. A revision's name leads upwards only. A
    step back drops what the newer tables hold (the first one: everything), so it asks before.
    """
    from app.chart import migrations
    from app.chart.keys import load_master_key

    if revision.startswith("-") and not revision[1:].isdecimal():
        _trouble(f"{revision} is neither an option nor a step back such as -1")
    settings = _settings()
    url = settings.owner_url
    before = migrations.revision_of(url)
    if before is not None and revision in migrations.left_behind(before):
        _trouble(
            f"the database is at {before}, beyond {revision} already, and a revision's name leads upwards only: nothing"
            " was changed; `mendline migrate -1` goes back by a step, and loses what its tables hold"
        )
    if before is not None and not yes and (revision == "base" or revision.startswith("-")):
        typer.confirm(f"Go back from {before}, and lose all that its tables hold?", abort=True, err=True)
    if before is None:
        _, made = load_master_key(settings.master_key, settings.key_file)
        if made:
            typer.echo(f"made the master key {settings.key_file}: keep a copy of it apart from the database")
    migrations.migrate(url, revision)
    typer.echo(f"the database is at {migrations.revision_of(url) or 'nothing'}")


# --- practices ---


@practice_commands.command("create")
def practice_create(
    name: Annotated[str, typer.Argument(help="What the practice is called.")],
    zone: Annotated[str, typer.Option(help="IANA time zone that decides which day it is.")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Found a practice."""
    from app.clock import system_clock
    from app.practice import service
    from app.practice.schemas import PracticeIn
    from app.wire.types import ZONES

    if zone not in ZONES:
        _trouble(f"{zone} is not an IANA time zone such as Europe/Vienna")
    body = PracticeIn(name=name, zone=zone)
    with _record() as (store, _):
        practice_id = service.found(store, system_clock(), body.name, body.zone)
    _show({"id": practice_id, **body.model_dump()}, as_json)


@practice_commands.command("list")
def practice_list(as_json: AsJson = False) -> None:
    """List the practices.

    On PostgreSQL the service's own role sees one practice at a time; this command asks as the owner
    (MENDLINE_MIGRATION_URL), who may read the names of practices and nothing of their records.
    """
    from app.chart.inspection import demand_one_database
    from app.practice import service

    settings = _settings()
    demand_one_database(settings.url, settings.owner_url)
    _demand_head(settings)
    _table(service.practices(settings.owner_url), ("id", "name", "zone", "created_at"), as_json)


# --- people ---


@people_commands.command("add")
def people_add(
    name: Annotated[str, typer.Option(help="As colleagues should read it.")],
    role: Annotated[str, typer.Option(help="clinician, supervisor, administrator or integration.")],
    practice: Practice = None,
    as_json: AsJson = False,
) -> None:
    """Take somebody, or some program, into the practice."""
    from app.practice import service
    from app.practice.schemas import PersonIn

    body = PersonIn(name=name, role=role)
    with _chart(practice, "addPerson", 201) as chart:
        row = service.add_person(chart, body)
    _show(row, as_json)


@people_commands.command("list")
def people_list(practice: Practice = None, as_json: AsJson = False) -> None:
    """List the practice's people."""
    from app.practice import service

    with _chart(practice, "listPeople", 200) as chart:
        rows = service.people(chart, _lowest(), _EVERYBODY)
    _table(rows, ("id", "name", "role", "active", "created_at"), as_json)


# --- keys ---


@keys_commands.command("create")
def keys_create(
    person: Annotated[str, typer.Option(metavar="ID", help="Whom the key stands for.")],
    label: Annotated[str, typer.Option(help="What the key is for.")],
    practice: Practice = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="Repeat for several; default all of the role.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="RFC 3339 instant, such as 2027-01-01T00:00:00Z.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key. Its secret is shown this once; only a digest of it is stored."""
    from app.practice import service
    from app.practice.credentials import ROLE_SCOPES
    from app.practice.schemas import KeyIn

    with _chart(practice, "createKey", 201) as chart:
        role = service.key_holder(chart, person)["role"]
        body = KeyIn.model_validate(
            {
                "person_id": person,
                "label": label,
                "scopes": scope or sorted(ROLE_SCOPES[role]),
                "expires_at": expires,
            }
        )
        row = service.make_key(chart, _settings().environment, **body.model_dump())
    _show(row, as_json)


@keys_commands.command("list")
def keys_list(practice: Practice = None, as_json: AsJson = False) -> None:
    """List the practice's keys, without their secrets."""
    from app.practice import service

    with _chart(practice, "listKeys", 200) as chart:
        rows = service.keys(chart, _lowest(), _EVERYBODY)
    _table(rows, ("id", "person_id", "label", "hint", "expires_at", "revoked_at"), as_json)


@keys_commands.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(metavar="KEY-ID", help="As `mendline keys list` shows it.")],
    practice: Practice = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key, with effect on the next request."""
    from app.practice import service
    from app.wire.answers import version_tag

    with _chart(practice, "revokeKey", 200) as chart:
        row = service.revoke_key(chart, _id(key), version_tag(service.read_key(chart, _id(key))))
    _show(row, as_json)


@keys_commands.command("rotate")
def keys_rotate(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY-ID", help="An API key to put a new one beside.")
    ] = None,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="How long the old API key stays.")] = 24,
    data: Annotated[
        bool, typer.Option("--data", help="New data keys for all text written from now on.")
    ] = False,
    master: Annotated[
        bool, typer.Option("--master", help="Wrap all keys anew under the master key in use.")
    ] = False,
    signing: Annotated[
        bool, typer.Option("--signing", help="A new key for the practice's seals; old ones stay checkable.")
    ] = False,
    practice: Practice = None,
    as_json: AsJson = False,
) -> None:
    """Put new keys in the place of old ones while the service runs: an API key, the data keys, the signing key, or the
    master key.

    For the master key: give every process the new key and, as MENDLINE_FORMER_MASTER_KEY_FILE, the one before it; run
    this; then take the former one away. `mendline doctor` tells when nothing needs it any more.
    """
    if [key is not None, data, master, signing].count(True) != 1:
        _trouble("say what to rotate: a KEY-ID, --data, --signing or --master")
    if master:
        from app.chart.rotation import rekey_file

        anew = _wrap_anew()
        _show({"wrapped_anew": anew, "file_rekeyed": rekey_file(_settings().url)}, as_json)
    elif data:
        _show({"data_keys": _new_data_keys(practice)}, as_json)
    elif signing:
        from app.integrity import command

        with _record() as (store, settings):
            row = command.rotate(store, _named(store, settings, practice))
        _show(row, as_json)
    else:
        from app.practice import service
        from app.wire.answers import version_tag

        with _chart(practice, "rotateKey", 201) as chart:
            tag = version_tag(service.read_key(chart, _id(str(key))))
            row = service.rotate_key(chart, _settings().environment, _id(str(key)), overlap_hours, tag)
        _show(row, as_json)


def _wrap_anew() -> int:
    """All practices' keys under the master key in use; a login that may list no practice is told so, not "0".

    An embedded file hides no practice: before the first one is founded, only the file itself has a key.
    """
    from functools import partial

    from app.chart.rotation import rewrap
    from app.practice import service

    with _record() as (store, settings):
        practices = [str(row["id"]) for row in service.practices(settings.owner_url)]
        if not practices and not settings.url.startswith("sqlite"):
            _trouble(_NO_PRACTICE)
        return sum(rewrap(partial(_operating, store, each, "rotateMasterKey")) for each in practices)


def _new_data_keys(practice: str | None) -> int:
    """A thousand owners of text a transaction, until all have a key made after we began."""
    from app.chart.chart import new_id
    from app.chart.rotation import retire_data_keys

    last, above, count = new_id(), _lowest(), 0
    while above < last:
        with _chart(practice, "rotateDataKeys", 200) as chart:
            done, above = retire_data_keys(chart, above, last)
        count += done
        if not done:
            break
    return count


# --- an earlier system's records, and a sample practice ---


@app.command("import")
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
        _with_archive(archive.bring_in, file, key_file, passphrase_file, as_json)
        return
    if csv is not None and csv not in FLAT:
        _trouble(f"--csv takes one of {', '.join(FLAT)}")
    named = None if source is None else TypeAdapter(Source).validate_python(source)
    settings = _settings()
    store = _operators_store(settings)
    try:
        practice_id = _named(store, settings, practice)
        order = Order(named, _id(clinician) if clinician else None, dry_run)
        whole = command.run(store, practice_id, file, order, kind=csv, as_json=as_json)
    finally:
        store.close()
    if not whole:
        raise typer.Exit(1)


@app.command()
def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; the next free one when it is taken.")
    ] = 8000,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder of the sample practice; default .demo here.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Print the cases with their indicators and end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a sample practice of thirteen invented couples on this machine, with an API key and everything."""
    from app.demo import command

    command.run(host=host, port=port, data_dir=data_dir, once=once, as_json=as_json)


# --- archives and backups ---


@app.command()
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

    settings = _settings()
    secret = command.secret(key_file, passphrase_file, settings.archive_passphrase, new=True)
    store = _operators_store(settings)
    try:
        practice_id = _named(store, settings, practice)
        command.export(store, practice_id, _id(couple) if couple else None, file, secret, as_json)
    finally:
        store.close()


@app.command()
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
        _trouble("--practice, --anchors and --seal are for the database: leave them or the file away")
    given = _settings().archive_passphrase
    if not command.verify(file, command.secret(key_file, passphrase_file, given, new=False), as_json):
        raise typer.Exit(1)


@app.command("anchors")
def print_anchors(practice: Practice = None) -> None:
    """Print the heads of all chains of seals and trail, to be kept elsewhere: `mendline verify --anchors FILE`."""
    from app.integrity import command

    with _record() as (store, settings):
        command.anchors(store, _practices(store, settings, practice))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The backup to write; never overwritten.")],
    key_file: KeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Write every practice as it is stored, while the service goes on; the master key is not in it."""
    from app.archive import command

    settings = _settings()
    secret = command.secret(key_file, passphrase_file, settings.archive_passphrase, new=True)
    store = _operators_store(settings)
    try:
        command.backup(store, settings.owner_url, file, secret, as_json)
    finally:
        store.close()


@app.command()
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

    burial = _burial(tombstones, by)
    deed = partial(command.restore, then=burial.take_place)
    _with_archive(deed, file, key_file, passphrase_file, as_json)
    retention.rewrite(_settings().owner_url, burial)
    _tell_burial(burial)


# --- keeping and destroying ---

Laws = Annotated[
    list[str] | None, typer.Option("--law", help="us, eu_uk or pk; repeat for several. Default: the longest.")
]


@retention_commands.command("list")
def retention_list(
    practice: Practice = None,
    law: Laws = None,
    due: Annotated[bool, typer.Option("--due", help="Only records whose time is over.")] = False,
    as_json: AsJson = False,
) -> None:
    """How long each couple's record is kept, those that are due first."""
    from app.retention import command

    with _record() as (store, settings):
        practice_id = _named(store, settings, practice)
        rows = command.listed(store, practice_id, _laws(law), only_due=due)
    _table(rows, ("couple_id", "state", "last_service_on", "kept_until"), as_json)


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

    with _record() as (store, settings):
        if lines:
            for row in command.lines(store, _practices(store, settings, practice)):
                typer.echo(_line(row))
            return
        rows = command.tombstones(store, _named(store, settings, practice))
    _table(
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
    with _record() as (store, settings):
        practices = _practices(store, settings, practice)
        due = command.due(store, practices, burial)
        if due and not yes:
            typer.confirm(
                f"Destroy {len(due)} records again for good ({', '.join(due)})?", abort=True, err=True
            )
        command.bury(store, settings.owner_url, practices, burial)
    _tell_burial(burial)


@app.command()
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
        _trouble(f"--basis takes one of {', '.join(BASES)}")
    order = Order(_id(by), basis, decision, _laws(law))
    if not yes:
        typer.confirm(f"Destroy the record of {_id(couple)} for good?", abort=True, err=True)
    with _record() as (store, settings):
        practice_id = _named(store, settings, practice)
        row = command.destroy(store, settings.owner_url, practice_id, _id(couple), order)
    _show(row, as_json)


# --- looking after it ---


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at settings, database, master key and walls. Exit code 1 when something is wrong."""
    from app import examination

    settings = _settings()
    knobs, findings = examination.settings_told(settings), examination.findings(settings)
    if as_json:
        typer.echo(_line({"settings": knobs, "findings": findings}))
    else:
        _table(knobs, ("name", "value", "set", "meaning"), False)
        _table(findings, ("state", "what", "detail"), False)
    if any(found["state"] == "wrong" for found in findings):
        raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document, the same bytes for the same code."""
    from app.main import openapi_bytes

    sys.stdout.buffer.write(openapi_bytes())


# --- how it is done ---

_EVERYBODY = 100_000
_NO_PRACTICE = (
    "there is no practice that this login may list: `mendline practice create NAME`,"
    " or on PostgreSQL set MENDLINE_MIGRATION_URL"
)
_WHOLE = {"id", "person_id", "name", "created_at", "expires_at", "revoked_at", "state", "what"}


def _lowest() -> str:
    from app.wire.pages import LOWEST_ID

    return LOWEST_ID


def _demand_head(settings: "Settings") -> None:
    from app.chart.migrations import head, revision_of

    revision = revision_of(settings.url)
    if revision != head():
        _trouble(
            f"the database is at {revision or 'nothing'}, this version needs {head()}: run `mendline migrate` first"
        )


def _store(settings: "Settings") -> "Store":
    """The record store, at head and with its master key; never with a new key for a record sealed with another one."""
    from app.main import open_store

    _demand_head(settings)
    if not settings.master_key and not settings.key_file.exists():
        _trouble(
            f"the master key {settings.key_file} is missing: put it back or set MENDLINE_MASTER_KEY;"
            " without it nobody can read the record"
        )
    return open_store(settings)


def _refuse_beside_an_archive(*options: object) -> None:
    """What only records of an earlier system take is not passed over: who asked for a dry run wants nothing stored."""
    if any(options):
        _trouble(
            "an archive goes in whole and brings its practice with it: leave --practice, --clinician, --csv,"
            " --source and --dry-run away (`mendline verify FILE` checks an archive and stores nothing)"
        )


def _operators_store(settings: "Settings") -> "Store":
    """The record store for an operator, whose commands also ask the owner: both must speak of one database."""
    from app.chart.inspection import demand_one_database

    demand_one_database(settings.url, settings.owner_url)
    return _store(settings)


def _with_archive(
    deed: Callable[..., None], file: Path, key_file: Path | None, passphrase_file: Path | None, as_json: bool
) -> None:
    """Open an archive or a backup for a deed on the store."""
    from app.archive import command

    settings = _settings()
    secret = command.secret(key_file, passphrase_file, settings.archive_passphrase, new=False)
    store = _operators_store(settings)
    try:
        deed(store, settings.owner_url, file, secret, as_json)
    finally:
        store.close()


@contextmanager
def _chart(practice: str | None, action: str, status: int) -> "Iterator[Chart]":
    """A chart of the practice for an operator; what is done through it stands on the practice's trail."""
    from app.clock import system_clock
    from app.practice import service

    settings = _settings()
    store = _operators_store(settings)
    try:
        practice_id = _named(store, settings, practice)
        with service.operating(store, practice_id, system_clock(), action) as chart:
            yield chart
            chart.sign(status)
    finally:
        store.close()


@contextmanager
def _operating(store: "Store", practice_id: str, action: str) -> "Iterator[Chart]":
    """A chart for one step of an operator's work on one practice, which stands on its trail."""
    from app.clock import system_clock
    from app.practice import service

    with service.operating(store, practice_id, system_clock(), action) as chart:
        yield chart
        chart.sign(200)


@contextmanager
def _record() -> "Iterator[tuple[Store, Settings]]":
    settings = _settings()
    store = _operators_store(settings)
    try:
        yield store, settings
    finally:
        store.close()


def _practices(store: "Store", settings: "Settings", practice: str | None) -> list[str]:
    """The practice named, or all of them; none at all is told, or what was looked at nowhere would pass for sound."""
    from app.practice import service

    if practice:
        return [_named(store, settings, practice)]
    found = [str(row["id"]) for row in service.practices(settings.owner_url)]
    return found or _trouble(_NO_PRACTICE)


def _named(store: "Store", settings: "Settings", practice: str | None) -> str:
    """The practice named, if there is one of this id, or the only one."""
    from app.chart.chart import Visit, new_id
    from app.clock import system_clock
    from app.practice import service

    if not practice:
        return _only_practice(settings)
    practice_id, visit = _id(practice), Visit("findPractice", new_id())
    with store.chart(service.operator(store, practice_id), system_clock(), visit, writing=False) as chart:
        if service.home(chart) is None:
            _trouble(f"there is no practice {practice_id}: see `mendline practice list`")
    return practice_id


def _burial(tombstones: Path | None, by: str | None) -> "Burial":
    """What a list of tombstones asks for; nothing without one."""
    from app.retention.tombstones import Burial, read

    return Burial(read(tombstones) if tombstones else [], by and _id(by))


def _tell_burial(burial: "Burial") -> None:
    """Say, beside what a command prints, what was destroyed again and what a younger legal hold kept."""
    for couple_id in burial.destroyed:
        typer.echo(f"destroyed again: {couple_id}", err=True)
    for couple_id in burial.held:
        typer.echo(f"kept, because a legal hold was placed after its destruction: {couple_id}", err=True)


def _laws(given: list[str] | None) -> list[str]:
    from app.couples.jurisdictions import BY_CODE

    if unknown := set(given or ()) - set(BY_CODE):
        _trouble(f"--law takes one of {', '.join(BY_CODE)}, not {', '.join(sorted(unknown))}")
    return list(given or BY_CODE)


def _verify_database(practice: str | None, anchors: Path | None, seal: bool, as_json: bool) -> None:
    from app.integrity import command

    with _record() as (store, settings):
        practices = _practices(store, settings, practice)
        everybody = practice is None
        if not command.verify(store, practices, anchors, everybody=everybody, seal=seal, as_json=as_json):
            raise typer.Exit(1)


def _only_practice(settings: "Settings") -> str:
    from app.practice import service

    found = service.practices(settings.owner_url)
    if not found:
        _trouble(f"{_NO_PRACTICE}, or say --practice ID")
    if len(found) > 1:
        _trouble(f"there are {len(found)} practices: say which with --practice ID (`mendline practice list`)")
    return str(found[0]["id"])


def _id(text: str) -> str:
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        _trouble(f"{text!r} is not an id: ids are UUIDs")


def _line(content: Any) -> str:
    """JSON in one line; what would steer a terminal is spelt as an escape."""
    spelt = json.dumps(content, ensure_ascii=False, default=_written)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", spelt)


def _written(value: Any) -> str:
    from app.clock import written

    return written(value) if isinstance(value, datetime) else str(value)


def _show(row: Row, as_json: bool) -> None:
    """One thing: a line of JSON, or a name and a value a line."""
    if as_json:
        typer.echo(_line(row))
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        typer.echo(f"{name.ljust(width)}  {_cell(value)}")


def _table(rows: list[Row], columns: tuple[str, ...], as_json: bool) -> None:
    """Several things: a JSON array, or a table."""
    if as_json:
        typer.echo(_line(rows))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column in _WHOLE)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    width = None if sys.stdout.isatty() else 160  # a pipe has no width of its own
    Console(highlight=False, markup=False, width=width).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _CONTROL.sub(
        "\N{REPLACEMENT CHARACTER}", " ".join(value) if isinstance(value, list) else str(value)
    )


if __name__ == "__main__":
    main()
