"""The security page names tests, commands and pages that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))
PAGES = sorted(set(re.findall(r"\]\(([\w/.-]+\.md)\)", PAGE)))
COMMANDS = sorted(set(re.findall(r"`make ([\w-]+)", PAGE)))


def missing(named: str) -> bool:
    """Whether a named test is not there."""
    path, _, test = named.partition("::")
    file = ROOT / path
    return not file.exists() or (bool(test) and f"def {test}(" not in file.read_text())


@pytest.mark.parametrize("named", TESTS)
def test_a_named_test_exists(named: str) -> None:
    assert not missing(named)


@pytest.mark.parametrize("page", PAGES)
def test_a_linked_page_exists(page: str) -> None:
    assert (ROOT / "docs" / page).exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_named_command_exists(command: str) -> None:
    assert f"\n{command}:" in (ROOT / "Makefile").read_text()


def test_a_test_that_is_gone_would_be_noticed() -> None:
    assert len(TESTS) > 30
    assert missing("tests/practice/test_issuer.py::test_that_nobody_wrote")
    assert missing("tests/practice/test_nowhere.py")
