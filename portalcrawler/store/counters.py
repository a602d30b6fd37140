"""How many writes went which way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counters:
    """What became of the operations: written at once, put into the spool, written from it, refused, in the queue.

    ``waiting`` of those in the spool are not in the database yet; ``lost`` could be put nowhere, the disk being full as
    well as the server away, and is 0 until :meth:`~portalcrawler.store.writer.Writer.close`.
    """

    written: int = 0
    spooled: int = 0
    replayed: int = 0
    rejected: int = 0
    pending: int = 0
    waiting: int = 0
    lost: int = 0
