"""The reader by itself: lines, rows and blocks, and what is said about those that cannot be read."""

import json
from io import BytesIO
from typing import Any

import pytest

from app.imports.reader import LONGEST_LINE, MOST_LINES, Block, Entry, Read, Spoilt, blocks, ndjson, table
from app.imports.schemas import HeaderIn

HEAD = "couple,ref,window_start,window_end,episodes,source\n"


def line(couple: str = "1", **changes: Any) -> bytes:
    return json.dumps({"kind": "pause", "couple": couple, "data": {}, **changes}).encode() + b"\n"


def read(*raw: bytes) -> list[Read]:
    return list(ndjson(BytesIO(b"".join(raw))))


def rows(text: str | bytes, kind: str = "threat_report") -> list[Read]:
    return list(table(BytesIO(text if isinstance(text, bytes) else text.encode()), kind))


def codes(found: list[Read]) -> list[tuple[int, str, str]]:
    return [(e.line, e.pointer, e.code) for each in found if isinstance(each, Spoilt) for e in each.errors]


def entries(found: list[Read]) -> list[Entry]:
    assert all(isinstance(each, Entry) for each in found), codes(found)
    return [each for each in found if isinstance(each, Entry)]


def test_a_file_may_begin_with_its_source_and_a_byte_order_mark() -> None:
    found = read(b'\xef\xbb\xbf{"kind":"mendline-import","version":1,"source":"old"}\n', line())

    assert isinstance(found[0], HeaderIn)
    assert found[0].source == "old"
    assert isinstance(found[1], Entry)
    assert found[1].number == 2


def test_empty_lines_count_but_say_nothing() -> None:
    assert [each.number for each in entries(read(b"\n", line(), b"  \r\n", line()))] == [2, 4]


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        (b"{", "", "not_json"),
        (b'{"kind": "pause", "couple": "1", "data": NaN}', "", "not_json"),
        (b"[" * 100_000, "", "not_json"),
        (b'{"kind": "pause", "couple": "1", "data": {"words": "a", "words": "b"}}', "", "said_twice"),
        (b"\xff\xfe{}", "", "not_utf8"),
        (b"[]", "", "model_type"),
        (b'{"kind": "pause", "couple": "1"}', "/data", "missing"),
        (b'{"kind": "gossip", "couple": "1", "data": {}}', "/kind", "literal_error"),
        (b'{"kind": "pause", "couple": 1, "data": {}}', "/couple", "string_type"),
        (
            b'{"kind": "pause", "couple": "1", "data": {}, "recorded_at": "2025-01-01"}',
            "/recorded_at",
            "instant",
        ),
        (b'{"kind": "pause", "couple": "1", "data": {}, "secret": 1}', "", "extra_forbidden"),
        (b"x" * (LONGEST_LINE + 1), "", "line_too_long"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number(raw: bytes, pointer: str, code: str) -> None:
    found = read(line(), raw + b"\n", line())

    assert codes(found) == [(2, pointer, code)]
    assert isinstance(found[2], Entry)


def test_what_stands_in_the_file_is_never_repeated() -> None:
    found = read(b'{"kind":"Mrs Khan","couple":"1","data":{},"Mr Khan":"Mrs Khan"}\n')

    assert "Khan" not in repr(found)


def test_an_illegible_line_spoils_the_couple_it_stands_among() -> None:
    found = list(blocks(read(line("1"), b"{\n", line("1"), line("2"))))

    assert [(block.couple, len(block.entries), len(block.errors)) for block in found] == [
        ("1", 2, 1),
        ("2", 1, 0),
    ]


def test_a_wrong_line_that_names_its_couple_spoils_that_one_only() -> None:
    found = list(blocks(read(line("1"), line("2", kind="gossip"), line("2"))))

    assert [(block.couple, len(block.errors)) for block in found] == [("1", 0), ("2", 1)]


def test_a_couple_has_a_limit() -> None:
    entry = entries(read(line()))[0]

    (block,) = blocks([entry] * (MOST_LINES + 3))

    assert isinstance(block, Block)
    assert len(block.entries) == MOST_LINES
    assert [e.code for e in block.errors] == ["couple_too_large"]


@pytest.mark.parametrize("comma", [",", ";"])
def test_a_sheet_may_use_commas_or_semicolons(comma: str) -> None:
    text = (HEAD + '1,r1,2025-01-01,2025-01-14,12,"self_checkin"\n').replace(",", comma)

    (entry,) = entries(rows("\ufeff" + text))

    assert entry.line.couple == "1"
    assert entry.line.ref == "r1"
    assert entry.line.data == {
        "window_start": "2025-01-01",
        "window_end": "2025-01-14",
        "episodes": 12,
        "source": "self_checkin",
    }


def test_cells_are_read_by_their_column() -> None:
    head = "couple;window_start;window_end;declined;triggers;source;direction;words\n"
    (entry,) = entries(
        rows(head + '1;2025-01-01;2025-01-14;TRUE;reminder | conflict;self_checkin;a;"=1+1; so"\n')
    )

    assert entry.line.data["declined"] is True
    assert entry.line.data["triggers"] == ["reminder", "conflict"]
    assert entry.line.data["direction_id"] == "a"
    assert entry.line.data["words"] == "=1+1; so"


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        ("1,r,01.02.2025,2025-02-14,3,self_checkin", "/window_start", "day"),
        ("1,r,2025-02-01,2025-02-14,3.5,self_checkin", "/episodes", "whole_number"),
        ("1,r,2025-02-01,2025-02-14,\u0663,self_checkin", "/episodes", "whole_number"),
        ("1,r,2025-02-01,2025-02-14,3,self_checkin,more", "", "too_many_cells"),
        (",r,2025-02-01,2025-02-14,3,self_checkin", "/couple", "missing"),
        ('1,"r,2025-02-01', "", "not_csv"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_by_its_number(row: str, pointer: str, code: str) -> None:
    good = "1,a,2025-01-01,2025-01-14,1,self_checkin\n"

    assert codes(rows(HEAD + good + row + "\n")) == [(3, pointer, code)]


def test_a_row_over_several_lines_counts_from_its_first() -> None:
    head = "couple,window_start,window_end,source,words\n"
    first = '1,2025-01-01,2025-01-14,self_checkin,"two\nlines"\n'

    found = rows(head + first + "1,x,2025-01-14,self_checkin,\n")

    assert codes(found) == [(4, "/window_start", "day")]


def test_a_row_in_another_encoding_is_told() -> None:
    assert codes(rows(HEAD.encode() + b"1,\xe4,2025-01-01,2025-01-14,1,self_checkin\n")) == [
        (2, "", "not_utf8")
    ]


@pytest.mark.parametrize(
    ("head", "pointer", "code"),
    [
        ("couple,window_start,window_end", "/source", "missing_column"),
        ("couple,window_start,window_end,source,Khan", "", "unknown_column"),
        ("couple,couple,window_start,window_end,source", "/couple", "double_column"),
        ("", "/couple", "missing_column"),
    ],
)
def test_column_names_are_checked_before_any_row(head: str, pointer: str, code: str) -> None:
    found = rows(head + "\n1,2025-01-01,2025-01-14,self_checkin\n")

    assert (1, pointer, code) in codes(found)
    assert not any(isinstance(each, Entry) for each in found)
    assert "Khan" not in repr(found)
