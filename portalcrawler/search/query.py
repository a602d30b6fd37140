"""What somebody looks for, taken apart: words and phrases, in which field, without what, on which days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

TextField = Literal["title", "source", "section", "reporter", "photo", "site"]
"""Where a word is looked for, if not in all that an article says. ``reporter`` is the author, too; ``photo`` is the
captions and credits; ``site`` must be the whole name."""

TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand there as they are written here, but for their form: see :mod:`portalcrawler.search.folding`.

    A word that was typed without quotation marks is one, too: there are no word boundaries in Chinese.
    """

    text: str
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """Days of publication, both included, as the portal's own clock had them; ``None``: no end."""

    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Without:
    """What must not be there."""

    node: Node


@dataclass(frozen=True, slots=True)
class Every:
    """All of these; at least one of them is no :class:`Without`, or there is nothing else to be met."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these."""

    nodes: tuple[Node, ...]


Node = Phrase | Days | Without | Every | Either


class QueryError(ValueError):
    """A query that means nothing. The message is one line for the person who wrote it."""


NOTHING = "there is nothing to look for"
"""What is said of a text without words, where one is needed."""
