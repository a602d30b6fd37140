"""The parameters of a request: each known, given once, and what it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from portalcrawler.search.query import QueryError
from portalcrawler.web.api.kinds import Choice, Flag, Kind, Moment, Schema, Shaped, Text, Whole, Words
from portalcrawler.web.problems import BadParameter

Values = dict[str, Any]
"""The values of parameters by name; every parameter of the address is there, ``None`` if it was left out."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in an address's query; ``default`` is its value where it is left out."""

    name: str
    kind: Kind
    meaning: str
    default: str | int | None = None

    def schema(self) -> Schema:
        """What it may be, as OpenAPI has it."""
        default = {} if self.default is None else {"default": self.default}
        return {"name": self.name, "in": "query", "description": self.meaning, "schema": self.kind.schema() | default}

    def read(self, text: str | None) -> Any:
        """Its value. Raises :class:`BadParameter` and :class:`~portalcrawler.search.query.QueryError`."""
        if text is None:
            return self.default
        try:
            return self.kind.read(text)
        except QueryError:
            raise  # it says all itself
        except ValueError as error:
            raise BadParameter(self.name, f"{self.name} {error}") from None


def read_values(given: QueryParams, parameters: Sequence[Parameter]) -> Values:
    """What is asked for.

    Raises :class:`BadParameter` for a name that is not known, or given twice, and for a value that cannot be.
    """
    texts = _once(given, [parameter.name for parameter in parameters])
    return {parameter.name: parameter.read(texts.get(parameter.name)) for parameter in parameters}


def _once(given: QueryParams, known: Sequence[str]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for name, text in given.multi_items():
        if name not in known:
            names = f"there are {', '.join(known)}" if known else "there are none here"
            raise BadParameter(name, f"this parameter is not known; {names}")
        if name in texts:
            raise BadParameter(name, f"{name} is given more than once")
        texts[name] = text
    return texts


DEFAULT_PAGE, MOST_ON_PAGE = 20, 100

FILTERS = (
    Parameter("site", Text(), "Of this site."),
    Parameter("section", Text(), "A section's name, or a stretch of the path to it: 城事/青石镇."),
    Parameter("since", Moment(), "Published on that day or later, or at that time or later. Days are China's."),
    Parameter("until", Moment(), "Published on that day or earlier, or before that time."),
    Parameter("source", Text(), "The portal took it from there (来自)."),
    Parameter("reporter", Text(), "One of the names in the byline."),
    Parameter("photographer", Text(), "One of the names in a photo's credit."),
    Parameter("publisher", Text(), "The account that published it."),
    Parameter("has_photos", Flag(), "With photos, or without."),
    Parameter("duplicates", Flag(), "Copies of earlier articles alone, or none of them."),
    Parameter("gone", Flag(), "What the portal shows no more, or none of it."),
    Parameter("run", Text(), "The last crawl that saw it."),
)
"""Which articles; the fields of :class:`~portalcrawler.store.article_query.ArticleQuery` of the same names."""

QUERY = Parameter(
    "q",
    Words(1000),
    'Words that must all be there; "a phrase", -without, this OR that, and title: source: section: reporter: photo: '
    "site: date:2019-12..2020-01 before a word.",
)
CURSOR = Parameter("cursor", Shaped("[A-Za-z0-9_-]{1,4000}", "the cursor of the answer before"), "Where to go on.")


DATE_ORDER = Parameter("order", Choice(("newest", "oldest")), "By the time of publication of the articles.", "newest")
PAGE_LIMIT = Parameter(
    "limit", Whole(1, 10_000_000), f"At most so many; a page has {DEFAULT_PAGE} by default and {MOST_ON_PAGE} at most."
)


def article_filters(values: Values) -> dict[str, Any]:
    """The filters that are given, as :meth:`portalcrawler.archive.Archive.articles` takes them."""
    found = {parameter.name: values[parameter.name] for parameter in FILTERS if values[parameter.name] is not None}
    if values["q"] is not None:
        found["text"] = values["q"]
    return found
