"""Whether bytes are a whole picture, of which kind and size. What the server or the address says is not asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO

KINDS = {
    "jpeg": ("JPEG", "jpg", "image/jpeg"),
    "png": ("PNG", "png", "image/png"),
    "gif": ("GIF", "gif", "image/gif"),
    "webp": ("WEBP", "webp", "image/webp"),
    "bmp": ("BMP", "bmp", "image/bmp"),
    "avif": ("AVIF", "avif", "image/avif"),
}
"""Kinds of pictures: Pillow's name for each, the extension of its files and its media type."""

# JPEG files with further pictures behind the first, as some cameras write them.
_SAME = {"MPO": "JPEG"}
_HTML = (b"<!doctype", b"<html", b"<head", b"<script", b"<body", b"<h1", b"<?xml")


class NoPicture(ValueError):  # noqa: N818  # it says what the bytes are not
    """``words`` are few and can be counted, ``detail`` says more."""

    def __init__(self, words: str, detail: str) -> None:
        super().__init__(f"{words}: {detail}")
        self.words = words
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Shape:
    """What a picture is; ``width`` and ``height`` in pixels, as stored: a turned one is not turned back."""

    extension: str
    content_type: str
    width: int
    height: int


def can_check() -> bool:
    """Whether Pillow is there, which reads the pictures."""
    return find_spec("PIL") is not None


def check_picture(data: bytes, kinds: Collection[str], max_pixels: int) -> Shape:
    """What the picture is. Reads all of it once, in memory of up to four bytes a pixel.

    Raises :class:`NoPicture` for what is no picture of one of these ``kinds``, has more pixels, or ends too early.
    """
    from PIL import Image, UnidentifiedImageError

    # The limit here is a setting and below Pillow's own, which would warn on standard error.
    Image.MAX_IMAGE_PIXELS = None
    known = {KINDS[kind][0]: KINDS[kind] for kind in kinds}
    try:
        # Only these decoders see the bytes.
        with Image.open(BytesIO(data), formats=list(known)) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise NoPicture("too many pixels", f"{width} × {height}, allowed are {max_pixels}")
            assert image.format is not None
            _, extension, content_type = known[_SAME.get(image.format, image.format)]
            # A JPEG is read at an eighth of its size: all its bytes, a fraction of the work.
            image.draft(None, (max(1, width // 8), max(1, height // 8)))
            image.load()
    except NoPicture:
        raise
    except UnidentifiedImageError as error:
        raise NoPicture("not a picture", _looks_like(data)) from error
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error …: all mean the same
        raise NoPicture("damaged", f"{type(error).__name__}: {error}"[:300]) from error
    return Shape(extension, content_type, width, height)


def _looks_like(data: bytes) -> str:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(_HTML):
        return "an HTML page"
    return f"it begins with {data[:16]!r}, no kind of picture that is allowed"
