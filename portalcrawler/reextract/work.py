"""Stored articles read anew, batch by batch: what changes, and the writes for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal

from portalcrawler.cms import EXTRACTOR_VERSION
from portalcrawler.items import Article, Failure, Step
from portalcrawler.normalize.fingerprint import edition_hash
from portalcrawler.reextract.changes import Change, changes_between
from portalcrawler.reextract.reading import UnreadableError, read_article
from portalcrawler.sites import Site, SiteError, ad_hoc_site, load_site
from portalcrawler.store.article_find import walk_articles
from portalcrawler.store.article_query import ArticleQuery
from portalcrawler.store.articles import reextract_article
from portalcrawler.store.bulk import write_ops
from portalcrawler.store.connection import Store
from portalcrawler.store.copies import settle_copies
from portalcrawler.store.failures import find_failures, resolve_step, upsert_failure
from portalcrawler.store.fingerprints import fingerprint_op
from portalcrawler.store.ops import Op
from portalcrawler.store.page_bodies import DamagedPageError
from portalcrawler.store.pages import PageReader, StoredPage, add_edition

Outcome = Literal["same", "changed", "no pages", "failed", "overtaken"]
_MARK = "re-extraction: "
_STEP: Step = "extract"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an article. ``reason`` says why it ``failed``.

    ``no pages``: none are kept of the state that is stored. ``overtaken``: a crawl wrote to it meanwhile, and
    nothing was changed; another try will do.
    """

    id: str
    title: str | None
    outcome: Outcome
    changes: list[Change] = field(default_factory=list)
    reason: str | None = None


def reextract(
    store: Store,
    *,
    site: str | None = None,
    since: date | datetime | str | None = None,
    ids: Sequence[str] = (),
    dry_run: bool = False,
) -> Iterator[Result]:
    """Apply the present extractor, and the sites' present files, to all stored articles that match.

    ``site`` is a site's name or the path of its file, ``since`` as in
    :class:`~portalcrawler.store.article_query.ArticleQuery`. An article that changes gets a revision marked as the
    extractor's doing; with ``dry_run`` nothing is written. Articles are read and written in small batches, so that
    breaking off and beginning again costs nothing. A page that cannot be read changes nothing and becomes a dead
    letter.

    Raises :class:`~portalcrawler.sites.SiteError` for a wrong site file and
    :class:`~portalcrawler.store.errors.StoreError` where the server goes away.
    """
    declared = load_site(site) if site and ("/" in site or site.endswith(".toml")) else None
    query = ArticleQuery(site=declared.name if declared else site, since=since)
    work = _Work(store, declared, dry_run)
    for batch in walk_articles(store, query, ids):
        yield from work.take(batch)
    if not dry_run:
        settle_copies(store)


class _Work:
    """The articles batch by batch."""

    def __init__(self, store: Store, declared: Site | None, dry_run: bool) -> None:
        self._store = store
        self._declared = declared
        self._dry_run = dry_run
        self._reader = PageReader(store)
        letters = find_failures(store, step=_STEP)
        self._failed = {letter.failure.article_id for letter in letters if letter.failure.reason.startswith(_MARK)}

    def take(self, batch: list[tuple[Article, str | None]]) -> Iterator[Result]:
        """What becomes of the articles of a batch, once it has been written."""
        now = datetime.now(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as MongoDB keeps it
        ops: list[Op] = []
        written: dict[str, bool] = {}
        results = [self._article(stored, edition, now, ops, written) for stored, edition in batch]
        if self._dry_run or not ops:
            yield from results
            return
        refused = {str(entry.op.key): entry.error for entry in write_ops(self._store, ops)}
        done = self._done(written, now)
        for result in results:
            if result.id in refused:
                yield Result(result.id, result.title, "failed", reason=f"not stored: {refused[result.id]}")
            elif result.id in written and result.id not in done:
                yield Result(result.id, result.title, "overtaken")
            else:
                yield result

    def _done(self, written: dict[str, bool], now: datetime) -> set[str]:
        """The articles in which the update is to be seen; at the others a crawl was faster."""
        if not written:
            return set()
        found = [article for batch in walk_articles(self._store, ArticleQuery(), list(written)) for article, _ in batch]
        return {
            article.id
            for article in found
            if (
                (article.changed_by, article.changed_at) == ("extractor", now)
                if written[article.id]
                else article.extractor_version == EXTRACTOR_VERSION
            )
        }

    def _article(
        self, stored: Article, edition: str | None, now: datetime, ops: list[Op], written: dict[str, bool]
    ) -> Result:
        """What becomes of an article; its writes go into ``ops``, and into ``written`` whether it gets a revision."""
        pages: list[StoredPage] = []
        try:
            pages = self._reader.of_edition(stored.id, edition) if edition else []
            if not pages or edition is None:
                return Result(stored.id, stored.title, "no pages")
            article = read_article(pages, _site_of(stored.site, stored.url, self._declared))
            if stored.complete and not article.complete:
                raise UnreadableError(f"it would lack pages: {'; '.join(article.problems)}")
        except (UnreadableError, DamagedPageError) as error:
            ops.append(upsert_failure(_dead_letter(stored, pages, str(error)), None, now))
            return Result(stored.id, stored.title, "failed", reason=str(error))
        changes = changes_between(stored, article)
        if changes or stored.extractor_version != article.extractor_version:
            written[stored.id] = bool(changes)
            ops += add_edition(pages, edition_hash(article))
            ops.append(reextract_article(stored, edition, article, now, revision=bool(changes)))
            ops.append(fingerprint_op(article))
        if stored.id in self._failed:
            ops.append(resolve_step(stored.site, stored.url, _STEP, now))
        return Result(stored.id, stored.title, "changed" if changes else "same", changes)


def _dead_letter(stored: Article, pages: list[StoredPage], reason: str) -> Failure:
    first: Any = pages[0] if pages else None
    return Failure(
        site=stored.site,
        url=stored.url,
        step=_STEP,
        reason=f"{_MARK}{reason}",
        body=first.body if first else b"",
        status=first.status if first else None,
        content_type=first.content_type if first else None,
        article_id=stored.id,
    )


def _site_of(name: str, url: str, declared: Site | None) -> Site:
    site = declared or _named(name) or ad_hoc_site(url)
    if site.name != name:
        raise SiteError(f"no site is named {name!r}; give its file: --site FILE.toml")
    if not site.has_url(url):
        # Its pages would be read as another portal's: no link in them would be one of its own.
        raise SiteError(f"{url} is on none of the hosts of {name}; add the host, or give its file: --site FILE.toml")
    return site


@lru_cache(maxsize=256)
def _named(name: str) -> Site | None:
    try:
        return load_site(name)
    except SiteError as error:
        if error.path is None:  # no such file
            return None
        raise
