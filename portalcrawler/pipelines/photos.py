"""Downloads the pictures themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.pipelines.media import MediaPipeline
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.datatypes import SequenceExclude
from twisted.python.failure import Failure

from portalcrawler.extensions.pictures import REMEMBERED, PictureRefused, Pictures
from portalcrawler.items import Article
from portalcrawler.middlewares.reasons import explain
from portalcrawler.store.pictures import Picture

_AT_ONCE = 4
"""Pictures of one article that are asked for together. They wait in the downloader, where nothing can stop them."""


@dataclass(frozen=True, slots=True)
class _Some:
    """What Scrapy's machinery gets for an item: a few pictures of an article."""

    article: Article
    requests: list[Request]
    known: dict[str, Picture]


class DownloadPhotos(MediaPipeline):
    """Sets ``file``, ``width`` and ``height`` of an article's photos; a picture's failing costs the article nothing.

    The requests go through the crawl's own middlewares: guard, robots.txt, delays, retries. Off without
    ``PORTALCRAWLER_PHOTOS``. When the crawl is interrupted the pictures not yet asked for are left to
    ``portalcrawler photos``.
    """

    def __init__(self, pictures: Pictures, *, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        # Pictures' servers send many requests on, as from http: to https:; each step passes the guard.
        self.handle_httpstatus_list = SequenceExclude(range(300, 400))
        self.pictures = pictures

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pictures = crawler.get_extension(Pictures)
        if pictures is None:
            raise NotConfigured
        return cls(pictures, crawler=crawler)

    async def process_item(self, item: Any) -> Any:  # type: ignore[override]  # Scrapy's deprecated spider argument is left out, as its documentation asks
        """The item; an article's photos have their files. Nothing else happens to it, whatever goes wrong."""
        if not isinstance(item, Article) or not item.photos:
            return item
        known = await self.pictures.known({photo.url for photo in item.photos})
        requests = list(self._requests(item))
        for start in range(0, len(requests), _AT_ONCE):
            if not self.crawler.crawling:
                break
            some = self._possible(requests[start : start + _AT_ONCE], known)
            await super().process_item(_Some(item, some, known))
        self._forget()
        return item

    # What Scrapy's machinery calls, with arguments by name that not all have a use for.

    def get_media_requests(self, item: _Some, info: MediaPipeline.SpiderInfo) -> list[Request]:  # noqa: ARG002
        """A request for each picture."""
        return item.requests

    async def media_to_download(  # type: ignore[override]  # the machinery hands its results through as they are
        self,
        request: Request,
        info: MediaPipeline.SpiderInfo,  # noqa: ARG002
        *,
        item: _Some,
    ) -> Picture | None:
        """The picture if it is known; ``None`` to have it asked for."""
        url: str = request.meta["photo"]
        picture = item.known.get(url)
        if picture is not None:
            self.pictures.settle(url, "skipped", "photo known")
        return picture

    async def media_downloaded(  # type: ignore[override]  # as above
        self,
        response: Response,
        request: Request,  # noqa: ARG002
        info: MediaPipeline.SpiderInfo,  # noqa: ARG002
        *,
        item: _Some,  # noqa: ARG002
    ) -> Picture:
        """The picture, kept; whatever is raised goes to :meth:`media_failed`."""
        if response.status != 200:
            raise HttpError(response)
        return await self.pictures.keep(response)

    def media_failed(  # type: ignore[override]  # a Failure that came out would be logged as a fault of ours
        self,
        failure: Failure,
        request: Request,
        info: MediaPipeline.SpiderInfo,  # noqa: ARG002
    ) -> None:
        """Says why a picture could not be had."""
        url: str = request.meta["photo"]
        error = failure.value
        if isinstance(error, PictureRefused):
            self.pictures.lose(url, error.words, error.detail, error.response, error.step)
            return
        reason = explain(failure)
        if reason.outcome == "failed":
            self.pictures.lose(url, reason.words, reason.detail, reason.response, "fetch")
        else:
            self.pictures.skip(url, reason.words, reason.detail, reason.status)

    def file_path(self, *_: Any, **__: Any) -> str:
        """For pipelines that name files by their addresses; here they are named by what is in them."""
        raise NotImplementedError("see Pictures.keep")

    def item_completed(self, results: list[Any], item: _Some, info: MediaPipeline.SpiderInfo) -> Any:
        """The photos at the pictures' addresses get their files; errors of ours are logged as Scrapy does."""
        # Not by the picture's own address: the machinery takes two that differ in the order of a query for one.
        pictures = {r.meta["photo"]: got for r, (ok, got) in zip(item.requests, results, strict=True) if ok and got}
        for photo in item.article.photos:
            picture = pictures.get(photo.url)
            if picture is not None:
                photo.file, photo.width, photo.height = picture.file, picture.width, picture.height
        return super().item_completed(results, item, info)

    def _requests(self, article: Article) -> Iterator[Request]:
        for url in dict.fromkeys(photo.url for photo in article.photos):
            try:
                yield self.pictures.request(url, article.url)
            except ValueError as error:
                self.pictures.skip(url, "no URL", str(error))

    def _possible(self, requests: list[Request], known: dict[str, Picture]) -> list[Request]:
        """All of them, or only those for what is known where there is no room for more."""
        full = self.pictures.full
        if full is None:
            return requests
        urls = [str(request.meta["photo"]) for request in requests]
        for url in urls:
            if url not in known:
                self.pictures.settle(url, "failed", "photo: not kept", detail=full)
        return [request for request, url in zip(requests, urls, strict=True) if url in known]

    def _forget(self) -> None:
        outcomes = self.spiderinfo.downloaded
        while len(outcomes) > REMEMBERED:
            del outcomes[next(iter(outcomes))]
