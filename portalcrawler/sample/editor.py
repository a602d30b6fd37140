"""Changes the portal while it is served, as the people who run one do: safe from any thread, at any time.

What a page shows, where it stands and what the truth tells follow at once. A change waits for the answer that is
being made, so that no page is half old and half new.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from .changes import reworded, with_paragraph, with_photo, with_text
from .comments import comments_of
from .generated import plain_article
from .layouts import Layout
from .portal import PER_PAGE, Portal
from .spec import CHINA, REACTIONS, ArticleSpec, InnerPage, SampleComment

_FIRST_COMMENT = 900_000_001
_READER = ("过路人", 9)


class Changes(TypedDict, total=False):
    """What may be changed of an article: fields of :class:`ArticleSpec`."""

    title: str
    summary: str
    section: str
    source: tuple[str, str | None] | None
    author: str | None
    publisher: str
    published: datetime
    pages: tuple[InnerPage, ...]
    reporters: tuple[str, ...] | None
    related: tuple[int, ...]
    views: int
    reactions: tuple[int, ...]
    comments: int
    highlight: bool
    redirect: str | None


class Editor:
    """The portal's editor. Articles go by number: KeyError for one that the portal never had."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._state = portal.state
        self._last_comment = _FIRST_COMMENT - 1

    def article(self, aid: int) -> ArticleSpec:
        """The article as it is now, missing or not."""
        article = self._portal.article(aid)
        if article is None:
            raise KeyError(f"the portal never had an article {aid}")
        return article

    def listed(self, section: str) -> list[int]:
        """The numbers in a section's list (by its key) as they stand now, over all list pages."""
        with self._state.lock:
            return list(self._state.listing(self._state.section_by_key(section)))

    def edit(self, aid: int, *, text: str | None = None, **changes: Unpack[Changes]) -> None:
        """Change what is given. ``text`` is the first paragraph's and ``section`` the key of one.

        ``comments`` makes up so many and drops those that the article had.
        """
        with self._state.lock:
            article = self.article(aid)
            if len(changes.get("reactions", REACTIONS)) != len(REACTIONS):
                raise ValueError(f"an article has a number for each of {len(REACTIONS)} reactions")
            if "published" in changes:
                changes["published"] = _minute(changes["published"])
            if "comments" in changes:
                article = replace(article, comment_list=None)
            article = replace(article, **changes)
            self._state.put(article if text is None else with_text(article, text))

    def reword(self, aid: int, old: str, new: str) -> None:
        """Other words in the text: the first ``old`` in a paragraph. ValueError where there is none."""
        with self._state.lock:
            self._state.put(reworded(self.article(aid), old, new))

    def add_paragraph(self, aid: int, text: str) -> None:
        """One more paragraph at the end."""
        with self._state.lock:
            self._state.put(with_paragraph(self.article(aid), text))

    def edit_photo(
        self,
        aid: int,
        number: int = 0,
        *,
        url: str | None = None,
        caption: str | None = None,
        credit: str | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Change a photo: :func:`portalcrawler.sample.changes.with_photo`."""
        with self._state.lock:
            changed = with_photo(self.article(aid), number, url=url, caption=caption, credit=credit, names=names)
            self._state.put(changed)

    def publish(
        self,
        section: str,
        *,
        title: str | None = None,
        text: str | None = None,
        summary: str | None = None,
        source: tuple[str, str | None] | None = ("云溪日报", None),
        published: datetime | None = None,
        page: int | None = None,
        pinned: bool = False,
        approved: bool = True,
    ) -> int:
        """A new article with the next number, which is returned; what is not given is invented.

        It is newer than all others and so stands first in its section, unless it is ``published`` at another time
        (with a time zone; the portal knows minutes), or dated so that it stands first on that list ``page``, or last
        of all where the list does not reach so far. Not ``approved``: its number is taken, but it is not there
        until :meth:`restore`.
        """
        if published is not None and page is not None:
            raise ValueError("either the time of publication or the list page, not both")
        with self._state.lock:
            self._state.section_by_key(section)
            if page is not None:
                when = self._date_for(section, page)
            else:
                when = _minute(published) if published else self._state.newest + timedelta(hours=1)
            aid = self._state.next_number()
            article = plain_article(aid, when, section)
            article = replace(article, source=source, pinned=pinned, missing=not approved)
            if title is not None:
                article = replace(article, title=title)
            if text is not None:
                article = replace(with_text(article, text), summary=text)
            if summary is not None:
                article = replace(article, summary=summary)
            self._state.put(article)
            return aid

    def delete(self, aid: int, *, listed: bool = False) -> None:
        """Take an article down; with ``listed`` the lists show it for the time being."""
        with self._state.lock:
            self._state.put(replace(self.article(aid), missing=True, lingers=listed))

    def restore(self, aid: int) -> None:
        """Put back what was deleted, or approve what was not."""
        with self._state.lock:
            self._state.put(replace(self.article(aid), missing=False, lingers=False))

    def pin(self, *aids: int) -> None:
        """Put articles at the top of their lists, above newer ones."""
        self._pin(aids, pinned=True)

    def unpin(self, *aids: int) -> None:
        """Put articles back where their dates place them."""
        self._pin(aids, pinned=False)

    def close_section(self, section: str) -> None:
        """Close a section, by its key: a notice takes the place of its lists; its articles stay."""
        self._close(section, closed=True)

    def open_section(self, section: str) -> None:
        """Open a closed section."""
        self._close(section, closed=False)

    def layout(self, *layouts: Layout, section: str | None = None) -> None:
        """The templates as they are from now on: changed like this, of all or of one section (by its key).

        Takes the place of earlier changes; without any the portal is as it was. The truth stays what it was.
        """
        with self._state.lock:
            self._state.layouts = dict.fromkeys(layouts, section)

    def view(self, aid: int, times: int = 1) -> None:
        """So many more views."""
        with self._state.lock:
            self.edit(aid, views=self.article(aid).views + times)

    def vote(self, aid: int, reaction: str, times: int = 1) -> None:
        """So many more readers who react like this: one of ``REACTIONS``."""
        with self._state.lock:
            counts = list(self.article(aid).reactions)
            counts[REACTIONS.index(reaction)] += times
            self.edit(aid, reactions=tuple(counts))

    def add_comment(
        self,
        aid: int,
        words: str,
        *,
        author: str = _READER[0],
        published: datetime | None = None,
        quoted: str = "",
        pending: bool = False,
    ) -> int:
        """A new comment, the newest of its article; its number is returned."""
        with self._state.lock:
            every = comments_of(self.article(aid))
            when = every[0].published if every else self.article(aid).published
            self._last_comment += 1
            comment = SampleComment(
                number=self._last_comment,
                author=author,
                uid=_READER[1],
                published=_minute(published) if published else when + timedelta(minutes=7),
                words=words,
                quoted=quoted,
                pending=pending,
            )
            self._put_comments(aid, [comment, *every])
            return comment.number

    def edit_comment(self, aid: int, number: int, words: str) -> None:
        """Other words in a comment; KeyError where the article has none of this number."""
        self._change_comment(aid, number, words)

    def remove_comment(self, aid: int, number: int) -> None:
        """Take a comment away; KeyError where the article has none of this number."""
        self._change_comment(aid, number, None)

    def _change_comment(self, aid: int, number: int, words: str | None) -> None:
        with self._state.lock:
            every = comments_of(self.article(aid))
            at = next((n for n, c in enumerate(every) if c.number == number), None)
            if at is None:
                raise KeyError(f"article {aid} has no comment {number}")
            changed = [] if words is None else [replace(every[at], words=words)]
            self._put_comments(aid, [*every[:at], *changed, *every[at + 1 :]])

    def _put_comments(self, aid: int, every: list[SampleComment]) -> None:
        self._state.put(replace(self.article(aid), comments=len(every), comment_list=tuple(every)))

    def _pin(self, aids: tuple[int, ...], *, pinned: bool) -> None:
        with self._state.lock:
            for aid in aids:
                self._state.put(replace(self.article(aid), pinned=pinned))

    def _close(self, key: str, *, closed: bool) -> None:
        with self._state.lock:
            self._state.put_section(replace(self._state.section_by_key(key), closed=closed))

    def _date_for(self, key: str, page: int) -> datetime:
        """When an article has to be dated to stand first on this list page; after the last of a shorter list."""
        numbers = self.listed(key)
        if not numbers:
            return self._state.newest
        at = (page - 1) * PER_PAGE
        if at < len(numbers):
            # Of two articles of the same minute the one with the higher number, the new one, stands first.
            return self.article(numbers[at]).published
        return self.article(numbers[-1]).published - timedelta(minutes=1)


def _minute(when: datetime) -> datetime:
    """The minute, on the portal's clock: more its pages do not tell. ValueError without a time zone."""
    if when.tzinfo is None:
        raise ValueError(f"a time on the portal needs a time zone: {when}")
    return when.astimezone(CHINA).replace(second=0, microsecond=0)
