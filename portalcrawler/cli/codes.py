"""What the exit status of a command means."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit status of every command; the help and ``docs/commands.md`` print :data:`MEANINGS`."""

    DONE = 0
    UNMET = 1
    UNUSABLE = 2
    PARTIAL = 3
    NOTHING_THERE = 4
    BUSY = 5
    ALARM = 6
    INTERRUPTED = 130
    NOBODY_READS = 141
    TERMINATED = 143


MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.UNMET: "not found, readable or writable; a wrong site file; an extra missing",
    ExitCode.UNUSABLE: "wrong usage, or no database",
    ExitCode.PARTIAL: "done, but some pages could not be read or stored",
    ExitCode.NOTHING_THERE: "nothing to crawl there: no answer, or no portal of a known family",
    ExitCode.BUSY: "the site is being crawled, or the feed read, already",
    ExitCode.ALARM: "done, but an alarm stands: the portal is not as it was",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
    ExitCode.NOBODY_READS: "nobody reads the output any more",
    ExitCode.TERMINATED: "terminated",
}
"""Each code in a few words."""


class CliError(Exception):
    """What was asked for cannot be done; the message is one clear line for the person who asked."""

    def __init__(self, message: str, code: ExitCode = ExitCode.UNMET) -> None:
        super().__init__(message)
        self.code = code


def epilog() -> str:
    """The codes as the help prints them."""
    lines = "\n".join(f"  {code.value:3}  {words}" for code, words in MEANINGS.items())
    return f"\b\nExit codes:\n{lines}"
