"""Commands that serve, migrate, show and look after the service; operators come in."""

import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.opening import settings_of, store_of
from app.cli.printing import line, table
from app.cli.program import AsJson, app
from app.cli.troubles import trouble


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

    settings = settings_of()
    if first_migrate:
        migrate("head")
    store_of(settings).close()
    host, port = host or settings.host, settings.port if port is None else port
    _demand_free(host, port)
    uvicorn.run(
        "app.main:create_app_from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers or settings.workers,
        http="app.listener:Listener",
        ws="none",
        log_config=configuration(),
        access_log=False,
        server_header=False,
    )


def _demand_free(host: str, port: int) -> None:
    """An address that cannot be listened on is told in one line; the server would say it among its own."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            trouble(
                f"cannot listen on {host}, port {port} ({error.strerror}): say another with --host or --port"
            )


@app.command(
    context_settings={"ignore_unknown_options": True},  # -1 is a step, not an option
    short_help="Bring the database to a revision.",
)
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
        trouble(f"{revision} is neither an option nor a step back such as -1")
    settings = settings_of()
    url = settings.owner_url
    before = migrations.revision_of(url)
    if before is not None and revision in migrations.left_behind(before):
        trouble(
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
    typer.echo(f"the database is at {migrations.revision_of(url) or 'no revision; it is empty'}")


@app.command(short_help="Start a sample practice of thirteen couples.")
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


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at settings, database, master key and walls. Exit code 1 when something is wrong."""
    from app import examination

    settings = settings_of()
    knobs, findings = examination.settings_told(settings), examination.findings(settings)
    if as_json:
        typer.echo(line({"settings": knobs, "findings": findings}))
    else:
        table(knobs, ("name", "value", "set", "meaning"), False)
        table(findings, ("state", "what", "detail"), False)
    if any(found["state"] == "wrong" for found in findings):
        raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document, the same bytes for the same code."""
    from app.main import openapi_bytes

    sys.stdout.buffer.write(openapi_bytes())
