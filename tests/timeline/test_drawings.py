"""The project's own figures: axes lay values where they belong, and pictures say what they were given."""

import json
import re

import pytest

from bench.drawings import pictures
from bench.drawings.__main__ import FOLDER, SIMULATION, drawn
from bench.drawings.constants import BEGINS, ENDS, MEANINGS, table, with_table
from bench.drawings.svg import Axis, Sheet


def test_an_axis_lays_values_evenly_or_by_factors_and_keeps_them_on_the_sheet() -> None:
    even, factors = Axis(0, 10, 100, 200), Axis(1, 100, 100, 200, log=True)

    assert [even.at(value) for value in (0, 5, 10, 99)] == [100, 150, 200, 200]
    assert [factors.at(value) for value in (1, 10, 100, 0)] == pytest.approx([100, 150, 200, 100])


def test_words_from_outside_cannot_break_out_of_the_picture() -> None:
    sheet = Sheet(10, 10, "a < b", "x & y")
    sheet.text((1, 1), "<script>")

    assert "<script>" not in sheet.done()
    assert "a &lt; b" in sheet.done()


def test_the_comparison_tells_the_shares_it_was_given_with_the_model_first() -> None:
    drawing = pictures.methods({"other": (0.25, 0.5), pictures.MODEL: (0.0, 0.98)}, 12)

    assert re.findall(r">(\d+%)<", drawing) == ["0%", "98%", "25%", "50%"]
    assert "12 simulated couples" in drawing


def test_every_picture_can_be_drawn_from_what_is_kept() -> None:
    kept = json.loads((FOLDER / SIMULATION).read_text("utf-8"))

    found = drawn(kept)

    assert sorted(found) == sorted(path.name for path in FOLDER.glob("*.svg"))
    assert all("NaN" not in text and "nan" not in text.replace("sans", "") for text in found.values())


def test_the_table_of_constants_is_put_between_its_marks_and_nowhere_else() -> None:
    page = with_table(f"before\n{BEGINS}\nQQQ\n{ENDS}\nafter\n")

    assert page.startswith("before\n")
    assert page.endswith(f"{ENDS}\nafter\n")
    assert "QQQ" not in page
    assert all(f"`{name}`" in table() for name in MEANINGS)
