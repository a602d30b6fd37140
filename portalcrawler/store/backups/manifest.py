"""What a backup says of itself: ``manifest.json``, which is written last and without which there is no backup."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bson import json_util

from portalcrawler.store.backups.errors import BackupError, plain_errors
from portalcrawler.store.connection import Document
from portalcrawler.store.leases import COLLECTION as LEASES
from portalcrawler.store.schedulers import COLLECTION as SCHEDULERS
from portalcrawler.store.schema import INDEXES

MANIFEST = "manifest.json"
FORMAT = 1
"""The version of the folder's form; a higher one is refused."""

OF_PROCESSES = (LEASES, SCHEDULERS)
"""Who is at work at this moment; nobody will be, when the archive is restored."""
COLLECTIONS = tuple(name for name in INDEXES if name not in OF_PROCESSES)
"""What is in a backup."""

Progress = Callable[[str, int, int], None]
"""Told the name of a collection, how many of its documents are done, and of about how many."""


def no_progress(_name: str, _done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Part:
    """A collection: how many ``documents``, of ``bytes`` as BSON; ``size`` and ``sha256`` are the file's.

    ``options`` and ``indexes`` are as MongoDB lists them.
    """

    name: str
    documents: int
    bytes: int
    size: int
    sha256: str
    options: Document
    indexes: list[Document]

    @property
    def file(self) -> str:
        """The name of its file: BSON documents one after another, in gzip, as mongodump has it."""
        return f"{self.name}.bson.gz"


@dataclass(frozen=True, slots=True)
class Manifest:
    """``taken_at`` is the moment that the backup shows, in UTC; ``cluster_time`` the same as the server counts it,
    ``None`` for a backup that was not read as of one moment. ``schema`` is the version of the archive's schema,
    ``program`` the portalcrawler that made the backup, ``server`` the MongoDB that it was read from."""

    database: str
    taken_at: datetime
    cluster_time: str | None
    schema: int
    program: str
    server: str
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part | None:
        """The collection of this name."""
        return next((part for part in self.parts if part.name == name), None)

    def text(self) -> str:
        """As the file has it: JSON, with a hash of itself."""
        parts = [{**asdict(p), "options": _extended(p.options), "indexes": _extended(p.indexes)} for p in self.parts]
        facts = {
            "format": FORMAT,
            **{name: getattr(self, name) for name in ("database", "cluster_time", "schema", "program", "server")},
            "taken_at": self.taken_at.isoformat(),
            "collections": parts,
        }
        return json.dumps({**facts, "sha256": _digest(facts)}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Self:
        """From what the file says. Raises ``KeyError``, ``TypeError`` and ``ValueError`` for what makes no sense."""
        parts = []
        for each in facts["collections"]:
            options, indexes = _plain(each["options"]), _plain(each["indexes"])
            parts.append(Part(**{**each, "options": options, "indexes": indexes}))
        if unknown := {part.name for part in parts} - set(COLLECTIONS):
            raise ValueError(f"no collection of an archive: {unknown}")
        names = ("database", "cluster_time", "schema", "program", "server")
        taken_at = datetime.fromisoformat(facts["taken_at"])
        return cls(**{name: facts[name] for name in names}, taken_at=taken_at, parts=tuple(parts))


def read_manifest(folder: Path) -> Manifest:
    """What the backup in ``folder`` says of itself. Raises :class:`BackupError` where it is none, or not whole."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise BackupError(f"{folder} is no backup: there is no such folder.")
    if not path.is_file():
        raise BackupError(f"{folder} is no backup: it holds no {MANIFEST}, which is written when all the rest is.")
    with plain_errors(path):
        text = path.read_bytes()
    damaged = f"{path} is damaged; take another backup."
    try:
        facts = json.loads(text)
        said = facts.pop("sha256")
        version = facts["format"]
    except (ValueError, KeyError, AttributeError, TypeError):
        raise BackupError(damaged) from None
    if isinstance(version, int) and version > FORMAT:
        raise BackupError(f"{path} has format {version}, of a newer portalcrawler; upgrade this one.")
    try:
        if said != _digest(facts):
            raise BackupError(damaged)
        return Manifest.from_facts(facts)
    except (ValueError, KeyError, TypeError):
        raise BackupError(damaged) from None


def _digest(facts: dict[str, Any]) -> str:
    text = json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _extended(value: Any) -> Any:
    """BSON's types as JSON has them."""
    return json.loads(json_util.dumps(value, json_options=json_util.CANONICAL_JSON_OPTIONS))


def _plain(value: Any) -> Any:
    return json_util.loads(json.dumps(value), json_options=json_util.CANONICAL_JSON_OPTIONS)
