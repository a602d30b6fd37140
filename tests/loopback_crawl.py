"""A crawl as :mod:`loopback` orders it on standard input; its answer is JSON on standard output."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

CONFIG = json.load(sys.stdin)
_getaddrinfo = socket.getaddrinfo


def _answer(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    """The DNS of the tests. Twisted takes its reference to the function when it is imported."""
    addresses = CONFIG["names"].get(host)
    if addresses is None:
        return _getaddrinfo(host, port, *args, **kwargs)
    return [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
        if ":" in address
        else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
        for address in addresses
    ]


socket.getaddrinfo = _answer

from scrapy import Request, Spider  # noqa: E402
from scrapy.crawler import AsyncCrawlerProcess  # noqa: E402
from scrapy.http import Response  # noqa: E402
from scrapy.utils.project import get_project_settings  # noqa: E402
from twisted.python.failure import Failure  # noqa: E402

OUTCOMES: dict[str, dict[str, Any]] = {}


class Probe(Spider):
    name = "probe"
    allowed_private_hosts = frozenset(CONFIG["allowed"])

    async def start(self) -> AsyncIterator[Request]:
        for url in CONFIG["urls"]:
            yield Request(
                url,
                callback=self.arrived,
                errback=self.failed,
                cb_kwargs={"asked": url},
                meta=CONFIG["meta"],
                dont_filter=True,
            )

    def arrived(self, response: Response, asked: str) -> None:
        slot = self.crawler.engine.downloader.slots.get(response.meta.get("download_slot", ""))
        OUTCOMES[asked] = {
            "status": response.status,
            "url": response.url,
            "size": len(response.body),
            "flags": response.flags,
            "soft_error": response.meta.get("soft_error"),
            "address": str(response.ip_address),
            "delay": slot.delay if slot else None,
            "jitter": slot.jitter if slot else None,
        }

    def failed(self, failure: Failure) -> None:
        asked = failure.request.cb_kwargs["asked"]
        OUTCOMES[asked] = {
            "error": failure.type.__name__,
            "message": str(failure.value),
            "reason": getattr(failure.value, "reason", None),
        }


settings = get_project_settings()
polite = {path: at for path, at in settings["EXTENSIONS"].items() if path.startswith("portalcrawler.middlewares.")}
alone = {"SPIDER_MODULES": [], "ITEM_PIPELINES": {}, "EXTENSIONS": polite}  # no spider, no store of the project
settings.setdict({**alone, **CONFIG["settings"]}, priority="cmdline")
process = AsyncCrawlerProcess(settings)
crawler = process.create_crawler(Probe)
process.crawl(crawler)
process.start()
json.dump({"outcomes": OUTCOMES, "stats": crawler.stats.get_stats()}, sys.stdout, default=str)
