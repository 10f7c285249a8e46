"""The pages about the model name everything a result can say, and quote the constants it is calculated with."""

import re
import xml.etree.ElementTree as ET
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from app.progress.service import RULES
from app.timeline import CURRENT, MODEL_VERSION
from app.timeline.progress_states import STATES
from app.timeline.setbacks import KINDS as SETBACKS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("indicators.md", "model.md")
CODES = [rule["code"] for group in ("indicators", "prerequisites", "stop_criteria") for rule in RULES[group]]
QUOTED = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| ([^|]+) \|", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def missing(text: str, words: list[str]) -> list[str]:
    return [word for word in words if f"`{word}`" not in text]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_every_indicator_prerequisite_and_criterion(name: str) -> None:
    assert missing(page(name), CODES) == []


def test_the_page_for_clinicians_names_every_status_and_every_kind_of_setback() -> None:
    words = [*STATES, *SETBACKS, "stated_wish", "emerging", "met", "phase"]

    assert missing(page("indicators.md"), words) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_is_not_known(name: str) -> None:
    text = " ".join(page(name).split())

    assert "not been validated" in text
    assert "simulated couples" in text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_gives_no_verdict(name: str) -> None:
    text = page(name).lower()

    for words in ("success probability", "end the relationship", "stop therapy", "hopeless"):
        assert words not in text


def quoted(text: str) -> dict[str, str]:
    """The constants that a page quotes, by where they stand in the parameters."""
    return {name: value.strip() for name, value in QUOTED.findall(text)}


def stale(constants: dict[str, str], parameters: dict[str, Any]) -> list[str]:
    found = []
    for name, value in constants.items():
        part, field = name.split(".")
        held = parameters[part][field]
        told = [float(each.replace("−", "-")) for each in value.split(",")]
        if told != [float(each) for each in (held if isinstance(held, list | tuple) else [held])]:
            found.append(f"{name}: {held}, not {value}")
    return found


def test_the_constants_that_the_page_quotes_are_those_in_force() -> None:
    constants = quoted(page("model.md"))

    assert len(constants) > 30
    assert stale(constants, asdict(CURRENT)) == []
    assert f"model {MODEL_VERSION}, parameters {CURRENT.version}" in page("model.md")


def test_a_stale_constant_and_a_missing_name_are_caught() -> None:
    text = "| `reading.minimum_progress` | −0.06 | x |\n"

    assert stale(quoted(text), asdict(CURRENT))
    assert missing("`frequency`", ["frequency", "duration"]) == ["duration"]


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_and_page_that_is_linked_is_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page(name)):
        assert (DOCS / target).exists(), target


def test_every_figure_is_sound_and_says_what_it_shows() -> None:
    figures = sorted((DOCS / "figures").glob("*.svg"))

    assert len(figures) >= 4
    for path in figures:
        root = ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - drawn by this project
        names = {child.tag.split("}")[1]: child.text for child in root}
        assert names["title"]
        assert names["desc"]
        assert path.name in page("model.md")
