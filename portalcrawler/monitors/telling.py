"""Problems and verdicts for programs, with their sentences in both languages; a run beside those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import usual
from portalcrawler.monitors.reach import failing
from portalcrawler.monitors.words import LANGUAGES, sentence, what_to_do
from portalcrawler.store.measures import FIELDS, Measures, Share
from portalcrawler.store.verdicts import Group, Problem, Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """Something that was measured: a field of articles, else ``captions per photo`` and the like.

    ``now`` of the run, ``before`` what is usual, ``None`` with too few runs before it to say.
    """

    name: str
    now: Share
    before: float | None


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem, ``told`` in words by language, and ``do``: what to do about it."""
    told = {language: sentence(problem, language) for language in LANGUAGES}
    do = {language: what_to_do(problem, language) for language in LANGUAGES}
    return {**asdict(problem), "examples": list(problem.examples), "told": told, "do": do}


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict; times as they are."""
    return {
        "level": verdict.level,
        "at": verdict.at,
        "judged": list(verdict.judged),
        "problems": [problem_data(problem) for problem in verdict.problems],
    }


def compared(case: Case) -> list[Row]:
    """What was measured of a run, beside what is usual; without what it did not look at."""
    return [row for row in _rows(case) if row.now.of]


def _rows(case: Case) -> Iterator[Row]:
    for field in FIELDS:
        yield _row(case, field, "layout", partial(_field, field))
    for name, (group, pick) in _SHARES.items():
        yield _row(case, name, group, pick)


def _row(case: Case, name: str, group: Group, pick: Callable[[Measures], Share]) -> Row:
    before = usual(pick(past.measures) for past in case.past(group))
    return Row(name, pick(case.measures), before.share if len(before.looks) >= ENOUGH else None)


_SHARES: dict[str, tuple[Group, Callable[[Measures], Share]]] = {
    "captions per photo": ("layout", lambda measures: measures.site.captions),
    "credits per photo": ("layout", lambda measures: measures.site.credits),
    "lists with articles": ("layout", lambda measures: _not(measures.site.empty)),
    "lists with further pages": ("layout", lambda measures: measures.site.pagers),
    "undecoded articles": ("quality", lambda measures: measures.site.undecoded),
    "incomplete articles": ("quality", lambda measures: measures.site.incomplete),
    "known articles gone": ("reach", lambda measures: measures.site.missing),
    "pages failed": ("reach", failing),
}
ROWS = (*FIELDS, *_SHARES)
"""The names of all rows."""


def _field(field: str, measures: Measures) -> Share:
    return measures.site.fields.get(field, Share())


def _not(share: Share) -> Share:
    return Share(share.of, share.of - share.count, share.examples)
