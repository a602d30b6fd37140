"""The pictures of a crawl: what is asked for, what is known already, what is kept and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.referer import StrictOriginWhenCrossOriginPolicy

from portalcrawler import events
from portalcrawler.extensions.picture_check import KINDS, NoPicture, can_check, check_picture
from portalcrawler.extensions.storage import Storage
from portalcrawler.items import Failure, Step
from portalcrawler.store.errors import StoreError
from portalcrawler.store.picture_files import PictureFiles, PictureFilesError, open_files, picture_name
from portalcrawler.store.pictures import Picture, find_pictures

logger = logging.getLogger(__name__)

REMEMBERED = 10_000
"""Addresses whose outcome a process remembers, so that a picture that is in every article fails once and not in each.
The archive remembers what was kept."""
_AWS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_REGION_NAME",
    "AWS_USE_SSL",
    "AWS_VERIFY",
    "AWS_MAX_POOL_CONNECTIONS",
    "FILES_STORE_S3_ACL",
)
_ACCEPT = "image/*,*/*;q=0.5"
_LONGEST_DETAIL = 500


class PictureRefused(Exception):  # noqa: N818  # it says what happened
    """A picture was not kept. ``words`` can be counted; ``step`` is where it failed."""

    def __init__(self, words: str, detail: str, response: Response, step: Step = "fetch") -> None:
        super().__init__(f"{words}: {detail}")
        self.words = words
        self.detail = detail
        self.response = response
        self.step: Step = step


def open_pictures(settings: BaseSettings) -> PictureFiles:
    """The place of ``PORTALCRAWLER_PHOTOS``, made if it is a folder that is missing.

    Raises :class:`~portalcrawler.store.errors.StoreError`, in words for the person who set it, where pictures cannot
    be kept there or not be read for want of Pillow, or a kind in ``PORTALCRAWLER_PHOTOS_TYPES`` is not known.
    """
    if not can_check():
        raise PictureFilesError("Downloading pictures needs Pillow: pip install 'portalcrawler[photos]'.")
    kinds = settings.getlist("PORTALCRAWLER_PHOTOS_TYPES")
    unknown = next((kind for kind in kinds if kind not in KINDS), None)
    if unknown is not None or not kinds:
        raise PictureFilesError(
            f"PORTALCRAWLER_PHOTOS_TYPES: {unknown or 'nothing'} is no kind of picture; allowed: {', '.join(KINDS)}."
        )
    files = open_files(settings["PORTALCRAWLER_PHOTOS"], {name: settings[name] for name in _AWS})
    files.check()
    return files


class Pictures:
    """Keeps pictures by what is in them, so that the same one is kept once. Others ask the crawler for it.

    Settings: ``PORTALCRAWLER_PHOTOS``, the folder or ``s3://BUCKET/PREFIX``, off where it is empty;
    ``PORTALCRAWLER_PHOTOS_TYPES``, ``PORTALCRAWLER_PHOTOS_MAX_BYTES``, ``PORTALCRAWLER_PHOTOS_MAX_PIXELS``.
    """

    def __init__(self, crawler: Crawler, files: PictureFiles) -> None:
        self.crawler = crawler
        self.files = files
        self.full: str | None = None
        """Why no more pictures can be kept, once that is so: asking servers for them would be in vain."""
        settings = crawler.settings
        self._kinds = settings.getlist("PORTALCRAWLER_PHOTOS_TYPES")
        self._max_bytes = settings.getint("PORTALCRAWLER_PHOTOS_MAX_BYTES")
        self._max_pixels = settings.getint("PORTALCRAWLER_PHOTOS_MAX_PIXELS")
        self._policy = StrictOriginWhenCrossOriginPolicy()
        # Pixels take the memory: one picture at a time is unpacked.
        self._unpacking = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Exits the process with code 2 and one line of log where pictures are asked for and cannot be kept."""
        if not crawler.settings.get("PORTALCRAWLER_PHOTOS"):
            raise NotConfigured
        try:
            files = open_pictures(crawler.settings)
        except StoreError as error:
            logger.critical("%s", error)
            raise SystemExit(2) from error
        return cls(crawler, files)

    def request(self, url: str, page: str) -> Request:
        """A request as a browser makes one for a picture of a page. Raises ``ValueError`` for what is no URL."""
        headers = {"Accept": _ACCEPT}
        # Many portals answer with another picture without it.
        referer = self._policy.referrer(page, url)
        if referer:
            headers["Referer"] = referer
        # Pictures may be on another host, which the guard judges; allow_offsite is Scrapy's word for that.
        meta = {"photo": url, "allow_offsite": True, "download_maxsize": self._max_bytes}
        return Request(url, headers=headers, meta=meta)

    async def known(self, urls: Collection[str]) -> dict[str, Picture]:
        """The pictures at these addresses that are kept already, and whose files are still there."""
        storage = self._storage
        if storage is None:
            return {}
        try:
            return await asyncio.to_thread(self._known, storage, urls)
        except StoreError as error:
            # The writer says that the server is away, and goes on without it; so does this.
            logger.warning("What pictures are known cannot be looked up: %s", error)
            return {}

    async def keep(self, response: Response) -> Picture:
        """Keeps the picture that was sent, bytes as they are, and says so. Raises :class:`PictureRefused`."""
        url: str = response.meta["photo"]
        body = response.body
        if not body:
            raise PictureRefused("empty", "not one byte was sent", response)
        if len(body) > self._max_bytes:
            raise PictureRefused("too large", f"{len(body)} bytes, allowed are {self._max_bytes}", response)
        try:
            async with self._unpacking:
                shape = await asyncio.to_thread(check_picture, body, self._kinds, self._max_pixels)
        except NoPicture as error:
            raise PictureRefused(error.words, f"{error.detail}{_said(response)}", response) from error
        sha256 = hashlib.sha256(body).hexdigest()
        name = picture_name(sha256, shape.extension)
        try:
            await asyncio.to_thread(self._save, name, body, shape.content_type)
        except PictureFilesError as error:
            if error.full:
                self.full = str(error)
            logger.error("%s", error)
            raise PictureRefused("not kept", str(error), response, "store") from error
        now = datetime.now(UTC)
        picture = Picture(url, name, shape.width, shape.height, len(body), shape.content_type, sha256, now)
        await self.remember(picture)
        self.settle(url, "fetched", "photo", status=response.status)
        return picture

    async def remember(self, picture: Picture) -> None:
        """Writes down where the picture at an address is kept, so that it is not asked for again."""
        if self._storage is not None:
            site = getattr(getattr(self.crawler.spider, "site", None), "name", "")
            await self._storage.put_picture(picture, site)

    def settle(
        self, url: str, outcome: events.Outcome, reason: str, *, status: int | None = None, detail: str | None = None
    ) -> None:
        """Says what became of a picture's address."""
        settled = events.Settled(url, outcome, reason, status, detail and detail[:_LONGEST_DETAIL])
        self.crawler.signals.send_catch_log(signal=events.url_settled, settled=settled)

    def skip(self, url: str, words: str, detail: str | None, status: int | None = None) -> None:
        """Says that the portal, or its rules, do not offer a picture."""
        self.settle(url, "skipped", f"photo: {words}", status=status, detail=detail)

    def lose(self, url: str, words: str, detail: str | None, response: Response | None, step: Step) -> None:
        """Says that a picture is lost, and keeps what came instead as a dead letter."""
        status = response.status if response is not None else None
        self.settle(url, "failed", f"photo: {words}", status=status, detail=detail)
        failure = Failure(
            site=getattr(getattr(self.crawler.spider, "site", None), "name", ""),
            url=url,
            step=step,
            reason=f"photo: {words}" + (f": {detail}" if detail else ""),
            body=response.body if response is not None else b"",
            status=status,
            content_type=_content_type(response),
        )
        self.crawler.signals.send_catch_log(signal=events.page_failed, failure=failure)

    @property
    def _storage(self) -> Storage | None:
        return self.crawler.get_extension(Storage)

    def _known(self, storage: Storage, urls: Collection[str]) -> dict[str, Picture]:
        found = find_pictures(storage.store, urls)
        return {url: picture for url, picture in found.items() if self._is_there(picture)}

    def _is_there(self, picture: Picture) -> bool:
        try:
            return self.files.has(picture.file, picture.size)
        except PictureFilesError as error:
            logger.warning("%s The archive's word is taken for what is there.", error)
            return True

    def _save(self, name: str, body: bytes, content_type: str) -> None:
        if not self.files.has(name, len(body)):
            self.files.save(name, body, content_type)


def _content_type(response: Response | None) -> str | None:
    value = response.headers.get("Content-Type") if response is not None else None
    return value.decode("latin-1") if value else None


def _said(response: Response) -> str:
    said = _content_type(response)
    return f" (sent as {said})" if said else ""
