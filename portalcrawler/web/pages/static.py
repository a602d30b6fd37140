"""The few files of our own that pages need: the style sheet, htmx, an icon."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
FOREVER = "private, max-age=31536000, immutable"
"""For what another content would have another address."""


@cache
def static_path(name: str) -> str:
    """Where a file is served; another address for another content, so that browsers never have an old one."""
    return f"/static/{name}?{hashlib.sha256(_files()[name]).hexdigest()[:12]}"


async def static_file(request: Request) -> Response:
    """A file by its name. Raises ``HTTPException`` for what is none."""
    name = request.path_params["name"]
    data = _files().get(name)
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers={"Cache-Control": FOREVER})


@cache
def _files() -> dict[str, bytes]:
    folder = files("portalcrawler.web") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}
