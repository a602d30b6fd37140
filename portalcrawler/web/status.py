"""Numbers for Prometheus and whether all is well: of the archive that the service answers from."""

from __future__ import annotations

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portalcrawler.metrics import PATHS
from portalcrawler.metrics.exposition import answer
from portalcrawler.metrics.reading import Readings
from portalcrawler.web.api.endpoint import get


def status_routes(readings: Readings) -> list[Route]:
    """The addresses that :mod:`portalcrawler.metrics` answers."""
    # Threads of their own: who looks whether all is well is not to wait behind readers.
    threads = CapacityLimiter(2)

    async def endpoint(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        told = await run_sync(answer, readings, request.url.path, accept, limiter=threads)
        return Response(told.body, told.status, media_type=told.media_type)

    return [get(path, endpoint, path.strip("/")) for path in PATHS]
