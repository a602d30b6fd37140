"""Channels that are an address on the web."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import parse_qsl, quote, urlsplit

from portalcrawler.alerts.errors import ChannelError, network_cause
from portalcrawler.alerts.formats import Format, Request, check_answer, request
from portalcrawler.alerts.message import Message
from portalcrawler.alerts.secret import Secret
from portalcrawler.alerts.words import Choice
from portalcrawler.normalize.text import printable

_MOST_BYTES = 65_536


_SECRET_LENGTH = 8
"""From so many characters on a part of an address may be what nobody is to know."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """``secret`` signs messages to DingTalk and Feishu; ``token`` goes into the header Authorization."""

    url: Secret
    format: Format = "generic"
    secret: Secret | None = None
    token: Secret | None = None

    def send(self, message: Message, choice: Choice, seconds: float) -> None:
        """Post a message; ``seconds`` is the longest that any step of it may take. Raises :class:`ChannelError`."""
        url = self.url.read()
        check_url(url)
        secret = self.secret.read() if self.secret else None
        token = self.token.read() if self.token else None
        sent = request(self.format, url, secret, message, choice, time.time())
        try:
            check_answer(self.format, _post(sent, message.id, token, seconds))
        except ChannelError as error:
            # Some servers repeat what they were sent.
            raise ChannelError(_without(str(error), url, sent.url, secret, token)) from None


def check_url(url: str) -> None:
    """Raise :class:`ChannelError` for what is no web address. The message does not quote it: it may be a secret."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isascii()
    except ValueError:
        sound = False
    if not sound or any(character.isspace() for character in url):
        raise ChannelError("its URL is no web address; allowed: http:// or https:// and a host")


def _opener() -> urllib.request.OpenerDirector:
    """Without the part that follows redirects: it would go with a GET, without the message, where nobody sent it."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _post(sent: Request, message_id: str, token: str | None, seconds: float) -> bytes:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "portalcrawler",
        # The name is of a draft of the IETF and widely known; a message that is sent twice has the same one.
        "Idempotency-Key": message_id.encode("ascii", "backslashreplace").decode(),
    }
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(sent.body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    try:
        asked = urllib.request.Request(sent.url, data, headers, method="POST")  # noqa: S310 - checked above
        with _opener().open(asked, timeout=seconds) as answer:
            return bytes(answer.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise ChannelError(_refusal(error)) from None  # the library's own text has the address, which is a secret
    except urllib.error.URLError as error:
        raise ChannelError(_cause(error.reason)) from None
    except (OSError, HTTPException, ValueError) as error:
        raise ChannelError(_cause(error)) from None


def _refusal(error: urllib.error.HTTPError) -> str:
    if 300 <= error.code < 400:
        return f"status {error.code}: it redirects; give the address that it leads to"
    return printable(f"status {error.code} {error.reason}")[:200].rstrip()


def _without(text: str, *secrets: str | None) -> str:
    """A text in which no secret stands, nor the part of an address that is one."""
    for secret in filter(None, secrets):
        parts = urlsplit(secret)
        values = [value for _, value in parse_qsl(parts.query)]
        paths = [part for part in parts.path.split("/") if len(part) >= _SECRET_LENGTH]
        for form in (secret, quote(secret, safe=""), secret.partition("://")[2], parts.query, *values, *paths):
            text = text.replace(form, "***") if form else text
    return text


def _cause(error: object) -> str:
    return network_cause(error) or f"the answer is no HTTP ({type(error).__name__})"
