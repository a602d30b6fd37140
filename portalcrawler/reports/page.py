"""Reports as HTML: one file with its style and its pictures in it, which asks nobody for anything.

It is read from a mail or a folder, so that it has to say itself what it may do: no scripts, nothing from elsewhere.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from portalcrawler.alerts.words import length, word
from portalcrawler.display import dates
from portalcrawler.display.edits import Told, told_change
from portalcrawler.display.templates import environment
from portalcrawler.display.words import Language, Words, with_common
from portalcrawler.monitors.words import percent, row_name, sentence, what_to_do
from portalcrawler.normalize.changes import Change
from portalcrawler.normalize.worddiff import Piece
from portalcrawler.reports.bars import HEIGHT, WIDTH, bars_of
from portalcrawler.reports.digest import SiteWeek
from portalcrawler.reports.flow import LEAST_WEEKS
from portalcrawler.reports.run_report import RunReport
from portalcrawler.store.connection import Document

MOST_ROWS = 60
"""So many rows a table of sections, reasons or runs has; that there are more is said."""
MOST_SIGNS = 1200
"""Of what an edit changed in one field so many characters are shown; that there are more is said."""
_SHORT = 120


def run_html(report: RunReport, language: Language, *, made_at: datetime, trouble: str | None = None) -> str:
    """The report of a run; ``trouble`` says why there are no pictures in it."""
    values = {"report": report, "made_at": made_at, "trouble": trouble}
    return _render("run.html", language, report.portal.zone, values)


def week_html(weeks: Sequence[SiteWeek], language: Language, *, made_at: datetime, trouble: str | None = None) -> str:
    """The digest of a week: of one portal, or of several one after the other."""
    zone = weeks[0].week.zone if weeks else None
    return _render("week.html", language, zone, {"weeks": weeks, "made_at": made_at, "trouble": trouble})


def policy() -> str:
    """What a report may do, in the words of Content-Security-Policy."""
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style())}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def style() -> str:
    """The style sheet that is in every report."""
    return files(__package__).joinpath("style.css").read_text("utf-8")


def words_of(language: Language) -> Words:
    """The words of reports."""
    return Words(language, with_common(__package__))


def size(count: float) -> str:
    """Bytes in the largest unit of which there is one: ``3.4 MB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def told(change: Change, words: Words) -> tuple[Told, bool]:
    """A change in words, and whether all of it is shown."""
    whole = told_change(change, words)
    left = MOST_SIGNS
    shown: list[Piece] = []
    for piece in whole.pieces:
        if left <= 0:
            break
        shown.append(Piece(piece.mark, piece.text[:left]))
        left -= len(piece.text)
    return Told(whole.label, shown, whole.before, whole.after), left >= 0


def _render(template: str, language: Language, zone: Any, values: Document) -> str:
    words = words_of(language)
    return _environment().get_template(template).render(
        values,
        t=words,
        zone=zone,
        day=partial(dates.day, language=language),
        minute=partial(dates.minute, language=language),
        weekday=partial(_weekday, words=words),
        told=partial(told, words=words),
        lasted=partial(_lasted, words=words),
        sentence=partial(sentence, language=language),
        group=partial(word, language),
        open_words=lambda groups: " · ".join(word(language, each) for each in groups),
        decimal=decimal,
        signed=_signed,
        percent=percent,
        row_name=partial(row_name, language=language),
        to_do=partial(what_to_do, language=language),
    )  # fmt: skip


@cache
def _environment() -> Environment:
    made = environment(__package__)
    made.globals.update(
        # The style sheet is ours, and its digest is of it as it stands here.
        style=Markup(style()),  # noqa: S704
        policy=policy(),
        size=size,
        bars_of=bars_of,
        width=WIDTH,
        height=HEIGHT,
        most_sections=MOST_ROWS,
        least_weeks=LEAST_WEEKS,
    )
    return made


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _weekday(day: date, words: Words) -> str:
    return words(f"weekday_{day.weekday()}")


def _lasted(seconds: float, words: Words) -> str:
    """A length of time: in seconds if it is short, else in its two largest units."""
    if seconds < _SHORT:
        return words("seconds_n", n=seconds)
    return length(timedelta(seconds=seconds), words.language)


def decimal(value: float | None) -> str:
    """With one digit behind the point where it is small and not whole."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:,.1f}"


def _signed(value: float) -> str:
    """With its sign; a difference of less than a twentieth is none."""
    return "±0" if abs(value) < 0.05 else f"{'+' if value > 0 else '−'}{decimal(abs(value))}"
