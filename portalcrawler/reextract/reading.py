"""From an article's stored pages to the article, by the same way as in a crawl."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from portalcrawler.cms import ArticlePage, Notice, Page, Unknown, assemble, cms_of
from portalcrawler.items import Article
from portalcrawler.pipelines.validate import Invalid, Validate
from portalcrawler.sites import Site
from portalcrawler.store.pages import StoredPage

logger = logging.getLogger(__name__)


class UnreadableError(Exception):
    """The present extractor makes no article of stored pages; the message says why."""


def read_article(pages: Sequence[StoredPage], site: Site) -> Article:
    """The article of stored pages, which are in the order in which they were fetched.

    Raises :class:`UnreadableError`.
    """
    try:
        first, *others = [_read(page, site) for page in pages]
        article = assemble(first, {page.page: page for page in others})
        Validate().process_item(article)
    except (UnreadableError, Invalid) as error:
        raise UnreadableError(str(error)) from error
    except Exception as error:  # whatever it is: a fault of ours in one page must not end the work on the others
        logger.debug("%s could not be read", pages[0].answered_by, exc_info=True)
        raise UnreadableError(f"the extractor failed: {type(error).__name__}: {error}") from error
    return article


def _read(stored: StoredPage, site: Site) -> ArticlePage:
    page = Page.from_bytes(stored.body, stored.answered_by, content_type=stored.content_type, encoding=site.encoding)
    reading = cms_of(site).read(page, site)
    if isinstance(reading, ArticlePage):
        if (reading.id, reading.page) == (stored.article, stored.number):
            return reading
        raise UnreadableError(f"page {stored.number} is read as page {reading.page} of {reading.id}")
    why = reading.reason if isinstance(reading, Notice | Unknown) else "a list"
    raise UnreadableError(f"page {stored.number} is no article any more: {why}")
