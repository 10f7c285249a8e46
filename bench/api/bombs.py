"""Requests made to cost more than they are worth, each with the time that it may take; parts.py comes in."""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from urllib.parse import quote

from bench.api.lines import Answer, Headers, Line, raw
from bench.api.nasty import MARK
from bench.api.served import Served
from tests.people import Json

JSON, NDJSON = "application/json", "application/x-ndjson"
REFUSED = frozenset(range(400, 432))
OR_CUT = REFUSED | {0}
"""Refused, or cut off while still being sent: then the sender may not come to read why."""
QUICK = 1.5
LONG = 60.0
"""An import of many lines is work that was asked for; it must end, and others must be served meanwhile."""


@dataclass(frozen=True)
class Target:
    """Where the bombs fall: a service, a clinician's key, and a couple of theirs."""

    base: str
    key: str
    couple: str
    commitment: Json

    @property
    def record(self) -> str:
        """The couple's address."""
        return f"/v1/couples/{self.couple}"


@dataclass(frozen=True)
class Bomb:
    """One bomb: how it is thrown, what may be answered, and in how many seconds."""

    name: str
    throw: Callable[[Target], Answer]
    allowed: frozenset[int] = REFUSED
    seconds: float = QUICK
    is_work: bool = False
    """Whether it is honest work of a size that was asked for, which holds SQLite's one writer."""

    def timed(self, target: Target) -> tuple[Answer, float]:
        """Throw it; the answer and the seconds until it was whole."""
        began = time.perf_counter()
        return self.throw(target), time.perf_counter() - began


def target_of(service: Served) -> Target:
    """A couple of its own for the bombs."""
    estate = service.estate()
    example = estate.body(estate.all["recordCommitment"])
    return Target(service.base, estate.owner.key, estate.ids["couple_id"], example)


def _sent(
    target: Target, method: str, path: str, body: bytes | None = None, kind: str = JSON, **more: str | bytes
) -> Answer:
    headers: dict[str, str | bytes] = {"Authorization": f"Bearer {target.key}", "Content-Type": kind}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return _over_a_line(target, method, path, headers, body)


def _over_a_line(target: Target, method: str, path: str, headers: Headers, body: bytes | None) -> Answer:
    line = Line(target.base, 300)
    try:
        return line.send(method, path, headers, body)
    finally:
        line.close()


def _posted(
    path: str, body: Callable[[], bytes], kind: str = JSON, **more: str
) -> Callable[[Target], Answer]:
    return lambda target: _sent(target, "POST", path.format(record=target.record), body(), kind, **more)


def _asked(path: Callable[[Target], str]) -> Callable[[Target], Answer]:
    return lambda target: _sent(target, "GET", path(target))


def _spoken(*parts: bytes) -> Callable[[Target], Answer]:
    """Bytes as they are; their end is not told."""

    def throw(target: Target) -> Answer:
        signed = [part.replace(b"KEY", target.key.encode()) for part in parts]
        said = raw(target.base, *signed, shut=False)
        status = int(said[9:12]) if said.startswith(b"HTTP/1.1 ") else 0
        return Answer(status, {}, said.partition(b"\r\n\r\n")[2], 0.0)

    return throw


def _commitment(rule: str) -> Callable[[Target], Answer]:
    def throw(target: Target) -> Answer:
        body = {**target.commitment, "cadence": {"kind": "recurring", "rule": rule}}
        return _sent(target, "POST", f"{target.record}/commitments", json.dumps(body).encode())

    return throw


HEAD = (
    b"POST /v1/couples HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\n"
)
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"


def _many_couples(number: int) -> bytes:
    return b"".join(
        b'{"kind":"marker","couple":"c%d","data":{"code":"ACC-IMPACT","observed_on":"2026-02-20"}}\n' % n
        for n in range(number)
    )


def _new_couples(number: int) -> bytes:
    line = {
        "kind": "couple",
        "data": {"label": "X", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}, "betrayals": []},
    }
    return b"".join(json.dumps({**line, "couple": f"{MARK}{n}"}).encode() + b"\n" for n in range(number))


def _reports(number: int) -> bytes:
    """An assessment of many reports, each of a day."""
    first = date(1930, 1, 1)
    reports = [
        {"id": f"r{n}", "window_start": day, "window_end": day, "episodes": n % 50}
        for n in range(number)
        for day in [(first + timedelta(days=n)).isoformat()]
    ]
    evidence = {"schema_version": "1", "discovery_date": "1930-01-01", "repair_started_on": "1930-01-02"}
    return json.dumps({"as_of": "2026-03-02", "evidence": {**evidence, "threat_reports": reports}}).encode()


def bombs(large: int = 50_000_000) -> Iterator[Bomb]:
    """All bombs; `large` is how many bytes the largest have."""
    yield from _of_json()
    yield from _of_bytes(large)
    yield from _of_heads()
    yield from _of_addresses()
    yield from _of_rules()
    yield from _of_imports(large)


def _of_json() -> Iterator[Bomb]:
    deep = 100_000
    yield Bomb("JSON 100,000 lists deep", _posted("{record}/markers", lambda: b"[" * deep + b"]" * deep))
    yield Bomb(
        "JSON 100,000 objects deep", _posted("{record}/markers", lambda: b'{"a":' * deep + b"1" + b"}" * deep)
    )
    yield Bomb(
        "evidence nested 40,000 deep",
        _posted(
            "/v1/assessments",
            lambda: b'{"as_of":"2026-03-02","evidence":{"x":' + b"[" * 40_000 + b"]" * 40_000 + b"}}",
        ),
    )
    keys = b"{" + b",".join(b'"k%d":0' % n for n in range(80_000)) + b"}"
    yield Bomb("JSON of 80,000 keys", _posted("{record}/markers", lambda: keys))
    yield Bomb(
        "the same key 120,000 times",
        _posted("{record}/markers", lambda: b"{" + b'"k":0,' * 120_000 + b'"k":0}'),
    )
    yield Bomb(
        "a number of a million digits",
        _posted("{record}/threat-reports", lambda: b'{"episodes":' + b"9" * 1_000_000 + b"}"),
    )
    for number in (20_000, 8_000):
        yield Bomb(
            f"an assessment of {number:,} reports",
            _posted("/v1/assessments", partial(_reports, number)),
            REFUSED | {200},
        )
        yield Bomb(
            f"its explanation, of {number:,} reports",
            _posted("/v1/assessments/explanations", partial(_reports, number)),
            REFUSED | {200},
        )


def _of_bytes(large: int) -> Iterator[Bomb]:
    note = b'{"words":"' + b"x" * 2_000_000 + b'"}'
    yield Bomb("a note of 2 MB", _posted("{record}/process-notes", lambda: note), OR_CUT)
    yield Bomb(f"a body of {large:,} bytes", _posted("{record}/markers", lambda: b" " * large), OR_CUT)
    yield Bomb(
        "chunks without an end",
        _spoken(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[CHUNK] * (large // 65_536)),
        OR_CUT,
        30.0,
    )
    yield Bomb(
        "chunks of one byte",
        _spoken(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n" * 300_000 + b"0\r\n\r\n"),
        OR_CUT,
        30.0,
    )
    framed = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for name, begun, more in (
        ("fields behind a body", b"2\r\n{}\r\n0\r\n", b"a: b\r\n" * 10_000),
        ("a field behind a body", b"2\r\n{}\r\n0\r\nX: ", b"a" * 65_536),
        ("a chunk's extension", b"2;", b"a" * 65_536),
    ):
        yield Bomb(
            f"{name}, without an end", _spoken(framed + begun, *[more] * (large // 65_536)), OR_CUT, 30.0
        )
    zeros = gzip.compress(b"0" * large)
    for name, packed in (
        ("gzip", zeros),
        ("deflate", zlib.compress(b"0" * large)),
        ("gzip, gzip", gzip.compress(zeros)),
    ):
        yield Bomb(
            f"{large:,} bytes packed by {name}",
            _posted("{record}/markers", partial(bytes, packed), Content_Encoding=name),
            frozenset({415}),
        )
        yield Bomb(
            f"an import of {large:,} bytes packed by {name}",
            _posted("/v1/imports", partial(bytes, packed), NDJSON, Content_Encoding=name),
            frozenset({415}),
        )


def _of_heads() -> Iterator[Bomb]:
    opening = b"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\n"
    yield Bomb(
        "10,000 headers",
        _spoken(opening, *[b"X-A: b\r\n" * 100] * 100, b"Connection: close\r\n\r\n"),
        OR_CUT | {200},
        30.0,
    )
    yield Bomb("a header of 10 MB", _spoken(opening + b"X-A: ", *[b"a" * 65_536] * 160), OR_CUT, 30.0)
    yield Bomb("an address of 10 MB", _spoken(b"GET /", *[b"a" * 65_536] * 160), OR_CUT, 30.0)
    yield Bomb("a header name without an end", _spoken(opening, *[b"a" * 65_536] * 160), OR_CUT, 30.0)
    both = HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    yield Bomb("two lengths that contradict", _spoken(both), OR_CUT, 30.0)
    yield Bomb("a negative length", _spoken(HEAD + b"Content-Length: -1\r\n\r\n"), OR_CUT, 30.0)
    yield Bomb(
        "a length of 400 digits", _spoken(HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n"), OR_CUT, 30.0
    )
    yield Bomb("a request of HTTP/2", _spoken(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), OR_CUT, 30.0)
    upgrade = opening + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
    yield Bomb("a WebSocket", _spoken(upgrade + b"Sec-WebSocket-Version: 13\r\n\r\n"), OR_CUT | {200}, 30.0)
    yield Bomb(
        "1,000 requests at once on one line",
        _spoken(opening + b"\r\n", *[opening + b"\r\n"] * 999, opening + b"Connection: close\r\n\r\n"),
        frozenset({200}),
        60.0,
    )


def _of_addresses() -> Iterator[Bomb]:
    yield Bomb(
        "10,000 parameters",
        _asked(
            lambda t: (
                f"{t.record}/markers?" + "&".join(["limit=1"] * 5_000 + [f"x{n}=1" for n in range(5_000)])
            )
        ),
        REFUSED | {200, 0},
    )
    yield Bomb("a cursor of 40 kB", _asked(lambda t: f"{t.record}/markers?cursor={'A' * 40_000}"))
    yield Bomb("20,000 slashes", _asked(lambda _: "/v1" + "/" * 20_000))
    yield Bomb("20,000 steps upwards", _asked(lambda _: "/v1" + "/.." * 10_000))
    yield Bomb("static files upwards", _asked(lambda _: "/static/" + "%2e%2e%2f" * 12 + "etc/passwd"))
    yield Bomb("an address quoted 40 times", _asked(lambda _: "/v1/couples/" + "%" + "25" * 40 + "2f"))
    for name, hard in (
        ("a", "a" * 30_000 + "!"),
        ("blanks", " " * 20_000 + "x"),
        ("digits", "1-" * 15_000 + "x"),
        ("a partner", "partner:" + "0" * 30_000),
        ("a day", "2026-03-" + "0" * 30_000),
    ):
        query = f"/markers?audience={quote(hard)}&as_of={quote(hard)[:20_000]}"
        yield Bomb(f"hard for expressions: {name}", _asked(partial(_below, query)))


def _below(query: str, target: Target) -> str:
    return target.record + query


def _of_rules() -> Iterator[Bomb]:
    for rule in (
        "FREQ=SECONDLY",
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=YEARLY;INTERVAL=9999;BYMONTHDAY=29;BYMONTH=2",
        "FREQ=DAILY;INTERVAL=999999999",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 4_000),
        "FREQ=DAILY;BYSETPOS=366;BYDAY=MO",
        "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=3",
    ):
        yield Bomb(f"a rule that would loop: {rule[:50]}", _commitment(rule), REFUSED | {201})


def _of_imports(large: int) -> Iterator[Bomb]:
    done = frozenset({200, 201}) | REFUSED
    yield Bomb(
        f"an import of one line of {large:,} bytes",
        _posted("/v1/imports", lambda: b'{"a":"' + b"x" * large, NDJSON),
        done,
        LONG,
    )
    yield Bomb(
        "an import of a million empty objects",
        _posted("/v1/imports", lambda: b"{}\n" * 1_000_000, NDJSON),
        done,
        LONG,
    )
    yield Bomb(
        "an import of a million line ends",
        _posted("/v1/imports", lambda: b"\n" * 1_000_000, NDJSON),
        done,
        LONG,
    )
    yield Bomb(
        "an import of 300,000 strange couples",
        _posted("/v1/imports", lambda: _many_couples(300_000), NDJSON),
        done,
        10 * LONG,
    )
    yield Bomb(
        "a check of 5,000 new couples",
        _posted("/v1/imports?dry_run=true", lambda: _new_couples(5_000), NDJSON),
        done,
        LONG,
        is_work=True,
    )
    wide = b"couple," + b"x," * 100_000 + b"\n" + b"1," * 100_000
    yield Bomb(
        "a sheet of 100,000 columns", _posted("/v1/imports?kind=marker", lambda: wide, "text/csv"), done, LONG
    )
    quoted = b'couple,code\n"' + b'a""' * 2_000_000
    yield Bomb(
        "a cell without an end", _posted("/v1/imports?kind=marker", lambda: quoted, "text/csv"), done, LONG
    )
