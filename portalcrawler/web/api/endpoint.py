"""An address of the API: what is asked there, what is answered; requests are read and described by it alone."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portalcrawler.web.api.kinds import Schema, Text
from portalcrawler.web.api.parameters import Parameter, Values, read_values

Answer = Callable[[Request, Values], Awaitable[Response]]

COMMON_PROBLEMS = (400, 401, 405, 421, 429, 503)
"""What may be answered under every address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``schema`` is of the JSON object that is answered; ``line`` of one line, where there are lines; ``linked``: an
    answer may name the next page. ``path`` may hold names in braces, whose values ``answer`` finds in
    ``request.path_params``. ``problems`` are besides the common ones."""

    path: str
    name: str
    summary: str
    answer: Answer
    schema: Schema
    parameters: tuple[Parameter, ...] = ()
    line: Schema | None = None
    linked: bool = False
    problems: tuple[int, ...] = ()

    def route(self) -> Route:
        """Under which it is answered."""

        async def endpoint(request: Request) -> Response:
            return await self.answer(request, read_values(request.query_params, self.parameters))

        return get(self.path, endpoint, self.name)

    def path_parameters(self) -> list[Schema]:
        """The names in braces, as OpenAPI has them."""
        names = re.findall("{([a-z]+)}", self.path)
        return [{"name": name, "in": "path", "required": True, "schema": Text().schema()} for name in names]


def get(path: str, endpoint: Callable[[Request], Awaitable[Response]], name: str) -> Route:
    """A route that answers GET alone."""
    route = Route(path, endpoint, name=name)
    route.methods = {"GET"}  # the library adds HEAD, which would read all that GET reads, to throw it away
    return route
