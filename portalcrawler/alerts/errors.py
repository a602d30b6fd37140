"""What can go wrong while somebody is told."""

from __future__ import annotations

import socket
import ssl


class ChannelError(Exception):
    """A channel has not taken a message. One clear line, without any secret: the archive keeps it, people read it."""


def network_cause(error: object) -> str | None:
    """Why a connection failed, in a few words; ``None`` for what is no error of the network."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    if isinstance(error, socket.gaierror):
        return "the host name is unknown"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (connection refused)"
    if isinstance(error, OSError):
        return error.strerror
    return None
