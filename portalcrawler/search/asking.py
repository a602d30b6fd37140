"""A query, in the language of the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import tantivy
from tantivy import Occur, Query

from portalcrawler.search.documents import milliseconds, step_word
from portalcrawler.search.grams import cover
from portalcrawler.search.matching import sought
from portalcrawler.search.query import Days, Either, Every, Node, Phrase, Without
from portalcrawler.search.schema import MARKS, UNDATED, GramField, ValueField, index_schema
from portalcrawler.store.article_query import ArticleQuery, section_stretches

_TITLE, _SUMMARY = 3.0, 1.5
"""How much more a word weighs there than in the text; it counts for the text as well."""

_Clause = tuple[Occur, Query]


def index_query(node: Node | None, query: ArticleQuery, run: Sequence[str] | None, *, scored: bool = False) -> Query:
    """The articles that say ``node`` and that the filters of ``query`` let through; ``run`` are the ids of its run.

    Only with ``scored`` do words in title and summary weigh more; filters weigh nothing.
    """
    clauses = [(occur, Query.const_score_query(found, 0.0)) for occur, found in _filters(query, run)]
    if node is not None:
        clauses.insert(0, (Occur.Must, _node(node, scored)))
    return _every(clauses)


def words_of(node: Node | None) -> Iterator[str]:
    """The folded words and phrases that an article may have for this; not those in a field of their own."""
    match node:
        case Phrase(field=None):
            yield sought(node)
        case Every(nodes) | Either(nodes):
            for inner in nodes:
                yield from words_of(inner)


def numbers_query(field: str, first: int | None, last: int | None) -> Query:
    """Articles with a number within these, both included."""
    return Query.range_query(index_schema(), field, tantivy.FieldType.Integer, first, last)


def _node(node: Node, scored: bool) -> Query:
    match node:
        case Phrase():
            return _phrase(node, scored)
        case Days(since, until):
            first, last = (day.toordinal() if day else None for day in (since, until))
            return Query.const_score_query(numbers_query("day", 0 if first is None else first, last), 0.0)
        case Without():
            return _every([_clause(node, scored)])
        case Every(nodes):
            return _every([_clause(inner, scored) for inner in nodes])
        case Either(nodes):
            return Query.boolean_query([(Occur.Should, _node(inner, scored)) for inner in nodes])


def _clause(node: Node, scored: bool) -> _Clause:
    if isinstance(node, Without):
        return Occur.MustNot, _node(node.node, False)
    return Occur.Must, _node(node, scored)


def _every(clauses: Iterable[_Clause]) -> Query:
    """All of them; what is only forbidden is forbidden to all articles."""
    given = list(clauses)
    if all(occur == Occur.MustNot for occur, _ in given):
        given.insert(0, (Occur.Must, Query.const_score_query(_is("kind", "article"), 0.0)))
    return given[0][1] if len(given) == 1 else Query.boolean_query(given)


def _phrase(phrase: Phrase, scored: bool) -> Query:
    wanted = sought(phrase)
    if phrase.field == "site":
        return Query.const_score_query(_is("site_name", wanted), 0.0)
    if phrase.field is not None:
        return _stretch(phrase.field, wanted)
    said = _stretch("said", wanted)
    if not scored:
        return said
    weighs: list[tuple[GramField, float]] = [("title", _TITLE), ("summary", _SUMMARY)]
    more = [(Occur.Should, Query.boost_query(_stretch(field, wanted), weight)) for field, weight in weighs]
    return Query.boolean_query([(Occur.Must, said), *more])


def _stretch(field: GramField, wanted: str) -> Query:
    """A stretch of the folded text that a field has."""
    if len(wanted) == 1:
        return _is("characters", MARKS[field] + wanted)
    words = cover(wanted)
    if len(words) == 1:
        return Query.term_query(index_schema(), field, words[0][1], "freq")
    return Query.phrase_query(index_schema(), field, [*words])


def _filters(query: ArticleQuery, run: Sequence[str] | None) -> Iterator[_Clause]:
    values: dict[ValueField, str | None] = {
        "site": query.site,
        "source_name": query.source,
        "reporters": query.reporter,
        "photographers": query.photographer,
        "publisher": query.publisher,
    }
    for name, value in values.items():
        if value is not None:
            yield Occur.Must, _is(name, value)
    flags = {"photos": query.has_photos, "gone": query.gone, "duplicate": query.duplicates}
    for flag, wanted in flags.items():
        if wanted is not None:
            yield Occur.Must if wanted else Occur.MustNot, _is("flags", flag)
    if query.section is not None:
        yield Occur.Must, _section(query.section)
    since, until = query.span()
    if since is not None or until is not None:
        yield Occur.Must, _span(since, until)
    if run is not None:
        yield Occur.Must, Query.term_set_query(index_schema(), "id", run)


def _section(section: str) -> Query:
    """As :func:`~portalcrawler.store.article_query.article_filter` has it: a name, or a stretch of the breadcrumb."""
    ways = [_path(names) for names in section_stretches(section)]
    return ways[0] if len(ways) == 1 else Query.boolean_query([(Occur.Should, way) for way in ways])


def _path(names: list[str]) -> Query:
    words = [step_word(name) for name in names]
    return _is("steps", words[0]) if len(words) == 1 else Query.phrase_query(index_schema(), "steps", [*words])


def _span(since: datetime | None, until: datetime | None) -> Query:
    first = UNDATED + 1 if since is None else milliseconds(since)
    return numbers_query("at", first, None if until is None else milliseconds(until) - 1)


def _is(field: str, value: str) -> Query:
    return Query.term_query(index_schema(), field, value, "basic")
