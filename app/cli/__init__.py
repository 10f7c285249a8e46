"""The command line `mendline`: serve, migrate, found a practice, make keys, look after the record; operators come in.

Everything heavy is imported inside the command that needs it, so that asking for help does not wait for the service.
"""

import sys

from app.cli import people, records, serving
from app.cli.program import app
from app.cli.troubles import told

__all__ = ["main", "people", "records", "serving"]


def main() -> None:
    """The console script: what an operator can put right ends as one line on standard error and exit code 2."""
    try:
        app()
    except Exception as error:
        line = told(error)
        if line is None:
            raise
        sys.stderr.write(f"mendline: {line}\n")
        sys.exit(2)
