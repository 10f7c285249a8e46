"""The canonical form and the chain as pure functions: one spelling, every column counts, no empty one does."""

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chart import seals
from app.chart.seals import BLOCKS, SEALS, START, Chain

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUE = st.one_of(st.none(), st.integers(-(2**53), 2**53), TEXT)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"key": KEY.public_key().public_bytes_raw()}


def chained(count: int, chain: Chain = SEALS) -> list[dict[str, Any]]:
    """A sound chain of so many links."""
    links, previous = list[dict[str, Any]](), START
    for number in range(1, count + 1):
        link: dict[str, Any] = {name: f"{name} {number}" for name in chain.covers}
        link |= {"number": number, "previous": previous, "form": 1, "signing_key_id": "key"}
        link["digest"] = previous = seals.digest(chain, link)
        links.append({**link, "signature": seals.sign(KEY, chain, previous)})
    return links


def test_the_form_is_that_of_rfc_8785() -> None:
    told = {"b": ["€", 1, True, None], "a": {"z": '\u0007\n"\\/', "y": -5}}

    assert (
        seals.canonical(told) == b'{"a":{"y":-5,"z":"\\u0007\\n\\"\\\\/"},"b":["\xe2\x82\xac",1,true,null]}'
    )


@pytest.mark.parametrize("value", [1.5, b"x", {"ä": 1}, {1: 2}, [object()]])
def test_what_has_no_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        seals.canonical(value)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from("abcdefgh"), VALUE))
def test_a_line_of_the_trail_has_the_same_form(line: dict[str, Any]) -> None:
    assert seals.canonical_line(line) == seals.canonical(seals.told(line))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from("abcdefgh"), VALUE, min_size=1), st.data())
def test_every_change_of_a_line_changes_its_stamp(line: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(line)))
    changed = {**line, name: data.draw(VALUE.filter(lambda value: value != line[name]))}

    assert seals.stamp(b"key", changed) != seals.stamp(b"key", line)
    assert seals.stamp(b"key", {**line, "added_later": None, "stamp": "x"}) == seals.stamp(b"key", line)
    assert seals.stamp(b"other", line) != seals.stamp(b"key", line)


def test_the_content_of_a_session_leaves_out_its_count_and_its_mark() -> None:
    row = {"id": "1", "note": "n", "version": 1, "voided_at": None, "void_reason": None}
    plain = seals.content("session", {"session": [row], "marker": []})

    assert plain == seals.content("session", {"session": [{**row, "version": 2, "voided_at": "now"}]})
    assert plain != seals.content("session", {"session": [{**row, "note": "m"}]})
    assert plain != seals.content("session", {"session": [row], "marker": [{"id": "2"}]})
    assert json.loads(plain) == {
        "form": 1,
        "kind": "session",
        "rows": {"session": [{"id": "1", "note": "n"}]},
    }


def test_rows_are_told_in_order_of_id_whatever_order_they_come_in() -> None:
    rows = [{"id": "2"}, {"id": "1"}]

    assert seals.content("session", {"marker": rows}) == seals.content("session", {"marker": rows[::-1]})


def test_short_texts_cannot_be_tried_against_a_content_digest() -> None:
    nonces = {seals.new_nonce() for _ in range(20)}
    assert len(nonces) == 20
    assert len({seals.commitment(nonce, b"No.") for nonce in nonces}) == 20
    assert hashlib.sha256(b"No.").hexdigest() not in {seals.commitment(nonce, b"No.") for nonce in nonces}


@pytest.mark.parametrize("chain", [SEALS, BLOCKS], ids=lambda chain: chain.name)
def test_a_sound_chain_has_no_faults_and_every_column_counts(chain: Chain) -> None:
    links = chained(3, chain)
    assert list(seals.chain_faults(chain, links, KEYS)) == []

    for name in (*chain.covers, "digest", "signature"):
        value = links[1][name]
        other = bytes(64) if isinstance(value, bytes) else 7 if isinstance(value, int) else "other"
        changed = [links[0], {**links[1], name: other}, links[2]]
        assert list(seals.chain_faults(chain, changed, KEYS)), name


def test_a_link_left_out_put_in_or_moved_is_a_fault() -> None:
    links = chained(4)
    for wrong in (links[1:], links[:1] + links[2:], [*links, links[-1]], [links[1], links[0], *links[2:]]):
        assert list(seals.chain_faults(SEALS, wrong, KEYS))
    assert list(seals.chain_faults(SEALS, links, {}))


@pytest.mark.parametrize(
    ("changed", "words"), [({"number": 7}, "out of order"), ({"previous": START}, "before it")]
)
def test_a_link_out_of_its_place_is_a_fault_even_when_the_practices_key_signed_it(
    changed: dict[str, Any], words: str
) -> None:
    links = chained(2)
    again = {**links[1], **changed}
    again["digest"] = seals.digest(SEALS, again)
    again["signature"] = seals.sign(KEY, SEALS, again["digest"])

    (fault,) = seals.chain_faults(SEALS, [links[0], again], KEYS)
    assert words in fault.what


def test_an_anchor_knows_when_the_tail_is_gone_or_another() -> None:
    links = chained(3)
    anchor = seals.anchor(SEALS, {**links[2], "practice_id": "p"})
    whole = {link["number"]: link["digest"] for link in links}

    def faults(digests: dict[int, str], told: dict[str, Any] = anchor) -> int:
        return len(list(seals.anchor_faults([told], SEALS, digests, KEYS)))

    assert faults(whole) == 0
    assert faults({1: whole[1], 2: whole[2]}) == 1
    assert faults({**whole, 3: START}) == 1
    assert faults(whole, {**anchor, "digest": START}) == 1
    assert faults(whole, {**anchor, "signing_key_id": "unknown"}) == 1
    assert faults(whole, {**anchor, "signature": bytes(64).hex()}) == 1
    assert faults({}, {**anchor, "chain": "trail"}) == 0


def test_a_cosignature_is_of_what_it_names() -> None:
    first = {
        "id": "1",
        "number": 1,
        "kind": "session",
        "content_digest": "c",
        "session_id": "s",
        "couple_id": "k",
    }
    second = {**first, "id": "2", "number": 2, "kind": "cosignature", "cosigned_id": "1"}
    assert list(seals.cosignature_faults([{**first, "cosigned_id": None}, second])) == []

    for wrong in ({"content_digest": "d"}, {"session_id": "t"}, {"couple_id": "l"}, {"cosigned_id": "9"}):
        assert list(seals.cosignature_faults([{**first, "cosigned_id": None}, {**second, **wrong}]))
    addendum = {**first, "kind": "addendum", "cosigned_id": None}
    assert list(seals.cosignature_faults([addendum, second]))
