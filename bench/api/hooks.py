"""How generated values travel in media types that schemathesis does not know by itself; loaded by its command line."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv")
def as_it_stands(_: Any, value: Any) -> bytes:
    """Text and bytes as they are, anything else as its text."""
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogatepass")
