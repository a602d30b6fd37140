"""How often one address may ask."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

_SUBSCRIBER = 64
"""Whoever has an IPv6 address has all of its network."""


class Rate:
    """So many requests in any 60 seconds from one address, all at once if need be; kept in memory, for this process.

    The address is that of the connection. What a proxy says of others (``X-Forwarded-For``) is not believed: anybody
    can say it. Behind one, all who come through it are one.
    """

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def seconds_to_wait(self, address: str) -> int:
        """0, and the request is counted; or in how many seconds to ask again."""
        key = _owner(address)
        if await self._limiter.hit(self._item, key):
            return 0
        reset = (await self._limiter.get_window_stats(self._item, key)).reset_time
        return max(1, math.ceil(reset - time.time()))


def _owner(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _SUBSCRIBER), strict=False))
    return str(found)
