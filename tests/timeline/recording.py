"""Results of released versions, recorded once: `make record-model` writes what is new and touches nothing old.

`recorded/evidence.json` holds the documents and the days asked about, so that a story told anew or another
generator cannot move them. Each released version has a file of its own with its constants and its results.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from app.demo.stories import STORIES
from app.timeline import MODEL_VERSION, Parameters, assess
from app.timeline.parameters import RELEASED
from bench.laws.documents import drawn
from tests.timeline.telling import day_of, told

FOLDER = Path(__file__).parent / "recorded"
EVIDENCE = FOLDER / "evidence.json"
RANDOM_CASES = range(8)
Case = dict[str, Any]


def cases() -> list[Case]:
    """The recorded documents with the day each is asked about."""
    found: list[Case] = json.loads(EVIDENCE.read_text("utf-8"))
    return found


def path_of(parameters: Parameters) -> Path:
    """Where the results of a version are kept."""
    return FOLDER / f"{MODEL_VERSION}-{parameters.version}.json"


def results(parameters: Parameters) -> dict[str, str]:
    """What a version says of every case now: the very bytes of each result, as text."""
    return {
        case["name"]: text_of(
            assess(case["evidence"], date.fromisoformat(case["as_of"]), parameters=parameters)
        )
        for case in cases()
    }


def text_of(result: Any) -> str:
    """A result as it is compared: canonical JSON."""
    return json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def record() -> list[Path]:
    """Record what is not recorded yet; return what was written."""
    FOLDER.mkdir(exist_ok=True)
    written = []
    if not EVIDENCE.exists():
        _write(EVIDENCE, told_cases())
        written.append(EVIDENCE)
    for parameters in RELEASED:
        if not path_of(parameters).exists():
            now = {name: json.loads(text) for name, text in results(parameters).items()}
            _write(path_of(parameters), {"parameters": asdict(parameters), "results": now})
            written.append(path_of(parameters))
    return written


def told_cases() -> list[Case]:
    """Every story late in its course, its second direction where there is one, and some random documents."""
    found = []
    for place, story in enumerate(STORIES):
        for way in range(len(story.directions)):
            month = story.months if place % 2 else round(0.7 * story.months)
            found.append(_case(f"{story.code}-{way + 1}", told(story, way), day_of(month)))
    for number in RANDOM_CASES:
        document, as_of = drawn(random.Random(number))  # noqa: S311 - made-up evidence, not a secret
        found.append(_case(f"random-{number}", document, as_of))
    return found


def _case(name: str, evidence: Any, as_of: date) -> Case:
    return {"name": name, "as_of": as_of.isoformat(), "evidence": evidence}


def _write(path: Path, content: Any) -> None:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    path.write_text(text.replace('},{"as_of"', '},\n{"as_of"') + "\n", "utf-8")


if __name__ == "__main__":
    for path in record():
        sys.stdout.write(f"→ {path}\n")
