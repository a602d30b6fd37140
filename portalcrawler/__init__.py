"""portalcrawler: a news portal becomes an archive that can be queried.

The public names are loaded when they are first used: whoever only wants an :class:`Article` does not load a
database driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portalcrawler.archive import Archive, ArchivedPhoto
    from portalcrawler.items import Article, Block, Comment, Credit, Link, Photo, Reference, Source
    from portalcrawler.store.article_query import ArticleQuery
    from portalcrawler.store.change_records import Change
    from portalcrawler.store.errors import StoreError, StoreUnavailable

__version__ = "0.1.0"

__all__ = [
    "Archive",
    "ArchivedPhoto",
    "Article",
    "ArticleQuery",
    "Block",
    "Change",
    "Comment",
    "Credit",
    "Link",
    "Photo",
    "Reference",
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
    "ArticleQuery": "portalcrawler.store.article_query",
    "Change": "portalcrawler.store.change_records",
    "StoreError": "portalcrawler.store.errors",
    "StoreUnavailable": "portalcrawler.store.errors",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
