"""What the operator has chosen for the pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PageOptions:
    """``pictures`` is the folder of downloaded pictures, ``None`` if there is none. With ``remote_pictures`` readers'
    browsers fetch the others from where they are, which tells those servers who reads what."""

    pictures: Path | None = None
    remote_pictures: bool = False
