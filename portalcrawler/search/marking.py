"""Where an article says what was looked for: hits in its title, its best sentences, its captions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portalcrawler.items import Article, Photo
from portalcrawler.search.folding import fold
from portalcrawler.search.matching import sought, words_beside
from portalcrawler.search.query import Days, Either, Every, Node, Phrase, TextField, Without
from portalcrawler.search.snippets import Marked, Snippet, beginning, find_hits, mark, moved, snippets

MOST_SNIPPETS = 3


@dataclass(frozen=True, slots=True)
class Highlights:
    """What a result shows of an article.

    ``title`` is ``None`` where there is none. ``snippets`` are sentences with hits, those with the most different
    phrases first; where none has one, the beginning of the summary or of the text, without marks; none if there is
    neither. ``photos`` are the captions with hits, by the photo's index, as :func:`shown_caption` has them.
    """

    title: Marked | None
    snippets: tuple[Marked, ...]
    photos: tuple[tuple[int, Marked], ...]


def highlight(node: Node | None, article: Article, *, length: int = 100) -> Highlights:
    """Where the article says what is looked for; a longer sentence is cut to about ``length`` characters.

    What must not be there is not marked, and a phrase in a field only there. ``None`` marks nothing.
    """
    wanted = list(_phrases(node)) if node is not None else []
    said, titles, photos = (_sought(wanted, field) for field in (None, "title", "photo"))
    title = mark(article.title, find_hits(article.title, said + titles)) if article.title else None
    return Highlights(title, tuple(_best(article, said, length)), tuple(_captions(article, said + photos)))


def shown_caption(photo: Photo) -> str:
    """A caption with its credit in brackets, as it is shown in one line; empty where a photo has neither."""
    credit = photo.credit.text if photo.credit else None
    if photo.caption and credit:
        return f"{photo.caption}（{credit}）"
    return photo.caption or credit or ""


def _phrases(node: Node) -> Iterator[Phrase]:
    match node:
        case Phrase():
            yield node
        case Every(nodes) | Either(nodes):
            for inner in nodes:
                yield from _phrases(inner)
        case Without() | Days():
            pass


def _sought(phrases: list[Phrase], field: TextField | None) -> list[str]:
    return list(dict.fromkeys(sought(phrase) for phrase in phrases if phrase.field == field))


def _best(article: Article, phrases: list[str], length: int) -> Iterator[Marked]:
    """What says the same as one before it, as a summary does that is the first sentence, is passed over."""
    texts = [text for text in (article.summary, article.text, *words_beside(article)) if text]
    found: list[Snippet] = []
    for text in texts:
        folded = fold(text)
        if any(phrase in folded for phrase in phrases):
            found += snippets(text, find_hits(text, phrases), length)
    if not found and texts:
        yield beginning(texts[0], length)
    shown: list[str] = []
    for snippet in sorted(found, key=lambda snippet: -snippet.phrases):
        core = snippet.shown.text.strip("…")
        if len(shown) < MOST_SNIPPETS and not any(core in other or other in core for other in shown):
            shown.append(core)
            yield snippet.shown


def _captions(article: Article, phrases: list[str]) -> Iterator[tuple[int, Marked]]:
    """No phrase goes from a caption into its credit, as none does in a match."""
    for index, photo in enumerate(article.photos):
        caption, credit = photo.caption or "", photo.credit.text if photo.credit else ""
        before = len(caption) + 1 if caption else 0
        hits = [*find_hits(caption, phrases), *moved(find_hits(credit, phrases), before)]
        if hits:
            yield index, mark(shown_caption(photo), hits)
