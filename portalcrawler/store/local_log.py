"""mongod's log: what it complains of, and how it is kept small."""

from __future__ import annotations

import json
from pathlib import Path

from portalcrawler.store.local_paths import LocalPaths

MAX_LOG_BYTES = 4_000_000
_TAIL_BYTES = 64_000


def last_errors(paths: LocalPaths) -> str:
    """The last errors of the private server, in one line."""
    found: list[str] = []
    for line in _tail(paths.log).splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("s") in ("E", "F"):
            detail = entry.get("attr", {})
            reason = detail.get("error") or detail.get("reason") or ""
            found.append(f"{entry.get('msg', '')} {reason if isinstance(reason, str) else json.dumps(reason)}".strip())
    if not found:
        found = [line for line in _tail(paths.output).splitlines() if line.strip()]
    return "; ".join(found[-3:])[:600].rstrip(". ") or "it gave no reason"


def set_aside_if_large(log: Path) -> bool:
    """Rename a log that has grown too large to ``.1``, in place of the older one; whether it was done."""
    try:
        if log.stat().st_size < MAX_LOG_BYTES:
            return False
    except FileNotFoundError:
        return False
    log.replace(log.with_name(log.name + ".1"))
    return True


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
