"""What an edit changed, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portalcrawler.display.words import Words
from portalcrawler.normalize.changes import Change, PhotoChange, SectionChange, TimeChange
from portalcrawler.normalize.worddiff import Piece, shortened


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words: what changed, and either ``pieces`` of text or ``before`` and ``after``."""

    label: str
    pieces: Sequence[Piece] = ()
    before: str | None = None
    after: str | None = None


def told_change(change: Change, words: Words) -> Told:
    """A change as readers are told of it; long stretches that stayed are cut out of texts, and marked."""
    if isinstance(change, PhotoChange):
        label = words(f"change_photo_{change.part}", number=change.number)
        if change.part in ("caption", "credit"):
            return Told(label, shortened(change.diff))
        credit = f"（{change.photo.credit.text}）" if change.photo.credit else ""
        what = f"{change.photo.caption or ''}{credit}" or change.photo.url
        return Told(label, before=what) if change.part == "removed" else Told(label, after=what)
    if isinstance(change, SectionChange):
        was, now = (" › ".join(path) for path in (change.before, change.after))
        return Told(words("change_section"), before=was, after=now)
    if isinstance(change, TimeChange):
        was, now = (f"{time:%Y-%m-%d %H:%M:%S}" if time else "" for time in (change.before, change.after))
        return Told(words("change_published"), before=was, after=now)
    return Told(words(f"change_{change.field}"), shortened(change.diff))
