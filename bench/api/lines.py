"""A plain HTTP line that sends what it is told to, byte for byte, and times the answer; shots and bombs come in."""

import http.client
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Headers = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 when nothing did."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Line:
    """One kept connection."""

    def __init__(self, base: str, seconds: float = 60.0) -> None:
        where = urlsplit(base)
        self.host, self.port, self.seconds = str(where.hostname), int(where.port or 80), seconds
        self._line: http.client.HTTPConnection | None = None

    def send(self, method: str, target: str, headers: Headers, body: bytes | None = None) -> Answer:
        """One request and its answer; a kept connection that went meanwhile is opened again once."""
        began = time.perf_counter()
        for fresh in (self._line is None, True):
            if self._line is None:
                self._line = http.client.HTTPConnection(self.host, self.port, timeout=self.seconds)
            try:
                self._line.request(method.upper(), target, body, dict(headers))
                found = self._line.getresponse()
                content = found.read()
            except (http.client.HTTPException, OSError):
                self.close()
                if fresh:
                    break
            else:
                told = {name.lower(): value for name, value in found.getheaders()}
                return Answer(found.status, told, content, time.perf_counter() - began)
        return Answer(0, {}, b"", time.perf_counter() - began)

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None


def raw(base: str, *parts: bytes, seconds: float = 60.0, shut: bool = True) -> bytes:
    """Everything that is said to some bytes, whether or not they are HTTP."""
    where = urlsplit(base)
    said = b""
    with socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=seconds) as line:
        try:
            for part in parts:
                line.sendall(part)
            if shut:
                line.shutdown(socket.SHUT_WR)
            while more := line.recv(65_536):
                said += more
        except (ConnectionError, TimeoutError):
            pass
    return said
