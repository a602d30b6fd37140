"""A command of the scheduler: ends with it, however that ends.

``python -m portalcrawler.schedule.child PARENT COMMAND …`` becomes ``portalcrawler COMMAND …``. ``PARENT`` is the
process that started it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with(parent: int) -> None:
    """Be killed when the parent dies, whatever kills that; exits at once if it is dead already.

    A crawl is crash-only: nothing is lost by it. Raises ``OSError`` where the system does not know how.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    if sys.platform == "linux":
        end_with(int(sys.argv[1]))
    # What was asked for holds across exec (prctl(2)).
    os.execv(sys.executable, [sys.executable, "-m", "portalcrawler", *sys.argv[2:]])  # noqa: S606 - no shell is wanted
