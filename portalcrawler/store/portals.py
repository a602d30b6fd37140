"""What is known of a portal as a whole: how far its article numbers have been tried."""

from __future__ import annotations

from portalcrawler.store.connection import Store
from portalcrawler.store.ops import Op, Stage

COLLECTION = "portals"


def numbers_tried(store: Store, site: str) -> int | None:
    """Up to which number every article that nothing leads to has been tried; ``None`` before the first time."""
    with store.plain_errors():
        found = store.collection(COLLECTION).find_one({"_id": {"$eq": site}})
    return None if found is None else int(found["numbers_tried"])


def try_numbers(site: str, highest: int) -> Op:
    """Every number up to ``highest`` is noted in the frontier; it never goes back."""
    update = {"$max": {"numbers_tried": highest}}
    return Op(COLLECTION, "update_one", {"_id": site}, update, upsert=True, stage=Stage.SETTLE)
