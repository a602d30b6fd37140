"""Whether what is read off the pages is as good as it was: captions, credits, characters, inner pages."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from portalcrawler.monitors.case import ENOUGH, Case
from portalcrawler.monitors.chance import SELDOM, ratio, usual
from portalcrawler.store.incidents import Severity
from portalcrawler.store.measures import Part, Share
from portalcrawler.store.verdicts import Problem

_FEWER, _FEWER_IN_SECTION = 1e-5, 1e-7
_PER_PHOTO: dict[str, Callable[[Part], Share]] = {
    "captions fewer": lambda part: part.captions,
    "credits fewer": lambda part: part.credits,
}
_PER_ARTICLE: dict[str, Callable[[Part], Share]] = {
    "characters undecoded": lambda part: part.undecoded,
    "articles incomplete": lambda part: part.incomplete,
}


def fewer(case: Case) -> list[Problem]:
    """Photos without the captions or credits that they used to have, on the whole site or in single sections."""
    found = []
    for kind in _PER_PHOTO:
        everywhere = _fewer(case, "", kind, _FEWER)
        if everywhere is not None:
            found.append(everywhere)
            continue
        parts = [_fewer(case, name, kind, _FEWER_IN_SECTION) for name, _ in case.sections()]
        found += [problem for problem in parts if problem is not None]
    return found


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


def fewer_over(problem: Problem, case: Case) -> bool:
    """Whether photos have captions, or credits, about as often as they had."""
    part = case.measures.parts.get(problem.section or "", Part())
    now, before = _by_article(part, _PER_PHOTO[problem.kind](part)), problem.facts["before"]
    return now.of > 0 and now.count >= min(2, ceil(before * now.of)) and ratio(now) >= before / 2


def worse_over(problem: Problem, case: Case) -> bool:
    """Whether no more articles than usual are so, of a handful at least."""
    now = _PER_ARTICLE[problem.kind](case.measures.site)
    return now.of >= 3 and ratio(now) <= max(0.1, 2 * problem.facts["before"])


def _fewer(case: Case, section: str, kind: str, limit: float) -> Problem | None:
    part, pick = case.measures.parts.get(section, Part()), _PER_PHOTO[kind]
    if ratio(pick(part)) >= 0.5:
        return None
    past = case.parts("quality", section)
    photos = pick(part)
    now = _by_article(part, photos)
    if not now.of or len(past) < ENOUGH:
        return None
    before = usual(_by_article(each, pick(each)) for each in past)
    if not before.share or ratio(photos) >= before.share / 2 or ratio(now) >= before.lowest(now.of):
        return None
    # Captions and credits belong to the photos: of known articles with other photos than before it is no chance.
    changed = part.altered.get("photos", Share())
    looks = (each.altered.get("photos", Share()) for each in past)
    unlikely = usual(looks, SELDOM).at_least(changed) if changed.count else 1.0
    lacking = now.of - now.count
    if before.at_most(now) * unlikely >= limit or (lacking < 4 and changed.count < 2):
        return None
    facts = {"count": photos.count, "of": photos.of, "before": before.share}
    return Problem(kind, "quality", "alarm", section or None, facts, photos.examples)


def _by_article(part: Part, photos: Share) -> Share:
    """A share of photos as one of articles with photos: the photos of one article are by one hand."""
    articles = min(part.fields.get("photos", Share()).count, photos.of)
    return Share(articles, round(articles * ratio(photos)), photos.examples)
