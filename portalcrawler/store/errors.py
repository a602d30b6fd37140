"""What can go wrong with the store, in words for the person who runs the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portalcrawler.store.leases import Holder


class StoreError(Exception):
    """The server answers, but what was asked of it cannot be done. The message is one clear line."""


class StoreUnavailable(StoreError):  # noqa: N818 - the name says the state, which is what callers ask about
    """No server can be reached or started. The message names the cause and, after it, what to do."""


class LeaseHeld(Exception):  # noqa: N818 - the name says the state, which is what callers ask about
    """Somebody else is at work on a site; the message is one clear line that says who, and what to do."""

    def __init__(self, message: str, holder: Holder) -> None:
        super().__init__(message)
        self.holder = holder
