"""Passwords, tokens and addresses that are as good as one: looked up when they are needed, never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portalcrawler.alerts.errors import ChannelError
from portalcrawler.sites.table import Table


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is: ``value`` itself, the name of an environment variable, or a file."""

    value: str | None = field(default=None, repr=False)
    variable: str | None = None
    file: Path | None = None

    def read(self, environment: Mapping[str, str] = os.environ) -> str:
        """The secret, without the white space around it. Raises :class:`ChannelError` where it is not there."""
        if self.value is not None:
            return self.value
        if self.variable is not None:
            found = environment.get(self.variable, "").strip()
            missing = f"the environment variable {self.variable} is not set"
        else:
            found, missing = self._read_file()
        if not found:
            raise ChannelError(missing)
        return found

    def _read_file(self) -> tuple[str, str]:
        try:
            return (self.file or Path()).read_text("utf-8").strip(), f"the file {self.file} is empty"
        except (OSError, UnicodeDecodeError) as error:
            raise ChannelError(f"the file {self.file} cannot be read: {_why(error)}") from error


def secret_keys(key: str) -> tuple[str, str]:
    """The keys of a declaration that say where the secret ``key`` is."""
    return f"{key}_env", f"{key}_file"


def read_secret(table: Table, key: str, *, plain: bool = False) -> Secret | None:
    """Where a table says that a secret is; with ``plain`` it may stand there itself. Raises ``SiteError``."""
    keys = (*([key] if plain else []), *secret_keys(key))
    given = [name for name in keys if table.text(name) is not None]
    if len(given) > 1:
        table.fail(given[1], f"clashes with {given[0]}; allowed: one of {', '.join(keys)}")
    file = table.text(f"{key}_file")
    if not given:
        return None
    path = None if file is None else table.path.parent / Path(file).expanduser()
    return Secret(table.text(key) if plain else None, table.text(f"{key}_env"), path)


def _why(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or type(error).__name__
