"""portalcrawler: a news portal becomes an archive that can be queried.

The public names are loaded when they are first used: whoever only wants an :class:`Article` does not load a
database driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portalcrawler.archive import Archive, ArchivedPhoto
    from portalcrawler.async_archive import AsyncArchive
    from portalcrawler.items import Article, Block, Comment, Credit, Link, Photo, Reference, Source
    from portalcrawler.search.errors import IndexBehind
    from portalcrawler.search.facets import FacetCount, Facets
    from portalcrawler.search.keeping import IndexState
    from portalcrawler.search.marking import Highlights
    from portalcrawler.search.query import QueryError
    from portalcrawler.search.results import Hit, SearchResults
    from portalcrawler.store.article_find import ArticlePage
    from portalcrawler.store.article_query import ArticleFilters, ArticleQuery, Place
    from portalcrawler.store.change_records import Change
    from portalcrawler.store.errors import StoreError, StoreUnavailable

__version__ = "0.1.0"

__all__ = [
    "Archive",
    "ArchivedPhoto",
    "Article",
    "ArticleFilters",
    "ArticlePage",
    "ArticleQuery",
    "AsyncArchive",
    "Block",
    "Change",
    "Comment",
    "Credit",
    "FacetCount",
    "Facets",
    "Highlights",
    "Hit",
    "IndexBehind",
    "IndexState",
    "Link",
    "Photo",
    "Place",
    "QueryError",
    "Reference",
    "SearchResults",
    "Source",
    "StoreError",
    "StoreUnavailable",
    "__version__",
]

_ITEMS = dict.fromkeys(
    ("Article", "Block", "Comment", "Credit", "Link", "Photo", "Reference", "Source"), "portalcrawler.items"
)
_HOMES = {
    **_ITEMS,
    "Archive": "portalcrawler.archive",
    "ArchivedPhoto": "portalcrawler.archive",
    "ArticleFilters": "portalcrawler.store.article_query",
    "ArticlePage": "portalcrawler.store.article_find",
    "ArticleQuery": "portalcrawler.store.article_query",
    "AsyncArchive": "portalcrawler.async_archive",
    "Change": "portalcrawler.store.change_records",
    "FacetCount": "portalcrawler.search.facets",
    "Facets": "portalcrawler.search.facets",
    "Highlights": "portalcrawler.search.marking",
    "Hit": "portalcrawler.search.results",
    "IndexBehind": "portalcrawler.search.errors",
    "IndexState": "portalcrawler.search.keeping",
    "Place": "portalcrawler.store.article_query",
    "QueryError": "portalcrawler.search.query",
    "SearchResults": "portalcrawler.search.results",
    "StoreError": "portalcrawler.store.errors",
    "StoreUnavailable": "portalcrawler.store.errors",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
