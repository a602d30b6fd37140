"""Fetches given articles and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from portalcrawler.events import Outcome
from portalcrawler.normalize.urls import netloc
from portalcrawler.sites import ad_hoc_site, load_site, site_for_url
from portalcrawler.spiders.answers import Answers
from portalcrawler.spiders.scope import ArgumentError
from portalcrawler.spiders.task import Task


class ArticlesSpider(Answers):
    """``scrapy crawl articles -a urls=URL,URL [-a site=NAME]``: articles of one site, by their URLs."""

    name = "articles"

    def __init__(self, urls: str | None = None, site: str | None = None, **kwargs: Any) -> None:
        """Raises :class:`ArgumentError` or :class:`~portalcrawler.sites.SiteError` for arguments that make no sense."""
        super().__init__(**kwargs)
        # A comma may be part of a URL; only one before a scheme divides two of them.
        self.urls = [url.strip(" ,\n") for url in (urls or "").replace(",http", "\nhttp").split() if url.strip(" ,")]
        if not self.urls:
            raise ArgumentError("say which articles: -a urls=URL or -a urls=URL,URL")
        self.set_site(load_site(site) if site else site_for_url(self.urls[0]) or ad_hoc_site(self.urls[0]))
        strange = next((url for url in self.urls if netloc(url) not in self.site.hosts), None)
        if strange:
            raise ArgumentError(f"{strange} is not on {self.site.name} ({', '.join(self.site.hosts)}); one site a run")

    async def start(self) -> AsyncIterator[Any]:
        await self.remember()
        for url in dict.fromkeys(self.urls):
            where = self.cms.locate(url)
            key = where.key if where.kind == "article" else None
            yield self.request(Task("given", self.cms.first_page_url(url), key=key))

    def settle(
        self, url: str, outcome: Outcome, reason: str, *, status: int | None = None, detail: str | None = None
    ) -> None:
        """As every spider's; a URL that somebody gave and that brought no article is said in the log too."""
        if outcome != "fetched":
            self.logger.warning("%s: %s (%s)", url, reason, detail or outcome)
        super().settle(url, outcome, reason, status=status, detail=detail)
