"""What can go wrong with the store, in words for the person who runs the program."""

from __future__ import annotations


class StoreError(Exception):
    """The server answers, but what was asked of it cannot be done. The message is one clear line."""


class StoreUnavailable(StoreError):  # noqa: N818 - the name says the state, which is what callers ask about
    """No server can be reached or started. The message names the cause and, after it, what to do."""
