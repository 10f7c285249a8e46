"""The last calculations by what they were made from, in this process only and never on disk; pure, for service.

The key is a digest of the whole evidence document with the day and the versions, so a hit is the same question.
A document holds codes, numbers and days, no words that anybody wrote. What comes out is read anew each time, so
that nobody can change what is remembered. Results are held packed, a fifth of their size: big blocks of ever other
sizes, coming and going for weeks, would leave ever more room between them that no other block fits.
"""

import hashlib
import zlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from threading import Lock
from typing import Any, Final

from pydantic_core import from_json, to_json

from app.timeline import MODEL_VERSION, Parameters

MOST_BYTES: Final = 4 * 1024 * 1024
QUICK: Final = 1
"""zlib's quickest level: 0.05 ms for an explanation of 15 kB, and slower ones save little more."""

Calculation = Callable[..., Any]
Key = tuple[str, bytes, str, str]


class Memory:
    """Results as packed JSON, the oldest forgotten first when there are too many bytes of them."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin empty."""
        self._most, self._held = most_bytes, 0
        self._found: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = Lock()

    def recall(self, calculate: Calculation, document: Any, as_of: date, parameters: Parameters) -> Any:
        """The calculation's result for this document, day and version; calculated when it is not remembered."""
        key = key_of(calculate, document, as_of, parameters)
        with self._lock:
            held = self._found.get(key)
            if held is not None:
                self._found.move_to_end(key)
        if held is not None:
            return from_json(zlib.decompress(held))
        result = calculate(document, as_of, parameters=parameters)
        self._keep(key, zlib.compress(to_json(result), level=QUICK))
        return result

    def _keep(self, key: Key, value: bytes) -> None:
        with self._lock:
            self._held += len(value) - len(self._found.pop(key, b""))
            self._found[key] = value
            while self._held > self._most:
                self._held -= len(self._found.popitem(last=False)[1])


def key_of(calculate: Calculation, document: Any, as_of: date, parameters: Parameters) -> Key:
    """Which calculation, a digest of the whole document, the day, and both versions."""
    digest = hashlib.sha256(to_json(document)).digest()
    return calculate.__name__, digest, as_of.isoformat(), f"{MODEL_VERSION} {parameters.version}"
