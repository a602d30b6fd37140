"""Many operations in few round trips, where one bad operation does not sink the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError

from portalcrawler.store.connection import Store
from portalcrawler.store.errors import StoreError, StoreUnavailable
from portalcrawler.store.ops import Op
from portalcrawler.store.revisions import keep_superseded

UNENCODABLE = (BSONError, OverflowError, UnicodeEncodeError)
"""What BSON raises for a value that it cannot hold: a huge number, a lone surrogate, a NUL in a key …"""

_MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
_MAX_ATTEMPTS = 3
# Of single operations: a race with another writer, right when tried again.
_TRY_AGAIN = frozenset({24, 112, 11000})
# Of single operations, but the fault of the server's state: no rights, no disk, shutting down, no longer
# primary.
_SERVER_STATE = frozenset({6, 7, 13, 50, 89, 91, 189, 262, 8000, 9001, 10107, 11600, 11602, 13435, 13436, 14031})


@dataclass(frozen=True, slots=True)
class Rejected:
    """An operation that can never be carried out, and why."""

    op: Op
    error: str


def write_ops(store: Store, ops: Sequence[Op]) -> list[Rejected]:
    """Carry the operations out, durably; those that are refused for what they are come back.

    Raises :class:`StoreError`, mostly :class:`StoreUnavailable`, where the server cannot take writes: then
    any of them may have been carried out, and all are to be repeated.
    """
    rejected: list[Rejected] = []
    for stage in sorted({op.stage for op in ops}):
        for collection, bulk in split_bulks(op for op in ops if op.stage == stage):
            rejected += _write(store, collection, bulk, _MAX_ATTEMPTS)
    return rejected


def encode_ops(ops: Iterable[Op]) -> tuple[list[bytes], list[Rejected]]:
    """The operations as BSON, and those that BSON cannot hold."""
    payloads: list[bytes] = []
    rejected: list[Rejected] = []
    for op in ops:
        try:
            payload = op.encode()
        except UNENCODABLE as exc:
            rejected.append(Rejected(op, str(exc)))
            continue
        if len(payload) > _MAX_DOCUMENT_BYTES:
            rejected.append(Rejected(op, f"{len(payload)} bytes are more than a MongoDB document can hold"))
        else:
            payloads.append(payload)
    return payloads, rejected


def split_bulks(ops: Iterable[Op]) -> Iterator[tuple[str, list[Op]]]:
    """Split into unordered bulks within which order cannot matter, for each collection in the order given."""
    waiting: dict[str, list[Op]] = {}
    keys: dict[str, set[object]] = {}
    for op in ops:
        if _order_matters(op.key, keys.setdefault(op.collection, set())):
            yield op.collection, waiting.pop(op.collection)
            keys[op.collection].clear()
        waiting.setdefault(op.collection, []).append(op)
        keys[op.collection].add(op.key)
    yield from waiting.items()


def _order_matters(key: object, before: set[object]) -> bool:
    # An operation without a key may concern any document: it goes together with its like only.
    if key is None:
        return bool(before) and None not in before
    return key in before or None in before


def _write(store: Store, collection: str, ops: list[Op], attempts: int) -> list[Rejected]:
    try:
        with store.plain_errors():
            keep_superseded(store.collection(collection), [op.keep for op in ops if op.keep is not None])
            try:
                store.collection(collection).bulk_write([op.request() for op in ops], ordered=False)
            except BulkWriteError as exc:
                return _after_errors(store, collection, ops, dict(exc.details), attempts)
    except UNENCODABLE as exc:
        rejected = encode_ops(ops)[1]
        if not rejected:
            raise StoreError(f"MongoDB's library refuses a write that its encoder takes: {exc}") from exc
        refused = {id(entry.op) for entry in rejected}
        rest = [op for op in ops if id(op) not in refused]
        return rejected + (_write(store, collection, rest, attempts) if rest else [])
    return []


def _after_errors(
    store: Store, collection: str, ops: list[Op], details: dict[str, Any], attempts: int
) -> list[Rejected]:
    if details.get("writeConcernErrors"):
        reason = str(details["writeConcernErrors"][0].get("errmsg", ""))
        raise StoreUnavailable(f"{store.shown_uri} cannot make writes durable: {reason}")
    rejected: list[Rejected] = []
    again: list[Op] = []
    for error in details.get("writeErrors", []):
        op, code, text = ops[error["index"]], error.get("code"), str(error.get("errmsg", ""))
        if code in _SERVER_STATE:
            raise StoreUnavailable(f"{store.shown_uri} does not take writes: {text[:300]}")
        if code in _TRY_AGAIN and attempts > 1:
            again.append(op)
        else:
            rejected.append(Rejected(op, _reason(text, error.get("errInfo"))))
    return rejected + (_write(store, collection, again, attempts - 1) if again else [])


def _reason(text: str, info: dict[str, Any] | None) -> str:
    """The server's words and, for the validator's, which fields they are about."""
    rules = (info or {}).get("details", {}).get("schemaRulesNotSatisfied", [])
    names = [
        str(prop.get("propertyName"))
        for rule in rules
        for prop in rule.get("propertiesNotSatisfied", [])
        if isinstance(prop, dict)
    ]
    missing = [str(name) for rule in rules for name in rule.get("missingProperties", [])]
    found = [*names, *(f"{name} missing" for name in missing)]
    return f"{text[:300]}: {', '.join(found)}" if found else text[:300]
