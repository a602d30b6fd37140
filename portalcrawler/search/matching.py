"""What an article says, and whether it says what is looked for: the rule that the index only makes fast."""

from __future__ import annotations

from portalcrawler.items import Article
from portalcrawler.search.folding import fold
from portalcrawler.search.query import Days, Either, Every, Node, Phrase, TextField, Without

_BESIDE = frozenset({"page", "video", "audio", "attachment"})


def matches(node: Node, article: Article) -> bool:
    """Whether the article is one that is looked for.

    A phrase is met where its folded form stands in one folded value of its field (see :func:`values`), in the middle of
    a word or number, too; ``site`` must be the whole value. Days are those of the article's own offset from UTC; an
    article without a date is in no days.
    """
    return _matches(node, article, {})


def values(article: Article, field: TextField | None) -> list[str]:
    """What the article says in this field, folded for being found; no phrase goes from one value into the next.

    ``None`` is all that it says: title, summary, text, titles of its inner pages, names of what is played or
    downloaded, captions and credits. Names of sections are one value, divided by ``/``, the outermost first.
    """
    return [folded for value in _stored(article, field) if (folded := _folded(value, field))]


def sought(phrase: Phrase) -> str:
    """What must stand in one of the :func:`values` of the phrase's field; in ``section`` ``›`` is ``/``, too."""
    return _folded(phrase.text, phrase.field)


def words_beside(article: Article) -> list[str]:
    """The words of blocks that need not stand in its text: titles of inner pages, names of films, sounds and files."""
    return [block.text for block in article.body if block.type in _BESIDE and block.text]


_Seen = dict[TextField | None, list[str]]


def _matches(node: Node, article: Article, seen: _Seen) -> bool:
    match node:
        case Phrase(field=field):
            if field not in seen:
                seen[field] = values(article, field)
            wanted = sought(node)
            return wanted in seen[field] if field == "site" else any(wanted in value for value in seen[field])
        case Days(since, until):
            day = article.published_at.date() if article.published_at else None
            return day is not None and (since is None or since <= day) and (until is None or day <= until)
        case Without(inner):
            return not _matches(inner, article, seen)
        case Every(nodes):
            return all(_matches(inner, article, seen) for inner in nodes)
        case Either(nodes):
            return any(_matches(inner, article, seen) for inner in nodes)


def _stored(article: Article, field: TextField | None) -> list[str | None]:
    match field:
        case None:
            return [article.title, article.summary, article.text, *words_beside(article), *_stored(article, "photo")]
        case "title":
            return [article.title]
        case "source":
            return [article.source.name if article.source else None]
        case "section":
            return ["/".join(article.section)]
        case "reporter":
            return [*article.reporters, article.author]
        case "photo":
            said = [(photo.caption, photo.credit.text if photo.credit else None) for photo in article.photos]
            return [value for pair in said for value in pair]
        case "site":
            return [article.site]


def _folded(value: str | None, field: TextField | None) -> str:
    folded = fold(value or "")
    if field != "section":
        return folded
    return "/".join(step.strip() for step in folded.replace("›", "/").split("/"))
