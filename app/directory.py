"""The directory: finds the route of an address by its shape instead of trying one after another; only main comes in."""

from collections.abc import Iterable, Iterator

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

Shape = tuple[str, int, str, str]
ANY = "{}"


class Directory(BaseRoute):
    """Stands before all routes; what it does not find is left to them, and so are all refusals."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._shelves: dict[Shape, list[APIRoute]] = {}
        for route in routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    self._shelves.setdefault(_shape_of(method, route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route of this shape that takes the address whole."""
        if scope["type"] == "http" and not scope.get("root_path"):
            for route in self._of_shape(scope["method"], scope["path"].split("/")):
                match, found = route.matches(scope)
                if match == Match.FULL:
                    return match, found
        return Match.NONE, {}

    def _of_shape(self, method: str, parts: list[str]) -> Iterator[APIRoute]:
        if len(parts) > 2:
            yield from self._shelves.get((method, len(parts), parts[2], parts[-1]), ())
            yield from self._shelves.get((method, len(parts), parts[2], ANY), ())

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over to the route that was found."""
        await scope["route"].handle(scope, receive, send)


def _shape_of(method: str, path: str) -> Shape:
    """Method, number of parts, the collection after the version, and how the address ends."""
    parts = path.split("/")
    return method, len(parts), parts[2], ANY if parts[-1].startswith("{") else parts[-1]
