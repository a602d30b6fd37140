"""The files of a backup: BSON in gzip, written with its hash, read and checked."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from portalcrawler.store.backups.errors import BackupError, plain_errors
from portalcrawler.store.backups.manifest import Manifest, Part, read_manifest

_LEVEL = 4
"""Of zlib: three quarters of what the highest gains, in a third of its time. Pages are compressed already."""
_GZIP = 31
"""For zlib: a gzip file, with its header and checksum."""
_CHUNK = 2**20
_LARGEST = 64 * 2**20
"""No document of MongoDB's is so large: a length that says so is damage."""


class BsonWriter:
    """Writes documents to a file that is not there yet; a context manager, at the end of which it is on the disk."""

    def __init__(self, path: Path) -> None:
        # Without a buffer: what a full disk has refused must not be tried again when the file is closed.
        self._file = path.open("xb", buffering=0)
        self._hash = hashlib.sha256()
        self._packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
        self.documents = self.bytes = self.size = 0

    def add(self, batch: bytes) -> None:
        """Documents one after another, as the server sends them."""
        at = 0
        while at < len(batch):
            at += int.from_bytes(batch[at : at + 4], "little")
            self.documents += 1
        self.bytes += len(batch)
        self._write(self._packer.compress(batch))

    @property
    def sha256(self) -> str:
        """Of the file; to be asked for when it is complete."""
        return self._hash.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._file:
            if kind is None:
                self._write(self._packer.flush())
                os.fsync(self._file.fileno())

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]


def read_documents(folder: Path, part: Part) -> Iterator[bytes]:
    """The documents of a part, each as BSON. Raises :class:`BackupError` where the file is damaged."""
    path = folder / part.file
    try:
        with gzip.open(path) as file:
            while head := file.read(4):
                length = int.from_bytes(head, "little")
                if not 5 <= length <= _LARGEST:
                    raise BackupError(f"{path} is damaged; take another backup.")
                document = head + file.read(length - 4)
                if len(document) != length:
                    raise BackupError(f"{path} is damaged; take another backup.")
                yield document
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise BackupError(f"{path} is damaged ({exc}); take another backup.") from None
    except OSError as exc:
        raise BackupError(f"{path}: {exc.strerror or exc}.") from exc


def verify(folder: Path) -> Manifest:
    """Read a backup through: that each of its files is there and is what it was. Raises :class:`BackupError`."""
    manifest = read_manifest(folder)
    for part in manifest.parts:
        path = folder / part.file
        if not path.is_file():
            raise BackupError(f"{path} is missing; take another backup.")
        digest, size = hashlib.sha256(), 0
        with plain_errors(path), path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        if size != part.size:
            raise BackupError(f"{path} has {size:,} bytes, not {part.size:,}: it is damaged; take another backup.")
        if digest.hexdigest() != part.sha256:
            raise BackupError(f"{path} is not what was written (its SHA-256 differs); take another backup.")
        found = sum(1 for _ in read_documents(folder, part))
        if found != part.documents:
            raise BackupError(f"{path} holds {found:,} documents, not {part.documents:,}; take another backup.")
    return manifest
