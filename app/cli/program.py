"""The words of the command line: the program, its groups, options that several commands share; commands come in."""

from pathlib import Path
from typing import Annotated, Any

import typer

Row = dict[str, Any]

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
retention_commands = typer.Typer(help="How long records are kept.", no_args_is_help=True)
app.add_typer(practice_commands, name="practice")
app.add_typer(people_commands, name="people")
app.add_typer(keys_commands, name="keys")
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
