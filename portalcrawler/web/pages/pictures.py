"""Pictures: the downloaded ones are served from the operator's folder, the others shown only if the operator allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from portalcrawler.display.links import web_link
from portalcrawler.items import Article, Photo
from portalcrawler.store.picture_files import PictureFilesError, PictureFolder
from portalcrawler.web.pages.options import PageOptions
from portalcrawler.web.pages.static import FOREVER

_TYPES = {name: f"image/{name}" for name in ("png", "gif", "webp", "bmp", "avif")} | {"jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """A photo as a page shows it. ``source`` is where the browser gets it, ``None`` for a mere box; ``link`` leads to
    it in the web; ``number`` counts from 1."""

    photo: Photo
    number: int
    source: str | None
    link: str | None

    @property
    def name(self) -> str | None:
        """What it says to who does not see it."""
        return self.photo.caption or self.photo.alt


class Pictures:
    """Finds for each photo what may be shown of it. Looks into the folder; not for the event loop."""

    def __init__(self, options: PageOptions) -> None:
        self._folder = None if options.pictures is None else PictureFolder(options.pictures)
        self._remote = options.remote_pictures

    def shown(self, article: Article) -> list[ShownPhoto]:
        """All photos of an article."""
        return [self._shown(photo, number) for number, photo in enumerate(article.photos, 1)]

    def thumbnail(self, article: Article) -> ShownPhoto | None:
        """The first photo of an article that there is a picture of."""
        shown = (self._shown(photo, number) for number, photo in enumerate(article.photos, 1))
        return next((photo for photo in shown if photo.source), None)

    def _shown(self, photo: Photo, number: int) -> ShownPhoto:
        link = web_link(photo.url)
        source = f"/pictures/{photo.file}" if self._is_kept(photo.file) else link if self._remote else None
        return ShownPhoto(photo, number, source, link)

    def _is_kept(self, name: str | None) -> bool:
        if self._folder is None or name is None:
            return False
        try:
            return self._folder.path(name).is_file()
        except (PictureFilesError, OSError):
            return False


def picture_file(options: PageOptions) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of ``/pictures/ab/abcd….jpg``. It raises ``HTTPException`` for whatever is not in the folder."""
    folder = None if options.pictures is None else PictureFolder(options.pictures)

    async def endpoint(request: Request) -> Response:
        if folder is None:
            raise HTTPException(404)
        name = f"{request.path_params['shelf']}/{request.path_params['name']}"
        try:
            path = folder.path(name)  # which refuses every name but those that the program gives
            there = await run_sync(path.is_file)
        except (PictureFilesError, OSError):
            raise HTTPException(404) from None
        kind = _TYPES.get(path.suffix.removeprefix("."))
        if not there or kind is None:
            raise HTTPException(404)
        return FileResponse(path, media_type=kind, headers={"Cache-Control": FOREVER})

    return endpoint
