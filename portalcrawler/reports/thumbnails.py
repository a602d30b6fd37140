"""Pictures for a report: small, and in the report itself."""

from __future__ import annotations

import logging
from base64 import b64encode
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO

from portalcrawler.extensions.picture_check import KINDS
from portalcrawler.items import Photo
from portalcrawler.store.picture_files import PictureFiles, PictureFilesError

logger = logging.getLogger(__name__)

MOST_BYTES = 2_500_000
"""So much all pictures of a report may be together, as they stand in it: mail servers take 10 MB, many less."""
_SIZE = (400, 300)
_QUALITY = 72
_MOST_PIXELS = 64_000_000
_MOST_PLAIN = 120_000
"""Without Pillow pictures are taken as they are, those of so many bytes at most."""
_TYPES = {extension: media for _, extension, media in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture as a report has it: ``source`` is a ``data:`` URI; the size in pixels is ``None`` if nobody knows."""

    source: str
    width: int | None
    height: int | None


class Thumbnails:
    """Makes the pictures of one report, as many as fit into it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._left = most_bytes
        self._small = find_spec("PIL") is not None
        self.trouble: str | None = None
        """Why the place of the pictures could not be read, in one line."""

    def of(self, photo: Photo, files: PictureFiles | None) -> Thumbnail | None:
        """A photo's picture; ``None`` where it was not downloaded, is no picture, or does not fit any more."""
        if files is None or photo.file is None or self.trouble is not None:
            return None
        try:
            data = files.read(photo.file)
        except PictureFilesError as error:
            # A name that is none is that one's trouble; a place that does not answer is everybody's.
            self.trouble = str(error) if "is not the name" not in str(error) else None
            return None
        made = None if data is None else _small(data) if self._small else _plain(data, photo)
        if made is None or len(made.source) > self._left:
            return None
        self._left -= len(made.source)
        return made


def _small(data: bytes) -> Thumbnail | None:
    from PIL import Image, ImageOps

    # The limit is the one below, under Pillow's own, which would warn.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(BytesIO(data), formats=[name for name, _, _ in KINDS.values()]) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            image.draft("RGB", _SIZE)  # of a large JPEG only what is needed is decoded
            turned = ImageOps.exif_transpose(image)
            turned.thumbnail(_SIZE)
            flat = Image.new("RGB", turned.size, "white")
            clear = turned.convert("RGBA")
            flat.paste(clear, mask=clear.getchannel("A"))
    except Exception:
        # Whatever a broken picture leads Pillow to: struct.error, RuntimeError and others have been seen.
        logger.info("A picture cannot be made small", exc_info=True)
        return None
    file = BytesIO()
    flat.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return Thumbnail(_uri("image/jpeg", file.getvalue()), *flat.size)


def _plain(data: bytes, photo: Photo) -> Thumbnail | None:
    media = _TYPES.get((photo.file or "").rpartition(".")[2])
    if media is None or len(data) > _MOST_PLAIN:
        return None
    return Thumbnail(_uri(media, data), photo.width, photo.height)


def _uri(media: str, data: bytes) -> str:
    return f"data:{media};base64,{b64encode(data).decode()}"
