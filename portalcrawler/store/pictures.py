"""Pictures that have been downloaded: an index from their addresses to their files; and the photos without one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from portalcrawler.store.articles import SILENT, to_utc
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.feed_mark import marking
from portalcrawler.store.ops import Op

COLLECTION = "pictures"
_WITHOUT_FILE: Document = {"photos": {"$elemMatch": {"file": None, "url": {"$regex": "^https?://"}}}}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as its server sent it.

    ``file`` is where it is kept below the folder or bucket of pictures, ``sha256`` the hash of its ``size`` bytes,
    ``content_type`` what it is and not what the server said; ``width`` and ``height`` are in pixels, ``fetched_at`` is
    in UTC. One file may be the picture of many addresses.
    """

    url: str
    file: str
    width: int
    height: int
    size: int
    content_type: str
    sha256: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Wanting:
    """A stored article with photos that have no file: their addresses, in order, each once."""

    article: str
    site: str
    url: str
    photos: list[str]


def upsert_picture(picture: Picture) -> Op:
    """Remember a picture under its address; the one that was fetched last counts."""
    key = _key(picture.url)
    fetched_at = to_utc(picture.fetched_at, "fetched_at")
    document = {"_id": key, **asdict(picture), "fetched_at": fetched_at}
    newer = {"$gt": ["$fetched_at", fetched_at]}
    pipeline = [{"$replaceWith": {"$cond": [newer, "$$ROOT", {"$literal": document}]}}]
    return Op(COLLECTION, "update_one", {"_id": key}, pipeline, upsert=True)


def set_picture(article_ids: Sequence[str], picture: Picture) -> Op:
    """The photos of these articles that are at the picture's address get its file; nothing else of them changes."""
    got = {"file": picture.file, "width": picture.width, "height": picture.height}
    same = {"$eq": ["$$photo.url", {"$literal": picture.url}]}
    chosen = {"$cond": [same, {"$mergeObjects": ["$$photo", {"$literal": got}]}, "$$photo"]}
    photos = {"$map": {"input": "$photos", "as": "photo", "in": chosen}}
    wanted = {"_id": {"$in": list(article_ids)}, "photos.url": {"$eq": picture.url}}
    shown = {"$mergeObjects": ["$$ROOT", {"photos": photos}]}
    return Op("articles", "update_many", wanted, marking(shown, SILENT))


def find_pictures(store: Store, urls: Collection[str]) -> dict[str, Picture]:
    """What is known of the pictures at these addresses, by address; in one query."""
    found: dict[str, Picture] = {}
    with store.plain_errors():
        for row in store.collection(COLLECTION).find({"_id": {"$in": [_key(url) for url in urls]}}, {"_id": False}):
            picture = Picture(**row)
            found[picture.url] = picture
    return found


def sites_without_files(store: Store, site: str | None = None) -> dict[str, str]:
    """The sites with photos that have no file, or that one if it has any; each with the URL of one such article."""
    wanted = _WITHOUT_FILE if site is None else {**_WITHOUT_FILE, "site": {"$eq": site}}
    with store.plain_errors():
        rows = store.collection("articles").aggregate(
            [{"$match": wanted}, {"$group": {"_id": "$site", "url": {"$first": "$url"}}}, {"$sort": {"_id": 1}}]
        )
        return {row["_id"]: row["url"] for row in rows}


def articles_without_files(store: Store, site: str, *, after: str = "", limit: int = 100) -> list[Wanting]:
    """Articles of a site with photos that have no file: those whose ids come behind ``after``, by id."""
    wanted = {**_WITHOUT_FILE, "site": {"$eq": site}, "_id": {"$gt": after}}
    fields = {"site": True, "url": True, "photos.url": True, "photos.file": True}
    with store.plain_errors():
        rows = list(store.collection("articles").find(wanted, fields).sort("_id", 1).limit(limit))
    return [Wanting(row["_id"], row["site"], row["url"], _addresses(row["photos"])) for row in rows]


def _addresses(photos: list[Document]) -> list[str]:
    missing = (photo["url"] for photo in photos if photo.get("file") is None)
    return list(dict.fromkeys(url for url in missing if url.startswith(("http://", "https://"))))


def _key(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
