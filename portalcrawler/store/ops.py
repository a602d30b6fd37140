"""A write, as data: what the writer queues, what the spool keeps on disk, what pymongo is given."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Literal

import bson
from bson.codec_options import CodecOptions
from pymongo import ReplaceOne, UpdateMany, UpdateOne

Kind = Literal["update_one", "update_many", "replace_one"]
Request = UpdateOne | UpdateMany | ReplaceOne[dict[str, Any]]


class Stage(IntEnum):
    """Within one batch, operations of an earlier stage are durable before those of a later one begin.

    What is to be done is noted before what it was learned from counts as done, so that a crash between the two leaves
    too much to do and never too little. ``MARK`` is for what is still to be done with what has been stored.
    """

    NOTE = 0
    STORE = 1
    MARK = 2
    SETTLE = 3


_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


@dataclass(frozen=True, slots=True)
class Op:
    """One idempotent write to one collection: repeating it, even later, leaves the database as it was.

    ``update`` is an update document, a pipeline, or the whole document for ``replace_one``. Where ``keep`` is given, a
    document that matches it is copied to ``revisions`` before it is written over.
    """

    collection: str
    kind: Kind
    filter: dict[str, Any]
    update: dict[str, Any] | list[dict[str, Any]]
    upsert: bool = False
    stage: int = Stage.STORE
    keep: dict[str, Any] | None = None

    @property
    def key(self) -> object:
        """The ``_id`` of the one document it writes, or ``None`` if it goes by anything else."""
        key = self.filter.get("_id")
        return None if isinstance(key, dict) else key  # {"$in": [...]} names several

    def request(self) -> Request:
        """The same for pymongo's ``bulk_write``."""
        if self.kind == "replace_one":
            if not isinstance(self.update, dict):
                raise TypeError("replace_one takes a document, not a pipeline")
            return ReplaceOne(self.filter, self.update, upsert=self.upsert)
        kind = UpdateOne if self.kind == "update_one" else UpdateMany
        return kind(self.filter, self.update, upsert=self.upsert)

    def encode(self) -> bytes:
        """As BSON. Raises what ``bson.encode`` raises for a value that MongoDB cannot hold."""
        return bson.encode(asdict(self))

    @classmethod
    def decode(cls, data: bytes) -> Op:
        """The reverse of :meth:`encode`.

        Raises ``bson.errors.InvalidBSON`` or ``TypeError`` for anything else.
        """
        return cls(**bson.decode(data, _CODEC))
