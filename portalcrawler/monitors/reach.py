"""Whether the portal answers with its pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import floor
from typing import Any

from portalcrawler.monitors.case import Case
from portalcrawler.monitors.chance import SELDOM, Usual, ratio, usual
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import Measures, Share
from portalcrawler.store.verdicts import Group, Problem

FAILING = ("error", "unreached", "notice", "antitheft", "empty", "closed")
"""What becomes of a page (:class:`~portalcrawler.store.measures.Measures`) where the portal does not serve it."""
_TIMES = 2
_ENOUGH_OF_A_PART = 20
"""Pages, from which on a run of one section tells something of the portal."""


def judged(case: Case) -> bool:
    """Whether a run says anything of this; one that a person began at some other address says little."""
    return case.measures.whole or (case.measures.reached and pages(case.measures) >= _ENOUGH_OF_A_PART)


def pages(measures: Measures) -> int:
    """How many addresses were asked for, without those that the portal's rules forbid."""
    return sum(share.count for kind, share in measures.pages.items() if kind != "refused")


def articles_alone(measures: Measures) -> Measures:
    """A run as if it had asked for nothing but addresses of articles; of an address with no article behind it, as the
    numbers that are tried, it says nothing."""
    told = {kind: share for kind, share in measures.article_pages.items() if kind != "missing"}
    return replace(measures, pages=told)


def failing(measures: Measures) -> Share:
    """How many of them brought no page, with examples of the most frequent reason."""
    bad = [(kind, share) for kind, share in measures.pages.items() if kind in FAILING and share.count]
    worst = max(bad, key=lambda entry: entry[1].count, default=None)
    return Share(pages(measures), sum(share.count for _, share in bad), worst[1].examples if worst else ())


def of_either(
    case: Case, kind: str, group: Group, pick: Callable[[Measures], Share], chance: Callable[[Share, Usual], float]
) -> list[Problem]:
    """Whether far more pages are so than usual: of all, or of the articles' alone, which many good lists would hide.

    ``chance``: how likely a share is, as things usually are. The fact ``articles`` says that articles tell.
    """
    told = []
    for alone in (False, True):
        measures = articles_alone(case.measures) if alone else case.measures
        now = pick(measures)
        if now.count < 3:
            continue
        # Runs of old have not told articles' pages from others.
        runs = (past.measures for past in case.past(group) if past.measures.reached)
        before = usual(pick(articles_alone(past) if alone and past.article_pages else past) for past in runs)
        if ratio(now) <= before.highest(now.of) or ratio(now) < 0.1 or chance(now, before) >= 1e-6:
            continue
        level: Severity = "alarm" if ratio(now) >= 0.3 else "warning"
        facts: dict[str, Any] = {"count": now.count, "of": now.of, "before": before.share or 0.0, "articles": alone}
        if group == "reach":
            facts["why"] = _why(measures)
        told.append(Problem(kind, group, level, None, facts, now.examples))
    if not told:
        return []
    worst = max(told, key=lambda problem: problem.level == "alarm")
    return [replace(worst, facts={**worst.facts, "articles": told[-1].facts["articles"]})]


def ordinary(problem: Problem, case: Case, pick: Callable[[Measures], Share], least: float) -> bool:
    """Whether no more pages than usual are so, be it of all or of the articles' alone; ``least`` is a share that is
    always usual. A problem that articles told of stands as long as no article is asked for."""
    populations = [case.measures]
    alone = articles_alone(case.measures)
    if pages(alone):
        populations.append(alone)
    elif problem.facts.get("articles"):
        return False
    share = max(least, 2 * problem.facts["before"])
    looks = [pick(measures) for measures in populations]
    return all(now.count < now.of and now.count <= max(1, floor(now.of * share)) for now in looks)


def home_unread(case: Case) -> list[Problem]:
    """The page at which a crawl begins could not be read.

    Of a portal of which no crawl has ever read a page it is no alarm at first: perhaps somebody mistyped its address.
    Who crawls it a third time expects it to be there.
    """
    measures = case.measures
    if measures.reached or not measures.whole:
        return []
    known = any(past.measures.reached for past in case.history) or len(case.history) >= _TIMES
    facts = {"why": _why(measures)}
    return [Problem("home unread", "reach", "alarm" if known else "warning", None, facts, failing(measures).examples)]


def pages_failing(case: Case) -> list[Problem]:
    """Far more pages fail than usual; that single ones do is ordinary."""
    if not case.measures.reached:
        return []

    def chance(now: Share, before: Usual) -> float:
        if case.known("reach"):
            return before.at_least(now)
        return 0.0 if ratio(now) >= 0.9 and now.of >= 5 else 1.0

    return of_either(case, "pages failing", "reach", failing, chance)


def articles_gone(case: Case) -> list[Problem]:
    """Many articles that were there are there no more, at once."""
    now = case.measures.site.missing
    if not case.measures.reached or now.count < 3 or not case.known("reach"):
        return []
    before = usual((part.missing for part in case.parts("reach", "")), SELDOM)
    if before.at_least(now) >= 1e-5 or ratio(now) <= before.highest(now.of):
        return []
    if ratio(now) < 0.3:
        return []
    level: Severity = "alarm" if ratio(now) >= 0.5 else "warning"
    facts = {"count": now.count, "of": now.of, "before": before.share or 0.0}
    return [Problem("articles gone", "reach", level, None, facts, now.examples)]


def over(problem: Problem, case: Case) -> bool:
    """Whether a run shows that one of these is over."""
    measures = case.measures
    if not measures.reached:
        return False
    if problem.kind == "home unread":
        return True
    if problem.kind == "articles gone":
        missing = measures.site.missing
        return missing.of > 0 and ratio(missing) < max(0.2, 2 * problem.facts["before"])
    return ordinary(problem, case, failing, 0.1)


def _why(measures: Measures) -> str:
    """The most frequent reason."""
    return max(FAILING, key=lambda kind: measures.pages.get(kind, Share()).count) if failing(measures).count else ""
