"""Every address passes the door, has a name of its own, and says in the document how it can refuse."""

from collections import Counter
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route

from app.main import ROUTERS
from app.openapi import TAGS
from app.practice.door import DoorRoute, Reading

PUBLIC = {"/", "/docs", "/livez", "/readyz", "/openapi.json", "/problems", "/problems/{code}", "/static"}
"""What everybody may read: none of it comes from the record."""

METHODS = {"get", "post", "patch", "put", "delete"}


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def strangers(app: FastAPI) -> set[str]:
    """Addresses that are neither public nor through the door."""
    beside = {
        route.path
        for route in app.routes
        if isinstance(route, Route | Mount)
        and not hasattr(getattr(route, "endpoint", None), "passes_the_door")
    }
    return beside - PUBLIC


def test_every_address_but_the_public_ones_passes_the_door(app: FastAPI) -> None:
    missing = strangers(app)

    assert not missing, f"give these routers route_class=DoorRoute, or name them in PUBLIC: {sorted(missing)}"


def test_a_route_beside_the_door_is_noticed() -> None:
    stray = FastAPI(openapi_url=None)

    @stray.get("/v1/backdoor")
    def backdoor() -> dict[str, str]:
        return {}

    assert "/v1/backdoor" in strangers(stray)


def test_everything_that_is_served_is_documented_and_the_other_way_round(
    document: dict[str, Any],
) -> None:
    served = {(route.path, method.lower()) for route in routes() for method in route.methods or ()}
    told = {
        (path, method) for path, item in document["paths"].items() for method in item if method in METHODS
    }

    assert served == told


def test_every_operation_has_a_name_of_its_own() -> None:
    names = Counter(route.operation_id for route in routes())

    assert None not in names, "write operation_id by hand: clients are generated from it"
    assert [name for name, times in names.items() if times > 1] == []
    assert [name for name in names if not str(name).isidentifier() or str(name)[0].isupper()] == []


def test_every_operation_stands_under_one_described_tag() -> None:
    described = [name for name, _ in TAGS]

    assert len(set(described)) == len(described)
    assert {route.operation_id for route in routes() if len(route.tags) != 1} == set()
    used = {str(tag) for route in routes() for tag in route.tags}
    assert used == set(described), "describe each tag in app/openapi.py, and none that nobody uses"


def test_every_operation_says_what_it_is_for() -> None:
    assert [route.operation_id for route in routes() if not route.description.endswith(".")] == []


def test_a_router_whose_routes_do_not_pass_the_door_cannot_take_a_chart() -> None:
    router = APIRouter()

    @router.get("/v1/x")
    def handler(chart: Reading) -> None: ...

    assert not hasattr(router.routes[0].endpoint, "passes_the_door")  # type: ignore[attr-defined]
    assert all(router.route_class is DoorRoute for router in ROUTERS)


def test_nothing_in_the_stack_buffers_answers(app: FastAPI) -> None:
    stack = [middleware.cls for middleware in app.user_middleware]

    slow = [cls for cls in stack if isinstance(cls, type) and issubclass(cls, BaseHTTPMiddleware)]
    assert not slow, f"write {slow} as pure ASGI, as app/edge.py does"
