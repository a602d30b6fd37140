"""Writes that wait on disk for a server that is away.

A folder for each database, a file for each process that had to wait. A file is an unbroken row of records:
length and CRC-32 of the payload (4 bytes each, little-endian), then the payload, an
:class:`~portalcrawler.store.ops.Op` as BSON. A file is locked by the process that writes it, as long as that
lives, and afterwards by the one that replays it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from bson.errors import InvalidBSON

from portalcrawler.home import spool_folder
from portalcrawler.store.folders import sync_folder
from portalcrawler.store.locks import take
from portalcrawler.store.ops import Op

logger = logging.getLogger(__name__)

_HEAD = struct.Struct("<II")
# A record is one document of at most 16 MB and a little around it; any larger length is damage.
_MAX_RECORD = 32_000_000
_SUFFIX = ".ops"


def folder_for(shown_uri: str, database: str) -> Path:
    """The spool of a database.

    The name is a hash of the URI without its password, and of the database's name.
    """
    mark = hashlib.sha256(f"{shown_uri}\n{database}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return spool_folder() / mark


class Spool:
    """The spool of one database, seen by one process. Not for use from several threads at once.

    All methods raise ``OSError`` where the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.damaged: list[Path] = []
        self._path: Path | None = None
        self._descriptor = -1

    def append(self, payloads: Sequence[bytes]) -> None:
        """Add encoded operations, all or none; they are on the disk when this returns."""
        if self._descriptor < 0:
            self._open()
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        data = b"".join(_HEAD.pack(len(p), zlib.crc32(p)) + p for p in payloads)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, end)
            raise

    def waiting(self) -> bool:
        """Whether there is anything to replay, by this process or by one that is gone."""
        return any(self._files())

    def size(self) -> int:
        """How many bytes wait, this process's and others'."""
        sizes = 0
        for path in self._files():
            with suppress(FileNotFoundError):  # it has just been replayed
                sizes += path.stat().st_size
        return sizes

    def replay(self) -> Iterator[tuple[Path, Iterator[Op]]]:
        """Each file that nobody else writes or replays, oldest first.

        :meth:`discard` each when it is in the database.

        A damaged record and all after it are set aside in a file that ends in ``.damaged``, with a warning in
        the log.
        """
        for path in self._files():
            if path == self._path:
                yield path, self._read(path)
                continue
            descriptor = take(path)
            if descriptor is None:
                continue
            try:
                yield path, self._read(path)
            finally:
                os.close(descriptor)

    def discard(self, path: Path) -> None:
        """Everything in the file is in the database."""
        if path == self._path:
            self.close()
        path.unlink(missing_ok=True)
        sync_folder(self.folder)

    def close(self) -> None:
        """Let go of this process's file; what is in it stays for the next process."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._path = -1, None

    def _open(self) -> None:
        # Named by time, so that sorting by name is the order of writing.
        path = self.folder / f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(3)}{_SUFFIX}"
        descriptor = take(path)
        if descriptor is None:
            raise BlockingIOError(f"{path} is locked by another process")
        self._path, self._descriptor = path, descriptor
        sync_folder(self.folder)

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.suffix == _SUFFIX)

    def _read(self, path: Path) -> Iterator[Op]:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            while (start := file.tell()) < size:
                head = file.read(_HEAD.size)
                length, checksum = _HEAD.unpack(head) if len(head) == _HEAD.size else (_MAX_RECORD + 1, 0)
                payload = file.read(length) if length <= _MAX_RECORD else b""
                op = _decoded(payload) if len(payload) == length and zlib.crc32(payload) == checksum else None
                if op is None:
                    file.seek(start)
                    self._set_aside(path, start, file.read())
                    return
                yield op

    def _set_aside(self, path: Path, start: int, rest: bytes) -> None:
        aside = path.with_suffix(".damaged")
        aside.write_bytes(rest)
        self.damaged.append(aside)
        logger.warning(
            "The spool file %s is damaged from byte %d on, as by a crash in mid-write; %d bytes are kept in %s",
            path,
            start,
            len(rest),
            aside,
        )


def _decoded(payload: bytes) -> Op | None:
    try:
        return Op.decode(payload)
    except (InvalidBSON, TypeError):
        return None
