"""The names that articles bear: of sites, sections, sources and persons."""

from __future__ import annotations

from typing import Literal, get_args

from portalcrawler.store.articles import COLLECTION
from portalcrawler.store.connection import Store

NameKind = Literal["site", "section", "source", "reporter", "photographer", "publisher"]
NAME_KINDS: tuple[NameKind, ...] = get_args(NameKind)
"""The fields of :class:`~portalcrawler.store.article_query.ArticleQuery` that are compared with such names."""

_FIELDS: dict[NameKind, str] = {
    "site": "site",
    "section": "section",
    "source": "source.name",
    "reporter": "reporters",
    "photographer": "photos.credit.names",
    "publisher": "publisher",
}


def find_names(store: Store, kind: NameKind) -> list[str]:
    """All names of a kind, in order; of sections each step of every breadcrumb. ``ValueError`` for another kind.

    Each has an index that begins with it, so that the server reads one key a name and no article.
    """
    if kind not in _FIELDS:
        raise ValueError(f"names are those of {', '.join(NAME_KINDS)}, not of {kind!r}")
    with store.plain_errors():
        found = store.collection(COLLECTION).distinct(_FIELDS[kind])
    return sorted(name for name in found if isinstance(name, str) and name)
