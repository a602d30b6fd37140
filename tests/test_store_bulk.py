"""Bulks: together what may go together, apart what order matters for."""

from __future__ import annotations

import pytest

from portalcrawler.store.bulk import split_bulks
from portalcrawler.store.ops import Op


def ops(names: str) -> list[Op]:
    """``a1``: to collection a under the key 1; ``a*``: to collection a by something else than a key."""
    return [
        Op(name[0], "update_many" if name[1] == "*" else "update_one", {} if name[1] == "*" else {"_id": name[1]}, {})
        for name in names.split()
    ]


@pytest.mark.parametrize(
    ("given", "bulks"),
    [
        ("", []),
        ("a1 a2 a3", ["a1 a2 a3"]),
        ("a1 b1 a2 b2", ["a1 a2", "b1 b2"]),
        ("a1 a2 a1 a3", ["a1 a2", "a1 a3"]),
        ("a1 b1 a1 b1", ["a1", "b1", "a1", "b1"]),
        ("a1 a* a* a2", ["a1", "a* a*", "a2"]),
        ("a* a1 b* b*", ["a*", "a1", "b* b*"]),
    ],
)
def test_order_is_kept_within_a_collection(given: str, bulks: list[str]) -> None:
    assert list(split_bulks(ops(given))) == [(bulk[0], ops(bulk)) for bulk in bulks]
