"""Articles as JSON lines: one article a line, the names and the order of the article's fields, UTF-8."""

from __future__ import annotations

import io
import json
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from portalcrawler.items import Article, Comment, to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

# Lone surrogates have no UTF-8, and the other three end a line for many readers though not for JSON; escaped,
# the value is the same.
_ESCAPED = re.compile("[\ud800-\udfff\u0085\u2028\u2029]")


class ExportError(Exception):
    """The file cannot be written. The message is one clear line."""


def article_json(article: Article) -> str:
    """One line of JSON, without the line's end: every field, times in ISO 8601 with their offset, no ASCII escapes."""
    return _json(article)


def comment_json(comment: Comment) -> str:
    """The same for a reader's comment."""
    return _json(comment)


def _json(value: Article | Comment) -> str:
    text = json.dumps(to_dict(value), ensure_ascii=False, default=_iso)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def export_jsonl(articles: Iterable[Article], target: str | Path | IO[bytes] | IO[str]) -> int:
    """Write the articles, one a line; how many there were.

    A file appears, or replaces the one there, whole or not at all, and is on the disk on return. A stream is
    written to and flushed, and left open; a text stream must be UTF-8 or have a ``buffer``. Raises
    :class:`ExportError` where the file cannot be written, and ``BrokenPipeError`` where nobody reads the
    stream any more.
    """
    if isinstance(target, (str, Path)):
        path = Path(target)
        try:
            with _replacement(path) as file:
                return _write(articles, file)
        except OSError as exc:
            raise ExportError(f"{path} cannot be written: {exc.strerror or exc}.") from exc
    try:
        return _write(articles, target)
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise ExportError(f"The output cannot be written: {exc.strerror or exc}.") from exc


def _write(articles: Iterable[Article], stream: IO[bytes] | IO[str]) -> int:
    binary: Any = getattr(stream, "buffer", stream)  # not the text layer of a terminal that claims to be ASCII
    as_text = isinstance(binary, io.TextIOBase)
    count = 0
    for article in articles:
        line = article_json(article) + "\n"
        binary.write(line if as_text else line.encode("utf-8"))
        count += 1
    binary.flush()
    return count


@contextmanager
def _replacement(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the name ``path`` when all went well, and is removed when not."""
    path = Path(os.path.realpath(path))  # a link stays a link
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe: nothing to replace
        with path.open("wb") as file:
            yield file
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a part of an article")
