"""Finding copies: which articles are one another's reprints, kept right as articles come and change.

An article's ``duplicate_of`` is the earliest of those that are copies of it
(:func:`~portalcrawler.normalize.likeness.same_article`), are earlier (:func:`rank`) and share a key with it that no
more than :data:`~portalcrawler.store.fingerprints.CROWD` articles have. That depends on what is stored, and never on
the order in which it came.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import UpdateOne

from portalcrawler.items import Photo
from portalcrawler.normalize.likeness import Face, same_article
from portalcrawler.store.articles import COLLECTION as ARTICLES
from portalcrawler.store.connection import Document, Store
from portalcrawler.store.feed_mark import with_mark
from portalcrawler.store.fingerprints import COLLECTION, Sharers, find_settled, find_sharers, state_of
from portalcrawler.store.numbering import never

Rank = tuple[bool, datetime, str, int, str]

_BATCH = 50
_TEXTS = 800
_TEXTS_AT_ONCE = 50
_ABSENT = datetime.min.replace(tzinfo=UTC)


def settle_copies(store: Store, should_stop: Callable[[], bool] = never) -> int:
    """Look for copies of every article that is new or changed since; how many were looked at.

    May be broken off at any moment, by ``should_stop`` between two small batches or by a crash: what is left is done
    the next time. Several processes may do it at once. The work grows with what is new, not with the archive.
    Raises :class:`~portalcrawler.store.errors.StoreError`.
    """
    done = 0
    crowds: set[int] = set()
    with store.plain_errors():
        while not should_stop():
            marked = list(store.collection(COLLECTION).find({"settled": False}).limit(_BATCH))
            if not marked:
                break
            done += _Batch(store, marked, crowds).settle()
    return done


def rank(article_id: str, site: str, published_at: datetime | None) -> Rank:
    """The order of articles: by time of publication, those without one last, then by site and number."""
    number = article_id.rpartition(":")[2]
    plain = number.isascii() and number.isdigit()
    return published_at is None, published_at or _ABSENT, site, int(number) if plain else -1, article_id


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an article stands among the others, and what it is a copy of."""

    rank: Rank
    duplicate_of: str | None


class _Batch:
    """Some fingerprints that are to be settled, and what has been read for them."""

    def __init__(self, store: Store, marked: list[Document], crowds: set[int]) -> None:
        self._store = store
        self._marked = marked
        self._crowds = crowds
        self._faces = _Faces(store)
        self._places: dict[str, _Place] = {}
        self._found: dict[str, str | None] = {}

    def settle(self) -> int:
        """How many are settled; fewer than there are where another process is at work on the same articles."""
        states = self._refresh_keys()
        mine = {row["_id"] for row in self._marked}
        now = {row["_id"]: set(row["bands"]) for row in self._marked}
        left = {key for row in self._marked for key in row.get("before", ()) if key not in now[row["_id"]]}
        sharers = find_sharers(self._store, left.union(*now.values()))
        anew = mine | {other for key in left for other in sharers.of.get(key, ())}
        self._crowds -= sharers.of.keys()
        for key in sharers.crowds - self._crowds:
            # Perhaps a crowd only since these came: then copies that were found by this key alone are none any more.
            settled = find_settled(self._store, key)
            self._read_places(settled)
            anew.update(one for one in settled if self._place_of(one).duplicate_of is not None)
        self._read_places(anew.union(*sharers.of.values()))
        neighbours = {one: _sharing(sharers, keys) - {one} for one, keys in now.items()}
        anew.update(
            other for near in neighbours.values() for other in near if self._place_of(other).duplicate_of in mine
        )
        self._judge_anew(anew & self._places.keys(), now, sharers)
        later = {one: [o for o in near - anew if self._earlier(one, o)] for one, near in neighbours.items()}
        self._faces.prepare(mine.union(*later.values()))
        for one, near_later in later.items():
            self._judge_later(one, near_later)
        if not self._write():
            return 0
        self._crowds |= sharers.crowds
        return self._mark_settled(states)

    def _refresh_keys(self) -> dict[str, str]:
        """Makes the keys of what is stored now; the state of each article that they belong to."""
        faces = self._faces.read([row["_id"] for row in self._marked])
        states, writes = {}, []
        for row in self._marked:
            face = faces.get(row["_id"])
            keys = face[0].keys() if face else []
            states[row["_id"]] = face[1] if face else row["state"]
            before = set(row.get("before", ())) | set(row["bands"]) - set(keys)
            if keys != row["bands"]:
                # Kept until it is settled: those that shared a key which is gone have to be looked at too.
                row |= {"bands": keys, "before": sorted(before)}
                writes.append(UpdateOne({"_id": row["_id"]}, {"$set": {"bands": keys, "before": row["before"]}}))
        if writes:
            self._store.collection(COLLECTION).bulk_write(writes, ordered=False)
        return states

    def _judge_anew(self, ids: Collection[str], known: dict[str, set[int]], sharers: Sharers) -> None:
        others = [one for one in ids if one not in known]
        if others:
            rows = self._store.collection(COLLECTION).find({"_id": {"$in": others}}, {"bands": 1})
            known = known | {row["_id"]: set(row["bands"]) for row in rows}
            wanted = {key for one in others for key in known.get(one, ())}
            more = find_sharers(self._store, wanted - sharers.of.keys() - sharers.crowds)
            sharers = Sharers({**sharers.of, **more.of}, sharers.crowds | more.crowds)
            self._read_places(set().union(*more.of.values()))
        ahead: dict[str, list[str]] = {}
        for one in sorted(ids):
            near = _sharing(sharers, known.get(one, ()))
            ahead[one] = [other for other in near if self._earlier(other, one)]
        self._faces.prepare(set(ids).union(*ahead.values()))
        for one, earlier in ahead.items():
            earlier.sort(key=lambda other: self._places[other].rank)
            self._found[one] = next((other for other in self._faces.ahead(earlier) if self._alike(other, one)), None)

    def _judge_later(self, one: str, later: Collection[str]) -> None:
        """Makes ``one`` the earliest for those of ``later`` that are copies of it and know of none as early."""
        for other in self._faces.ahead(sorted(later)):
            current = self._found.get(other, self._place_of(other).duplicate_of)
            if (current is None or self._earlier(one, current)) and self._alike(one, other):
                self._found[other] = one

    def _alike(self, one: str, other: str) -> bool:
        faces = self._faces.read((one, other))
        return len(faces) == 2 and same_article(faces[one][0], faces[other][0])

    def _earlier(self, one: str, other: str | None) -> bool:
        first, second = self._places.get(one), self._places.get(other or "")
        return first is not None and second is not None and first.rank < second.rank

    def _place_of(self, one: str) -> _Place:
        return self._places.get(one, _NOWHERE)

    def _read_places(self, ids: Collection[str]) -> None:
        """Reads the articles' places, and those of what they are held to be copies of."""
        wanted = set(ids) - self._places.keys()
        while wanted:
            fields = {"site": 1, "published_at": 1, "duplicate_of": 1}
            for row in self._store.collection(ARTICLES).find({"_id": {"$in": sorted(wanted)}}, fields):
                where = rank(row["_id"], row["site"], row["published_at"])
                self._places[row["_id"]] = _Place(where, row.get("duplicate_of"))
            wanted = {p.duplicate_of for one in wanted if (p := self._places.get(one)) and p.duplicate_of}
            wanted -= self._places.keys()

    def _write(self) -> bool:
        """Writes what differs; whether all of it was as it had been read."""
        writes = [
            UpdateOne({"_id": one, "duplicate_of": self._places[one].duplicate_of}, with_mark({"duplicate_of": found}))
            for one, found in sorted(self._found.items())
            if found != self._places[one].duplicate_of
        ]
        if not writes:
            return True
        return self._store.collection(ARTICLES).bulk_write(writes, ordered=False).matched_count == len(writes)

    def _mark_settled(self, states: dict[str, str]) -> int:
        """Only those that nobody has marked again meanwhile."""
        writes = [
            UpdateOne(
                {"_id": row["_id"], "state": row["state"]},
                {"$set": {"settled": True, "state": states[row["_id"]]}, "$unset": {"before": ""}},
            )
            for row in self._marked
        ]
        return self._store.collection(COLLECTION).bulk_write(writes, ordered=False).matched_count


class _Faces:
    """Articles as they are compared, with their states; the last few hundred are kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, tuple[Face, str] | None] = OrderedDict()

    def read(self, ids: Collection[str]) -> dict[str, tuple[Face, str]]:
        """Those of the articles that are stored; ``ids`` must be fewer than are kept."""
        wanted = [one for one in ids if one not in self._kept]
        if wanted:
            self._kept |= dict.fromkeys(wanted)
            fields = {"title": 1, "text": 1, "photos.url": 1, "content_hash": 1, "published_at": 1}
            for row in self._store.collection(ARTICLES).find({"_id": {"$in": wanted}}, fields):
                shown = Face.of(row["title"], row["text"], [Photo(url=photo["url"]) for photo in row["photos"]])
                self._kept[row["_id"]] = shown, state_of(row["content_hash"], row["published_at"])
        for one in ids:
            self._kept.move_to_end(one)
        while len(self._kept) > _TEXTS:
            self._kept.popitem(last=False)
        return {one: face for one in ids if (face := self._kept.get(one)) is not None}

    def prepare(self, ids: Collection[str]) -> None:
        """Reads in one go what is going to be asked for, if it is not more than is kept."""
        if len(ids) <= _TEXTS:
            self.read(ids)

    def ahead(self, ids: list[str]) -> Iterable[str]:
        """The ids in order, their articles read some at a time before they are asked for."""
        for start in range(0, len(ids), _TEXTS_AT_ONCE):
            piece = ids[start : start + _TEXTS_AT_ONCE]
            self.read(piece)
            yield from piece


def _sharing(sharers: Sharers, keys: Iterable[int]) -> set[str]:
    return set().union(*(sharers.of.get(key, ()) for key in keys))


_NOWHERE = _Place(rank("", "", None), None)
