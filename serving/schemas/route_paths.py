"""Routes as lines on a map, on the wire."""

from pydantic import Field

from serving.schemas.wire import Id, Quantity, Wire


class RoutePathDocument(Wire):
    truck_id: Id
    path: list[tuple[Quantity, Quantity]] = Field(
        description="longitude and latitude, WGS 84: along the roads from halt to halt, from depot to depot"
    )


class RoutePaths(Wire):
    plan_id: Id
    routes: list[RoutePathDocument]
