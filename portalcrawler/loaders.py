"""Item loaders: one chain of processors a field, made of the functions in :mod:`portalcrawler.normalize`.

They are given raw values with ``add_value`` and hold every rule of how a printed value becomes a stored one; a CMS
family only says where on the page the value stands. The portal's time zone comes in the loader's context as ``tz``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar

from itemloaders import ItemLoader
from itemloaders.processors import Identity

from portalcrawler.items import Article, Comment, Photo
from portalcrawler.normalize.bylines import reporters
from portalcrawler.normalize.captions import parse_caption
from portalcrawler.normalize.dates import parse_datetime
from portalcrawler.normalize.text import fold, fold_or_none, fold_text

_PENDING = re.compile(r"[(（]待[审審]核[)）]\s*$")
_SUMMARY_LABEL = re.compile(r"^(?:\[|【)?(?:摘要|導讀|导读|核心提示|内容提要|內容摘要|内容摘要)(?:\]|】)?\s*[:：]\s*")
_ACCOUNT = re.compile(r"\buid[=-]([0-9]{1,12})\b")
_INTEGER = re.compile(r"\d+")


class _First:
    """The first collected value; unlike itemloaders' ``TakeFirst`` it keeps 0, False and empty lists."""

    def __call__(self, values: list[Any]) -> Any:
        return values[0] if values else None


class _Each:
    """Applies a function to every value and leaves out ``None``."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, values: Iterable[Any]) -> list[Any]:
        return [out for value in values if (out := self.function(value)) is not None]


def _title(text: str) -> str | None:
    return fold_or_none(_PENDING.sub("", fold(text)))


def _summary(text: str) -> str | None:
    return fold_or_none(_SUMMARY_LABEL.sub("", fold(text)))


def _integer(value: str | int) -> int | None:
    if isinstance(value, int):
        return value
    found = _INTEGER.search(value)
    return int(found[0]) if found and len(found[0]) <= 12 else None


def _account(address: str) -> str | None:
    found = _ACCOUNT.search(address)
    return str(int(found[1])) if found else None


class _Time:
    """A printed time in the portal's zone (``tz`` of the context); what cannot be read is left out, never guessed."""

    def __call__(self, values: Iterable[str], loader_context: dict[str, Any]) -> list[datetime]:
        times = (parse_datetime(value, loader_context["tz"]) for value in values)
        return [time for time in times if time is not None]


class _Credit:
    def __call__(self, values: Iterable[str]) -> list[Any]:
        return [credit for value in values if (credit := parse_caption(value).credit) is not None]


class _Caption:
    def __call__(self, values: Iterable[str]) -> list[str]:
        return [caption for value in values if (caption := parse_caption(value).caption) is not None]


class _Reporters:
    def __call__(self, paragraphs: list[str]) -> list[str]:
        return reporters(paragraphs)


class _Loader(ItemLoader):
    """An item loader that looks each field's processors up once, and not for every value."""

    _processors: ClassVar[dict[str, Callable[..., Any]]]

    def __init_subclass__(cls) -> None:
        cls._processors = {}

    def get_input_processor(self, field_name: str) -> Callable[..., Any]:
        name = f"{field_name}_in"
        if name not in self._processors:
            self._processors[name] = super().get_input_processor(field_name)
        return self._processors[name]

    def get_output_processor(self, field_name: str) -> Callable[..., Any]:
        name = f"{field_name}_out"
        if name not in self._processors:
            self._processors[name] = super().get_output_processor(field_name)
        return self._processors[name]


class ArticleLoader(_Loader):
    """Loads what is printed of an :class:`~portalcrawler.items.Article`; ``reporters`` takes its paragraphs.

    What is no printed value (identity, body, photos) is put into the article by those who know it.
    """

    default_item_class = Article

    title_in = _Each(_title)
    summary_in = _Each(_summary)
    author_in = publisher_in = _Each(fold_or_none)
    section_in = tags_in = _Each(fold_or_none)
    source_in = previous_in = next_in = Identity()
    published_at_in = modified_at_in = _Time()
    views_in = comment_count_in = _Each(_integer)
    reporters_in = _Reporters()
    related_in = problems_in = Identity()
    reactions_in = Identity()

    title_out = summary_out = author_out = publisher_out = source_out = previous_out = next_out = _First()
    published_at_out = modified_at_out = views_out = comment_count_out = reactions_out = _First()
    section_out = tags_out = reporters_out = related_out = problems_out = Identity()


class PhotoLoader(_Loader):
    """Loads a :class:`~portalcrawler.items.Photo`; ``caption`` and ``credit`` both take the printed lines."""

    default_item_class = Photo

    caption_in = _Caption()
    credit_in = _Credit()

    caption_out = credit_out = _First()


class CommentLoader(_Loader):
    """Loads a :class:`~portalcrawler.items.Comment`; ``author_id`` takes the address of the author's account.

    ``text`` and ``quote`` take lines divided by ``\\n``.
    """

    default_item_class = Comment

    author_in = _Each(fold_or_none)
    author_id_in = _Each(_account)
    published_at_in = _Time()
    text_in = _Each(fold_text)
    quote_in = _Each(lambda text: fold_text(text) or None)

    author_out = author_id_out = published_at_out = text_out = quote_out = _First()
