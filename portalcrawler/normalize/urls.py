"""URLs as browsers read them out of a page, and the one form in which two URLs of a page are equal."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

from w3lib.url import safe_url_string

_EDGE = "".join(map(chr, range(0x21)))  # C0 controls and space: what the URL standard strips at both ends
_INNER = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_SLASHES = re.compile(r"(https?:)[/\\]{3,}", re.IGNORECASE)
_BAD_HOST = re.compile(r"[\x00-\x20#/<>?@\\^|%\x7f-\U0010ffff]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# URLs that a browser takes as they are: the fast path, which nearly every link of a portal goes.
_PLAIN_REFERENCE = re.compile(r"(?!//)[A-Za-z0-9._~/?=&+,;@!$*()\-]+")
_PLAIN = re.compile(
    r"https?://[a-z0-9\-]+(?:\.[a-z0-9\-]+)*(?::[1-9][0-9]{0,3})?/(?!\.)(?:[A-Za-z0-9_~=&+,;@!$*()\-]|/(?!\.)|\.)*"
    r"(?:\?[A-Za-z0-9._~/?=&+,;@!$*()\-]+)?"
)

_SHORT = 300
_PLAIN_HOST = re.compile(r"https?://([a-z0-9\-]+(?:\.[a-z0-9\-]+)*(?::[1-9][0-9]{0,3})?)[/?]")
_DEFAULT_ENDINGS = (":80", ":443")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORT = {"http": 80, "https": 443}
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/?;]*", re.IGNORECASE)
# A parameter is dropped only where it cannot say which page is meant. ``from`` and ``sid`` are ordinary names
# of parameters that do, so they go only with the values that WeChat's share links and Discuz!'s sessions give
# them.
_DROPPED = re.compile(
    r"(?:utm_[a-z_]+|fbclid|gclid|msclkid|spm|isappinstalled|phpsessid|jsessionid|fromuid|_dsign)(?:=.*)?"
    r"|from=(?:singlemessage|groupmessage|timeline)"
    r"|sid=(?=[0-9]*[a-z])[a-z0-9]{6}",
    re.IGNORECASE,
)


def absolute(url: str, base: str, encoding: str = "utf-8") -> str | None:
    """The URL that a link leads to, as a browser would ask for it; without its fragment.

    ``encoding`` is the page's: browsers write the query's Chinese characters in it, the path's in UTF-8.
    ``None`` for whatever is no page or file: blank links, ``#anchors``, ``javascript:``, ``mailto:`` and
    every scheme but HTTP, hosts and ports that cannot be. Never raises. The rules are those of the URL
    standard (https://url.spec.whatwg.org): blanks and controls around go, tabs and line breaks inside go,
    ``\\`` is ``/``, dot segments are resolved.
    """
    # The links of a portal's frame are the same on every page.
    return _remembered(url, base, encoding) if len(url) <= _SHORT else _resolve(url, base, encoding)


def _resolve(url: str, base: str, encoding: str) -> str | None:
    try:
        if _PLAIN_REFERENCE.fullmatch(url):
            origin, folder, page = _parts_of(base)
            joined = origin + url if url[0] == "/" else page + url if url[0] == "?" else folder + url
            if _PLAIN.fullmatch(joined):
                return joined
        elif _PLAIN.fullmatch(url):
            return url
        return _absolute(url, base, encoding)
    except ValueError:  # urllib: brackets that hold no IPv6 address, a port that is no number
        return None


_remembered = lru_cache(maxsize=4096)(_resolve)


@lru_cache(maxsize=64)
def _parts_of(base: str) -> tuple[str, str, str]:
    """What stands before a reference that begins with ``/``, with a name, with ``?``."""
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    path = parts.path or "/"
    return origin, origin + path[: path.rindex("/") + 1], origin + path


def _absolute(url: str, base: str, encoding: str) -> str | None:
    text = _SURROGATE.sub("\ufffd", _INNER.sub("", url.strip(_EDGE)).partition("#")[0])
    scheme = _SCHEME.match(text)
    if not text or (scheme and scheme[1].lower() not in _DEFAULT_PORT):
        return None
    address, mark, query = text.partition("?")
    if scheme and not address[scheme.end() :].strip("/\\"):
        return None
    address = _SLASHES.sub(r"\1//", address).replace("\\", "/")
    query = _NON_ASCII.sub(lambda found: _encode_query(found[0], encoding), query)
    parts = urlsplit(urljoin(base, address + mark + query))
    if parts.scheme not in _DEFAULT_PORT or not parts.hostname or parts.port == 0:
        return None
    path = _without_dots(parts.path)
    safe = safe_url_string(parts._replace(path=path, fragment="").geturl())
    return None if _BAD_HOST.search(urlsplit(safe).hostname or " ") else safe


def _without_dots(path: str) -> str:
    """Resolves ``.`` and ``..``, also as ``%2e``; ``/`` for an empty path."""
    out: list[str] = []
    segments = path.split("/")[1:] or [""]
    for number, segment in enumerate(segments, 1):
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del out[-1:]
        if plain not in {".", ".."}:
            out.append(segment)
        elif number == len(segments):
            out.append("")
    return "/" + "/".join(out)


def _encode_query(text: str, encoding: str) -> str:
    """Percent-encodes as browsers do: a character that the page's encoding lacks becomes a numeric entity."""
    out = []
    for char in text:
        try:
            out.append(quote(char.encode(encoding), safe=""))
        except UnicodeEncodeError:
            out.append(f"%26%23{ord(char)}%3B")
    return "".join(out)


def canonical(url: str) -> str:
    """The form in which two URLs of one page are equal; made from an absolute URL and still good to fetch.

    Scheme and host in lower case, no user name, no default port, no fragment, ``/`` for an empty path,
    escapes in upper case and none where none is needed (RFC 3986, 6.2.2). Parameters that only track or hold
    a session are dropped: ``utm_*``, ``spm``, ``fbclid``, ``gclid``, ``msclkid``, ``isappinstalled``,
    ``fromuid``, ``_dsign``, ``PHPSESSID``, ``jsessionid``; ``from`` with WeChat's values and ``sid`` with a
    Discuz! session (six letters and digits) only. All other parameters stay, in their order. What is no HTTP
    URL comes back as it is. Never raises.
    """
    try:
        parts = urlsplit(url)
        host = netloc(url)
        if parts.scheme not in _DEFAULT_PORT or not host:
            return url
    except ValueError:
        return url
    path = _ESCAPE.sub(_normal_escape, _PATH_SESSION.sub("", parts.path)) or "/"
    kept = [part for part in parts.query.split("&") if part and not _DROPPED.fullmatch(part)]
    query = _ESCAPE.sub(_normal_escape, "&".join(kept))
    return f"{parts.scheme}://{host}{path}" + (f"?{query}" if query else "")


def _normal_escape(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char in _UNRESERVED else found[0].upper()


def netloc(url: str) -> str:
    """``host`` or ``host:port`` in lower case, without user name and default port; ``""`` for no URL."""
    found = _PLAIN_HOST.match(url)
    if found and not found[1].endswith(_DEFAULT_ENDINGS):
        return found[1]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    return host if port is None or port == _DEFAULT_PORT.get(parts.scheme) else f"{host}:{port}"


def same_host(url: str, hosts: Container[str]) -> bool:
    """Whether an absolute URL is on one of ``hosts`` (as :func:`netloc` gives them)."""
    return netloc(url) in hosts
