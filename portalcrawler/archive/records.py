"""What an archive knows besides articles: sections, crawls, failures, and the order of changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portalcrawler.archive.opened import Opened
from portalcrawler.store import (
    change_records,
    change_times,
    consumers,
    failures,
    names,
    numbering,
    run_query,
    sections,
    summary,
)
from portalcrawler.store.change_records import Change
from portalcrawler.store.changes import Cursor
from portalcrawler.store.consumers import StoredConsumer
from portalcrawler.store.failures import StoredFailure
from portalcrawler.store.names import NameKind
from portalcrawler.store.numbering import Table
from portalcrawler.store.plain_values import count_or_none, plain, plain_or_none, truth_or_none
from portalcrawler.store.run_query import Run
from portalcrawler.store.runs import Outcome, RunUrl
from portalcrawler.store.sections import StoredSection
from portalcrawler.store.summary import News, Summary


class Records(Opened):
    """Reading records. All times in them are in UTC."""

    def sections(self, site: str | None = None) -> list[StoredSection]:
        """The sections that crawls have walked."""
        return sections.find_sections(self._store, plain_or_none(site, "site"))

    def names(self, kind: NameKind) -> list[str]:
        """The names that articles bear, in order: of sites, sections, sources, reporters, photographers, publishers."""
        return names.find_names(self._store, kind)

    def runs(self, *, site: str | None = None, limit: int | None = None) -> Iterator[Run]:
        """The crawls, newest first."""
        return run_query.find_runs(self._store, site=plain_or_none(site, "site"), limit=count_or_none(limit))

    def run(self, run_id: str) -> Run | None:
        """The crawl with this id."""
        return run_query.get_run(self._store, plain(run_id, "run_id"))

    def run_urls(self, run_id: str, *, outcome: Outcome | None = None, reason: str | None = None) -> Iterator[RunUrl]:
        """What became of every URL of a crawl, and why."""
        plain_or_none(outcome, "outcome")
        plain_or_none(reason, "reason")
        return run_query.run_urls(self._store, plain(run_id, "run_id"), outcome=outcome, reason=reason)

    def failures(
        self,
        *,
        site: str | None = None,
        run: str | None = None,
        step: str | None = None,
        resolved: bool | None = False,
        bodies: bool = False,
        limit: int | None = None,
    ) -> Iterator[StoredFailure]:
        """The pages that failed and have not succeeded since; with ``bodies``, as they came."""
        for name, text in (("site", site), ("run", run), ("step", step)):
            plain_or_none(text, name)
        truth_or_none(resolved, "resolved")
        count_or_none(limit)
        return failures.find_failures(
            self._store, site=site, run=run, step=step, resolved=resolved, bodies=bodies, limit=limit
        )

    def failure_counts(self, *, site: str | None = None) -> list[tuple[str, str, int]]:
        """How many pages have failed and not succeeded since, by step and reason, the largest number first."""
        return failures.count_failures(self._store, site=plain_or_none(site, "site"))

    def changes(
        self, cursor: int | str = 0, *, table: Table = "articles", limit: int | None = None
    ) -> Iterator[Change]:
        """What has changed behind ``cursor``, in the one order of changes: each record once, as it is now.

        ``cursor`` is 0 for everything, or the ``cursor`` of the last change that was dealt with. Its ``seq`` will do as
        well: the same records come, but what their operations are said against is that number. A record that changes
        again comes again, under a higher number; what changes while this is being read may be left to the next call.

        Views, numbers of comments and of reactions, and when and by which run an article was seen last are no changes.
        An account that may only read gets what has a number already. Raises ``ValueError`` for what is no cursor and no
        table.
        """
        if not isinstance(cursor, int | str) or isinstance(cursor, bool):
            raise TypeError(f"cursor must be a number or a string, not {type(cursor).__name__}")
        place = Cursor.parse(str(cursor))
        count_or_none(limit)
        return change_records.find_changes(self._store, place, _known(table), limit)

    def head(self) -> int:
        """The number of the newest change that has one."""
        with self._store.plain_errors():
            return numbering.read_head(self._store)

    def cursor_at(self, moment: datetime, *, table: Table = "articles") -> str:
        """The cursor behind which :meth:`changes` tells what became known at ``moment``, which is aware, or later."""
        if not isinstance(moment, datetime):
            raise TypeError(f"moment must be a datetime, not {type(moment).__name__}")
        if moment.tzinfo is None:
            raise ValueError("moment must say its time zone")
        return str(change_times.cursor_at(self._store, _known(table), moment))

    def consumers(self) -> list[StoredConsumer]:
        """Those who follow the archive under a name, and how far each has read."""
        return consumers.find_consumers(self._store)

    def lag(self, consumer: StoredConsumer) -> int:
        """How many records a consumer has still to read."""
        return consumers.lag_of(self._store, consumer)

    def summary(self, *, site: str | None = None, run: str | None = None) -> Summary:
        """The archive in numbers: of a site, of what a run saw last, or of all."""
        return summary.summarize(self._store, site=site, run=run)

    def news(self, run: Run) -> News:
        """How many articles a crawl found that were new, and how many that had been edited."""
        return summary.run_news(self._store, run.id, run.started_at)


def _known(table: Table) -> Table:
    if plain(table, "table") not in numbering.TABLES:
        raise ValueError(f"changes are told of {' and '.join(numbering.TABLES)}, not of {table!r}")
    return table
