"""Articles fetched by their URLs, politely and without any database: the spider ``articles`` with the store off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

from portalcrawler import events
from portalcrawler.cli.engine import Job, project_settings, run
from portalcrawler.cli.target import site_of
from portalcrawler.items import Article
from portalcrawler.spiders.articles import ArticlesSpider

OnArticle = Callable[[Article], None]
OnLost = Callable[[str, str], None]


def fetch_articles(urls: Sequence[str], site: str | None, on_article: OnArticle, on_lost: OnLost) -> int | None:
    """Fetch the articles, each portal's by a spider of its own; the number of the signal that stopped it, if one did.

    ``on_article`` gets each as it is complete, ``on_lost`` a URL and why nothing came of it. Raises
    :class:`~portalcrawler.sites.SiteError` and :class:`~portalcrawler.spiders.scope.ArgumentError`.
    """
    by_site: dict[str, list[str]] = {}
    for url in urls:
        by_site.setdefault(site_of(url, site).name, []).append(url)

    def watch(crawler: Crawler) -> None:
        def scraped(item: Any) -> None:
            if isinstance(item, Article):
                on_article(item)

        def settled(settled: events.Settled) -> None:
            if settled.outcome != "fetched":
                on_lost(settled.url, f"{settled.reason}: {settled.detail}" if settled.detail else settled.reason)

        def dropped(item: Any, exception: BaseException) -> None:
            on_lost(getattr(item, "url", "unknown"), str(exception))

        def spider_error(failure: Any, response: Any) -> None:
            on_lost(response.url, f"{type(failure.value).__name__}: {failure.value}")

        connect = crawler.signals.connect
        for receiver, signal in (
            (scraped, signals.item_scraped),
            (settled, events.url_settled),
            (dropped, signals.item_dropped),
            (spider_error, signals.spider_error),
        ):
            connect(receiver, signal=signal, weak=False)

    settings = project_settings(PORTALCRAWLER_STORE_ENABLED=False)
    jobs = []
    for group in by_site.values():
        arguments = {"urls": "\n".join(group), "site": site}
        ArticlesSpider(**arguments)  # says what is wrong before anything runs
        jobs.append(Job(ArticlesSpider, arguments, watch))
    return run(settings, jobs, log_level=None)
