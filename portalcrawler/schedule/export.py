"""The schedule without its daemon: units for systemd, lines for cron.

Both ask every five minutes whether a site is due, with ``schedule run --once``: the claims in the archive, jitter,
quiet hours and limits are then the daemon's own, and a moment that was missed is made up for.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from portalcrawler.sites import Site

Kind = Literal["systemd", "cron"]

EVERY_MINUTES = 5
# The scheduler tells its crawl to end, waits 20 seconds and writes how it ended.
_STOP_SECONDS = 45


def program() -> list[str]:
    """By which words this program is called, wherever the caller's PATH leads."""
    return [sys.executable, "-m", "portalcrawler"]


def units(sites: Iterable[Site], environment: dict[str, str], command: Sequence[str]) -> dict[str, str]:
    """The text of each unit by its file's name; ``environment`` is what the services need to find archive and sites."""
    made = {}
    for site in sites:
        name = f"portalcrawler-{site.name}"
        lines = "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in environment.items())
        words = " ".join(_quoted(word) for word in [*command, "schedule", "run", "--once", "--site", site.name])
        made[f"{name}.service"] = f"""\
[Unit]
Description=portalcrawler: {site.name}, if it is due
Wants=network-online.target
After=network-online.target mongod.service

[Service]
Type=oneshot
{lines}ExecStart={words}
KillMode=mixed
TimeoutStartSec=infinity
TimeoutStopSec={_STOP_SECONDS}
"""
        made[f"{name}.timer"] = f"""\
[Unit]
Description=portalcrawler: asks every {EVERY_MINUTES} minutes whether {site.name} is due

[Timer]
OnCalendar=*:0/{EVERY_MINUTES}
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
    return made


def crontab(sites: Iterable[Site], environment: dict[str, str], command: Sequence[str]) -> str:
    """Lines for ``crontab``: what the crawls need to know, then one line a site."""
    # In a crontab's environment nothing is expanded; a percent sign in a command would be a line's end.
    head = "".join(f'{key}="{value}"\n' for key, value in environment.items())
    lines = []
    for site in sites:
        words = shlex.join([*command, "schedule", "run", "--once", "--site", site.name]).replace("%", "\\%")
        lines.append(f"*/{EVERY_MINUTES} * * * * {words}\n")
    return head + "".join(lines)


def write_units(texts: dict[str, str], folder: Path) -> list[Path]:
    """The units as files in a folder, which is made. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in texts.items():
        path = folder / name
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def _quoted(word: str) -> str:
    """A word of a unit: systemd.service(5), COMMAND LINES and SPECIFIERS."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or not word.isascii() or any(letter in word for letter in " ';") else word
