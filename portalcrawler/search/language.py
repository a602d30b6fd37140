"""The language of the search box, read into the parts of :mod:`portalcrawler.search.query`.

::

    赣湘 合作             both words; a word is a phrase: it may stand anywhere, in the middle of another, too
    "赣湘 合作"           as it stands there; also “…”, 「…」, 『…』 and ＂…＂
    -暴雨 -"特大 暴雨"    not this; a hyphen inside of a word is part of it: covid-19, 2019-12
    上栗 OR 湘东          one of them; also 上栗|湘东
    (…) （…）             together
    title:上栗            in a field: title, source, section, reporter, photo, site; the colon may be full-width;
                          also title:"上栗 县" and title:(上栗 OR 湘东)
    section:城事/上栗     a stretch of the section's path
    date:2019-12-16       published on this day; also date:2019-12, date:2019, date:2019-12..2020-01,
                          date:2019-12.. and date:..2020-01

OR binds its neighbours before anything else, as Google has it: ``赣湘 上栗 OR 湘东`` is 赣湘 together with 上栗 or
湘东. ``AND`` may be written and changes nothing. Upper case only.

Signs mean something at the beginning of a word only (a straight quotation mark and the stroke anywhere), so that what
is copied from an article is found as it is: ``19:30``, ``http://…`` and ``注：…`` are words, for no field has such
a name. Fields have no Chinese names for the same reason: 来源： and 摄影： stand in articles. What is left open, a
quotation mark or a bracket, ends with the query; an OR without a neighbour, an empty bracket and a phrase of nothing
but blanks are passed over.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Literal

from portalcrawler.search.folding import fold
from portalcrawler.search.query import (
    TEXT_FIELDS,
    Days,
    Either,
    Every,
    Node,
    Phrase,
    QueryError,
    TextField,
    Without,
)

MOST_CHARACTERS = 1000
MOST_PHRASES = 32
DEEPEST = 8
_SHOWN = 40

_Field = TextField | Literal["date"] | None

_FIELDS: dict[str, _Field] = {**{name: name for name in TEXT_FIELDS}, "date": "date"}
_FIELD = re.compile("([A-Za-z]{1,10})[:：]")
_EXAMPLES = {
    "date": "date:2019-12-16, date:2019-12, date:2019, date:2019-12..2020-01, date:2019-12.. or date:..2020-01"
}
_CLOSING = {'"': '"＂', "＂": '"＂', "“": "”", "”": "”", "「": "」", "『": "』"}
_MARKS = '"＂“”「」『』'
_OPEN, _CLOSE = ("(", "（"), (")", "）")
_HYPHENS = ("-", "－")
_ENDS = '|"＂'
_NO_TERM = "-－|)）"
"""Behind a hyphen, what makes it an ordinary sign."""
_OPERATOR = re.compile(r'(?:(OR)|AND)(?![^\s()（）|"＂])|(\|)')
"""A word of its own, or the stroke."""
_DAY = re.compile("([0-9]{4})(?:[-/年]([0-9]{1,2})(?:[-/月]([0-9]{1,2})日?|月)?|年)?")


def parse(text: str) -> Node | None:
    """What is looked for; ``None`` where that is nothing, as in a blank query.

    Raises :class:`~portalcrawler.search.query.QueryError`, one line, for a date that is none, a field with nothing in
    it, and what is beyond the bounds: 1,000 characters, 32 words and phrases, 8 brackets within each other.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"the query has {len(text):,} characters; {MOST_CHARACTERS:,} are the most")
    return _Reader(text).read()


class _Reader:
    """Reads a query once from left to right; as deep as its brackets, which are bounded."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._terms = 0

    def read(self) -> Node | None:
        return self._every(None)

    def _every(self, field: _Field) -> Node | None:
        """Terms up to the end, or to the bracket that closes the one that is open."""
        rows: list[list[Node]] = []
        joined = False
        while (sign := self._skip_blanks()) and not (self._depth and sign in _CLOSE):
            if operator := _OPERATOR.match(self._text, self._at):
                self._at = operator.end()
                joined = operator.lastindex is not None
            elif node := self._term(field):
                if joined and rows:
                    rows[-1].append(node)
                else:
                    rows.append([node])
                joined = False
        nodes = [row[0] if len(row) == 1 else Either(tuple(row)) for row in rows]
        return Every(tuple(nodes)) if len(nodes) > 1 else nodes[0] if nodes else None

    def _term(self, field: _Field) -> Node | None:
        behind = self._text[self._at + 1 : self._at + 2]
        if self._sign() not in _HYPHENS or not behind.strip() or behind in _NO_TERM:
            return self._positive(field)
        self._at += 1
        node = self._positive(field)
        return node.node if isinstance(node, Without) else Without(node) if node else None

    def _positive(self, field: _Field) -> Node | None:
        """A group, a phrase or a word, in the field that is named before it, if one is."""
        named = _FIELD.match(self._text, self._at)
        if named and (name := named.group(1).lower()) in _FIELDS:
            field = _FIELDS[name]
            self._at = named.end()
            if self._skip_blanks() in ("", "|", *_CLOSE):
                raise QueryError(f"{name}: has nothing behind it; write {_EXAMPLES.get(name, f'{name}:上栗')}")
        if self._sign() in _OPEN:
            return self._group(field)
        text = self._quoted() if self._sign() in _CLOSING else self._word()
        return self._named(text, field) if fold(text) else None

    def _group(self, field: _Field) -> Node | None:
        if self._depth == DEEPEST:
            raise QueryError(f"more than {DEEPEST} brackets stand within each other at character {self._at + 1}")
        self._depth += 1
        self._at += 1
        node = self._every(field)
        self._at += 1
        self._depth -= 1
        return node

    def _quoted(self) -> str:
        """What stands between two quotation marks; one of another kind closes if the right one never comes."""
        closing = _CLOSING[self._sign()]
        begin = self._at + 1
        end = self._find(closing, begin) or self._find(_MARKS, begin) or len(self._text)
        self._at = end + 1
        return self._text[begin:end]

    def _find(self, signs: str, begin: int) -> int:
        """Where the first of these signs is; 0, which is before any, where there is none."""
        return next((at for at in range(begin, len(self._text)) if self._text[at] in signs), 0)

    def _word(self) -> str:
        """Up to a blank, a stroke, a quotation mark or the bracket that closes the group; never nothing."""
        begin = self._at
        inner = 0
        while sign := self._sign():
            if self._at > begin and (sign.isspace() or sign in _ENDS):
                break
            if sign in _CLOSE and self._depth and not inner:
                break
            inner += (sign in _OPEN) - (sign in _CLOSE and inner > 0)
            self._at += 1
        return self._text[begin : self._at]

    def _named(self, text: str, field: _Field) -> Node:
        self._terms += 1
        if self._terms > MOST_PHRASES:
            raise QueryError(f"the query has more than {MOST_PHRASES} words and phrases")
        return _days(text) if field == "date" else Phrase(text, field)

    def _skip_blanks(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while self._sign().isspace():
            self._at += 1
        return self._sign()

    def _sign(self) -> str:
        return self._text[self._at : self._at + 1]


def _days(text: str) -> Days:
    since, range_, until = fold(text).partition("..")
    if not range_:
        first, last = _span(since, text)
        return Days(first, last)
    days = Days(_span(since, text)[0] if since else None, _span(until, text)[1] if until else None)
    if not (since or until):
        raise QueryError(_no_date(text))
    if days.since and days.until and days.since > days.until:
        raise QueryError(f"date:{_shown(text)} ends before it begins")
    return days


def _span(text: str, whole: str) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day."""
    if (found := _DAY.fullmatch(text.strip())) is None:
        raise QueryError(_no_date(whole))
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        raise QueryError(_no_date(whole)) from None
    if day:
        return first, first
    return first, date(year, month or 12, monthrange(year, month or 12)[1])


def _no_date(text: str) -> str:
    return f"date:{_shown(text)} is no date; write {_EXAMPLES['date']}"


def _shown(text: str) -> str:
    """So much of what was written that its writer knows it again, in one line."""
    line = " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
