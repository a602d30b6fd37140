"""What can go wrong while somebody is told."""

from __future__ import annotations


class ChannelError(Exception):
    """A channel has not taken a message. One clear line, without any secret: the archive keeps it, people read it."""
