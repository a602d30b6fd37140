"""The DNS resolver of the crawl: it hands out no address that the guard forbids."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, cast

from scrapy.resolver import CachingHostnameResolver
from scrapy.utils.datatypes import LocalCache
from twisted.internet._resolver import GAIResolver
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from twisted.python.threadpool import ThreadPool

from portalcrawler.middlewares.addresses import canonical_host
from portalcrawler.middlewares.guard import sift

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase

_refused: LocalCache[tuple[str, int], str] = LocalCache(10_000)


class GuardedResolver(CachingHostnameResolver):
    """Scrapy's caching resolver for IPv4 and IPv6, without forbidden addresses.

    Twisted's HTTP client asks the reactor's resolver for every new connection, literal addresses included,
    and connects to nothing but its answers: what is checked is what is used, and a name that changes its
    address between two look-ups (DNS rebinding) gains nothing. Of a mixed answer the public addresses stay.
    The cache lies behind the check, so that a cached answer is checked again for the host and port that ask.

    A look-up cannot be broken off, and may take the system minutes. The reactor's threads are waited for at the end of
    the process, so that look-ups have threads of their own, which are not.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        resolver = super().from_crawler(crawler, reactor)
        threads = ThreadPool(0, crawler.settings.getint("REACTOR_THREADPOOL_MAXSIZE"), "portalcrawler-dns")
        threads.threadFactory = _LeftBehind
        threads.start()
        # zope's interfaces mean nothing to type checkers
        resolver.original_resolver = cast(IHostnameResolver, GAIResolver(cast(Any, reactor), lambda: threads))
        return resolver

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803 - Twisted's names
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """See ``twisted.internet.interfaces.IHostnameResolver``."""
        sieve = _Sieve(resolutionReceiver, hostName, portNumber, addressTypes)
        receiver = cast(IResolutionReceiver, sieve)  # zope's interfaces mean nothing to type checkers
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


def why_unresolved(host: str, port: int) -> str | None:
    """Why the last look-up for a canonical host and port gave nothing, if it was the guard's doing."""
    return _refused.get((host, port))


class _LeftBehind(Thread):
    """A thread that the end of the process does not wait for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, daemon=True, **kwargs)


class _Sieve:
    def __init__(
        self,
        receiver: Any,
        host: str,
        port: int,
        types: Sequence[type[IAddress]] | None,
    ) -> None:
        self._receiver = receiver
        self._target = (canonical_host(host), port)
        self._types = tuple(types or (IPv4Address, IPv6Address))
        self._found: list[IPv4Address | IPv6Address] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        # Scrapy's cache does not know which types were asked for; an asker for IPv4 cannot use IPv6.
        if isinstance(address, self._types) and isinstance(address, IPv4Address | IPv6Address):
            self._found.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        host, port = self._target
        kept = {ip_address(address.host) for address in self._found}
        # No port: the reactor resolves for something that is no HTTP request (the tunnel to a person's proxy,
        # mail).
        if port:
            kept, reason = sift(host, port, [ip_address(address.host) for address in self._found])
            if kept or reason is None:
                _refused.pop(self._target, None)
            else:
                _refused[self._target] = reason
        for address in self._found:
            if ip_address(address.host) in kept:
                self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()
