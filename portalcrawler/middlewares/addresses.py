"""Which network addresses and host names a crawler must never connect to, and why. Pure functions.

Source: IANA's special-purpose address registries (RFC 6890 and its updates), kept here as tables because the
standard library's ``is_private`` and ``is_global`` give different answers in different Python releases.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import unquote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared"),
        ("127.0.0.0/8", "loopback"),
        # Azure answers its virtual machines there, though the address is a public one.
        ("168.63.129.16/32", "metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
        # Teredo (2001::/32) is in here: no portal is served over it, and it carries an IPv4 address in
        # disguise.
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("3fff::/20", "reserved"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = re.compile(r":0[02]00:5efe:[0-9a-f]{4}:[0-9a-f]{4}\Z")

_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "home.arpa")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")


def why_forbidden(address: Address) -> str | None:
    """Why no connection may be made to an address: a short reason, or ``None`` if it is a public one.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64, ISATAP) is judged as the IPv4 address that it
    leads to.
    """
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return why_forbidden(inner)
        address = IPv6Address(int(address))  # without its zone, which no network contains
    for network, reason in _FORBIDDEN:
        if address in network:
            return reason
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "reserved"
    return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    plain = IPv6Address(int(address))
    if plain in _NAT64 or _ISATAP.search(plain.exploded):
        return IPv4Address(int(plain) & 0xFFFF_FFFF)
    return None


@lru_cache(maxsize=1024)
def canonical_host(host: str) -> str:
    """A host name or literal in the one form that comparisons use: ASCII, lower case, no brackets, no final
    dot.

    Follows what resolvers and browsers accept: full-width digits and dots, percent-encoding, ``[::1]``.
    """
    text = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".").strip().lower()
    text = text.removeprefix("[").removesuffix("]").rstrip(".")
    try:
        return text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:  # too long or empty a label: no resolver takes it, and comparisons need some form
        return text


def literal_address(host: str) -> Address | None:
    """The address that a canonical host is, in any notation that the system's resolver takes for one.

    ``127.1``, ``0x7f000001``, ``017700000001`` and ``2130706433`` are all 127.0.0.1. ``None`` for names.
    """
    try:
        return ip_address(host)
    except ValueError:
        if not all(map(_NUMBER.match, host.split("."))):
            return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


@lru_cache(maxsize=1024)
def why_host_forbidden(host: str) -> str | None:
    """Why a URL's canonical host may not be asked, as far as can be seen without asking the DNS."""
    if not host:
        return "no-host"
    address = literal_address(host)
    if address is not None:
        return why_forbidden(address)
    # A name ends in a label that is not a number (WHATWG URL, "ends in a number"): 256.256.256.256 is no
    # name.
    if _NUMBER.match(host.rpartition(".")[2]) or ":" in host:
        return "malformed-host"
    if any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES):
        return "local-name"
    return None


def is_loopback_host(host: str) -> bool:
    """Whether a canonical host is this machine by its own words: a loopback literal or ``localhost``."""
    address = literal_address(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    return why_forbidden(address) == "loopback"
