"""Requests that are none, or too long, are refused in so many words, and the words arrive."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from portalcrawler.web.guard import HEADERS
from portalcrawler.web.problems import Problem

LONGEST = 64 * 1024
"""Bytes of a request line and its headers together."""
_LINGER_SECONDS = 5.0


class Protocol(H11Protocol):
    """HTTP/1.1. What uvicorn refuses in plain words and at once, this refuses as a problem.

    A connection that is closed while the other side still sends is reset, and the answer is lost on the way. So what
    still comes is read and thrown away, for some seconds.
    """

    _refused = False

    def data_received(self, data: bytes) -> None:
        """As uvicorn's."""
        if not self._refused:
            super().data_received(data)

    def send_400_response(self, _msg: str) -> None:
        """Answer 414 or 431 where the request was too long, else 400, and close the connection."""
        begun, _ = self.conn.trailing_data
        if len(begun) <= LONGEST:
            problem = Problem(400, "This is no request in HTTP/1.1.")
        elif b"\n" not in begun:
            problem = Problem(414, f"An address may have {LONGEST} bytes.")
        else:
            problem = Problem(431, f"A request's address and headers may have {LONGEST} bytes together.")
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:  # the body of what is being answered
            self.transport.close()
            return
        problem.headers.update({**HEADERS, "Connection": "close"})
        begin = h11.Response(status_code=problem.status_code, headers=problem.raw_headers)
        for event in (begin, h11.Data(data=bytes(problem.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)
