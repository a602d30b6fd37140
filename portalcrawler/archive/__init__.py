"""The library: an archive of articles, opened and asked."""

from __future__ import annotations

from portalcrawler.archive.articles import ArchivedPhoto, Articles
from portalcrawler.archive.records import Records
from portalcrawler.archive.tables import Tables

__all__ = ["Archive", "ArchivedPhoto"]


class Archive(Articles, Tables, Records):
    """An open archive. A context manager; safe to share between threads.

    All methods raise :class:`~portalcrawler.store.errors.StoreUnavailable` where the server goes away, and at the call
    ``TypeError`` for a value of another kind and ``ValueError`` for one that means nothing. Iterators read from the
    server as they are consumed. Times have their zone: the portal's own for what a portal states (``published_at``,
    ``modified_at``), UTC for all that the archive notes itself. ``filters`` are the fields of
    :class:`~portalcrawler.store.article_query.ArticleQuery`, which says what they mean::

        with Archive.connect() as archive:
            for article in archive.articles(site="cs0799", section="上栗县", since="2019-12-01"):
                print(article.title)

    A ``text`` among them, and :meth:`facets`, are answered by the search index of this machine, which is brought up to
    date first; ``index_wait`` bounds the seconds that this may take
    (:class:`~portalcrawler.search.errors.IndexBehind` after that), as does the argument of :meth:`connect`.
    """
