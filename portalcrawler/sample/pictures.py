"""Small valid PNG pictures, coloured and striped by their names."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 96, 64


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name: str) -> bytes:
    """The picture of this name: the same bytes every time, other colours for another name."""
    seed = zlib.crc32(name.encode())
    back = bytes((seed >> 16 & 0x7F | 0x80, seed >> 8 & 0x7F | 0x80, seed & 0x7F | 0x80))
    stripe = bytes(255 - part for part in back)
    step = 6 + seed % 11
    lean = seed >> 24 & 1
    rows = [
        b"\0" + b"".join(stripe if (x + lean * y) % step < 2 else back for x in range(WIDTH)) for y in range(HEIGHT)
    ]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + _chunk(b"IEND", b"")
    )
