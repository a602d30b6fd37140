"""Raw pages as few bytes: compressed against an earlier page of the same portal, with which they share their frame."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portalcrawler.store.connection import Document, Store
from portalcrawler.store.errors import StoreError
from portalcrawler.store.ops import Op, Stage

_COLLECTION = "pages"  # dictionaries lie among the pages that need them, and are never dropped
_LEVEL = 6
_WINDOW = 32_768
"""How far back zlib looks: a longer dictionary would be of no use."""
_LEAST = 2_048
_STALE = 0.7


class DamagedPageError(StoreError):
    """A page was kept, but its bytes cannot be had any more."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The beginning of a page; ``id`` names the document that holds it."""

    id: str
    data: bytes


class Packer:
    """Compresses the pages of one site. Not for use from several threads at once.

    The first page of a run shows whether the newest dictionary of the site still serves: if the portal has changed its
    looks since, or if there is none, that page becomes the next one.
    """

    def __init__(self, site: str, known: Dictionary | None) -> None:
        self._site = site
        self._dictionary = known
        self._tried = False

    def pack(self, body: bytes, now: datetime) -> tuple[bytes, str | None, list[Op]]:
        """The compressed bytes, the dictionary they need, and what has to be stored before them."""
        ops: list[Op] = []
        if not self._tried and len(body) >= _LEAST:
            self._tried = True
            if self._dictionary is None or _is_stale(self._dictionary, body):
                self._dictionary = Dictionary(_new_id(self._site, body, now), body[:_WINDOW])
                ops.append(_store_dictionary(self._dictionary))
        if self._dictionary is None:
            return zlib.compress(body, _LEVEL), None, ops
        return _compress(body, self._dictionary), self._dictionary.id, ops


class Unpacker:
    """The reverse; dictionaries are read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, bytes] = {}

    def unpack(self, packed: bytes, dictionary: str | None) -> bytes:
        """The page's bytes. Raises :class:`DamagedPageError` if they, or their dictionary, are not whole."""
        try:
            engine = zlib.decompressobj(zdict=self._data(dictionary)) if dictionary else zlib.decompressobj()
            body = engine.decompress(packed) + engine.flush()
        except zlib.error as error:
            raise DamagedPageError(f"A stored page is damaged: {error}.") from error
        if not engine.eof:
            raise DamagedPageError("A stored page is damaged: its end is missing.")
        return body

    def _data(self, dictionary: str) -> bytes:
        if dictionary not in self._known:
            with self._store.plain_errors():
                found = self._store.collection(_COLLECTION).find_one({"_id": dictionary})
            if found is None:
                raise DamagedPageError(
                    f"The dictionary {dictionary!r} is not there, without which the page is unreadable."
                )
            self._known[dictionary] = zlib.decompress(found["body"])
        return self._known[dictionary]


def newest_dictionary(store: Store, site: str) -> Dictionary | None:
    """The one that the pages of a site were compressed with last."""
    prefix = _prefix(site)
    wanted: Document = {"_id": {"$gt": prefix, "$lt": f"{prefix}\uffff"}}
    with store.plain_errors():
        found: dict[str, Any] | None = store.collection(_COLLECTION).find_one(wanted, sort=[("_id", -1)])
    return Dictionary(found["_id"], zlib.decompress(found["body"])) if found else None


def _prefix(site: str) -> str:
    # No site's name begins like this, so that no article's pages are among them.
    return f":dictionary:{site}:"


def _new_id(site: str, body: bytes, now: datetime) -> str:
    return f"{_prefix(site)}{now.astimezone(UTC):%Y%m%dT%H%M%S}-{hashlib.sha256(body).hexdigest()[:8]}"


def _store_dictionary(dictionary: Dictionary) -> Op:
    packed = zlib.compress(dictionary.data, 9)
    fields = {"body": packed, "size": len(packed)}
    first = Stage.NOTE - 1  # durable before any page that cannot be read without it
    return Op(_COLLECTION, "update_one", {"_id": dictionary.id}, {"$setOnInsert": fields}, upsert=True, stage=first)


def _is_stale(dictionary: Dictionary, body: bytes) -> bool:
    return len(_compress(body, dictionary)) > _STALE * len(zlib.compress(body, _LEVEL))


def _compress(body: bytes, dictionary: Dictionary) -> bytes:
    engine = zlib.compressobj(_LEVEL, zdict=dictionary.data)
    return engine.compress(body) + engine.flush()
