"""What was found, for people: which article, and the words around the hit."""

from __future__ import annotations

from collections.abc import Iterable

from rich.padding import Padding
from rich.text import Text

from portalcrawler.cli.output import Out, counted, styled
from portalcrawler.items import Article
from portalcrawler.search.marking import Highlights
from portalcrawler.search.snippets import Marked

_HIT = "bold yellow"
_PLAIN_MARK = "**"
"""Around a hit where there are no styles: in files and pipes, and on terminals that know none."""
_CAPTIONS = 3


def print_hits(out: Out, hits: Iterable[tuple[Article, Highlights]]) -> int:
    """Each article in a few lines: id, date, section, number of photos; title; best sentence; captions with a hit.

    Returns how many there were.
    """
    count = 0
    for count, (article, found) in enumerate(hits, 1):
        if count > 1:
            out.print()
        _line(out, _head(article), 0)
        _line(out, _marked(out, found.title, "bold") if found.title else styled("(no title)", "bold"), 2)
        for snippet in found.snippets[:1]:
            _line(out, _marked(out, snippet), 2)
        for index, caption in found.photos[:_CAPTIONS]:
            _line(out, styled(f"photo {index + 1}: ", "green").append_text(_marked(out, caption)), 2)
        if len(found.photos) > _CAPTIONS:
            _line(out, styled(f"and {counted(len(found.photos) - _CAPTIONS, 'more caption')}", "dim"), 2)
    return count


def _head(article: Article) -> Text:
    when = article.published_at.strftime("%Y-%m-%d %H:%M") if article.published_at else "no date"
    parts = [when, "›".join(article.section), counted(len(article.photos), "photo") if article.photos else ""]
    return styled(article.id, "cyan").append_text(styled("".join(f"  {part}" for part in parts if part), "dim"))


def _marked(out: Out, marked: Marked, style: str = "") -> Text:
    """Piece by piece: what is made printable may have another length."""
    styles = out.is_terminal and not out.is_dumb_terminal
    made, at = Text(style=style), 0
    for start, end in marked.marks:
        made.append_text(styled(marked.text[at:start]))
        hit = marked.text[start:end]
        made.append_text(styled(hit, _HIT) if styles else styled(f"{_PLAIN_MARK}{hit}{_PLAIN_MARK}"))
        at = end
    return made.append_text(styled(marked.text[at:]))


def _line(out: Out, text: Text, indent: int) -> None:
    if out.is_terminal:
        out.print(Padding(text, (0, 0, 0, indent)))
    else:  # one line each, for grep and its like
        out.print(Text(" " * indent).append_text(text), soft_wrap=True)
