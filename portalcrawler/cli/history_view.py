"""The history of an article as text."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from portalcrawler.cli.output import counted, local_time, styled, table
from portalcrawler.items import Photo
from portalcrawler.normalize.changes import Change, PhotoChange, SectionChange, TimeChange
from portalcrawler.normalize.text import printable
from portalcrawler.normalize.worddiff import Piece, shortened
from portalcrawler.store.chapters import Chapter, Gone
from portalcrawler.store.observations import Observation

_WIDTH = 100
"""Lines of text longer than this tire the eye."""
_INDENT = 4
_WHOSE = {
    "portal": "edited by the portal",
    "extractor": "read anew from the stored pages, by another version of the extractor",
    "either": "edited by the portal, or read otherwise by another version of the extractor",
}
_STYLES = {"=": "", "-": "red strike", "+": "green underline"}
_MARKS = {"=": ("", ""), "-": ("[-", "-]"), "+": ("{+", "+}")}


def print_history(console: Console, chapters: list[Chapter], *, counters: bool) -> None:
    """The revisions, at most 100 columns wide on a terminal; elsewhere no line is broken."""
    colours = console.color_system is not None and not console.no_color
    article = chapters[-1].revision.article
    _line(console, styled(f"{article.id}  {article.title or '(no title)'}", "bold"))
    _line(console, styled(article.url, "blue"))
    expected = 1
    for chapter in chapters:
        revision = chapter.revision
        _line(console, Text())
        if revision.number > expected:
            missed = counted(revision.number - expected, "earlier revision")
            _line(console, styled(f"{missed} not kept by an earlier version of the program", "dim"))
        whose = "first seen" if revision.number == 1 else _WHOSE[revision.changed_by]
        head = f"revision {revision.number}  {local_time(revision.changed_at)}  "
        _line(console, Text.assemble((head, "bold cyan"), styled(whose)))
        for change in chapter.changes:
            _block(console, _told(change, colours))
        for gone in chapter.gone:
            _line(console, _absence(gone))
        expected = revision.number + 1
    if counters:
        _counters(console, [point for chapter in chapters for point in chapter.counters])


def _told(change: Change, colours: bool) -> Text:
    if isinstance(change, PhotoChange):
        label = styled(f"photo {change.number} ", "bold")
        if change.part in ("caption", "credit"):
            return Text.assemble(label, styled(f"{change.part}:", "bold"), _pieces(change.diff, colours))
        what = {"added": "added", "removed": "removed", "moved": "moved to this place"}[change.part]
        return Text.assemble(label, styled(f"{what}: ", "bold"), styled(_photo(change.photo)))
    if isinstance(change, SectionChange):
        was, now = (" › ".join(path) or "(none)" for path in (change.before, change.after))
        return Text.assemble(("section: ", "bold"), styled(f"moved from {was} to {now}"))
    if isinstance(change, TimeChange):
        told = f"from {_time(change.before)} to {_time(change.after)}"
        return Text.assemble(("published: ", "bold"), told)
    return Text.assemble((f"{change.field}:", "bold"), _pieces(change.diff, colours))


def _pieces(diff: list[Piece], colours: bool) -> Text:
    text = Text()
    for piece in shortened(diff):
        words = printable(piece.text)
        plain = words.lstrip()
        before, after = ("", "") if colours else _MARKS[piece.mark]
        text.append(words.removesuffix(plain))  # a line break belongs before the mark
        text.append(f"{before}{plain}{after}", _STYLES[piece.mark])
    return Text("\n" if "\n" in text.plain else " ").append_text(text)


def _photo(photo: Photo) -> str:
    credit = f"({photo.credit.text})" if photo.credit else ""
    return " ".join(filter(None, (photo.caption, credit, photo.url)))


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else "(none)"


def _absence(gone: Gone) -> Text:
    reason = f" ({gone.reason})" if gone.reason else ""
    back = f", came back {local_time(gone.until)}" if gone.until else ""
    return styled(f"missing since {local_time(gone.since)}{reason}{back}", "yellow")


def _counters(console: Console, points: list[Observation]) -> None:
    _line(console, Text())
    if not points:
        _line(console, styled("No counters were seen.", "dim"))
        return
    reactions = list(dict.fromkeys(name for point in points for name in point.reactions))
    numbers = ("Views", "Comments", *map(printable, reactions))
    made = table("Seen", *numbers, right=numbers)
    for point in points:
        counts = [point.views, point.comment_count, *(point.reactions.get(name) for name in reactions)]
        made.add_row(local_time(point.at), *("" if count is None else str(count) for count in counts))
    console.print(made)


def _block(console: Console, text: Text) -> None:
    """Indented, paragraph by paragraph."""
    for line in text.split("\n"):
        if console.is_terminal:
            console.print(Padding(line, (0, 0, 0, _INDENT)), width=min(console.width, _WIDTH))
        else:
            _line(console, Text.assemble(" " * _INDENT, line))


def _line(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)
