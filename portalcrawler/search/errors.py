"""What can go wrong with the search index, in words for the person who runs the program."""

from __future__ import annotations

from portalcrawler.store.errors import StoreError


class IndexBehind(StoreError):  # noqa: N818 - the name says the state, which is what callers ask about
    """The index has not read all that there is, and nobody would wait any longer. The message says how far it is."""


class IndexUnusable(StoreError):  # noqa: N818 - as above
    """The index can be neither used nor made: no room, or no right to write. The message says where and why."""
