"""Who is answered, how often, and how answers are to be handled: the Host header, the token, the headers of safety."""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portalcrawler.web.problems import Troubles
from portalcrawler.web.rate import Rate

HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer that does not say otherwise itself."""
CHALLENGES = ("Bearer", 'Basic realm="portalcrawler", charset="UTF-8"')


class Guard:
    """``hosts`` are the names that the service may be called by, ``None`` for any; ``token`` is what everybody needs.

    A page in a reader's browser can give its own name the address 127.0.0.1 (DNS rebinding) and read what is answered
    there, but cannot send another name than its own. A browser cannot send a bearer's token, but asks for a password:
    the token, under any name.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None, token: str | None, rate: Rate | None, troubles: Troubles
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = None if token is None else token.encode()
        self._rate = rate
        self._troubles = troubles

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

        refusal = await self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive, answer)

    async def _refusal(self, request: Request) -> Response | None:
        if self._rate is not None:
            # Before the token: whoever guesses tokens is slowed down.
            client = request.client
            wait = await self._rate.seconds_to_wait(client.host if client is not None else "")
            if wait:
                detail = f"This address has asked too often; again in {wait} s."
                return self._troubles.tell(request, 429, detail, headers={"Retry-After": str(wait)})
        if self._hosts is not None and _name(request.headers.get("host", "")) not in self._hosts:
            return self._troubles.tell(request, 421, "This service does not answer under that name.")
        if self._token is not None and not hmac.compare_digest(_given(request.headers), self._token):
            answer = self._troubles.tell(request, 401, "A token is needed.")
            for challenge in CHALLENGES:
                answer.headers.append("WWW-Authenticate", challenge)
            return answer
        return None


def _given(headers: Headers) -> bytes:
    """The token that was sent; of a name and password the password."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip().encode()
        case "basic":
            try:
                return b64decode(given.strip(), validate=True).partition(b":")[2]
            except NotBase64:
                return b""
    return b""


def _name(host: str) -> str:
    """A Host header without its port, ``[::1]`` without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
