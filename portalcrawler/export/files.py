"""Files that appear whole or not at all, and streams; compressed on request."""

from __future__ import annotations

import gzip
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal, cast

from portalcrawler.store.folders import sync_folder

Compression = Literal["none", "gzip", "zstd"]
Target = str | Path | IO[bytes] | IO[str]
"""The path of a file, or an open stream; a text stream must have a ``buffer``, as standard output has."""

ENDINGS: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}

_BUFFER = 2**20


class ExportError(Exception):
    """The target cannot be written. The message is one clear line."""


@contextmanager
def written(target: Target, compression: Compression) -> Iterator[IO[bytes]]:
    """What is written to goes to ``target``, and is there when the block ends without an exception.

    A path's file appears, or replaces the one there, whole or not at all, and is on the disk then. A stream is flushed
    and left open. Raises :class:`ExportError` where the target cannot be written, and ``BrokenPipeError`` where nobody
    reads the stream any more.
    """
    if isinstance(target, (str, Path)):
        with plain_errors(str(target)), replacement(Path(target)) as file, compressed(file, compression) as out:
            yield out
        return
    with plain_errors("The output"):
        # Not the text layer, which may claim to be ASCII.
        stream: IO[bytes] = getattr(target, "buffer", cast(IO[bytes], target))
        with compressed(stream, compression) as out:
            yield out
        stream.flush()


@contextmanager
def plain_errors(what: str) -> Iterator[None]:
    """Turns the system's refusals to write ``what`` into :class:`ExportError`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise ExportError(f"{what} cannot be written: {exc.strerror or exc}.") from exc


@contextmanager
def replacement(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the name ``path`` when all went well, and is removed when not."""
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe: nothing to replace
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))  # a link stays a link
    draft = draft_of(path)
    try:
        with draft.open("xb", buffering=_BUFFER) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):  # what went wrong first is told
            draft.unlink()
        raise
    sync_folder(path.parent)


def draft_of(path: Path) -> Path:
    """A hidden name in the same folder, which nobody else uses."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.tmp")


@contextmanager
def compressed(file: IO[bytes], compression: Compression) -> Iterator[IO[bytes]]:
    """What is written to goes to ``file``, compressed; the file stays open."""
    if compression == "gzip":
        # No name and no time inside: the same rows are the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as out:
            yield cast(IO[bytes], out)
    elif compression == "zstd":
        with _zstd_writer(file) as out:
            yield out
    else:
        yield file


def _zstd_writer(file: IO[bytes]) -> Any:
    try:
        import zstandard
    except ImportError as exc:
        raise ExportError("zstd needs the extra `export`: pip install 'portalcrawler[export]'.") from exc
    return zstandard.ZstdCompressor().stream_writer(file, closefd=False)
