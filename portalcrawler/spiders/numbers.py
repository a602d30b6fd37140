"""Articles that no list and no living article shows: their numbers are tried.

Discuz! numbers articles in order. One whose neighbours were deleted, whose section is closed, or which was given a
date in the past and stands deep in a list, still opens under its number.
"""

from __future__ import annotations

from itertools import islice

from scrapy.exceptions import DontCloseSpider

from portalcrawler.items import key_of
from portalcrawler.spiders.lists import Lists
from portalcrawler.spiders.task import Task

_BY_NUMBER = "by its number"


class Numbers(Lists):
    """What the spider does when the walk is done."""

    whole: bool
    _tried = False
    _ahead: int | None = None

    def probe(self) -> None:
        """Tries numbers between those known, and the one after the highest; as long as there are any to try.

        Each number is tried once, within the site's ``probe_ids`` a run, those next to the newest first; whether it
        becomes an article later, the frontier's schedule finds out.
        """
        engine = self.crawler.engine
        if not self.whole or self.limit is not None or engine is None or not self.site.probe_ids:
            return
        if not self.emitted and self.memory.blank:
            return
        requests = [self._ahead_of()] if self._tried else [*self._between(), self._ahead_of()]
        tasks = [task for task in requests if task is not None]
        for task in tasks:
            engine.crawl(self.request(task))
        if tasks:
            raise DontCloseSpider

    def _between(self) -> list[Task]:
        """The numbers that are missing between those known, above the highest that was ever tried."""
        self._tried = True
        tried = self.memory.numbers_tried
        met = (key for key in (*self.noted, *self.asked, *self.told) if key.isascii() and key.isdigit())
        known = {*self.memory.numbers, *map(int, met)}
        # Of what has been an article, or is named not far above: a link may name any number, and all up to it would
        # count as tried.
        emitted = map(key_of, self.emitted)
        highest = max(self.memory.highest, *(int(key) for key in emitted if key.isascii() and key.isdigit()), 0)
        highest = max((number for number in known if number <= highest + self.site.probe_ids), default=highest)
        low = tried or 0
        gaps = (number for number in range(highest - 1, low, -1) if number not in known)
        # A run that was killed before it could say so has tried these.
        begun = sum(why == _BY_NUMBER for why in self.memory.numbers.values())
        chosen = list(islice(gaps, max(0, self.site.probe_ids - begun)))
        left = max(0, highest - 1 - low) - sum(low < number < highest for number in known) - len(chosen)
        if left > 0:
            self.logger.info("%d article numbers that nothing leads to are not tried", left)
        for number in chosen:
            self.memory.note(str(number), self._address(number), _BY_NUMBER, None, {})
            self.asked.add(str(number))
        self.memory.try_numbers(max(highest, tried or 0))
        # In a first crawl the lists themselves have just shown what is new.
        self._ahead = max(highest, tried) + 1 if tried is not None else None
        return [Task(_BY_NUMBER, self._address(number), key=str(number)) for number in chosen]

    def _ahead_of(self) -> Task | None:
        """The number after the highest, and the one after that if there was an article."""
        if self._ahead is None:
            return None
        if f"{self.site.name}:{self._ahead}" in self.emitted:
            self._ahead += 1
        elif str(self._ahead) in self.noted:
            self._ahead = None
            return None
        # Without a key: that there is no such article yet is nothing to remember.
        self.noted.add(str(self._ahead))
        return Task("by the next number", self._address(self._ahead))

    def _address(self, number: int) -> str:
        return self.cms.article_url(self.site.home, str(number))
