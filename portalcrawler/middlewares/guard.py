"""The guard against requests to the machine's own network (server-side request forgery)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from weakref import WeakSet

from scrapy import signals
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.spider import DefaultSpider

from portalcrawler.middlewares.addresses import (
    Address,
    Network,
    canonical_host,
    literal_address,
    why_forbidden,
    why_host_forbidden,
)

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

MAX_URL_LENGTH = 8000
"""In characters. No server of a portal answers longer ones, and a run's record has to hold every URL."""

DEFAULT_PORTS = {"http": 80, "https": 443}

HostPort = tuple[str, int]


class RefusedRequest(IgnoreRequest):
    """A request that was not made; ``reason`` is the word that its statistic ends in."""

    def __init__(self, reason: str, url: str) -> None:
        self.reason = reason
        super().__init__(f"Refused by the guard ({reason}): {url[:500]}")


class GuardMiddleware:
    """Refuses requests to addresses, names and schemes that no page of a public portal may lead to.

    It sees what the URL says; :class:`portalcrawler.resolver.GuardedResolver` checks what the DNS answers, at
    the moment of connecting. Both make the same exceptions:

    - the spider's ``allowed_private_hosts``, a set of ``host:port`` (its site's own hosts), by host and port;
      without a port, 80 and 443 are meant. Names among them may have private addresses only while none of
      them has had a public one: a portal is on the internet or on one's own network, and a public portal's
      DNS cannot lead inside;
    - addresses in the networks of ``GUARD_PERMITTED_NETWORKS``;
    - the proxy of the request's ``proxy`` meta key, which is a person's choice, as an address to connect to;
    - where a person types the URL (``scrapy shell``, ``fetch``, ``view`` without a spider of their own): the
      host typed, and local files; not what they redirect to.

    Behind a proxy the proxy asks the DNS: the guard then sees literals and local names only, and cannot see
    that a public name leads to a private address. The proxy has to refuse those.

    Every refusal raises :class:`RefusedRequest` (an ``IgnoreRequest``) and counts in
    ``guard/refused/REASON``, that of the host's robots.txt included.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._networks: tuple[Network, ...] = tuple(
            ip_network(text) for text in crawler.settings.getlist("GUARD_PERMITTED_NETWORKS")
        )
        self._typed: set[HostPort] = set()
        self._proxies: set[HostPort] = set()
        self._is_public = False
        self._said: set[tuple[str, str]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one, known to the process's resolver until its spider closes."""
        guard = cls(crawler)
        _live.add(guard)
        crawler.signals.connect(guard.spider_closed, signal=signals.spider_closed)
        return guard

    def spider_closed(self) -> None:
        """Take back the exceptions made."""
        _live.discard(self)

    def process_request(self, request: Request) -> None:
        """Raise :class:`RefusedRequest` for a request that may not be made."""
        typed = isinstance(self._crawler.spider, DefaultSpider) and "redirect_times" not in request.meta
        scheme = urlsplit(request.url).scheme
        if scheme not in DEFAULT_PORTS:
            if scheme == "file" and typed:
                return
            raise self.refusal(request, "scheme")
        if len(request.url) > MAX_URL_LENGTH:
            raise self.refusal(request, "url-too-long")
        host, port = target(request.url)
        if typed:
            self._typed.add((host, port))
        reason = why_host_forbidden(host)
        if reason is not None and not self._permits_host(host, port):
            raise self.refusal(request, reason)

    def refusal(self, request: Request, reason: str) -> RefusedRequest:
        """Count a refusal, log the first of its host, and return the exception to raise."""
        self._crawler.stats.inc_value(f"guard/refused/{reason}")
        host = urlsplit(request.url).netloc
        if (reason, host) not in self._said:
            self._said.add((reason, host))
            logger.warning(
                "Refused a request to %(host)s (%(reason)s): %(request)s",
                {"host": host or "no host", "reason": reason, "request": str(request)[:500]},
                extra={"spider": self._crawler.spider},
            )
        return RefusedRequest(reason, request.url)

    def permits_address(self, host: str, port: int, address: Address) -> bool:
        """Whether connecting to an address counts as connecting to a public one."""
        return (host, port) in self._proxies or any(address in network for network in self._networks)

    def permits_inside(self, host: str, port: int) -> bool:
        """Whether a canonical host and port may have any address."""
        if (host, port) in self._typed:
            return True
        return self._is_own(host, port) and not (self._is_public and literal_address(host) is None)

    def note_public(self, host: str, port: int) -> None:
        """Remember that the site is on the internet, if the host with a public address is one of its own."""
        self._is_public = self._is_public or self._is_own(host, port)

    def permit_proxy(self, url: str) -> None:
        """Let connections to a proxy through; pages cannot name one, only people can."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
        self._proxies.add((canonical_host(parts.hostname or ""), port))

    def _permits_host(self, host: str, port: int) -> bool:
        address = literal_address(host)
        if address is not None and any(address in network for network in self._networks):
            return True
        return (host, port) in self._typed or self._is_own(host, port)

    def _is_own(self, host: str, port: int) -> bool:
        own = getattr(self._crawler.spider, "allowed_private_hosts", None) or ()
        return any(_names(netloc, host, port) for netloc in own)


_live: WeakSet[GuardMiddleware] = WeakSet()


def target(url: str) -> HostPort:
    """The canonical host and the port that a URL leads to.

    Raises ``ValueError`` for a port that is none; Scrapy makes no request with one.
    """
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else DEFAULT_PORTS.get(parts.scheme, 0)
    return canonical_host(parts.hostname or ""), port


def sift(host: str, port: int, addresses: Sequence[Address]) -> tuple[set[Address], str | None]:
    """Of a canonical host's addresses, those that a crawl of this process may connect to, and why not to the
    others.

    Where there are public ones, only those; the reason is ``None`` if nothing was taken away.
    """
    guards = set(_live)
    reasons = {address: why_forbidden(address) for address in addresses}
    public = {
        address
        for address, reason in reasons.items()
        if reason is None or any(guard.permits_address(host, port, address) for guard in guards)
    }
    if not public and any(guard.permits_inside(host, port) for guard in guards):
        return set(addresses), None
    for guard in guards if public else ():
        guard.note_public(host, port)
    return public, next((reasons[address] for address in addresses if address not in public), None)


def _names(netloc: str, host: str, port: int) -> bool:
    named_host, named_port = target(f"//{netloc}")
    return named_host == host and (port == named_port or (not named_port and port in DEFAULT_PORTS.values()))
