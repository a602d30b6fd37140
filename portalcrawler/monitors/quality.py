"""Whether what is read off the pages is as good as it was: characters, inner pages."""

from __future__ import annotations

from collections.abc import Callable

from portalcrawler.monitors.case import Case
from portalcrawler.monitors.chance import SELDOM, ratio, usual
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import Part, Share
from portalcrawler.store.verdicts import Problem

_PER_ARTICLE: dict[str, Callable[[Part], Share]] = {
    "characters undecoded": lambda part: part.undecoded,
    "articles incomplete": lambda part: part.incomplete,
}


def worse(case: Case) -> list[Problem]:
    """Articles with characters that could not be decoded, or without their inner pages, far more than usual."""
    if not case.known("quality"):
        return []
    found = []
    for kind, pick in _PER_ARTICLE.items():
        now, before = pick(case.measures.site), usual(map(pick, case.parts("quality", "")), SELDOM)
        if now.count < 3 or ratio(now) < 0.2 or before.at_least(now) >= 1e-6 or ratio(now) <= before.highest(now.of):
            continue
        level: Severity = "alarm" if ratio(now) >= 0.5 else "warning"
        facts = {"count": now.count, "of": now.of, "before": before.share or 0.0}
        found.append(Problem(kind, "quality", level, None, facts, now.examples))
    return found


def worse_over(problem: Problem, case: Case) -> bool:
    """Whether no more articles than usual are so, of a handful at least."""
    now = _PER_ARTICLE[problem.kind](case.measures.site)
    return now.of >= 3 and ratio(now) <= max(0.1, 2 * problem.facts["before"])
