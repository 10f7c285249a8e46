"""The listener: uvicorn's HTTP protocol, with an end to waiting for slow callers; the commands that serve come in.

What is bounded here is what the application never sees: the head of a request, what frames a body, the rest of a body
that was answered before it came, and an answer that nobody reads. Bodies that the application waits for are bounded at
the edge. Nothing after a head becomes part of it, and no body becomes a request, whatever protocol it offers.
"""

import asyncio
import sys
from typing import Any, Literal, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 15.0
"""From the connection, or the first byte of a further request, to the end of the head."""
HEAD_BYTES = 65_536
"""How large a head may grow while it is incomplete; as much may stand around a body, or behind it."""
FRAME = 8
"""How many bytes may frame each byte of a body: chunks of one byte are framed by five."""
LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
LINGER_SECONDS = 5.0
"""How long the rest of a body is let in, so that its sender can read why it was refused."""
UNREAD_SECONDS = 30.0
"""How long an answer may lie without a byte of it being taken."""


class _WayOut:
    """The transport for an answer after which the connection ends: it stays open while a body is still on its way.

    To close it under the sender's hands would make the sender's system throw the answer away unread.
    """

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle) -> None:
        self.write, self.is_closing = transport.write, transport.is_closing
        self._transport, self._cycle = transport, cycle

    def close(self) -> None:
        if not (self._cycle.response_complete and self._cycle.more_body):
            self._transport.close()


class Listener(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._cut: asyncio.TimerHandle | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._part: Literal["none", "head", "body"] = "none"
        self._head_bytes = self._chunk = self._frame_bytes = 0
        self._data = self._rest_of_data = b""
        self._taken = 0
        self._watched = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody came: a head is to follow."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody left."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came: of a head they are counted, and the head is waited for no longer than it may take."""
        self._head_bytes += len(data)
        self._frame_bytes += len(data) if self._part == "body" else 0
        self._chunk = len(data)
        self._parse(data)
        if self._frame_bytes > HEAD_BYTES:
            self.transport.abort()
        if self.transport.is_closing() or self._part == "body" or (self._part == "none" and not self._idle()):
            return
        self._await_head()
        if self._head_bytes > HEAD_BYTES:
            self._refuse(431)

    def _parse(self, data: bytes) -> None:
        """Give bytes to the parser, and what lies behind an offer of another protocol to the next one."""
        while data:
            self._data, self._rest_of_data = data, b""
            super().data_received(data)
            data = self._rest_of_data
        self._data = b""

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        if self._part == "body":
            return
        self._part, self._head_bytes = "head", min(self._head_bytes, self._chunk)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Part of the address."""
        if self._part == "head":
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head. Those behind a body are dropped: the head was judged without them."""
        if self._part == "head":
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is in."""
        if self._part == "body":
            return
        super().on_headers_complete()
        self._part, self._head_bytes, self._frame_bytes = "body", 0, 0
        self._stop_waiting()
        if not self.cycle.keep_alive:
            self.cycle.transport = cast(asyncio.Transport, _WayOut(self.transport, self.cycle))

    def on_body(self, body: bytes) -> None:
        """Part of the body."""
        self._frame_bytes = max(0, self._frame_bytes - FRAME * len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is in; if it was refused before, the connection may serve again."""
        if self.parser.should_upgrade():
            self._read_on()
            return
        self._part, self._head_bytes, self._frame_bytes = "none", 0, 0
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
            if not self.cycle.keep_alive:
                self.transport.close()
        super().on_message_complete()

    def _read_on(self) -> None:
        """No other protocol is spoken here. The parser takes what follows such an offer for that protocol, so that a
        body would be read as the next request: a parser that knows only how long the body is takes over."""
        lengths = b"".join(b"%b: %b\r\n" % field for field in self.headers if field[0] in LENGTHS)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + lengths + b"\r\n")

    def _unsupported_upgrade_warning(self) -> None:
        offer = sys.exception()
        assert isinstance(offer, httptools.HttpParserUpgrade)
        self._rest_of_data = self._data[offer.args[0] :]

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused; an answer that is still owed is given instead, and is the last one."""
        if self._part == "body" or self._idle():
            super().send_400_response(msg)
            return
        self._part = "none"
        self._stop_waiting()
        self.flow.pause_reading()
        self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        """The answer is given: nobody needs the rest of the body, and somebody should read the answer."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._rest = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        elif self._unread():
            self._watch()

    def pause_writing(self) -> None:
        """So much of an answer lies unread that its writer has to wait."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Some of it was taken."""
        self._taken += 1
        super().resume_writing()

    def _idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        if self._cut is None:
            self._cut = self.loop.call_later(HEAD_SECONDS, self._refuse, 408)

    def _stop_waiting(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _refuse(self, status: int) -> None:
        """Say why, unless nothing came at all, and hang up."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if (self._part == "head" or self._head_bytes) and self._idle():
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _unread(self) -> int:
        return self.transport.get_write_buffer_size()

    def _watch(self) -> None:
        if not self._watched:
            self._watched = True
            self.loop.call_later(UNREAD_SECONDS, self._drop_unread, self._unread(), self._taken)

    def _drop_unread(self, before: int, taken: int) -> None:
        """Hang up on somebody who has taken nothing since; ask again later about somebody slow."""
        self._watched = False
        unread = self._unread()
        if unread and unread >= before and taken == self._taken:
            self.transport.abort()
        elif unread:
            self._watch()
