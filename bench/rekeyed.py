"""The process that writes an encrypted file anew and is killed meanwhile; bench.whole_file starts it."""

import sys
from typing import Any

from app.chart import sqlcipher
from app.chart.file_keys import FileKeys

WAIT = 5.0
_plain = sqlcipher._alone


def _alone(connection: Any, path: str) -> None:
    """Tells that the writing begins now; the planted flaw is to write without a journal."""
    _plain(connection, path)
    if sys.argv[4] == "off":
        connection.execute("PRAGMA journal_mode=OFF").close()
    print("now", flush=True)


if __name__ == "__main__":
    sqlcipher._alone = _alone
    sqlcipher.rekey(sys.argv[1], FileKeys(sys.argv[3], sys.argv[2]), WAIT)
