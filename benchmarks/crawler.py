"""One crawl in a process of its own, and the CPU that it took: ``python -m benchmarks.crawler`` reads what to do from
standard input and prints one JSON object.

``full`` is the project's portal spider with the project's settings. ``bare`` is a Scrapy spider that fetches a list of
URLs with Scrapy's default settings, at the same concurrency and under the same User-Agent, and does nothing with them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings


class Bare(Spider):
    """Fetches and forgets."""

    name = "bare"
    urls: list[str]

    async def start(self) -> AsyncIterator[Any]:
        seen: set[str] = set()
        for url in self.urls:
            # Every address is fetched as often as the full crawl did, and redirects are not followed a second time.
            meta = {"dont_redirect": True, "handle_httpstatus_all": True}
            yield Request(url, self.parse, meta=meta, dont_filter=url in seen)
            seen.add(url)

    def parse(self, response: Response) -> None:
        """Nothing."""


def settings_of(kind: str, task: dict[str, Any]) -> Settings:
    """The settings of a crawl: what both share has the priority of the command line."""
    os.environ["SCRAPY_SETTINGS_MODULE"] = "portalcrawler.settings"
    project = get_project_settings()
    shared = {
        "ROBOTSTXT_OBEY": False,
        "USER_AGENT": project["USER_AGENT"],
        "CONCURRENT_REQUESTS_PER_DOMAIN": project["CONCURRENT_REQUESTS_PER_DOMAIN"],
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
    settings = project if kind == "full" else Settings()
    settings.setdict(shared, priority="cmdline")
    if kind == "bare":
        settings.set("DOWNLOAD_DELAY", 0, priority="cmdline")  # as the full crawl has on loopback
    else:
        archive = {"MONGODB_URI": task["mongodb_uri"], "MONGODB_DATABASE": task["database"]}
        settings.setdict(archive, priority="cmdline")
    return settings


def peak() -> int:
    """The most memory, in bytes, that this process had resident; what `getrusage` says begins with its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def main() -> None:
    task = json.load(sys.stdin)
    process = AsyncCrawlerProcess(settings_of(task["kind"], task))
    if task["kind"] == "full":
        crawler = process.create_crawler("portal")
        process.crawl(crawler, site=task["site"])
    else:
        crawler = process.create_crawler(Bare)
        process.crawl(crawler, urls=task["urls"])
    begun, before = monotonic(), os.times()
    process.start()
    after = os.times()
    stats = crawler.stats.get_stats() if crawler.stats is not None else {}
    wanted = ("log_count/", "item_", "spider_exceptions", "storage/", "downloader/response_count", "finish_reason")
    json.dump(
        {
            "user": after.user - before.user,
            "system": after.system - before.system,
            "wall": monotonic() - begun,
            "peak": peak(),
            "stats": {name: value for name, value in stats.items() if name.startswith(wanted)},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
