"""SIGTERM ends a command as Ctrl-C does: what it had begun is taken back, such as the draft of a file."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def orderly_end() -> Iterator[None]:
    """Within the block SIGTERM raises :class:`Terminated`."""

    def ended(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
