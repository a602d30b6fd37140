"""Channels that are a command of the operator's own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, Literal, get_args

from portalcrawler.alerts.errors import ChannelError
from portalcrawler.alerts.message import Message
from portalcrawler.alerts.words import Choice
from portalcrawler.normalize.text import printable
from portalcrawler.sites.table import Table

Input = Literal["json", "text"]
COMMAND_KEYS = ("command", "input")
_TOLD_BYTES = 4096
"""Of the end of what it says on standard error."""


@dataclass(frozen=True, slots=True)
class Command:
    """``arguments`` are run as they are, without a shell; the message is on standard input, in UTF-8."""

    arguments: tuple[str, ...]
    input: Input = "json"

    def send(self, message: Message, choice: Choice, seconds: float) -> None:
        """Run it; what it starts is ended with it after so many seconds. Raises :class:`ChannelError`."""
        whole = json.dumps(message.json(choice), ensure_ascii=False) if self.input == "json" else message.text(choice)
        with tempfile.TemporaryFile() as told:
            self._run(whole, told, seconds)

    def _run(self, whole: str, told: IO[bytes], seconds: float) -> None:
        try:
            # In a group of its own, so that a time limit ends all of it.
            running = subprocess.Popen(  # noqa: S603 - the operator's own command
                self.arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=told,  # no pipe: what it leaves running may hold that open
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise ChannelError(f"{self.arguments[0]} cannot be run: {why}") from error
        with running:
            try:
                running.communicate(f"{whole}\n".encode("utf-8", "backslashreplace"), seconds)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):  # it has ended in this very moment
                    os.killpg(running.pid, signal.SIGKILL)
                raise ChannelError(f"{self.arguments[0]} did not end within {seconds:.0f} s") from None
        if running.returncode:
            told.seek(-min(told.seek(0, os.SEEK_END), _TOLD_BYTES), os.SEEK_END)
            lines = told.read().decode("utf-8", "replace").strip().splitlines()
            last = f": {printable(lines[-1])[:200]}" if lines else ""
            raise ChannelError(f"{self.arguments[0]} ended with status {running.returncode}{last}")


def read_command(table: Table) -> Command:
    """The command that a table declares. Raises ``SiteError``."""
    arguments = table.texts("command")
    if not arguments:
        table.fail("command", 'missing; allowed: a list, as ["/usr/local/bin/page-me", "--urgent"]')
    return Command(arguments, table.one_of("input", get_args(Input), "json"))
