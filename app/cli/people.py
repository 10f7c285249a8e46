"""Commands for practices, their people and their keys; operators come in."""

from typing import Annotated

import typer

from app.cli.opening import (
    NO_PRACTICE,
    chart_of,
    demand_head,
    identifier,
    named_practice,
    operating,
    operators_store,
    record,
    settings_of,
)
from app.cli.printing import show, table
from app.cli.program import AsJson, Practice, keys_commands, people_commands, practice_commands
from app.cli.troubles import trouble


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
        trouble(f"{zone} is not an IANA time zone such as Europe/Vienna")
    body = PracticeIn(name=name, zone=zone)
    with record() as (store, _):
        practice_id = service.found(store, system_clock(), body.name, body.zone)
    show({"id": practice_id, **body.model_dump()}, as_json)


@practice_commands.command("list")
def practice_list(as_json: AsJson = False) -> None:
    """List the practices.

    On PostgreSQL the service's own role sees one practice at a time; this command asks as the owner
    (MENDLINE_MIGRATION_URL), who may read the names of practices and nothing of their records.
    """
    from app.chart.inspection import demand_one_database
    from app.practice import service

    settings = settings_of()
    demand_one_database(settings.url, settings.owner_url)
    demand_head(settings)
    table(service.practices(settings.owner_url), ("id", "name", "zone", "created_at"), as_json)


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
    with chart_of(practice, "addPerson", 201) as chart:
        row = service.add_person(chart, body)
    show(row, as_json)


@people_commands.command("list")
def people_list(practice: Practice = None, as_json: AsJson = False) -> None:
    """List the practice's people."""
    from app.practice import service

    with chart_of(practice, "listPeople", 200) as chart:
        rows = service.people(chart, _lowest(), _EVERYBODY)
    table(rows, ("id", "name", "role", "active", "created_at"), as_json)


@keys_commands.command("create")
def keys_create(
    person: Annotated[str, typer.Option(metavar="ID", help="Whom the key stands for.")],
    label: Annotated[str, typer.Option(metavar="WORDS", help="What the key is for.")],
    practice: Practice = None,
    scope: Annotated[
        list[str] | None, typer.Option(metavar="SCOPE", help="Repeat for several; default all of the role.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="RFC 3339, such as 2027-01-01T00:00:00Z.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key. Its secret is shown this once; only a digest of it is stored."""
    from app.practice import service
    from app.practice.credentials import ROLE_SCOPES
    from app.practice.schemas import KeyIn

    with chart_of(practice, "createKey", 201) as chart:
        role = service.key_holder(chart, person)["role"]
        body = KeyIn.model_validate(
            {
                "person_id": person,
                "label": label,
                "scopes": scope or sorted(ROLE_SCOPES[role]),
                "expires_at": expires,
            }
        )
        row = service.make_key(chart, settings_of().environment, **body.model_dump())
    show(row, as_json)


@keys_commands.command("list")
def keys_list(practice: Practice = None, as_json: AsJson = False) -> None:
    """List the practice's keys, without their secrets."""
    from app.practice import service

    with chart_of(practice, "listKeys", 200) as chart:
        rows = service.keys(chart, _lowest(), _EVERYBODY)
    table(rows, ("id", "person_id", "label", "hint", "expires_at", "revoked_at"), as_json)


@keys_commands.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(metavar="KEY-ID", help="As `mendline keys list` shows it.")],
    practice: Practice = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key, with effect on the next request."""
    from app.practice import service
    from app.wire.answers import version_tag

    with chart_of(practice, "revokeKey", 200) as chart:
        row = service.revoke_key(
            chart, identifier(key), version_tag(service.read_key(chart, identifier(key)))
        )
    show(row, as_json)


@keys_commands.command("rotate", short_help="Put new keys in the place of old ones.")
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
        trouble("say what to rotate: a KEY-ID, --data, --signing or --master")
    if master:
        show(_under_new_master(), as_json)
    elif data:
        show({"data_keys": _new_data_keys(practice)}, as_json)
    elif signing:
        from app.integrity import command

        with record() as (store, settings):
            row = command.rotate(store, named_practice(store, settings, practice))
        show(row, as_json)
    else:
        from app.practice import service
        from app.wire.answers import version_tag

        with chart_of(practice, "rotateKey", 201) as chart:
            tag = version_tag(service.read_key(chart, identifier(str(key))))
            row = service.rotate_key(
                chart, settings_of().environment, identifier(str(key)), overlap_hours, tag
            )
        show(row, as_json)


def _under_new_master() -> dict[str, int | bool]:
    """The file first: where the service still reads it, that is refused, and then nothing at all was changed."""
    from app.chart.rotation import rekey_file

    settings = settings_of()
    operators_store(settings).close()
    rekeyed = rekey_file(settings.url)
    return {"wrapped_anew": _wrap_anew(), "file_rekeyed": rekeyed}


def _wrap_anew() -> int:
    """All practices' keys under the master key in use; a login that may list no practice is told so, not "0".

    An embedded file hides no practice: before the first one is founded, only the file itself has a key.
    """
    from functools import partial

    from app.chart.rotation import rewrap
    from app.practice import service

    with record() as (store, settings):
        practices = [str(row["id"]) for row in service.practices(settings.owner_url)]
        if not practices and not settings.url.startswith("sqlite"):
            trouble(NO_PRACTICE)
        return sum(rewrap(partial(operating, store, each, "rotateMasterKey")) for each in practices)


def _new_data_keys(practice: str | None) -> int:
    """A thousand owners of text a transaction, until all have a key made after we began."""
    from app.chart.chart import new_id
    from app.chart.rotation import retire_data_keys

    last, above, count = new_id(), _lowest(), 0
    while above < last:
        with chart_of(practice, "rotateDataKeys", 200) as chart:
            done, above = retire_data_keys(chart, above, last)
        count += done
        if not done:
            break
    return count


_EVERYBODY = 100_000


def _lowest() -> str:
    from app.wire.pages import LOWEST_ID

    return LOWEST_ID
