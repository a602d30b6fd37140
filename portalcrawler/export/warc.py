"""The pages as they came, in a WARC file (ISO 28500:2017) that replay tools read: one gzip member a record.

A page is a ``response`` record under the address that answered. Where that is not the one asked for, a ``revisit``
record under the one asked for leads to it: which redirects lay between is not kept, and none is made up.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import responses
from typing import IO, TYPE_CHECKING, Unpack

from portalcrawler import __version__
from portalcrawler.archive import Archive
from portalcrawler.export.files import ExportError, Target, written
from portalcrawler.store.article_query import ArticleFilters
from portalcrawler.store.page_bodies import DamagedPageError
from portalcrawler.store.pages import OnDamage, StoredPage

if TYPE_CHECKING:
    from warcio.warcwriter import WARCWriter

SOFTWARE = f"portalcrawler/{__version__}"

_VERSION = "1.1"
_INFO = {
    "format": f"WARC File Format {_VERSION}",
    "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
    "description": (
        "Pages of articles as a crawler of news portals keeps them: compression and chunking of the transfer undone, "
        "cookies left out. Headers that say no more what the payload is are named X-Orig-. "
        "Where a portal redirected, the address asked for is a revisit of the one that answered."
    ),
}
_LENGTH = "content-length"
# The payload is what was left when these had been undone. A Content-Encoding that is still among the headers has not
# been undone: Scrapy takes out of it what it has decoded.
_UNDONE = ("transfer-encoding",)


@dataclass(frozen=True, slots=True)
class WarcCount:
    """How many pages a WARC file has, and how many were left out because the archive's copy of them is damaged."""

    pages: int
    damaged: int


def export_warc(
    archive: Archive, target: Target, *, on_damaged: OnDamage | None = None, **filters: Unpack[ArticleFilters]
) -> WarcCount:
    """Write the kept pages of the articles that match: those of one article together, the oldest first.

    A file appears, or replaces the one there, whole or not at all. ``on_damaged`` is called with the address of a page
    whose bytes cannot be had any more, and why; the others are written. Raises
    :class:`~portalcrawler.export.files.ExportError` where the target cannot be written, and ``BrokenPipeError`` where
    nobody reads the stream any more.
    """
    damaged = 0

    def count(url: str, error: DamagedPageError) -> None:
        nonlocal damaged
        damaged += 1
        if on_damaged is not None:
            on_damaged(url, error)

    with written(target, "none") as stream:
        pages = write_warc(archive.pages_of(on_damaged=count, **filters), stream)
    return WarcCount(pages, damaged)


def write_warc(pages: Iterable[StoredPage], stream: IO[bytes], *, software: str = SOFTWARE) -> int:
    """Write a ``warcinfo`` record and the pages; how many pages there were.

    The record of a page has the same bytes and the same ``WARC-Record-ID`` in every file, so that tools know it for
    the same: the id is made of what the record says.
    """
    writer = _writer(stream)
    writer.write_record(writer.create_warcinfo_record(None, {"software": software, **_INFO}))
    count = 0
    for page in pages:
        _write_page(writer, page)
        count += 1
    return count


def _writer(stream: IO[bytes]) -> WARCWriter:
    try:
        from warcio.warcwriter import WARCWriter
    except ImportError as exc:
        raise ExportError("WARC files need the extra `export`: pip install 'portalcrawler[export]'") from exc
    return WARCWriter(stream, gzip=True, warc_version=_VERSION)


def _write_page(writer: WARCWriter, page: StoredPage) -> None:
    date = _date(page.fetched_at)
    block = _head(page) + page.body
    content = hashlib.sha256(block).hexdigest()
    names = {"WARC-Record-ID": _record_id("response", page.answered_by, date, content), "WARC-Date": date}
    response = writer.create_warc_record(
        page.answered_by, "response", payload=io.BytesIO(block), length=len(block), warc_headers_dict=names
    )
    # The library has read the head to find the payload, and would write %-escapes for what in it is not ASCII.
    response.http_headers = None
    response.raw_stream.seek(0)
    response.length = len(block)
    writer.write_record(response)
    asked = page.url.partition("#")[0]
    if asked != page.answered_by:
        digest = response.rec_headers.get_header("WARC-Payload-Digest")
        names = {
            "WARC-Record-ID": _record_id("revisit", asked, date, content),
            "WARC-Refers-To": names["WARC-Record-ID"],
            "WARC-Date": date,
        }
        writer.write_record(
            writer.create_revisit_record(asked, digest, page.answered_by, date, warc_headers_dict=names)
        )


def _head(page: StoredPage) -> bytes:
    """The status line and the headers, in their order and with their repeats."""
    length = str(len(page.body))
    lines = [f"HTTP/1.1 {page.status} {responses.get(page.status, '')}"]
    told = False
    for name, value in page.headers:
        known = name.lower()
        undone = known in _UNDONE or (known == _LENGTH and value != length)
        # As Browsertrix does. X-Archive-Orig- is what replay tools put before the headers that they take out.
        lines.append(f"X-Orig-{name}: {value}" if undone else f"{name}: {value}")
        told = told or (known == _LENGTH and not undone)
    if not told:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _record_id(kind: str, url: str, date: str, digest: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join((kind, url, date, digest)))}>"
