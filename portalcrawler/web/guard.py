"""Who is answered, and how answers are to be handled: the Host header, the token, the headers of safety."""

from __future__ import annotations

import hmac
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portalcrawler.web.problems import Problem

HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """``hosts`` are the names that the service may be called by, ``None`` for any; ``token`` is what everybody needs.

    A page in a reader's browser can give its own name the address 127.0.0.1 (DNS rebinding) and read what is answered
    there, but cannot send another name than its own.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None, token: str | None) -> None:
        self._app = app
        self._hosts = hosts
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        await (refusal or self._app)(scope, receive, answer)

    def _refusal(self, headers: Headers) -> Problem | None:
        if self._hosts is not None and _name(headers.get("host", "")) not in self._hosts:
            return Problem(421, "This service does not answer under that name.")
        if self._token is not None:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), self._token)
            if scheme.lower() != "bearer" or not right:
                return Problem(401, "A token is needed.", headers={"WWW-Authenticate": "Bearer"})
        return None


def _name(host: str) -> str:
    """A Host header without its port, ``[::1]`` without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
