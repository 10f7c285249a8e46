"""The laws of docs/architecture.md as functions over source text; test_import_laws.py holds the house to them."""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

FLOORS: dict[str, int] = {
    "cli": 11,
    "demo": 10,
    **dict.fromkeys(
        ("main", "front", "problems", "directory", "edge", "listener", "openapi", "logs", "examination"), 9
    ),
    **dict.fromkeys(("imports", "vocabulary", "disclosures", "integrity", "archive", "retention"), 8),
    "progress": 7,
    **dict.fromkeys(("sessions", "client_requests", "confidences"), 6),
    **dict.fromkeys(
        ("markers", "threat_responses", "commitments", "calendar", "stages", "reviews", "releases", "audit"),
        5,
    ),
    **dict.fromkeys(("safety", "process_notes", "break_glass"), 4),
    "couples": 3,
    "practice": 2,
    **dict.fromkeys(("chart", "wire", "timeline"), 1),
    **dict.fromkeys(("errors", "settings", "clock"), 0),
}
SLICES = {room for room, floor in FLOORS.items() if 2 <= floor <= 8}
NEIGHBOURS = {("wire", "chart")}
"""On one floor, and yet the first may know the second. The ninth floor is one household."""

TEXTUAL = {"text", "literal_column"}
FASTAPI_MAY = (
    "routes.py",
    "practice/door.py",
    "practice/repeats.py",
    "practice/solving.py",
    "wire/",
    "main.py",
    "front.py",
    "problems.py",
    "directory.py",
    "edge.py",
    "openapi.py",
)
SQL_MAY = (
    "chart/",
    "tables.py",
    "service.py",
    "practice/door.py",
    "practice/sign_in.py",
    "practice/repeats.py",
    "couples/case.py",
    "couples/facts.py",
    "couples/holds.py",
    "sessions/entries.py",
    "sessions/sealing.py",
    "sessions/checking.py",
    "progress/caseload.py",
    "progress/joint.py",
)
"""The places of statements; the last ones are parts of services that would be too long in one file."""


@dataclass(frozen=True)
class Source:
    """One file: its path inside app/ and its tree."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.path.split("/", 1)[0].removesuffix(".py")

    def may(self, places: tuple[str, ...]) -> bool:
        """Whether this file is one of these places: a folder (`chart/`), a file, or a file name of any slice."""
        name = self.path.rsplit("/", 1)[-1]
        return any(self.path.startswith(p) if p.endswith("/") else p in (self.path, name) for p in places)


def read(path: str, text: str) -> Source:
    """A file by its path inside app/."""
    return Source(path, ast.parse(text))


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, also inside functions; `from a.b import c` gives a.b.c."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def ours(source: Source) -> Iterator[tuple[int, str, str]]:
    """Line, room and the module inside it, of imports from other rooms of the house."""
    for line, name in imported(source):
        top, *rest = name.split(".")
        if top == "app" and rest and rest[0] in FLOORS and rest[0] != source.room:
            yield line, rest[0], rest[1] if len(rest) > 1 else ""


# --- the laws: each gives its breaches, with the way to mend them ---


def every_room_has_a_floor(source: Source) -> Iterator[str]:
    """A new room is given its floor in docs/architecture.md and in laws.FLOORS."""
    if source.room != "__init__" and source.room not in FLOORS:
        yield f"1: give the room `{source.room}` its floor in docs/architecture.md and in tests/house/laws.py"


def imports_only_go_down(source: Source) -> Iterator[str]:
    """A room knows what stands below it, nothing above, and nobody on its own floor."""
    mine = FLOORS.get(source.room, 99)
    for line, room, _ in ours(source):
        same = FLOORS[room] == mine and mine != 9 and (source.room, room) not in NEIGHBOURS
        if FLOORS[room] > mine or same:
            yield (
                f"{line}: `{source.room}` (floor {mine}) imports `{room}` (floor {FLOORS[room]}): move what both need "
                "to a floor below, or let the upper room call the lower one"
            )


def a_slice_is_entered_by_its_service(source: Source) -> Iterator[str]:
    """Services, schemas and vocabulary are a slice's front; its tables and routes are its own."""
    for line, room, module in ours(source):
        if room in SLICES and module == "tables":
            yield f"{line}: the tables of `{room}` are its own: ask `{room}.service` for a verb that gives it"
        if room in SLICES and module == "routes" and source.room != "main":
            yield f"{line}: only main hangs in routers: call `{room}.service` instead of its routes"


def fastapi_stays_at_the_surface(source: Source) -> Iterator[str]:
    """HTTP ends in routes, door, wire and main's companions."""
    for line, name in imported(source):
        if name.split(".")[0] == "fastapi" and not source.may(FASTAPI_MAY):
            yield f"{line}: FastAPI belongs in routes.py: take plain values here and let the route speak HTTP"


def sql_stays_in_its_places(source: Source) -> Iterator[str]:
    """Statements stand in services, shapes in tables.py; everything else asks them."""
    for line, name in imported(source):
        if name.split(".")[0] in {"sqlalchemy", "psycopg", "sqlite3"} and not source.may(SQL_MAY):
            yield f"{line}: {name.split('.')[0]} belongs in tables.py, service.py and chart/: move the statement there"


def no_sql_as_text(source: Source) -> Iterator[str]:
    """Raw SQL would walk around the walls, so it stands only in chart/."""
    if source.room == "chart":
        return
    raw = {"execute", "executemany", "exec_driver_sql"}
    textual = {
        name.split(".")[-1] for _, name in imported(source) if name.startswith("sqlalchemy.")
    } & TEXTUAL
    for node in ast.walk(source.tree):
        name = _called(node)
        if name in textual or (name in (raw | TEXTUAL if _of_sqlalchemy(node) else raw) and _is_method(node)):
            yield (
                f"{getattr(node, 'lineno', 0)}: `{name}(` walks around the walls: build a statement at module level "
                "and give it to chart.rows or chart.run"
            )


def the_timeline_is_pure(source: Source) -> Iterator[str]:
    """The model knows itself, the standard library and numpy."""
    if source.room != "timeline":
        return
    for line, name in imported(source):
        top = name.split(".")[0]
        if not (name.startswith("app.timeline") or top == "numpy" or top in sys.stdlib_module_names):
            yield f"{line}: the timeline is pure: hand `{name}` in as plain values (progress is the bridge)"


def nobody_reads_the_clock(source: Source) -> Iterator[str]:
    """One instant a request, from the clock through the door to chart.now."""
    if source.path == "clock.py":
        return
    for node in ast.walk(source.tree):
        if _called(node) in {"now", "today", "utcnow"} and _is_method(node):
            yield f"{getattr(node, 'lineno', 0)}: only app/clock.py reads the clock: use chart.now or chart.today"


def a_sign_on_every_door(source: Source) -> Iterator[str]:
    """First line: one sentence that says what lives here and who may come in."""
    first = (ast.get_docstring(source.tree) or "").split("\n\n")[0]
    if not first:
        yield "1: begin with a docstring of one sentence: what lives here, who may come in"
    elif "\n" in first or not first.endswith((".", "?")) or ". " in first.replace("e.g. ", ""):
        yield "1: the first line of the docstring is ONE sentence on ONE line; what else is to say follows a blank line"


def imports_stand_in_order(source: Source) -> Iterator[str]:
    """Nothing runs between a module's docstring and its imports (so that importing is quick and has no effects)."""
    body = [node for node in source.tree.body if not isinstance(node, ast.If)]
    for one, other in pairwise(body[1:]):
        late = isinstance(other, ast.Import | ast.ImportFrom) and not isinstance(
            one, ast.Import | ast.ImportFrom
        )
        if late:
            yield f"{other.lineno}: move this import up to the others"


LAWS: tuple[Callable[[Source], Iterator[str]], ...] = (
    every_room_has_a_floor,
    imports_only_go_down,
    a_slice_is_entered_by_its_service,
    fastapi_stays_at_the_surface,
    sql_stays_in_its_places,
    no_sql_as_text,
    the_timeline_is_pure,
    nobody_reads_the_clock,
    a_sign_on_every_door,
    imports_stand_in_order,
)


def _of_sqlalchemy(node: ast.AST) -> bool:
    """`sa.text(…)`, `sqlalchemy.text(…)`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id in {"sa", "sqlalchemy"}


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
