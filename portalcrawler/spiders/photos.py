"""Downloads the pictures that stored articles do not have yet, without asking for their pages again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from portalcrawler.extensions.pictures import REMEMBERED, PictureRefused, Pictures
from portalcrawler.extensions.storage import Storage
from portalcrawler.middlewares.reasons import explain
from portalcrawler.sites import ad_hoc_site, load_site
from portalcrawler.spiders.base import PortalBase
from portalcrawler.spiders.scope import ArgumentError
from portalcrawler.store.pictures import Picture, Wanting, articles_without_files, set_picture


class PhotosSpider(PortalBase):
    """``scrapy crawl photos -s PORTALCRAWLER_PHOTOS=FOLDER -a site=NAME``; ``-a url=URL`` for a site without a file.

    Each address is asked for once a run. Photos that are downloaded get their files in all articles that show them.
    """

    name = "photos"
    # Both are there from the opening of the spider on.
    storage: Storage
    pictures: Pictures

    def __init__(self, site: str | None = None, url: str | None = None, **kwargs: Any) -> None:
        """Raises :class:`ArgumentError` or :class:`~portalcrawler.sites.SiteError` for arguments that make no sense."""
        super().__init__(**kwargs)
        if (site is None) == (url is None):
            raise ArgumentError("say whose photos: -a site=NAME, or -a url=URL for a portal without a site file")
        self.set_site(load_site(site) if site else ad_hoc_site(url or ""))
        # By address: the articles that wait for its picture, and what became of it.
        self._waiting: dict[str, list[str]] = {}
        self._outcomes: dict[str, Picture | None] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Exits the process with code 2 and one line of log where there is nowhere to put pictures."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if not crawler.settings.get("PORTALCRAWLER_PHOTOS") or not crawler.settings.getbool(
            "PORTALCRAWLER_STORE_ENABLED"
        ):
            spider.logger.critical("say where pictures go, -s PORTALCRAWLER_PHOTOS=FOLDER, and leave the store enabled")
            raise SystemExit(2)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        storage, pictures = self.crawler.get_extension(Storage), self.crawler.get_extension(Pictures)
        if storage is None or pictures is None:
            raise RuntimeError("EXTENSIONS lacks Storage or Pictures")
        self.storage, self.pictures = storage, pictures
        after = ""
        while articles := await asyncio.to_thread(articles_without_files, storage.store, self.site.name, after=after):
            known = await pictures.known({url for article in articles for url in article.photos})
            for article in articles:
                for url in article.photos:
                    async for request in self._ask(url, article, known.get(url)):
                        yield request
            after = articles[-1].article

    async def _ask(self, url: str, article: Wanting, known: Picture | None) -> AsyncIterator[Request]:
        """The request for a picture, unless it is known, was lost in this run, or is on its way."""
        if known is not None and url not in self._outcomes:
            self.pictures.settle(url, "skipped", "photo known")
            self._outcomes[url] = known
        if url in self._outcomes:
            picture = self._outcomes[url]
            if picture is not None:
                await self.storage.put(set_picture([article.article], picture))
        elif url in self._waiting:
            self._waiting[url].append(article.article)
        else:
            try:
                request = self.pictures.request(url, article.url)
            except ValueError as error:
                self._outcomes[url] = None
                self.pictures.skip(url, "no URL", str(error))
            else:
                self._waiting[url] = [article.article]
                yield request.replace(callback=self.arrived, errback=self.lost_picture)

    async def arrived(self, response: Response) -> None:
        """Keeps a picture, and tells the articles that wait for it. Stops the crawl where nothing can be kept."""
        url: str = response.meta["photo"]
        try:
            picture = await self.pictures.keep(response)
        except PictureRefused as error:
            self._end(url, None)
            self.pictures.lose(url, error.words, error.detail, error.response, error.step)
            if self.pictures.full is not None:
                raise CloseSpider("no room for pictures") from error
        else:
            await self.storage.put(set_picture(self._end(url, picture), picture))

    def lost_picture(self, failure: TwistedFailure) -> None:
        """Takes every request that brought no answer, or one that is no picture by its status."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy on what an errback gets
        url: str = request.meta["photo"]
        self._end(url, None)
        reason = explain(failure)
        if reason.outcome == "failed":
            self.pictures.lose(url, reason.words, reason.detail, reason.response, "fetch")
        else:
            self.pictures.skip(url, reason.words, reason.detail, reason.status)

    def _end(self, url: str, picture: Picture | None) -> list[str]:
        """Notes what became of a picture; the articles that waited for it."""
        self._outcomes[url] = picture
        # The archive remembers the older ones that are kept.
        while len(self._outcomes) > REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]
        return self._waiting.pop(url)
